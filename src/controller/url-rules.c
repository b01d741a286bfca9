/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a heartbeat tells the controller where to send passwords and whose pages to show, so plain HTTP goes to loopback and private
 * addresses only, and a name (which somebody else resolves) needs https. Paths of sessions go on unchanged, so a worker lives at the
 * root of its URL. */
#include "controller/url-rules.h"

#include <string.h>

#include "base/address.h"
#include "base/error.h"

#define WHERE "must be https, or http to a loopback or private address"

/* RFC 1918, RFC 6598 (the mesh), RFC 4193. */
static const char *const private_networks[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7" };

static gboolean
is_private (const HnAddress *address)
{
  g_autoptr (GArray) networks = g_array_new (FALSE, FALSE, sizeof (HnNetwork));

  for (gsize i = 0; i < G_N_ELEMENTS (private_networks); i++) {
    HnNetwork network;

    if (hn_network_parse (private_networks[i], &network))
      g_array_append_val (networks, network);
  }
  return hn_address_is_loopback (address) || hn_networks_contain (networks, address);
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "field 'url' %s", what);
  return FALSE;
}

gboolean
hn_url_rules_read_worker (const char *url, HnUrlRulesTarget *ret_target, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  gboolean is_https = uri != NULL && g_str_equal (g_uri_get_scheme (uri), "https");
  gboolean is_literal;
  HnAddress address;
  int port;

  if (host == NULL || *host == '\0' || (!is_https && !g_str_equal (g_uri_get_scheme (uri), "http")))
    return refuse (error, "must be an http or https URL");
  if (g_uri_get_userinfo (uri) != NULL || g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL
      || (*g_uri_get_path (uri) != '\0' && !g_str_equal (g_uri_get_path (uri), "/")))
    return refuse (error, "must be scheme, host and port only");
  is_literal = hn_address_parse (host, &address);
  if (!is_https && !(is_literal && is_private (&address)))
    return refuse (error, WHERE);
  port = g_uri_get_port (uri) == -1 ? (is_https ? 443 : 80) : g_uri_get_port (uri);
  if (port < 1 || port > 65535)
    return refuse (error, "must have a port within 1 … 65535");
  *ret_target = (HnUrlRulesTarget){ .is_https = is_https, .is_literal = is_literal, .host = g_strdup (host), .port = (guint16) port };
  return TRUE;
}

void
hn_url_rules_target_clear (HnUrlRulesTarget *self)
{
  g_clear_pointer (&self->host, g_free);
}

static gboolean
is_https (const char *url)
{
  return url != NULL && g_str_has_prefix (url, "https://");
}

gboolean
hn_url_rules_check_pages (const HnUrlRulesTarget *target, const char *public_url, GError **error)
{
  if (!target->is_https || is_https (public_url))
    return TRUE;
  refuse (error, "is https, which this controller calls but cannot proxy");
  if (error != NULL)
    hn_error_set_detail (*error, "set the worker's 'worker.url' to http and a private address, or give it an https 'worker.public_url'");
  return FALSE;
}

char *
hn_url_rules_stream_url (const char *domain, const char *base_url, const char *public_url, const char *stream_path)
{
  if (is_https (public_url))
    return g_strconcat (public_url, stream_path, NULL);
  if (domain != NULL)
    return g_strconcat ("https://", domain, stream_path, NULL);
  return g_strconcat (base_url, stream_path, NULL);
}

static char *
checked_path (const char *session_id, const char *path)
{
  g_autofree char *prefix = g_strconcat ("/session/", session_id, "/", NULL);

  return path != NULL && g_str_has_prefix (path, prefix) ? g_strdup (path) : NULL;
}

char *
hn_url_rules_stream_path (const char *session_id, const char *stream_path, const char *stream_url)
{
  const char *host = stream_url != NULL ? strstr (stream_url, "://") : NULL;
  char *path = checked_path (session_id, stream_path);

  if (path == NULL && host != NULL)
    path = checked_path (session_id, strchr (host + 3, '/'));
  return path;
}
