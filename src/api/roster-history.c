/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: events go when they are older than HN_LIMIT_ROSTER_HISTORY_SECONDS, when their group has more than HN_LIMIT_ROSTER_HISTORY or
 * HN_LIMIT_ROSTER_HISTORY_GROUP_BYTES, or when all groups together have more than HN_LIMIT_ROSTER_HISTORY_BYTES: the oldest first. A
 * group without seats is forgotten when its last event could be; until then it goes on where it ended. */
#include "api/roster-history.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

#define SECONDS_US (HN_LIMIT_ROSTER_HISTORY_SECONDS * (gint64) G_USEC_PER_SEC)

typedef struct {
  char *name;
  char *epoch;
  guint64 offset;
  GQueue entries; /* of Entry, oldest first */
  gsize bytes;
  gint64 closed_us; /* HN_NEVER: open */
  GList link;       /* in HnRosterHistory.closed */
} Past;

typedef struct {
  Past *past;
  GList in_past;
  GList in_all;
  gint64 at_us;
  gsize bytes;
  HnRosterEvent event;
  const HnRosterSeat *seat;
  char texts[];
} Entry;

struct _HnRosterHistory {
  GHashTable *pasts; /* name → Past */
  GQueue all;        /* of Entry, oldest first */
  GQueue closed;     /* of Past, closed longest first */
  gsize bytes;
};

static void
drop (HnRosterHistory *self, Entry *entry)
{
  g_queue_unlink (&entry->past->entries, &entry->in_past);
  g_queue_unlink (&self->all, &entry->in_all);
  entry->past->bytes -= entry->bytes;
  self->bytes -= entry->bytes;
  hn_roster_seat_unref (entry->seat);
  g_free (entry);
}

static void
forget (HnRosterHistory *self, Past *past)
{
  while (past->entries.head != NULL)
    drop (self, past->entries.head->data);
  if (past->closed_us != HN_NEVER)
    g_queue_unlink (&self->closed, &past->link);
  g_hash_table_remove (self->pasts, past->name);
}

static void
past_free (gpointer data)
{
  Past *past = data;

  g_free (past->epoch);
  g_free (past->name);
  g_free (past);
}

static void
expire (HnRosterHistory *self, gint64 now_us)
{
  while (self->all.head != NULL) {
    Entry *oldest = self->all.head->data;

    if (self->bytes <= HN_LIMIT_ROSTER_HISTORY_BYTES && now_us - oldest->at_us < SECONDS_US)
      break;
    drop (self, oldest);
  }
  while (self->closed.head != NULL) {
    Past *past = self->closed.head->data;

    if (self->closed.length <= HN_LIMIT_ROSTER_PASTS && now_us - past->closed_us < SECONDS_US)
      break;
    forget (self, past);
  }
}

const char *
hn_roster_history_open (HnRosterHistory *self, const char *group, const char *epoch, gint64 now_us, guint64 *ret_offset)
{
  Past *past;

  expire (self, now_us);
  past = g_hash_table_lookup (self->pasts, group);
  if (past == NULL) {
    past = g_new0 (Past, 1);
    past->name = g_strdup (group);
    past->epoch = g_strdup (epoch);
    past->link.data = past;
    g_queue_init (&past->entries);
    g_hash_table_insert (self->pasts, past->name, past);
  } else if (past->closed_us != HN_NEVER) {
    g_queue_unlink (&self->closed, &past->link);
  }
  past->closed_us = HN_NEVER;
  *ret_offset = past->offset;
  return past->epoch;
}

void
hn_roster_history_close (HnRosterHistory *self, const char *group, gint64 now_us)
{
  Past *past = g_hash_table_lookup (self->pasts, group);

  past->closed_us = now_us;
  g_queue_push_tail_link (&self->closed, &past->link);
  expire (self, now_us);
}

static Entry *
entry_new (Past *past, const HnRosterEvent *event, const HnRosterSeat *seat, gint64 now_us)
{
  gsize to_bytes = event->to != NULL ? strlen (event->to) + 1 : 0;
  gsize text_bytes = event->text != NULL ? event->length + 1 : 0;
  Entry *entry = g_malloc0 (sizeof (Entry) + to_bytes + text_bytes);

  entry->past = past;
  entry->in_past.data = entry->in_all.data = entry;
  entry->at_us = now_us;
  entry->bytes = sizeof (Entry) + to_bytes + text_bytes + hn_roster_seat_get_bytes (seat);
  entry->seat = hn_roster_seat_ref (seat);
  entry->event = *event;
  entry->event.epoch = past->epoch;
  entry->event.seat = *seat;
  if (event->to != NULL)
    entry->event.to = memcpy (entry->texts, event->to, to_bytes);
  if (event->text != NULL) {
    memcpy (entry->texts + to_bytes, event->text, event->length); /* its NUL is there */
    entry->event.text = entry->texts + to_bytes;
  }
  return entry;
}

void
hn_roster_history_add (HnRosterHistory *self, const char *group, const HnRosterEvent *event, const HnRosterSeat *seat, gint64 now_us)
{
  Past *past = g_hash_table_lookup (self->pasts, group);
  Entry *entry = entry_new (past, event, seat, now_us);

  past->offset = event->offset;
  g_queue_push_tail_link (&past->entries, &entry->in_past);
  g_queue_push_tail_link (&self->all, &entry->in_all);
  past->bytes += entry->bytes;
  self->bytes += entry->bytes;
  while (past->entries.length > HN_LIMIT_ROSTER_HISTORY || past->bytes > HN_LIMIT_ROSTER_HISTORY_GROUP_BYTES)
    drop (self, past->entries.head->data);
  expire (self, now_us);
}

gboolean
hn_roster_history_get (HnRosterHistory *self, const char *group, const char *epoch, guint64 offset, gint64 now_us, GArray *events)
{
  const Past *past;
  guint64 first;

  expire (self, now_us);
  past = g_hash_table_lookup (self->pasts, group);
  if (past == NULL || !g_str_equal (past->epoch, epoch) || offset > past->offset)
    return FALSE;
  first = past->offset + 1 - past->entries.length;
  if (offset + 1 < first)
    return FALSE;
  for (GList *at = g_queue_peek_nth_link ((GQueue *) &past->entries, (guint) (offset + 1 - first)); at != NULL; at = at->next)
    g_array_append_val (events, ((Entry *) at->data)->event);
  return TRUE;
}

gsize
hn_roster_history_get_bytes (const HnRosterHistory *self)
{
  return self->bytes;
}

HnRosterHistory *
hn_roster_history_new (void)
{
  HnRosterHistory *self = g_new0 (HnRosterHistory, 1);

  self->pasts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, past_free);
  g_queue_init (&self->all);
  g_queue_init (&self->closed);
  return self;
}

void
hn_roster_history_free (HnRosterHistory *self)
{
  if (self == NULL)
    return;
  while (self->all.head != NULL)
    drop (self, self->all.head->data);
  g_hash_table_unref (self->pasts);
  g_free (self);
}
