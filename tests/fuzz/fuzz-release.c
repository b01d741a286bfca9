/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever a release server may say: latest.json, SHA256SUMS, a signature, a redirect's target; and a key from a configuration. */
#include "fuzz.h"

#include <string.h>

#include "base/error.h"
#include "update/minisign.h"
#include "update/release.h"
#include "update/version.h"

#define KEY "RWSxRlOUH3tX92QDLifUTsIso4sXRCMWSoSmZJorqQjTRhfSLbqx0gt8"
#define BASE "https://releases.example"

/* An error is there exactly when nothing was taken, and fit for one line of a log. */
static gboolean
taken (gboolean good, GError **error)
{
  must (good == (*error == NULL));
  must (*error == NULL || (g_utf8_validate ((*error)->message, -1, NULL) && strchr ((*error)->message, '\n') == NULL));
  g_clear_error (error);
  return good;
}

static gboolean
try_latest (const char *bytes, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *version = hn_release_parse_latest (bytes, length, &error);

  must (version == NULL || (hn_version_is_valid (version) && *version != 'v' && hn_version_compare (version, version) == 0));
  must (version == NULL || hn_version_compare (version, "0.0.0-0") == -hn_version_compare ("0.0.0-0", version));
  return taken (version != NULL, &error);
}

static gboolean
try_sums (const char *bytes, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *sum = hn_release_find_sum (bytes, length, hn_release_file_name (), &error);

  must (sum == NULL || (strlen (sum) == 64 && strspn (sum, "0123456789abcdef") == 64));
  return taken (sum != NULL, &error);
}

static gboolean
try_signature (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *comment = NULL;
  HnMinisignKey key;

  must (hn_minisign_parse_key (KEY, &key, NULL));
  comment = hn_minisign_verify (&key, "not what was signed", 19, text, &error);
  must (comment == NULL);
  return taken (comment != NULL, &error);
}

static gboolean
try_key (const char *text)
{
  g_autoptr (GError) error = NULL;
  HnMinisignKey key;

  return taken (hn_minisign_parse_key (text, &key, &error), &error);
}

static gboolean
try_redirect (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = hn_release_redirect (BASE, BASE "/x/y", text, &error);

  must (target == NULL || g_str_has_prefix (target, "https://"));
  return taken (target != NULL, &error);
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  g_autofree char *text = g_strndup (bytes, length);

  return try_latest (bytes, length) | try_sums (bytes, length) | try_signature (text) | try_key (text) | try_redirect (text);
}
