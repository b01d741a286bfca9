/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/error.h"
#include "base/jwt.h"
#include "base/limits.h"

/* Any text as a token, and as the claims of one that is signed well: else only two of its three parts would ever be read. */

#define SECRET "secret-of-tests"
#define NOW_US (G_GINT64_CONSTANT (2000000000) * G_USEC_PER_SEC)

static void
check_text (const char *text)
{
  must (*text != '\0' && strlen (text) <= HN_LIMIT_USER_BYTES && g_utf8_validate (text, -1, NULL) && strpbrk (text, "\n\r\t\x1b") == NULL);
}

static gboolean
try_token (const char *token, const char *audience)
{
  const HnJwtRules rules = { HN_JWT_HS256, SECRET, NULL, audience };
  GError *error = NULL;
  g_autoptr (HnJwtClaims) claims = hn_jwt_verify (token, &rules, NOW_US, &error);

  must ((claims == NULL) == (error != NULL));
  if (claims == NULL) {
    must (g_error_matches (error, HN_ERROR, HN_ERROR_UNAUTHENTICATED));
    must (hn_jwt_is_expired (error) || g_str_equal (error->message, HN_JWT_INVALID));
    g_error_free (error);
    return FALSE;
  }
  check_text (claims->subject);
  check_text (claims->user_id);
  check_text (claims->user_name);
  if (claims->room != NULL)
    check_text (claims->room);
  must (claims->expires_us > NOW_US);
  return TRUE;
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  g_autofree char *text = g_strndup (bytes, length);
  g_autofree char *token = hn_jwt_sign (text, HN_JWT_HS256, SECRET);
  gboolean with = try_token (token, "rooms"), without = try_token (token, NULL);

  must (!with || !without);
  return try_token (text, NULL) | with | without;
}
