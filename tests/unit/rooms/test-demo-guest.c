/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/demo-guest.h"

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "tests/support/unit.h"

static void
a_name_is_kept_but_for_the_space_around_it (void **unused)
{
  g_autofree char *name = hn_demo_guest_check_name ("  Zoë van \"Dijk\" ", NULL);

  assert_string_equal (name, "Zoë van \"Dijk\"");
}

static void
a_name_has_one_to_forty_characters_whatever_their_bytes (void **unused)
{
  g_autoptr (GString) longest = g_string_new (NULL);
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < HN_LIMIT_GUEST_NAME; i++)
    g_string_append (longest, "ö");
  name = hn_demo_guest_check_name (longest->str, &error);
  assert_string_equal (name, longest->str);
  g_string_append_c (longest, 'x');
  assert_null (hn_demo_guest_check_name (longest->str, &error));
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
  g_clear_error (&error);
  assert_null (hn_demo_guest_check_name (" \t ", &error));
  g_clear_error (&error);
  assert_null (hn_demo_guest_check_name (NULL, &error));
}

static void
control_characters_are_no_name (void **unused)
{
  static const char *const odd[] = { "a\nb", "a\x1b[31mb", ("a\xe2\x80\xae" "b"), "a\x7f" };

  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++) {
    g_autoptr (GError) error = NULL;

    assert_null (hn_demo_guest_check_name (odd[i], &error));
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
  }
}

static void
a_guest_may_enter_the_demos_rooms_for_half_a_day (void **unused)
{
  g_autofree char *text = hn_demo_guest_claims ("0123", "Ann", "demo*", NULL, (gint64) 1700000000 * G_USEC_PER_SEC + 999999);

  assert_string_equal (text, "{\"sub\":\"guest-0123\",\"username\":\"Ann\",\"room\":\"demo*\",\"iat\":1700000000,\"exp\":1700043200}");
}

static void
an_audience_that_is_asked_for_is_claimed (void **unused)
{
  g_autofree char *text = hn_demo_guest_claims ("0123", "\"}", "demo", "rooms", 0);
  g_autoptr (JsonObject) claims = hn_json_parse_object (text, strlen (text), NULL);

  assert_string_equal (json_object_get_string_member (claims, "aud"), "rooms");
  assert_string_equal (json_object_get_string_member (claims, "username"), "\"}");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_name_is_kept_but_for_the_space_around_it),
    cmocka_unit_test (a_name_has_one_to_forty_characters_whatever_their_bytes),
    cmocka_unit_test (control_characters_are_no_name),
    cmocka_unit_test (a_guest_may_enter_the_demos_rooms_for_half_a_day),
    cmocka_unit_test (an_audience_that_is_asked_for_is_claimed),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
