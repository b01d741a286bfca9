/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/dialect.h"

#include "tests/support/unit.h"

static HnDialectType
find (const char *name)
{
  return hn_dialect_find ((HnSlice){ name, strlen (name) });
}

static void
every_type_is_found_by_both_names (void **unused)
{
  guint differ = 0;

  for (guint type = 0; type < HN_DIALECT_TYPES; type++) {
    assert_int_equal (find (hn_dialect_get_name (type, HN_DIALECT_HYPHEN)), type);
    assert_int_equal (find (hn_dialect_get_name (type, HN_DIALECT_UNDERSCORE)), type);
    differ += hn_dialect_is_common (type) ? 0 : 1;
  }
  assert_int_equal (differ, 4);
  assert_int_equal (HN_DIALECT_TYPES, 38 + 3);
}

static void
the_four_names_differ (void **unused)
{
  static const char *const pairs[][2] = { { "ice-candidate", "ice_candidate" }, { "user-joined", "user_joined" }, { "user-left", "user_left" }, { "room-state", "room_state" } };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++) {
    HnDialectType type = find (pairs[i][0]);

    assert_true (type < HN_DIALECT_TYPES);
    assert_int_equal (find (pairs[i][1]), type);
    assert_false (hn_dialect_is_common (type));
    assert_string_equal (hn_dialect_get_name (type, HN_DIALECT_HYPHEN), pairs[i][0]);
    assert_string_equal (hn_dialect_get_name (type, HN_DIALECT_UNDERSCORE), pairs[i][1]);
  }
}

static void
what_is_no_type_is_not_found (void **unused)
{
  static const char *const names[] = { "", "dance", "Offer", "offer ", "chat_message", "e2ee_key_exchange", "ice-candidat", "ice-candidates", "recording_started" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    assert_int_equal (find (names[i]), HN_DIALECT_TYPES);
}

static void
only_servers_say_what_happened (void **unused)
{
  static const char *const servers[] = { "room-state", "user-joined", "user-left", "error", "recording-status", "waiting-room-join", "pong" };
  guint count = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (servers); i++)
    assert_int_equal (hn_dialect_who_sends (find (servers[i])), HN_DIALECT_SERVER);
  for (guint type = 0; type < HN_DIALECT_TYPES; type++)
    count += hn_dialect_who_sends (type) == HN_DIALECT_SERVER ? 1 : 0;
  assert_int_equal (count, G_N_ELEMENTS (servers));
  assert_int_equal (hn_dialect_who_sends (HN_DIALECT_LEAVE), HN_DIALECT_PRIVATE);
  assert_int_equal (hn_dialect_who_sends (HN_DIALECT_CHAT_MESSAGE), HN_DIALECT_CLIENT);
}

static void
a_dialect_has_a_name (void **unused)
{
  HnDialect dialect = HN_DIALECT_UNDERSCORE;

  assert_false (hn_dialect_from_text ("german", &dialect));
  assert_int_equal (dialect, HN_DIALECT_UNDERSCORE);
  assert_true (hn_dialect_from_text ("hyphen", &dialect));
  assert_int_equal (dialect, HN_DIALECT_HYPHEN);
  assert_true (hn_dialect_from_text ("underscore", &dialect));
  assert_int_equal (dialect, HN_DIALECT_UNDERSCORE);
}

static void
the_docs_show_the_table (void **unused)
{
  g_autofree char *doc = hn_dialect_doc ();
  g_autofree char *shown = NULL;

  assert_true (g_file_get_contents (DOCS "/signalling.md", &shown, NULL, NULL));
  if (strstr (shown, doc) == NULL)
    g_printerr ("docs/signalling.md must show:\n%s", doc); /* cmocka's messages are too short for it */
  assert_non_null (strstr (shown, doc));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_type_is_found_by_both_names),
    cmocka_unit_test (the_four_names_differ),
    cmocka_unit_test (what_is_no_type_is_not_found),
    cmocka_unit_test (only_servers_say_what_happened),
    cmocka_unit_test (a_dialect_has_a_name),
    cmocka_unit_test (the_docs_show_the_table),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
