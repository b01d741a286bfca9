/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Everything is derived from turn.secret by HMAC-SHA256 with a word for what it is: nothing is stored, and none of it leads back to the secret, to the
 * session id or to each other. */

#include "base/turn-credential.h"

#include <string.h>

#include "base/clock.h"

#define PREFIX_DIGITS 12

static char *
derive (const char *secret, const char *what, const char *name)
{
  g_autofree char *text = g_strdup_printf ("hydraneckwebrtc turn %s %s", what, name);

  return g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) secret, strlen (secret), text, -1);
}

char *
hn_turn_credential_user (const char *secret, const char *session_id)
{
  char *user = derive (secret, "user", session_id);

  user[HN_TURN_USER_LENGTH] = '\0';
  return user;
}

char *
hn_turn_credential_worker_prefix (const char *secret, const char *worker_id)
{
  g_autofree char *digest = derive (secret, "worker", worker_id);

  return g_strdup_printf ("hn-%.*s-", PREFIX_DIGITS, digest);
}

char *
hn_turn_credential_own_secret (const char *secret, const char *worker_id, const char *session_id)
{
  g_autofree char *prefix = hn_turn_credential_worker_prefix (secret, worker_id);
  g_autofree char *digest = derive (secret, "secret", session_id);

  return g_strconcat (prefix, digest, NULL);
}

char *
hn_turn_credential_username (const char *user, gint64 utc_us, gint64 ttl_us)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT ":%s", (utc_us + ttl_us) / hn_seconds (1), user);
}

char *
hn_turn_credential_password (const char *secret, const char *username)
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA1, (const guchar *) secret, strlen (secret));
  guint8 digest[20];
  gsize size = sizeof digest;

  g_hmac_update (hmac, (const guchar *) username, -1);
  g_hmac_get_digest (hmac, digest, &size);
  return g_base64_encode (digest, size);
}
