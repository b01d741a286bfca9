/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A release comes by https; by plain http from this machine only, and only if the server that was configured is there too (tests). */
#include "update/release.h"

#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "update/version.h"

#define PROJECT "hydraneckwebrtc"
#define MAX_URL_BYTES 2048
#define SUM_DIGITS 64

#if defined(__x86_64__)
#define FILE_NAME PROJECT "-linux-amd64"
#elif defined(__aarch64__)
#define FILE_NAME PROJECT "-linux-arm64"
#else
#error "releases have no name for this architecture yet: one line"
#endif

const char *
hn_release_file_name (void)
{
  return FILE_NAME;
}

static gboolean
is_loopback_http (GUri *uri)
{
  HnAddress address;

  return strcmp (g_uri_get_scheme (uri), "http") == 0 && g_uri_get_host (uri) != NULL && hn_address_parse (g_uri_get_host (uri), &address)
         && hn_address_is_loopback (&address);
}

static gboolean
is_https (GUri *uri)
{
  return strcmp (g_uri_get_scheme (uri), "https") == 0 && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0';
}

gboolean
hn_release_check_place (const char *base, const char *channel, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (base, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL || !(is_https (uri) || is_loopback_http (uri))) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'update.url' must be an https:// URL, not '%s'", base);
    return FALSE;
  }
  if (*channel == '\0' || strlen (channel) > 32 || channel[strspn (channel, G_CSET_a_2_z G_CSET_DIGITS "-")] != '\0') {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'update.channel' must be a word such as production, not '%s'", channel);
    return FALSE;
  }
  return TRUE;
}

char *
hn_release_latest_url (const char *base, const char *channel)
{
  return g_strdup_printf ("%s/" PROJECT "/%s/latest.json", base, channel);
}

char *
hn_release_file_url (const char *base, const char *channel, const char *version, const char *file)
{
  return g_strdup_printf ("%s/" PROJECT "/%s/v%s/%s", base, channel, version, file);
}

char *
hn_release_redirect (const char *base, const char *from, const char *location, GError **error)
{
  g_autoptr (GUri) base_uri = g_uri_parse (base, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GUri) from_uri = g_uri_parse (from, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GUri) target = NULL;

  if (location == NULL || strlen (location) > MAX_URL_BYTES || base_uri == NULL || from_uri == NULL) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_PROTOCOL, "redirected to nowhere");
    return NULL;
  }
  target = g_uri_parse_relative (from_uri, location, G_URI_FLAGS_ENCODED, NULL);
  if (target == NULL || g_uri_get_userinfo (target) != NULL || !(is_https (target) || (is_loopback_http (base_uri) && is_loopback_http (target)))) {
    g_autofree char *shown = g_strcanon (g_strndup (location, 200), G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ":/._-?&=%[]", '?');

    g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, "redirected to '%s': only https is followed", shown);
    return NULL;
  }
  return g_uri_to_string (target);
}

char *
hn_release_parse_latest (const char *text, gsize length, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonObject) object = hn_json_parse_object (text, length, &local);
  const char *version = NULL;

  if (object == NULL || !hn_json_get_text (object, "version", HN_LIMIT_TEXT_BYTES, TRUE, &version, &local)) {
    g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, "latest.json: %s", local->message);
    return NULL;
  }
  if (!hn_version_is_valid (version)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_PROTOCOL, "latest.json: field 'version' is no version");
    return NULL;
  }
  return g_strdup (*version == 'v' ? version + 1 : version);
}

/* `<64 hex digits>  <name>`, or ` *<name>` as sha256sum writes it in binary mode. */
static const char *
name_in_line (const char *line)
{
  return strspn (line, "0123456789abcdefABCDEF") == SUM_DIGITS && line[SUM_DIGITS] == ' '
                 && (line[SUM_DIGITS + 1] == ' ' || line[SUM_DIGITS + 1] == '*') && line[SUM_DIGITS + 2] != '\0'
             ? line + SUM_DIGITS + 2
             : NULL;
}

char *
hn_release_find_sum (const char *sums, gsize length, const char *file, GError **error)
{
  g_autofree char *text = g_strndup (sums, length);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  const char *found = NULL;
  guint count = 0;

  if (strlen (text) != length) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_PROTOCOL, HN_RELEASE_SUMS ": holds a NUL");
    return NULL;
  }
  for (guint i = 0; lines[i] != NULL; i++) {
    const char *name = name_in_line (lines[i]);

    if (name == NULL && *lines[i] != '\0') {
      g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, HN_RELEASE_SUMS ": line %u is none", i + 1);
      return NULL;
    }
    if (name == NULL || strcmp (name, file) != 0)
      continue;
    found = lines[i];
    count++;
  }
  if (count != 1) {
    g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, HN_RELEASE_SUMS ": '%s' is there %s", file, count == 0 ? "not" : "twice");
    return NULL;
  }
  return g_ascii_strdown (found, SUM_DIGITS);
}

gboolean
hn_release_check_comment (const char *comment, const char *channel, const char *version, GError **error)
{
  g_autofree char *expected = g_strdup_printf (PROJECT " %s %s", version, channel);
  g_autofree char *shown = NULL;

  if (strcmp (comment, expected) == 0)
    return TRUE;
  shown = g_strcanon (g_strndup (comment, 100), G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS " ._+-", '?');
  g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, "the signature was made for '%s', not for '%s'", shown, expected);
  return FALSE;
}
