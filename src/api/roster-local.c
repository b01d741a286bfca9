/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a member that has a seat may always take another, however full the group is. A connection has one seat. With KEEP the first seat of
 * a member stays alone, with REPLACE the last: whose seat was taken hears REPLACED, the others hear only that the new one CAME.
 * With REPLACE_OWN it depends on whether both have the same card. */
#include "api/roster-local.h"

/* Whether a member that has the seat @first may not have a second one. */
static gboolean
is_refused (const HnRosterSeat *first, const HnRosterSeat *seat, HnRosterRule rule)
{
  return rule == HN_ROSTER_KEEP || (rule == HN_ROSTER_REPLACE_OWN && !g_str_equal (first->card, seat->card));
}

static HnRosterOutcome
judge (HnRosterGroup *group, const HnRosterSeat *seat, const HnRosterJoinRules *rules)
{
  const HnRosterSeat *first = hn_roster_group_find_member (group, seat->member);

  if (hn_roster_group_find_seat (group, seat->connection) != NULL || (first != NULL && is_refused (first, seat, rules->rule)))
    return HN_ROSTER_IN_USE;
  if (first == NULL && rules->members_max > 0 && hn_roster_group_get_members (group) >= rules->members_max)
    return HN_ROSTER_FULL;
  return HN_ROSTER_JOINED;
}

static void
tell_seat (HnRosterGroup *group, HnRosterKind kind, HnRosterCause cause, const HnRosterSeat *seat, const HnRosterTell *tell)
{
  HnRosterEvent event = {
    .kind = kind,
    .cause = cause,
    .epoch = hn_roster_group_get_epoch (group),
    .seat = *seat,
    .seats_of_member = hn_roster_group_count_seats (group, seat->member),
  };

  tell->event (group, &event, seat, tell->user_data);
}

static void
replace (HnRosterGroup *group, const char *connection, const char *process, const HnRosterTell *tell)
{
  const HnRosterSeat *old = hn_roster_group_take (group, connection);

  if (g_str_equal (old->process, process))
    tell_seat (group, HN_ROSTER_REPLACED, HN_ROSTER_GONE, old, tell);
  hn_roster_seat_unref (old);
}

void
hn_roster_local_join (HnRosterGroup *group, const HnRosterCommand *command, const char *process, gint64 utc_us,
                      const HnRosterTell *tell)
{
  HnRosterOutcome outcome = judge (group, command->seat, &command->rules);
  const HnRosterSeat *first, *seat;

  if (outcome != HN_ROSTER_JOINED) {
    command->joined (outcome, NULL, command->user_data);
    return;
  }
  first = hn_roster_group_find_member (group, command->seat->member);
  if (first != NULL && command->rules.rule != HN_ROSTER_SHARED) {
    replace (group, first->connection, process, tell);
    first = NULL;
  }
  seat = hn_roster_seat_new_at (command->seat, process, first != NULL ? first->since_utc_us : utc_us, utc_us);
  hn_roster_group_add (group, seat);
  command->joined (HN_ROSTER_JOINED, group, command->user_data);
  tell_seat (group, HN_ROSTER_CAME, HN_ROSTER_GONE, seat, tell);
  hn_roster_seat_unref (seat);
}

void
hn_roster_local_leave (HnRosterGroup *group, const char *connection, HnRosterCause cause, const HnRosterTell *tell)
{
  const HnRosterSeat *seat = hn_roster_group_take (group, connection);

  if (seat == NULL)
    return;
  tell_seat (group, HN_ROSTER_LEFT, cause, seat, tell);
  hn_roster_seat_unref (seat);
}

void
hn_roster_local_say (HnRosterGroup *group, const HnRosterCommand *command, const HnRosterTell *tell)
{
  const HnRosterSeat *seat = hn_roster_group_find_seat (group, command->connection);
  HnRosterEvent event = { .kind = HN_ROSTER_SAID, .epoch = hn_roster_group_get_epoch (group) };

  if (seat == NULL)
    return;
  event.seat = *seat;
  event.to = command->member;
  event.text = command->text;
  event.length = command->length;
  tell->event (group, &event, seat, tell->user_data);
}

void
hn_roster_local_remove (HnRosterGroup *group, const char *member, const char *connection, const HnRosterTell *tell)
{
  const HnRosterSeat *seat = connection != NULL ? hn_roster_group_find_seat (group, connection) : NULL;

  if (seat != NULL && g_str_equal (seat->member, member))
    hn_roster_local_leave (group, connection, HN_ROSTER_GONE, tell);
  while (connection == NULL && (seat = hn_roster_group_find_member (group, member)) != NULL)
    hn_roster_local_leave (group, seat->connection, HN_ROSTER_REMOVED, tell);
}

static void
copy_seat (const HnRosterSeat *seat, gpointer seats)
{
  g_array_append_vals (seats, seat, 1);
}

void
hn_roster_local_look (HnRosterGroup *group, const HnRosterCommand *command)
{
  g_autoptr (GArray) seats = g_array_new (FALSE, FALSE, sizeof (HnRosterSeat));

  if (group != NULL)
    hn_roster_group_for_each (group, copy_seat, seats);
  command->looked ((const HnRosterSeat *) (gpointer) seats->data, seats->len, NULL, command->user_data);
}

void
hn_roster_local_list (GHashTable *groups, const HnRosterCommand *command)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (guint));
  GHashTableIter iter;
  gpointer name, group;

  g_hash_table_iter_init (&iter, groups);
  while (names->len < command->offset && g_hash_table_iter_next (&iter, &name, &group)) {
    guint n = hn_roster_group_get_members (group);

    g_ptr_array_add (names, name);
    g_array_append_val (members, n);
  }
  command->listed ((const char *const *) names->pdata, (const guint *) (gpointer) members->data, names->len, NULL,
                   command->user_data);
}
