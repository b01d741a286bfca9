/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/release.h"

#include <string.h>

#include "tests/support/unit.h"

#define SUM_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SUM_B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

static void
urls_follow_the_servers_layout (void **unused)
{
  g_autofree char *latest = hn_release_latest_url ("https://releases.example", "staging");
  g_autofree char *file = hn_release_file_url ("https://releases.example", "production", "1.4.0", "SHA256SUMS");

  assert_string_equal (latest, "https://releases.example/hydraneckwebrtc/staging/latest.json");
  assert_string_equal (file, "https://releases.example/hydraneckwebrtc/production/v1.4.0/SHA256SUMS");
  assert_true (g_str_has_prefix (hn_release_file_name (), "hydraneckwebrtc-linux-"));
}

static void
releases_come_by_https_or_from_this_machine (void **unused)
{
  static const char *const good[] = { "https://releases.experiencenet.com", "https://192.0.2.1:8443", "http://127.3.4.5:80", "http://[::1]:8080" };
  static const char *const bad[] = { "http://releases.experiencenet.com", "http://192.0.2.1", "ftp://127.0.0.1", "http://localhost.example", "releases", "" };
  static const char *const no_channels[] = { "", "..", "a/b", "Production", "a b", "x%2f" };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    assert_true (hn_release_check_place (good[i], "production", NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_false (hn_release_check_place (bad[i], "production", NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (no_channels); i++)
    assert_false (hn_release_check_place (good[0], no_channels[i], NULL));
  assert_false (hn_release_check_place ("http://192.0.2.1", "production", &error));
  assert_hn_error (error, HN_ERROR_CONFIG, "'update.url' must be an https:// URL, not 'http://192.0.2.1'");
}

static void
redirects_stay_on_https (void **unused)
{
  static const struct {
    const char *base;
    const char *from;
    const char *location;
    const char *target; /* NULL: refused */
  } cases[] = {
    { "https://a.example", "https://a.example/x/y", "/api/v1/files/y", "https://a.example/api/v1/files/y" },
    { "https://a.example", "https://a.example/x/y", "https://mirror.example/y?z=1", "https://mirror.example/y?z=1" },
    { "https://a.example", "https://a.example/x/y", "//mirror.example/y", "https://mirror.example/y" },
    { "https://a.example", "https://a.example/x/y", "http://mirror.example/y", NULL },
    { "https://a.example", "https://a.example/x/y", "http://127.0.0.1/y", NULL },
    { "https://a.example", "https://a.example/x/y", "file:///etc/passwd", NULL },
    { "https://a.example", "https://a.example/x/y", "https://user:pass@mirror.example/y", NULL },
    { "https://a.example", "https://a.example/x/y", "https:///y", NULL },
    { "https://a.example", "https://a.example/x/y", NULL, NULL },
    { "http://127.0.0.1:80", "http://127.0.0.1:80/x", "/y", "http://127.0.0.1:80/y" },
    { "http://127.0.0.1:80", "http://127.0.0.1:80/x", "http://127.0.0.2/y", "http://127.0.0.2/y" },
    { "http://127.0.0.1:80", "http://127.0.0.1:80/x", "http://192.0.2.1/y", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *target = hn_release_redirect (cases[i].base, cases[i].from, cases[i].location, &error);

    if (cases[i].target == NULL) {
      assert_null (target);
      assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_PROTOCOL));
    } else {
      assert_string_equal (target, cases[i].target);
    }
  }
}

static void
latest_json_tells_the_version (void **unused)
{
  static const struct {
    const char *text;
    const char *version; /* NULL: refused */
  } cases[] = {
    { "{\"version\":\"1.4.0\"}\n", "1.4.0" },
    { "{\"version\":\"v1.4.0\",\"build_number\":17}", "1.4.0" },
    { "{\"version\":\"1.4\"}", NULL },
    { "{\"version\":\"../../x\"}", NULL },
    { "{\"version\":140}", NULL },
    { "{}", NULL },
    { "[]", NULL },
    { "{\"version\":\"1.4.0\"", NULL },
    { "<html>", NULL },
    { "", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *version = hn_release_parse_latest (cases[i].text, strlen (cases[i].text), &error);

    if (cases[i].version == NULL) {
      assert_null (version);
      assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_PROTOCOL));
      assert_true (g_str_has_prefix (error->message, "latest.json: "));
    } else {
      assert_string_equal (version, cases[i].version);
    }
  }
}

static void
a_sum_is_found_by_its_whole_name (void **unused)
{
  static const char sums[] = SUM_A "  hydraneckwebrtc-linux-amd64.old\n" SUM_B " *hydraneckwebrtc-linux-amd64\n" SUM_A "  x\n";
  g_autofree char *sum = hn_release_find_sum (sums, strlen (sums), "hydraneckwebrtc-linux-amd64", NULL);

  assert_string_equal (sum, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
}

static void
sums_that_are_odd_are_refused (void **unused)
{
  static const struct {
    const char *sums;
    gsize length;
    const char *message;
  } cases[] = {
    { "", 0, "SHA256SUMS: 'f' is there not" },
    { SUM_A "  g\n", 68, "SHA256SUMS: 'f' is there not" },
    { SUM_A "  f\n" SUM_B "  f\n", 136, "SHA256SUMS: 'f' is there twice" },
    { SUM_A " f\n", 67, "SHA256SUMS: line 1 is none" },
    { SUM_A "  f\nhello\n", 74, "SHA256SUMS: line 2 is none" },
    { "a" SUM_A "  f\n", 69, "SHA256SUMS: line 1 is none" },
    { SUM_A "  f\n\0x", 70, "SHA256SUMS: holds a NUL" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    assert_null (hn_release_find_sum (cases[i].sums, cases[i].length, "f", &error));
    assert_hn_error (error, HN_ERROR_PROTOCOL, cases[i].message);
  }
}

static void
a_signature_is_good_for_one_version_and_channel (void **unused)
{
  g_autoptr (GError) error = NULL;

  assert_true (hn_release_check_comment ("hydraneckwebrtc 1.4.0 production", "production", "1.4.0", NULL));
  assert_false (hn_release_check_comment ("hydraneckwebrtc 1.4.0 staging", "production", "1.4.0", NULL));
  assert_false (hn_release_check_comment ("hydraneckwebrtc 1.4.0 production ", "production", "1.4.0", NULL));
  assert_false (hn_release_check_comment ("hydrabody 1.4.0 production", "production", "1.4.0", NULL));
  assert_false (hn_release_check_comment ("hydraneckwebrtc 1.3.0 production", "production", "1.4.0", &error));
  assert_hn_error (error, HN_ERROR_PROTOCOL, "the signature was made for 'hydraneckwebrtc 1.3.0 production', not for 'hydraneckwebrtc 1.4.0 production'");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (urls_follow_the_servers_layout),
    cmocka_unit_test (releases_come_by_https_or_from_this_machine),
    cmocka_unit_test (redirects_stay_on_https),
    cmocka_unit_test (latest_json_tells_the_version),
    cmocka_unit_test (a_sum_is_found_by_its_whole_name),
    cmocka_unit_test (sums_that_are_odd_are_refused),
    cmocka_unit_test (a_signature_is_good_for_one_version_and_channel),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
