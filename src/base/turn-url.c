/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules of RFC 7065: `turn:` means port 3478 over UDP, `turns:` port 5349 over TLS; `?transport=` is the only parameter. */

#include "base/turn-url.h"

#include <string.h>

#include "base/address.h"
#include "base/error.h"

#define PORT 3478
#define PORT_TLS 5349
#define HOST_MOST_BYTES 253

gboolean
hn_turn_url_is (const char *text)
{
  return g_ascii_strncasecmp (text, "turn:", 5) == 0 || g_ascii_strncasecmp (text, "turns:", 6) == 0;
}

static gboolean
is_host (const char *host, gboolean bracketed)
{
  HnAddress address;

  if (bracketed)
    return strchr (host, ':') != NULL && hn_address_parse (host, &address);
  return *host != '\0' && strlen (host) <= HOST_MOST_BYTES
         && strspn (host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen (host);
}

/* What follows the scheme, before a `?`. */
static gboolean
read_place (HnTurnUrl *self, const char *place)
{
  gboolean bracketed = *place == '[';
  gsize length = strcspn (bracketed ? ++place : place, bracketed ? "]" : ":");
  const char *rest = place + length;
  guint64 port = self->is_tls ? PORT_TLS : PORT;

  self->host = g_strndup (place, length);
  if (bracketed && *rest++ != ']')
    return FALSE;
  if (*rest != '\0' && (*rest != ':' || !g_ascii_string_to_unsigned (rest + 1, 10, 1, G_MAXUINT16, &port, NULL)))
    return FALSE;
  self->port = (guint16) port;
  return is_host (self->host, bracketed);
}

HnTurnUrl *
hn_turn_url_parse (const char *text, GError **error)
{
  g_autoptr (HnTurnUrl) self = g_new0 (HnTurnUrl, 1);
  const char *query = strchr (text, '?');
  g_autofree char *place = NULL;

  if (!hn_turn_url_is (text)) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "'%s' is no turn: or turns: URL", text);
    return NULL;
  }
  self->is_tls = text[4] != ':';
  text += self->is_tls ? 6 : 5;
  self->is_tcp = self->is_tls;
  place = query != NULL ? g_strndup (text, (gsize) (query - text)) : g_strdup (text);
  if (query != NULL && !g_str_equal (query, "?transport=udp") && !g_str_equal (query, "?transport=tcp")) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "'%s' is neither '?transport=udp' nor '?transport=tcp'", query);
    return NULL;
  }
  if (query != NULL)
    self->is_tcp = g_str_has_suffix (query, "tcp");
  if (!read_place (self, place)) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "'%s' is no host with or without a port", place);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
hn_turn_url_free (HnTurnUrl *self)
{
  if (self == NULL)
    return;
  g_free (self->host);
  g_free (self);
}
