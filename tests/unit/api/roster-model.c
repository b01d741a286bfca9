/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "roster-model.h"

#include <string.h>

#include "base/clock.h"

typedef struct {
  const HnRosterSeat *seat;
  char *registration; /* "-": by others */
} Place;

typedef struct {
  char *epoch;
  guint64 offset;
  GPtrArray *places;  /* of Place, oldest first */
  GPtrArray *history; /* of char*: what follows the offset; the first is of offset 1 */
} Group;

typedef struct {
  char *registration; /* (nullable) */
  char *done_in;      /* (nullable): run */
  gint64 ends_us;
} Lease;

typedef struct {
  HnRosterAsk ask; /* with copies */
  gpointer tag;
} Asked;

typedef struct {
  gpointer tag;
  HnRosterAnswer answer;
  char *data, *epoch;
  GPtrArray *texts; /* that messages lie in */
} Answer;

/* ---- values ---- */

static void
place_free (gpointer data)
{
  Place *place = data;

  hn_roster_seat_unref (place->seat);
  g_free (place->registration);
  g_free (place);
}

static void
group_free (gpointer data)
{
  Group *group = data;

  g_ptr_array_unref (group->places);
  g_ptr_array_unref (group->history);
  g_free (group->epoch);
  g_free (group);
}

static void
lease_free (gpointer data)
{
  Lease *lease = data;

  g_free (lease->registration);
  g_free (lease->done_in);
  g_free (lease);
}

static Lease *
lease_of (Model *self, const char *process)
{
  Lease *lease = g_hash_table_lookup (self->leases, process);

  if (lease == NULL) {
    lease = g_new0 (Lease, 1);
    g_hash_table_insert (self->leases, g_strdup (process), lease);
  }
  return lease;
}

static Group *
group_of (Model *self, const char *name, const char *fresh)
{
  Group *group = g_hash_table_lookup (self->groups, name);

  if (group == NULL && fresh != NULL) {
    group = g_new0 (Group, 1);
    group->epoch = g_strdup (fresh);
    group->places = g_ptr_array_new_with_free_func (place_free);
    group->history = g_ptr_array_new_with_free_func (g_free);
    g_hash_table_insert (self->groups, g_strdup (name), group);
  }
  return group;
}

static Place *
find (Group *group, const char *connection, const char *member)
{
  for (guint i = 0; group != NULL && i < group->places->len; i++) {
    Place *place = group->places->pdata[i];

    if (connection != NULL ? g_strcmp0 (place->seat->connection, connection) == 0 : g_strcmp0 (place->seat->member, member) == 0)
      return place;
  }
  return NULL;
}

/* ---- telling ---- */

static void
tell (Model *self, const char *name, Group *group, const char *tail)
{
  g_autofree char *kept = g_strdup_printf ("%s %s", group->epoch, tail);
  g_autofree char *text = g_strdup_printf ("{\"roster\":\"1 %" G_GUINT64_FORMAT " %s", ++group->offset, kept);

  g_ptr_array_add (group->history, g_steal_pointer (&kept));
  for (guint i = 0; i < self->links->len; i++) {
    ModelLink *link = self->links->pdata[i];

    if (link->up && g_hash_table_contains (link->subscribed, name))
      g_queue_push_tail (&link->heard, g_strdup_printf ("%s\n%s", name, text));
  }
}

static void
tell_came (Model *self, const char *name, Group *group, const HnRosterSeat *seat, const char *replaces)
{
  g_autofree char *tail = g_strdup_printf ("c %s %s %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s 7\",\"card\":%s}", seat->process,
                                           seat->connection, seat->member, seat->since_utc_us, hn_roster_seat_get_came (seat),
                                           replaces != NULL ? replaces : "-", seat->card);

  tell (self, name, group, tail);
}

static void
leave (Model *self, const char *name, Group *group, const char *connection, char cause)
{
  Place *place = find (group, connection, NULL);
  g_autofree char *tail = NULL;

  if (place == NULL)
    return;
  tail = g_strdup_printf ("l %s %s %s %" G_GINT64_FORMAT " %c\",\"card\":%s}", place->seat->process, connection, place->seat->member,
                          place->seat->since_utc_us, cause, place->seat->card);
  g_ptr_array_remove (group->places, place);
  tell (self, name, group, tail);
}

static void
put (Group *group, const HnRosterSeat *seat, const char *registration)
{
  Place *place = g_new0 (Place, 1);

  place->seat = hn_roster_seat_ref (seat);
  place->registration = g_strdup (registration);
  g_ptr_array_add (group->places, place);
}

static void
unref_seat (gpointer seat)
{
  hn_roster_seat_unref (seat);
}

static void
snapshot (Answer *answer, Group *group)
{
  answer->epoch = g_strdup (group != NULL ? group->epoch : "");
  answer->answer.epoch = answer->epoch;
  answer->answer.offset = group != NULL ? group->offset : 0;
  answer->answer.seats = g_ptr_array_new_with_free_func (unref_seat);
  for (guint i = 0; group != NULL && i < group->places->len; i++)
    g_ptr_array_add (answer->answer.seats, (gpointer) hn_roster_seat_ref (((Place *) group->places->pdata[i])->seat));
  hn_roster_bus_sort_seats (answer->answer.seats);
}

/* ---- what is asked ---- */

static void
do_join (Model *self, const HnRosterAsk *ask, const char *process, Answer *answer)
{
  Group *group = group_of (self, ask->group, NULL);
  Place *holder = find (group, NULL, ask->seat->member);
  g_autofree char *replaces = NULL;
  const HnRosterSeat *seat;
  gint64 since_us = self->now_us;
  g_autoptr (GHashTable) members = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; group != NULL && i < group->places->len; i++)
    g_hash_table_add (members, (gpointer) ((Place *) group->places->pdata[i])->seat->member);
  if (find (group, ask->seat->connection, NULL) != NULL || (holder != NULL && ask->rules.rule == HN_ROSTER_KEEP)) {
    answer->answer.verdict = HN_ROSTER_VERDICT_IN_USE;
    return;
  }
  if (holder == NULL && ask->rules.members_max > 0 && g_hash_table_size (members) >= ask->rules.members_max) {
    answer->answer.verdict = HN_ROSTER_VERDICT_FULL;
    return;
  }
  if (holder != NULL && ask->rules.rule == HN_ROSTER_REPLACE) {
    replaces = g_strdup (holder->seat->connection);
    g_ptr_array_remove (group->places, holder);
  } else if (holder != NULL) {
    since_us = holder->seat->since_utc_us;
  }
  group = group_of (self, ask->group, ask->fresh);
  seat = hn_roster_seat_new_at (ask->seat, process, since_us, self->now_us);
  put (group, seat, ask->registration);
  tell_came (self, ask->group, group, seat, replaces);
  hn_roster_seat_unref (seat);
  answer->answer.offset = group->offset;
  if (ask->wanted)
    snapshot (answer, group);
}

/* Returns whether it has its place. */
static gboolean
register_seat (Model *self, const HnRosterAsk *ask, Group *group, const HnRosterSeat *seat, const char *registration)
{
  Place *place = find (group, seat->connection, NULL), *holder = find (group, NULL, seat->member);
  g_autofree char *replaces = NULL;

  if (place != NULL) {
    if (g_str_equal (place->seat->process, seat->process) && !g_str_equal (registration, "-")) {
      g_free (place->registration);
      place->registration = g_strdup (registration);
    }
    return TRUE;
  }
  if (holder != NULL && ask->rules.rule != HN_ROSTER_SHARED) {
    gboolean newer = hn_roster_seat_get_came (seat) > hn_roster_seat_get_came (holder->seat);

    if (newer == (ask->rules.rule == HN_ROSTER_KEEP))
      return FALSE;
    replaces = g_strdup (holder->seat->connection);
    g_ptr_array_remove (group->places, holder);
  }
  put (group, seat, registration);
  tell_came (self, ask->group, group, seat, replaces);
  return TRUE;
}

static void
register_others (Model *self, const HnRosterAsk *ask, Group *group)
{
  for (guint i = 0; ask->others != NULL && i < ask->others->len; i++) {
    const HnRosterSeat *seat = ask->others->pdata[i];
    Lease *lease = lease_of (self, seat->process);

    if (g_strcmp0 (lease->done_in, ask->run) == 0 || (ask->rules.rule != HN_ROSTER_SHARED && find (group, NULL, seat->member) != NULL))
      continue;
    if (lease->ends_us == 0)
      lease->ends_us = self->now_us + self->lease_us;
    register_seat (self, ask, group, seat, "-");
  }
}

static void
leave_others (Model *self, const char *name, Group *group, const char *process, const char *registration, char cause)
{
  for (guint i = group->places->len; i-- > 0;) {
    Place *place = group->places->pdata[i];

    if (g_str_equal (place->seat->process, process) && g_strcmp0 (place->registration, registration) != 0)
      leave (self, name, group, place->seat->connection, cause);
  }
}

static void
do_register (Model *self, const HnRosterAsk *ask, const char *process, Answer *answer)
{
  Group *group = group_of (self, ask->group, NULL);

  if (group != NULL && g_str_equal (group->epoch, ask->epoch) && group->offset < ask->offset)
    g_hash_table_remove (self->groups, ask->group);
  group = group_of (self, ask->group, ask->fresh);
  answer->answer.lost = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < ask->own->len; i++)
    if (!register_seat (self, ask, group, ask->own->pdata[i], ask->registration))
      g_ptr_array_add (answer->answer.lost, g_strdup (((const HnRosterSeat *) ask->own->pdata[i])->connection));
  register_others (self, ask, group);
  leave_others (self, ask->group, group, process, ask->registration, 'g');
  snapshot (answer, group);
}

static void
take_out (Model *self, const char *process, const char *registration, char cause)
{
  GHashTableIter iter;
  gpointer name, group;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, &name, &group))
    leave_others (self, name, group, process, registration, cause);
}

static void
do_renew (Model *self, const HnRosterAsk *ask, const char *process, Answer *answer)
{
  Lease *own = lease_of (self, process);
  gint64 before_us = own->ends_us - self->lease_us;
  GHashTableIter iter;
  gpointer name, lease;

  own->ends_us = self->now_us + self->lease_us;
  answer->answer.first_us = self->lease_us;
  if (self->now_us - before_us > self->lease_us / 2) {
    answer->answer.verdict = HN_ROSTER_VERDICT_LATE;
    return;
  }
  g_hash_table_iter_init (&iter, self->leases);
  while (g_hash_table_iter_next (&iter, &name, &lease)) {
    gint64 left_us = ((Lease *) lease)->ends_us - self->now_us;

    if (left_us <= 0 && ask->wanted) {
      take_out (self, name, "", 'l');
      g_hash_table_iter_remove (&iter);
    } else {
      answer->answer.first_us = MIN (answer->answer.first_us, MAX (left_us, 0));
    }
  }
}

static void
do_history (Model *self, const HnRosterAsk *ask, Answer *answer)
{
  Group *group = group_of (self, ask->group, NULL);

  answer->answer.messages = g_array_new (FALSE, FALSE, sizeof (HnRosterBusMessage));
  answer->texts = g_ptr_array_new_with_free_func (g_free);
  if (group == NULL || !g_str_equal (group->epoch, ask->epoch) || ask->until > group->offset) {
    answer->answer.verdict = HN_ROSTER_VERDICT_NONE;
    return;
  }
  for (guint64 offset = ask->offset + 1; offset <= ask->until; offset++) {
    char *text = g_strdup (group->history->pdata[offset - 1]);
    HnRosterBusMessage message;

    g_ptr_array_add (answer->texts, text);
    g_assert_true (hn_roster_bus_read_kept (offset, text, strlen (text), &message));
    g_array_append_val (answer->answer.messages, message);
  }
}

static void
do_say (Model *self, const HnRosterAsk *ask, const char *process)
{
  Group *group = group_of (self, ask->group, NULL);
  GString *tail = hn_roster_bus_write_said (process, ask->number, ask->connection, ask->member, ask->to, ask->text, ask->length);

  if (group != NULL)
    tell (self, ask->group, group, tail->str);
  g_string_free (tail, TRUE);
}

static void
do_begin (Model *self, const HnRosterAsk *ask, const char *process, Answer *answer)
{
  Lease *lease = lease_of (self, process);

  g_free (lease->registration);
  lease->registration = g_strdup (ask->registration);
  lease->ends_us = self->now_us + self->lease_us;
  if (self->data == NULL)
    self->data = g_strdup (ask->fresh);
  answer->data = g_strdup (self->data);
  answer->answer.data = answer->data;
}

static void
do_others (Model *self, const HnRosterAsk *ask, const char *process, Answer *answer)
{
  Group *group = ask->group != NULL ? group_of (self, ask->group, NULL) : NULL;
  Place *place;

  if (ask->kind == HN_ROSTER_ASK_LEAVE && group != NULL) {
    leave (self, ask->group, group, ask->connection, 'g');
  } else if (ask->kind == HN_ROSTER_ASK_REMOVE && ask->connection != NULL) {
    place = find (group, ask->connection, NULL);
    if (place != NULL && g_str_equal (place->seat->member, ask->member))
      leave (self, ask->group, group, ask->connection, 'g');
  } else if (ask->kind == HN_ROSTER_ASK_REMOVE) {
    while ((place = find (group, NULL, ask->member)) != NULL)
      leave (self, ask->group, group, place->seat->connection, 'r');
  } else if (ask->kind == HN_ROSTER_ASK_LOOK) {
    snapshot (answer, group);
  } else if (ask->kind == HN_ROSTER_ASK_FINISH) {
    take_out (self, process, ask->registration, 'g');
    g_free (lease_of (self, process)->done_in);
    lease_of (self, process)->done_in = g_strdup (ask->run);
  } else if (ask->kind == HN_ROSTER_ASK_CLOSE) {
    take_out (self, process, "", 'g');
    g_hash_table_remove (self->leases, process);
  }
}

static void
carry_out (Model *self, const HnRosterAsk *ask, const char *process, Answer *answer)
{
  Lease *lease = g_hash_table_lookup (self->leases, process);

  self->executed++;
  if (ask->kind == HN_ROSTER_ASK_BEGIN)
    do_begin (self, ask, process, answer);
  else if (lease == NULL || g_strcmp0 (lease->registration, ask->registration) != 0)
    answer->answer.verdict = HN_ROSTER_VERDICT_GAP;
  else if (ask->kind == HN_ROSTER_ASK_JOIN)
    do_join (self, ask, process, answer);
  else if (ask->kind == HN_ROSTER_ASK_REGISTER)
    do_register (self, ask, process, answer);
  else if (ask->kind == HN_ROSTER_ASK_RENEW)
    do_renew (self, ask, process, answer);
  else if (ask->kind == HN_ROSTER_ASK_HISTORY)
    do_history (self, ask, answer);
  else if (ask->kind == HN_ROSTER_ASK_SAY)
    do_say (self, ask, process);
  else
    do_others (self, ask, process, answer);
}

/* ---- lines ---- */

static void
asked_free (gpointer data)
{
  Asked *asked = data;
  HnRosterAsk *ask = &asked->ask;
  const char *texts[] = { ask->registration, ask->group, ask->connection, ask->member, ask->to, ask->text, ask->epoch, ask->fresh, ask->run };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free ((gpointer) texts[i]);
  hn_roster_seat_unref (ask->seat);
  g_clear_pointer (&ask->own, g_ptr_array_unref);
  g_clear_pointer (&ask->others, g_ptr_array_unref);
  g_free (asked);
}

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  g_clear_pointer (&answer->answer.seats, g_ptr_array_unref);
  g_clear_pointer (&answer->answer.lost, g_ptr_array_unref);
  g_clear_pointer (&answer->answer.messages, g_array_unref);
  g_clear_pointer (&answer->texts, g_ptr_array_unref);
  g_free (answer->data);
  g_free (answer->epoch);
  g_free (answer);
}

static void
clear_lines (ModelLink *link)
{
  g_queue_clear_full (&link->asked, asked_free);
  g_queue_clear_full (&link->answers, answer_free);
  g_queue_clear_full (&link->heard, g_free);
  g_hash_table_remove_all (link->subscribed);
}

gboolean
model_execute (ModelLink *link)
{
  Asked *asked = g_queue_pop_head (&link->asked);
  Answer *answer;

  if (asked == NULL)
    return FALSE;
  answer = g_new0 (Answer, 1);
  answer->tag = asked->tag;
  carry_out (link->model, &asked->ask, link->process, answer);
  g_queue_push_tail (&link->answers, answer);
  asked_free (asked);
  return TRUE;
}

gboolean
model_execute_ghost (ModelLink *link)
{
  Asked *asked = g_queue_pop_head (&link->ghosts);
  Answer *answer;

  if (asked == NULL)
    return FALSE;
  answer = g_new0 (Answer, 1);
  carry_out (link->model, &asked->ask, link->process, answer);
  answer_free (answer);
  asked_free (asked);
  return TRUE;
}

gboolean
model_answer (ModelLink *link)
{
  Answer *answer = g_queue_pop_head (&link->answers);

  if (answer == NULL)
    return FALSE;
  hn_roster_cluster_answer (link->cluster, answer->tag, &answer->answer, link->model->now_us);
  answer_free (answer);
  return TRUE;
}

gboolean
model_hear (ModelLink *link)
{
  g_autofree char *line = g_queue_pop_head (&link->heard);
  char *text;

  if (line == NULL)
    return FALSE;
  text = strchr (line, '\n');
  if (text == NULL) {
    hn_roster_cluster_subscribed (link->cluster, line);
    return TRUE;
  }
  *text++ = '\0';
  hn_roster_cluster_hear (link->cluster, line, text, strlen (text));
  return TRUE;
}

gboolean
model_run (ModelLink *link)
{
  gint64 deadline_us = hn_roster_cluster_deadline (link->cluster);

  if (!link->woken && (deadline_us == HN_NEVER || deadline_us > link->model->now_us))
    return FALSE;
  link->woken = FALSE;
  hn_roster_cluster_run (link->cluster, link->model->now_us, link->model->now_us, 4);
  return TRUE;
}

/* ---- links ---- */

static gboolean
store_ask (const HnRosterAsk *ask, gpointer tag, gpointer data)
{
  ModelLink *link = data;
  Asked *asked = g_new0 (Asked, 1);

  if (!link->up || link->dropped) {
    g_free (asked);
    return FALSE;
  }
  asked->ask = *ask;
  asked->tag = tag;
  asked->ask.registration = g_strdup (ask->registration);
  asked->ask.group = g_strdup (ask->group);
  asked->ask.seat = ask->seat != NULL ? hn_roster_seat_ref (ask->seat) : NULL;
  asked->ask.connection = g_strdup (ask->connection);
  asked->ask.member = g_strdup (ask->member);
  asked->ask.to = g_strdup (ask->to);
  asked->ask.text = g_strndup (ask->text, ask->length);
  asked->ask.epoch = g_strdup (ask->epoch);
  asked->ask.fresh = g_strdup (ask->fresh);
  asked->ask.run = g_strdup (ask->run);
  asked->ask.own = ask->own != NULL ? g_ptr_array_ref (ask->own) : NULL;
  asked->ask.others = ask->others != NULL ? g_ptr_array_ref (ask->others) : NULL;
  asked->ask.groups = NULL;
  g_queue_push_tail (&link->asked, asked);
  return TRUE;
}

static void
store_subscribe (const char *group, gpointer data)
{
  ModelLink *link = data;

  g_hash_table_add (link->subscribed, g_strdup (group));
  g_queue_push_tail (&link->heard, g_strdup (group));
}

static void
store_unsubscribe (const char *group, gpointer data)
{
  g_hash_table_remove (((ModelLink *) data)->subscribed, group);
}

static void
store_drop (const char *why, gpointer data)
{
  ((ModelLink *) data)->dropped = TRUE;
}

static void
store_wake (gpointer data)
{
  ((ModelLink *) data)->woken = TRUE;
}

static gint64
store_get_round_us (gpointer data)
{
  return HN_NEVER;
}

static void
store_free (gpointer data)
{
}

void
model_cut (ModelLink *link, ModelCut how)
{
  Asked *asked;

  if (!link->up)
    return;
  while (how == CUT_EXECUTED && model_execute (link))
    ;
  while (how == CUT_LATE && (asked = g_queue_pop_head (&link->asked)) != NULL)
    g_queue_push_tail (&link->ghosts, asked);
  link->up = link->dropped = FALSE;
  clear_lines (link);
  if (link->cluster != NULL)
    hn_roster_cluster_link_down (link->cluster);
}

void
model_mend (ModelLink *link)
{
  if (link->up || link->cluster == NULL)
    return;
  link->up = TRUE;
  hn_roster_cluster_link_up (link->cluster, link->model->run, link->model->now_us);
}

ModelLink *
model_join (Model *self, const char *process, const HnRosterEvents *events, gpointer user_data)
{
  static const HnRosterStore store = {
    store_ask, store_subscribe, store_unsubscribe, store_drop, store_wake, store_get_round_us, store_free,
  };
  ModelLink *link = g_new0 (ModelLink, 1);

  link->model = self;
  link->process = g_strdup (process);
  link->subscribed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&link->asked);
  g_queue_init (&link->answers);
  g_queue_init (&link->heard);
  g_queue_init (&link->ghosts);
  link->cluster = hn_roster_cluster_new (process, self->lease_us, events, user_data, &store, link);
  g_ptr_array_add (self->links, link);
  return link;
}

void
model_kill (ModelLink *link)
{
  hn_roster_free (hn_roster_cluster_as_roster (link->cluster));
  link->cluster = NULL;
  model_cut (link, CUT_EXECUTED);
}

static void
link_free (gpointer data)
{
  ModelLink *link = data;

  if (link->cluster != NULL)
    model_kill (link);
  clear_lines (link);
  g_queue_clear_full (&link->ghosts, asked_free);
  g_hash_table_unref (link->subscribed);
  g_free (link->process);
  g_free (link);
}

/* ---- the whole ---- */

static void
name_run (Model *self)
{
  g_free (self->run);
  self->run = g_strdup_printf ("run%u", ++self->lives);
}

void
model_lose_data (Model *self, gboolean restart)
{
  for (guint i = 0; restart && i < self->links->len; i++) {
    ModelLink *link = self->links->pdata[i];

    model_cut (link, CUT_LOST);
    g_queue_clear_full (&link->ghosts, asked_free);
  }
  g_hash_table_remove_all (self->groups);
  g_hash_table_remove_all (self->leases);
  g_clear_pointer (&self->data, g_free);
  if (restart)
    name_run (self);
}

guint
model_count_seats (Model *self, const char *group)
{
  Group *found = group_of (self, group, NULL);

  return found != NULL ? found->places->len : 0;
}

gboolean
model_has_seat (Model *self, const char *group, const char *connection)
{
  return find (group_of (self, group, NULL), connection, NULL) != NULL;
}

Model *
model_new (gint64 lease_us)
{
  Model *self = g_new0 (Model, 1);

  self->now_us = 1000 * lease_us;
  self->lease_us = lease_us;
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, group_free);
  self->leases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, lease_free);
  self->links = g_ptr_array_new_with_free_func (link_free);
  name_run (self);
  return self;
}

void
model_free (Model *self)
{
  g_ptr_array_unref (self->links);
  g_hash_table_unref (self->groups);
  g_hash_table_unref (self->leases);
  g_free (self->run);
  g_free (self->data);
  g_free (self);
}
