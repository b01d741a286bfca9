/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "controller/reply-rules.h"
#include "tests/support/unit.h"

static GError *
error_of (guint status, const char *body)
{
  return hn_reply_rules_error (status, body, strlen (body), "w1");
}

static void
only_answers_before_pairing_let_another_worker_be_tried (void **unused)
{
  assert_int_equal (hn_reply_rules_meaning (200), HN_REPLY_RULES_DONE);
  assert_int_equal (hn_reply_rules_meaning (201), HN_REPLY_RULES_DONE);
  assert_int_equal (hn_reply_rules_meaning (503), HN_REPLY_RULES_BUSY);
  assert_int_equal (hn_reply_rules_meaning (401), HN_REPLY_RULES_STRANGER);
  assert_int_equal (hn_reply_rules_meaning (403), HN_REPLY_RULES_STRANGER);
  for (guint status = 100; status < 600; status++)
    if (status / 100 != 2 && status != 503 && status != 401 && status != 403)
      assert_int_equal (hn_reply_rules_meaning (status), HN_REPLY_RULES_REFUSED);
}

static void
a_workers_error_crosses_unchanged (void **unused)
{
  static const guint statuses[] = { 400, 404, 409, 418, 500, 502, 503, 504 };

  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++) {
    g_autoptr (GError) error
      = error_of (statuses[i], "{\"error\":\"pair failed: 100% (crypto handshake rejected by Sunshine)\",\"code\":1,\"detail\":\"50%\"}");

    assert_string_equal (error->message, "pair failed: 100% (crypto handshake rejected by Sunshine)");
    assert_string_equal (hn_error_detail (error), "50%");
    assert_int_equal (hn_error_http_status (error), statuses[i]);
  }
}

static void
an_error_without_detail_gets_none (void **unused)
{
  g_autoptr (GError) error = error_of (503, "{\"error\":\"max sessions reached\",\"code\":503}");

  assert_string_equal (error->message, "max sessions reached");
  assert_null (hn_error_detail (error));
}

static void
a_workers_opinion_of_our_token_is_not_the_callers_business (void **unused)
{
  g_autoptr (GError) error = error_of (401, "{\"error\":\"unauthorized\",\"code\":401}");

  assert_string_equal (error->message, "worker 'w1' does not know this controller");
  assert_int_equal (hn_error_http_status (error), 502);
  assert_non_null (hn_error_detail (error));
}

static void
what_cannot_be_read_is_a_bad_gateway (void **unused)
{
  static const struct {
    guint status;
    const char *body;
  } rows[] = {
    { 500, "" }, { 500, "<html>" }, { 502, "[]" }, { 503, "{\"error\":7}" }, { 404, "{\"code\":404}" }, { 200, "{\"error\":\"x\"}" },
    { 302, "{\"error\":\"x\"}" }, { 600, "{\"error\":\"x\"}" }, { 502, "{\"error\":\"a\\nb\"}" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = error_of (rows[i].status, rows[i].body);

    assert_string_equal (error->message, "worker 'w1' gave no readable answer");
    assert_int_equal (hn_error_http_status (error), 502);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (only_answers_before_pairing_let_another_worker_be_tried),
    cmocka_unit_test (a_workers_error_crosses_unchanged),
    cmocka_unit_test (an_error_without_detail_gets_none),
    cmocka_unit_test (a_workers_opinion_of_our_token_is_not_the_callers_business),
    cmocka_unit_test (what_cannot_be_read_is_a_bad_gateway),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
