/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/caller.h"

#include "tests/support/unit.h"

#define SECRET "a secret of a good length, for tests only"
#define NOW G_GINT64_CONSTANT (1000000000000)

static const HnJwtRules rules = { .algorithm = HN_JWT_HS256, .secret = SECRET };

static HnCaller *
caller (const HnJwtRules *asked, const char *target, const char *fields)
{
  g_autofree char *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", target, fields);
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (text, strlen (text), NULL, NULL);

  assert_non_null (head);
  return hn_caller_new (asked, head, NOW);
}

static HnCaller *
bearer (const char *claims)
{
  g_autofree char *token = hn_jwt_sign (claims, HN_JWT_HS256, SECRET);
  g_autofree char *field = g_strdup_printf ("Authorization: Bearer %s\r\n", token);

  return caller (&rules, "/", field);
}

static void
without_tokens_everybody_is_let_in_and_is_nobody (void **unused)
{
  g_autoptr (HnCaller) self = caller (NULL, "/?token=whatever", "");

  assert_null (self->refusal);
  assert_null (self->identity);
  assert_null (self->allowed);
  assert_true (self->expires_utc_us == G_MAXINT64);
}

static void
a_good_token_says_who_it_is_and_what_it_may_be_called (void **unused)
{
  g_autoptr (HnCaller) self = bearer ("{\"sub\":\"ann\",\"user_id\":\"7\",\"exp\":2000000,\"room\":\"probe-*\"}");
  g_autoptr (HnCaller) endless = bearer ("{\"sub\":\"ann\"}");

  assert_null (self->refusal);
  assert_string_equal (self->identity, "ann");
  assert_string_equal (self->allowed, "probe-*");
  assert_true (self->expires_utc_us == G_GINT64_CONSTANT (2000000000000));
  assert_null (endless->refusal);
  assert_null (endless->allowed);
  assert_true (endless->expires_utc_us == G_MAXINT64);
}

static void
assert_refused (HnCaller *self, const char *refusal)
{
  assert_string_equal (self->refusal, refusal);
  assert_non_null (self->why);
  assert_null (self->identity);
  hn_caller_free (self);
}

static void
whoever_has_no_good_token_is_told_why_as_far_as_it_may (void **unused)
{
  assert_refused (caller (&rules, "/", ""), "Authentication token required");
  assert_refused (caller (&rules, "/?token=x", ""), "Authentication failed: Could not validate credentials");
  assert_refused (caller (&rules, "/?token=x&token=y", ""), "Authentication failed: Could not validate credentials");
  assert_refused (bearer ("{\"sub\":\"ann\",\"exp\":999999}"), "Authentication failed: Token has expired");
  assert_refused (bearer ("{\"sub\":7}"), "Authentication failed: Could not validate credentials");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (without_tokens_everybody_is_let_in_and_is_nobody),
    cmocka_unit_test (a_good_token_says_who_it_is_and_what_it_may_be_called),
    cmocka_unit_test (whoever_has_no_good_token_is_told_why_as_far_as_it_may),
  };

  hn_caller_free (NULL);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
