/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the id is read, the whole token is made anew from it, and both are compared: so there is one spelling of each token. */
#include "api/worker-token.h"

#include <string.h>

#include "base/id.h"
#include "base/limits.h"

#define PREFIX "hnw1."
#define PURPOSE "hydraneckwebrtc worker "
#define DIGEST_BYTES 32
#define MAX_TOKEN_BYTES (2 * HN_LIMIT_TEXT_BYTES)

static void
make_urlsafe (char *text)
{
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  g_strdelimit (text, "=", '\0');
}

static char *
encode (const guint8 *bytes, gsize n_bytes)
{
  char *text = g_base64_encode (bytes, n_bytes);

  make_urlsafe (text);
  return text;
}

/* The id as text, or NULL. */
static char *
decode_id (const char *text, gsize length)
{
  g_autoptr (GString) padded = g_string_new_len (text, (gssize) length);
  g_autofree char *id = NULL;
  gsize n_bytes = 0;

  g_strdelimit (padded->str, "-", '+');
  g_strdelimit (padded->str, "_", '/');
  while (padded->len % 4 != 0)
    g_string_append_c (padded, '=');
  id = (char *) g_base64_decode (padded->str, &n_bytes);
  if (n_bytes == 0 || n_bytes > HN_LIMIT_TEXT_BYTES || !g_utf8_validate_len (id, n_bytes, NULL))
    return NULL;
  return g_strndup (id, n_bytes);
}

char *
hn_worker_token_new (const char *admin_token, const char *worker_id)
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guint8 *) admin_token, strlen (admin_token));
  g_autofree char *id = encode ((const guint8 *) worker_id, strlen (worker_id));
  g_autofree char *mac = NULL;
  guint8 digest[DIGEST_BYTES];
  gsize n_bytes = sizeof digest;

  g_hmac_update (hmac, (const guint8 *) PURPOSE, -1);
  g_hmac_update (hmac, (const guint8 *) worker_id, -1);
  g_hmac_get_digest (hmac, digest, &n_bytes);
  mac = encode (digest, n_bytes);
  return g_strconcat (PREFIX, id, ".", mac, NULL);
}

char *
hn_worker_token_verify (const char *token, const char *admin_token)
{
  const char *id_text = token + strlen (PREFIX);
  g_autofree char *id = NULL, *expected = NULL;
  const char *dot;

  if (admin_token == NULL || *admin_token == '\0' || !g_str_has_prefix (token, PREFIX) || strlen (token) > MAX_TOKEN_BYTES)
    return NULL;
  dot = strchr (id_text, '.');
  id = dot != NULL ? decode_id (id_text, (gsize) (dot - id_text)) : NULL;
  if (id == NULL)
    return NULL;
  expected = hn_worker_token_new (admin_token, id);
  return hn_secret_equal (token, expected) ? g_steal_pointer (&id) : NULL;
}

char *
hn_worker_token_admit (const char *token, const HnConfig *config)
{
  g_autofree char *current = hn_worker_token_verify (token, config->server_admin_token);
  g_autofree char *previous = hn_worker_token_verify (token, config->server_admin_token_previous);

  return current != NULL ? g_steal_pointer (&current) : g_steal_pointer (&previous);
}
