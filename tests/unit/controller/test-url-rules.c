/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/url-rules.h"

#include <string.h>

#include "tests/support/unit.h"

#define ID "0123456789abcdef0123456789abcdef"

static void
a_worker_url_leads_where_it_says (void **unused)
{
  static const struct {
    const char *url, *host;
    guint16 port;
    gboolean is_https, is_literal;
  } rows[] = {
    { "http://127.0.0.1:47990", "127.0.0.1", 47990, FALSE, TRUE },
    { "http://127.0.26.9:1/", "127.0.26.9", 1, FALSE, TRUE },
    { "http://[::1]:8090", "::1", 8090, FALSE, TRUE },
    { "http://10.10.100.6", "10.10.100.6", 80, FALSE, TRUE },
    { "http://172.31.0.1:2", "172.31.0.1", 2, FALSE, TRUE },
    { "http://192.168.0.1:2", "192.168.0.1", 2, FALSE, TRUE },
    { "http://100.64.0.1:2", "100.64.0.1", 2, FALSE, TRUE },
    { "http://[fd00::1]:2", "fd00::1", 2, FALSE, TRUE },
    { "https://worker.example.com", "worker.example.com", 443, TRUE, FALSE },
    { "https://203.0.113.9:65535", "203.0.113.9", 65535, TRUE, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_auto (HnUrlRulesTarget) target = { 0 };

    assert_true (hn_url_rules_read_worker (rows[i].url, &target, &error));
    assert_null (error);
    assert_string_equal (target.host, rows[i].host);
    assert_int_equal (target.port, rows[i].port);
    assert_int_equal (target.is_https, rows[i].is_https);
    assert_int_equal (target.is_literal, rows[i].is_literal);
  }
}

static void
a_worker_url_that_leads_elsewhere_is_refused_by_name (void **unused)
{
  static const char *const rows[] = {
    "http://203.0.113.9:47990", "http://8.8.8.8", "http://172.32.0.1:2", "http://100.128.0.1:2", "http://[2001:db8::1]:2",
    "http://worker.example.com", "http://localhost:1", "ftp://10.0.0.1", "10.0.0.1:80", "", "http://", "https://",
    "http://10.0.0.1/path", "http://10.0.0.1/?q", "http://10.0.0.1/#f", "http://user@10.0.0.1/", "https://a:b@example.com",
    "http://0.0.0.0:80", "http://[::ffff:8.8.8.8]:80", "http://10.0.0.1:0", "http://10.0.0.1:65536", "http://169.254.169.254",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_auto (HnUrlRulesTarget) target = { 0 };

    assert_false (hn_url_rules_read_worker (rows[i], &target, &error));
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
    assert_true (g_str_has_prefix (error->message, "field 'url' "));
    assert_null (target.host);
  }
}

static void
a_stream_url_is_where_this_caller_can_reach_it (void **unused)
{
  static const struct {
    const char *domain, *base_url, *public_url, *expected;
  } rows[] = {
    { NULL, "http://127.0.0.1:8080", NULL, "http://127.0.0.1:8080/session/x" },
    { "neck.example.com", "http://127.0.0.1:8080", NULL, "https://neck.example.com/session/x" },
    { NULL, "http://c", "http://10.0.0.1:47990", "http://c/session/x" },
    { "neck.example.com", "http://c", "http://10.0.0.1:47990", "https://neck.example.com/session/x" },
    { "neck.example.com", "http://c", "https://w.example.com", "https://w.example.com/session/x" },
    { NULL, "https://proxied.example.com", NULL, "https://proxied.example.com/session/x" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *url = hn_url_rules_stream_url (rows[i].domain, rows[i].base_url, rows[i].public_url, "/session/x");

    assert_string_equal (url, rows[i].expected);
  }
}

static void
a_stream_path_lies_below_its_own_session (void **unused)
{
  static const struct {
    const char *path, *url, *expected;
  } rows[] = {
    { "/session/" ID "/stream.html?hostId=1&appId=2", NULL, "/session/" ID "/stream.html?hostId=1&appId=2" },
    { NULL, "http://w:1/session/" ID "/stream.html?hostId=1", "/session/" ID "/stream.html?hostId=1" },
    { "/elsewhere", "http://w:1/session/" ID "/s", "/session/" ID "/s" },
    { "/session/fedcba9876543210fedcba9876543210/s", NULL, NULL },
    { "https://evil.example.com/session/" ID "/s", "https://evil.example.com", NULL },
    { NULL, "nonsense", NULL },
    { NULL, NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = hn_url_rules_stream_path (ID, rows[i].path, rows[i].url);

    if (rows[i].expected == NULL)
      assert_null (path);
    else
      assert_string_equal (path, rows[i].expected);
  }
}

static void
an_https_worker_needs_an_address_that_browsers_reach_by_themselves (void **unused)
{
  static const struct {
    const char *url, *public_url;
    gboolean fine;
  } rows[] = {
    { "http://10.0.0.1:1", NULL, TRUE },
    { "http://10.0.0.1:1", "https://w.example.com", TRUE },
    { "https://10.0.0.1:1", NULL, FALSE },
    { "https://w.example.com", "http://w.example.com", FALSE },
    { "https://w.example.com", "https://w.example.com", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_auto (HnUrlRulesTarget) target = { 0 };

    assert_true (hn_url_rules_read_worker (rows[i].url, &target, NULL));
    assert_int_equal (hn_url_rules_check_pages (&target, rows[i].public_url, &error), rows[i].fine);
    if (rows[i].fine)
      continue;
    assert_non_null (strstr (hn_error_detail (error), "worker.public_url"));
    assert_hn_error (error, HN_ERROR_INVALID, "field 'url' is https, which this controller calls but cannot proxy");
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_worker_url_leads_where_it_says),
    cmocka_unit_test (a_worker_url_that_leads_elsewhere_is_refused_by_name),
    cmocka_unit_test (a_stream_url_is_where_this_caller_can_reach_it),
    cmocka_unit_test (a_stream_path_lies_below_its_own_session),
    cmocka_unit_test (an_https_worker_needs_an_address_that_browsers_reach_by_themselves),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
