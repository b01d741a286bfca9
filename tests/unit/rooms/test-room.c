/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/room.h"

#include "api/roster-memory.h"
#include "base/limits.h"
#include "rooms/participant.h"
#include "tests/support/unit.h"

#define UTC_US G_GINT64_CONSTANT (1762682400000001) /* 2025-11-09T10:00:00.000001 */
#define NOW "2025-11-09T10:00:00.000001+00:00"

/* A room on a real roster in memory, driven by hand; what each client is sent is one line of its log. */
typedef struct {
  HnRosterMemory *memory;
  HnRoster *roster;
  HnRoom *room;
  GHashTable *clients; /* connection → Client */
  GPtrArray *encoded;  /* of HnWsMessage: each one that was sent to somebody, once */
} World;

typedef struct {
  HnRoomSeat seat;
  World *world;
  GString *log;
  gboolean in;
} Client;

static void
on_send (gpointer socket, HnWsMessage *message)
{
  Client *client = socket;
  HnSlice text = hn_ws_message_get_text (message);

  if (!g_ptr_array_find (client->world->encoded, message, NULL))
    g_ptr_array_add (client->world->encoded, hn_ws_message_ref (message));
  g_string_append_len (client->log, text.text, (gssize) text.length);
  g_string_append_c (client->log, '\n');
}

static void
on_event (HnRosterGroup *group, const HnRosterEvent *event, gpointer data)
{
  World *self = data;
  Client *client = event->kind == HN_ROSTER_CAME ? g_hash_table_lookup (self->clients, event->seat.connection) : NULL;

  if (client != NULL) {
    hn_room_add (self->room, &client->seat);
    hn_room_welcome (self->room, &client->seat, group, FALSE, UTC_US);
  }
  hn_room_tell (self->room, group, event, UTC_US);
}

static void
on_later (gpointer unused)
{
}

static void
run (World *self)
{
  while (hn_roster_memory_run (self->memory, 1000, UTC_US, 1000))
    ;
}

static void
client_free (gpointer data)
{
  Client *client = data;

  g_string_free (client->log, TRUE);
  g_free (client);
}

static World *
world_new (void)
{
  static const HnRosterEvents events = { .event = on_event };
  World *self = g_new0 (World, 1);

  self->memory = hn_roster_memory_new ("p", &events, self, on_later, NULL, on_later);
  self->roster = hn_roster_memory_as_roster (self->memory);
  self->room = hn_room_new ("r1", on_send, "null");
  self->clients = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, client_free);
  self->encoded = g_ptr_array_new_with_free_func ((GDestroyNotify) hn_ws_message_unref);
  return self;
}

static void
world_free (World *self)
{
  hn_roster_free (self->roster);
  hn_room_free (self->room);
  g_hash_table_unref (self->clients);
  g_ptr_array_unref (self->encoded);
  g_free (self);
}

static void
on_joined (HnRosterOutcome outcome, HnRosterGroup *group, gpointer data)
{
  Client *client = data;

  assert_int_equal (outcome, HN_ROSTER_JOINED);
  client->in = TRUE;
}

static Client *
join (World *self, const char *member, const char *connection, HnDialect dialect)
{
  static const HnRosterJoinRules rules = { HN_ROSTER_SHARED, 0 };
  Client *client = g_new0 (Client, 1);
  g_autofree char *card = hn_participant_card (member, member);
  HnRosterSeat seat = { .member = member, .connection = connection, .card = card };

  client->world = self;
  client->log = g_string_new (NULL);
  client->seat = (HnRoomSeat){ .connection = connection, .member = member, .dialect = dialect, .socket = client };
  g_hash_table_insert (self->clients, (char *) connection, client);
  hn_roster_join (self->roster, "r1", &seat, &rules, on_joined, client);
  run (self);
  assert_true (client->in);
  return client;
}

static void
leave (World *self, Client *client)
{
  hn_room_remove (self->room, &client->seat);
  hn_roster_leave (self->roster, "r1", client->seat.connection);
  run (self);
}

static void
say (World *self, Client *client, const char *to, const char *type, const char *payload)
{
  g_autofree char *text = g_strdup_printf ("{\"type\":\"%s\",\"payload\":%s,\"sender_id\":\"%s\",\"room_id\":\"r1\",\"timestamp\":\"t\"}", type, payload,
                                           client->seat.member);

  assert_true (hn_roster_say (self->roster, "r1", client->seat.connection, to, text, strlen (text)));
  run (self);
}

/* Types and offsets of what a client was sent since the last look, `type@offset`, and the log begins anew. */
static char *
heard (Client *client)
{
  GString *out = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (client->log->str, "\n", -1);

  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
    const char *offset = g_strrstr (lines[i], "\"offset\":");
    const char *type = lines[i] + strlen ("{\"type\":\"");

    if (out->len > 0)
      g_string_append_c (out, ' ');
    g_string_append_len (out, type, (gssize) strcspn (type, "\""));
    if (offset != NULL)
      g_string_append_printf (out, "@%d", atoi (offset + strlen ("\"offset\":")));
  }
  g_string_truncate (client->log, 0);
  return g_string_free (out, FALSE);
}

#define assert_heard(client, expected)                       \
  do {                                                       \
    g_autofree char *what = heard (client);                  \
    assert_string_equal (what, expected);                    \
  } while (0)

#define assert_said(client, part)                                        \
  do {                                                                   \
    if (strstr ((client)->log->str, part) == NULL)                       \
      fail_msg ("no %s in:\n%s", part, (client)->log->str);              \
  } while (0)

static void
who_joins_gets_the_state_and_the_others_are_told (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  Client *b;

  assert_said (a, "\"participant_count\":1,\"user_id\":\"A\",\"connection_id\":\"a1\",\"recovered\":false}");
  assert_said (a, "{\"user_id\":\"A\",\"username\":\"A\",\"joined_at\":\"" NOW "\"}");
  assert_heard (a, "room_state@1");
  b = join (world, "B", "b1", HN_DIALECT_HYPHEN);
  assert_said (a, "\"participant_count\":2},\"sender_id\":null,\"room_id\":\"r1\",\"timestamp\":\"" NOW "\"");
  assert_said (a, "{\"type\":\"user_joined\",\"payload\":{\"user_id\":\"B\",\"username\":\"B\",\"timestamp\":\"" NOW "\"},\"sender_id\":null,\"room_id\":\"r1\"");
  assert_heard (a, "room_state@1 user_joined@2");
  assert_said (b, "\"participant_count\":2,\"user_id\":\"B\"");
  assert_heard (b, "room-state@2");
  world_free (world);
}

static void
who_leaves_is_told_to_the_others (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_HYPHEN);
  Client *b = join (world, "B", "b1", HN_DIALECT_UNDERSCORE);

  assert_heard (a, "room-state@1 room-state@1 user-joined@2");
  leave (world, b);
  assert_said (a, "\"participant_count\":1}");
  assert_said (a, "\"user-left\",\"payload\":{\"user_id\":\"B\"");
  assert_heard (a, "room-state@2 user-left@3");
  world_free (world);
}

static void
a_user_with_two_tabs_is_one_participant (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  Client *first = join (world, "B", "b1", HN_DIALECT_UNDERSCORE);
  Client *second = join (world, "B", "b2", HN_DIALECT_UNDERSCORE);

  assert_heard (a, "room_state@1 room_state@1 user_joined@2");
  assert_said (second, "\"participant_count\":2,");
  leave (world, first);
  assert_heard (a, "");
  leave (world, second);
  assert_heard (a, "room_state@4 user_left@5");
  world_free (world);
}

static void
a_message_goes_to_all_but_its_connection_in_their_dialect (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  Client *b = join (world, "B", "b1", HN_DIALECT_UNDERSCORE);
  Client *c = join (world, "C", "c1", HN_DIALECT_HYPHEN);
  Client *tab = join (world, "A", "a2", HN_DIALECT_HYPHEN);

  g_string_truncate (a->log, 0);
  g_string_truncate (b->log, 0);
  g_string_truncate (c->log, 0);
  g_string_truncate (tab->log, 0);
  say (world, a, NULL, "ice-candidate", "{\"candidate\": 0.1 }");
  assert_heard (a, "");
  assert_said (b, "{\"type\":\"ice_candidate\",\"payload\":{\"candidate\": 0.1 },\"sender_id\":\"A\",\"room_id\":\"r1\",\"timestamp\":\"t\",\"offset\":5,\"epoch\":\"");
  assert_heard (b, "ice_candidate@5");
  assert_heard (c, "ice-candidate@5");
  assert_heard (tab, "ice-candidate@5");
  world_free (world);
}

/* Kept for ever. */
static const char *
name (const char *prefix, guint number)
{
  g_autofree char *text = g_strdup_printf ("%s%u", prefix, number);

  return g_intern_string (text);
}

static void
a_frame_is_encoded_once_for_each_dialect_that_hears_it (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);

  for (guint i = 0; i < 20; i++)
    join (world, name ("U", i), name ("c", i), i % 2 == 0 ? HN_DIALECT_HYPHEN : HN_DIALECT_UNDERSCORE);
  g_ptr_array_set_size (world->encoded, 0);
  say (world, a, NULL, "offer", "{}");
  assert_int_equal (world->encoded->len, 1);
  say (world, a, NULL, "ice-candidate", "{}");
  assert_int_equal (world->encoded->len, 3);
  say (world, a, "U3", "ice-candidate", "{}");
  assert_int_equal (world->encoded->len, 4);
  world_free (world);
}

static void
a_target_alone_is_told (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  Client *b = join (world, "B", "b1", HN_DIALECT_UNDERSCORE);
  Client *other = join (world, "B", "b2", HN_DIALECT_HYPHEN);
  Client *c = join (world, "C", "c1", HN_DIALECT_UNDERSCORE);

  g_string_truncate (a->log, 0);
  g_string_truncate (b->log, 0);
  g_string_truncate (c->log, 0);
  g_string_truncate (other->log, 0);
  say (world, a, "B", "offer", "{\"target_user_id\":\"B\"}");
  assert_heard (b, "offer@5");
  assert_heard (other, "offer@5");
  assert_heard (c, "");
  say (world, a, "A", "offer", "{}");
  assert_heard (a, "");
  say (world, b, "B", "offer", "{}");
  assert_heard (b, "");
  assert_heard (other, "offer@7");
  world_free (world);
}

static void
on_caught (gboolean complete, const HnRosterEvent *events, guint n_events, gpointer data)
{
  Client *client = data;

  assert_true (complete);
  g_string_truncate (client->log, 0);
  assert_int_equal (hn_room_replay (client->world->room, &client->seat, "b1", events, n_events), 2);
}

static void
who_comes_back_hears_what_it_missed_but_nothing_of_its_own_or_for_others (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  Client *b = join (world, "B", "b1", HN_DIALECT_UNDERSCORE);
  Client *back;

  join (world, "C", "c1", HN_DIALECT_UNDERSCORE);
  say (world, a, NULL, "chat-message", "{\"n\":1}"); /* 4 */
  say (world, b, NULL, "chat-message", "{\"n\":2}");
  say (world, a, "C", "offer", "{\"n\":3}");
  say (world, a, "B", "offer", "{\"n\":4}"); /* 7 */
  say (world, a, NULL, "ice-candidate", "{\"n\":5}");
  leave (world, b);
  back = join (world, "B", "b2", HN_DIALECT_HYPHEN);
  hn_roster_catch_up (world->roster, "r1", hn_roster_group_get_epoch (hn_roster_find (world->roster, "r1")), 4, on_caught, back);
  run (world);
  assert_said (back, "{\"n\":4}");
  assert_heard (back, "offer@7 ice-candidate@8");
  world_free (world);
}

static void
after_a_gap_everybody_gets_the_state (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  Client *b = join (world, "B", "b1", HN_DIALECT_HYPHEN);
  HnRosterEvent event = { .kind = HN_ROSTER_RESET, .epoch = "e" };

  g_string_truncate (a->log, 0);
  g_string_truncate (b->log, 0);
  assert_int_equal (hn_room_tell (world->room, hn_roster_find (world->roster, "r1"), &event, UTC_US), 2);
  assert_said (a, "\"participant_count\":2,\"user_id\":\"A\",\"connection_id\":\"a1\",\"recovered\":false}");
  assert_said (b, "\"connection_id\":\"b1\",\"recovered\":false}");
  world_free (world);
}

static void
without_the_store_frames_have_no_offset (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  const char *text = "{\"type\":\"offer\",\"payload\":{},\"sender_id\":\"B\",\"room_id\":\"r1\",\"timestamp\":\"t\"}";
  HnRosterEvent event = { .kind = HN_ROSTER_SAID, .epoch = "e", .seat = { .member = "B", .connection = "b1" }, .text = text, .length = strlen (text) };

  g_string_truncate (a->log, 0);
  assert_int_equal (hn_room_tell (world->room, hn_roster_find (world->roster, "r1"), &event, UTC_US), 1);
  g_string_truncate (a->log, a->log->len - 1);
  assert_string_equal (a->log->str, text);
  world_free (world);
}

static void
what_is_none_of_our_making_is_told_to_nobody (void **unused)
{
  static const char *const texts[] = { "", "{}", "{\"type\":\"dance\",\"payload\":{}}", "{\"type\":\"offer\"" };
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);

  g_string_truncate (a->log, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    HnRosterEvent event = { .kind = HN_ROSTER_SAID, .epoch = "e", .offset = 9, .seat = { .member = "B", .connection = "b1" }, .text = texts[i],
                            .length = strlen (texts[i]) };

    assert_int_equal (hn_room_tell (world->room, hn_roster_find (world->roster, "r1"), &event, UTC_US), 0);
  }
  assert_heard (a, "");
  world_free (world);
}

static void
another_make_of_server_speaks_to_all_but_its_sender (void **unused)
{
  const char *text = "{\"type\":\"ice-candidate\",\"payload\":{},\"sender_id\":\"B\",\"room_id\":\"r1\",\"timestamp\":\"t\"}";
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  Client *b = join (world, "B", "b1", HN_DIALECT_HYPHEN);

  g_string_truncate (a->log, 0);
  g_string_truncate (b->log, 0);
  assert_int_equal (hn_room_tell_foreign (world->room, (HnSlice){ text, strlen (text) }, "B"), 1);
  assert_heard (a, "ice_candidate");
  assert_heard (b, "");
  assert_int_equal (hn_room_tell_foreign (world->room, (HnSlice){ text, strlen (text) }, NULL), 2);
  world_free (world);
}

static void
in_large_rooms_the_others_get_no_list (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  Client *last = NULL;

  for (guint i = 1; i < HN_LIMIT_ROOM_STATE_MEMBERS; i++)
    last = join (world, name ("U", i), name ("c", i), HN_DIALECT_UNDERSCORE);
  assert_said (a, "\"participant_count\":100}");
  g_string_truncate (a->log, 0);
  last = join (world, "V", "v", HN_DIALECT_UNDERSCORE);
  assert_heard (a, "user_joined@101");
  assert_heard (last, "room_state@101");
  leave (world, last);
  assert_heard (a, "room_state@101 user_left@102");
  world_free (world);
}

static void
a_seat_that_left_is_sent_nothing (void **unused)
{
  World *world = world_new ();
  Client *a = join (world, "A", "a1", HN_DIALECT_UNDERSCORE);
  Client *b = join (world, "B", "b1", HN_DIALECT_UNDERSCORE);
  Client *c = join (world, "C", "c1", HN_DIALECT_UNDERSCORE);
  guint count;

  leave (world, a);
  g_string_truncate (a->log, 0);
  g_string_truncate (c->log, 0);
  say (world, b, NULL, "offer", "{}");
  assert_heard (a, "");
  assert_heard (c, "offer@5");
  leave (world, c);
  say (world, b, NULL, "offer", "{}");
  assert_heard (c, "");
  hn_room_get_seats (world->room, &count);
  assert_int_equal (count, 1);
  world_free (world);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (who_joins_gets_the_state_and_the_others_are_told),
    cmocka_unit_test (who_leaves_is_told_to_the_others),
    cmocka_unit_test (a_user_with_two_tabs_is_one_participant),
    cmocka_unit_test (a_message_goes_to_all_but_its_connection_in_their_dialect),
    cmocka_unit_test (a_frame_is_encoded_once_for_each_dialect_that_hears_it),
    cmocka_unit_test (a_target_alone_is_told),
    cmocka_unit_test (who_comes_back_hears_what_it_missed_but_nothing_of_its_own_or_for_others),
    cmocka_unit_test (after_a_gap_everybody_gets_the_state),
    cmocka_unit_test (without_the_store_frames_have_no_offset),
    cmocka_unit_test (what_is_none_of_our_making_is_told_to_nobody),
    cmocka_unit_test (another_make_of_server_speaks_to_all_but_its_sender),
    cmocka_unit_test (in_large_rooms_the_others_get_no_list),
    cmocka_unit_test (a_seat_that_left_is_sent_nothing),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
