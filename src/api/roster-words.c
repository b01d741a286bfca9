/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-words.h"

#include <string.h>

struct _HnRosterWords {
  GArray *words;    /* of HnRedisWord */
  GPtrArray *owned; /* of char* */
};

static void
put (HnRosterWords *self, const char *text)
{
  HnRedisWord word = { text, strlen (text) };

  g_array_append_val (self->words, word);
}

static void
put_owned (HnRosterWords *self, char *text)
{
  g_ptr_array_add (self->owned, text);
  put (self, text);
}

static void
put_id (HnRosterWords *self, const char *id)
{
  put_owned (self, hn_roster_bus_word (id));
}

static void
put_number (HnRosterWords *self, guint64 number)
{
  put_owned (self, g_strdup_printf ("%" G_GUINT64_FORMAT, number));
}

static void
put_rule (HnRosterWords *self, HnRosterRule rule)
{
  static const char *const names[] = { "shared", "keep", "replace", "own" };

  put (self, names[rule]);
}

static void
put_ms (HnRosterWords *self, gint64 us)
{
  put_number (self, (guint64) (us / 1000));
}

/* ---- verbs ---- */

static void
put_join (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  put (self, ask->fresh);
  put_id (self, ask->seat->connection);
  put_id (self, ask->seat->member);
  put (self, ask->seat->card);
  put_rule (self, ask->rules.rule);
  put_number (self, ask->rules.members_max);
  put (self, ask->wanted ? "1" : "0");
}

static void
put_leave (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  put_id (self, ask->connection);
}

static void
put_remove (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  put_id (self, ask->member);
  if (ask->connection != NULL)
    put_id (self, ask->connection);
}

static void
put_seat (HnRosterWords *self, const HnRosterSeat *seat)
{
  put_id (self, seat->connection);
  put_id (self, seat->member);
  put_number (self, (guint64) seat->since_utc_us);
  put_number (self, (guint64) hn_roster_seat_get_came (seat));
  put (self, seat->card);
}

static void
put_register (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  put (self, ask->fresh);
  put (self, ask->epoch);
  put_number (self, ask->offset);
  put_rule (self, ask->rules.rule);
  put_ms (self, place->lease_us);
  put (self, ask->run);
  put_number (self, ask->own->len);
  for (guint i = 0; i < ask->own->len; i++)
    put_seat (self, ask->own->pdata[i]);
  for (guint i = 0; ask->others != NULL && i < ask->others->len; i++) {
    put_id (self, ((const HnRosterSeat *) ask->others->pdata[i])->process);
    put_seat (self, ask->others->pdata[i]);
  }
}

static void
put_history (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  put (self, ask->epoch);
  put_number (self, ask->offset);
  put_number (self, ask->until);
}

static void
put_begin (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  put_ms (self, place->lease_us);
  put (self, ask->fresh);
}

static void
put_finish (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  put (self, ask->run);
  put_number (self, ask->most);
}

static void
put_renew (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  put_ms (self, place->lease_us);
  put (self, ask->wanted ? "1" : "0");
  put_number (self, ask->most);
  for (guint i = 0; i < ask->groups->len; i++)
    put (self, ask->groups->pdata[i]);
}

static void
put_most (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  put_number (self, ask->most);
}

static void
put_said (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  GString *tail = hn_roster_bus_write_said (place->process, ask->number, ask->connection, ask->member, ask->to, ask->text, ask->length);
  HnRedisWord word = { tail->str, tail->len };

  put (self, place->prefix);
  put_owned (self, g_strconcat (place->channel, ask->group, NULL));
  put (self, ask->group);
  put (self, place->process);
  put (self, ask->registration);
  g_array_append_val (self->words, word);
  g_ptr_array_add (self->owned, g_string_free (tail, FALSE));
}

typedef struct {
  const char *verb;
  gboolean has_group;
  void (*put) (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place);
} Row;

static const Row rows[] = {
  [HN_ROSTER_ASK_BEGIN] = { "begin", FALSE, put_begin },       [HN_ROSTER_ASK_REGISTER] = { "register", TRUE, put_register },
  [HN_ROSTER_ASK_FINISH] = { "finish", FALSE, put_finish },    [HN_ROSTER_ASK_RENEW] = { "renew", FALSE, put_renew },
  [HN_ROSTER_ASK_JOIN] = { "join", TRUE, put_join },           [HN_ROSTER_ASK_LEAVE] = { "leave", TRUE, put_leave },
  [HN_ROSTER_ASK_REMOVE] = { "remove", TRUE, put_remove },     [HN_ROSTER_ASK_LOOK] = { "look", TRUE, NULL },
  [HN_ROSTER_ASK_LIST] = { "list", FALSE, put_most },          [HN_ROSTER_ASK_HISTORY] = { "history", TRUE, put_history },
  [HN_ROSTER_ASK_CLOSE] = { "close", FALSE, put_most },
};

static void
put_verb (HnRosterWords *self, const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  const Row *row = &rows[ask->kind];

  put (self, row->verb);
  put (self, place->prefix);
  put (self, place->channel);
  put (self, place->process);
  put (self, ask->registration);
  put (self, place->before_came);
  put (self, place->before_left);
  if (row->has_group)
    put (self, ask->group);
  if (row->put != NULL)
    row->put (self, ask, place);
}

HnRosterWords *
hn_roster_words_new (const HnRosterAsk *ask, const HnRosterWordsPlace *place)
{
  HnRosterWords *self = g_new (HnRosterWords, 1);

  self->words = g_array_new (FALSE, FALSE, sizeof (HnRedisWord));
  self->owned = g_ptr_array_new_with_free_func (g_free);
  if (ask->kind == HN_ROSTER_ASK_SAY)
    put_said (self, ask, place);
  else
    put_verb (self, ask, place);
  return self;
}

const HnRedisWord *
hn_roster_words_get (const HnRosterWords *self, guint *ret_n)
{
  *ret_n = self->words->len;
  return (const HnRedisWord *) (gpointer) self->words->data;
}

void
hn_roster_words_free (HnRosterWords *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->words);
  g_ptr_array_unref (self->owned);
  g_free (self);
}
