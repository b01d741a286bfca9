/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each group (a service, a body) gets one request at a time. After a failure the group pauses: twice as long each time, up to a
 * cap, less a random half so that many workers do not come back at once. The one that failed least often goes first, then the
 * oldest: a request that its service cannot digest holds up none of the others. */

#include "worker/outbox.h"

#include <string.h>

#include "base/clock.h"

typedef struct {
  guint waiting;
  gboolean busy;
  guint failures; /* in a row */
  gint64 due_us;
} Group;

typedef struct {
  char *name;
  Group *group; /* of the table */
  char *group_name;
  gsize bytes;
  guint tries;
  gboolean under_way;
} Request;

struct _HnOutbox {
  HnOutboxLimits limits;
  HnRandom *random;
  GPtrArray *requests; /* of Request, by name */
  GHashTable *groups;  /* name → Group; those that have a request */
  gsize bytes;
};

static void
request_free (gpointer data)
{
  Request *request = data;

  g_free (request->name);
  g_free (request->group_name);
  g_free (request);
}

static Group *
group_of (HnOutbox *self, const char *name)
{
  Group *group = g_hash_table_lookup (self->groups, name);

  if (group == NULL) {
    group = g_new0 (Group, 1);
    g_hash_table_insert (self->groups, g_strdup (name), group);
  }
  return group;
}

void
hn_outbox_add (HnOutbox *self, const char *name, const char *group, gsize bytes)
{
  Request *request = g_new0 (Request, 1);
  guint at = self->requests->len;

  request->name = g_strdup (name);
  request->group_name = g_strdup (group);
  request->group = group_of (self, group);
  request->group->waiting++;
  request->bytes = bytes;
  self->bytes += bytes;
  while (at > 0 && strcmp (((Request *) g_ptr_array_index (self->requests, at - 1))->name, name) > 0)
    at--;
  g_ptr_array_insert (self->requests, (int) at, request);
}

static void
take_out (HnOutbox *self, guint at)
{
  Request *request = g_ptr_array_index (self->requests, at);

  self->bytes -= request->bytes;
  if (--request->group->waiting == 0)
    g_hash_table_remove (self->groups, request->group_name);
  g_ptr_array_remove_index (self->requests, at);
}

char *
hn_outbox_drop_oldest (HnOutbox *self)
{
  char *name;

  if (self->requests->len <= self->limits.max_count && self->bytes <= self->limits.max_bytes)
    return NULL;
  for (guint i = 0; i < self->requests->len; i++) {
    Request *request = g_ptr_array_index (self->requests, i);

    if (request->under_way)
      continue;
    name = g_strdup (request->name);
    take_out (self, i);
    return name;
  }
  return NULL;
}

char *
hn_outbox_take (HnOutbox *self, gint64 now_us)
{
  Request *best = NULL;

  for (guint i = 0; i < self->requests->len; i++) {
    Request *request = g_ptr_array_index (self->requests, i);

    if (!request->group->busy && request->group->due_us <= now_us && (best == NULL || request->tries < best->tries))
      best = request;
  }
  if (best == NULL)
    return NULL;
  best->under_way = TRUE;
  best->group->busy = TRUE;
  return g_strdup (best->name);
}

static gint64
pause_after (HnOutbox *self, guint failures)
{
  gint64 pause_us = self->limits.first_pause_us;

  for (guint i = 1; i < failures && pause_us < self->limits.last_pause_us; i++)
    pause_us *= 2;
  pause_us = MIN (pause_us, self->limits.last_pause_us);
  return pause_us - pause_us / 2 * hn_random_below (self->random, 1000) / 1000;
}

guint
hn_outbox_told (HnOutbox *self, const char *name, HnOutboxVerdict verdict, gint64 now_us)
{
  for (guint i = 0; i < self->requests->len; i++) {
    Request *request = g_ptr_array_index (self->requests, i);
    Group *group = request->group;
    guint failures;

    if (strcmp (request->name, name) != 0)
      continue;
    group->busy = FALSE;
    group->failures = failures = verdict == HN_OUTBOX_AGAIN ? group->failures + 1 : 0;
    group->due_us = failures > 0 ? now_us + pause_after (self, failures) : now_us;
    request->under_way = FALSE;
    request->tries++;
    if (verdict != HN_OUTBOX_AGAIN)
      take_out (self, i);
    return failures;
  }
  return 0;
}

gint64
hn_outbox_deadline (const HnOutbox *self)
{
  gint64 deadline_us = HN_NEVER;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Group *group = value;

    if (!group->busy)
      deadline_us = hn_clock_earliest (deadline_us, group->due_us);
  }
  return deadline_us;
}

guint
hn_outbox_count (const HnOutbox *self)
{
  return self->requests->len;
}

HnOutboxVerdict
hn_outbox_verdict (guint status)
{
  if (status / 100 == 2)
    return HN_OUTBOX_DELIVERED;
  if (status / 100 != 4 || status == 401 || status == 403 || status == 408 || status == 429)
    return HN_OUTBOX_AGAIN;
  return HN_OUTBOX_REFUSED;
}

HnOutbox *
hn_outbox_new (const HnOutboxLimits *limits, HnRandom *random)
{
  HnOutbox *self = g_new0 (HnOutbox, 1);

  self->limits = *limits;
  self->random = random;
  self->requests = g_ptr_array_new_with_free_func (request_free);
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
hn_outbox_free (HnOutbox *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->requests);
  g_hash_table_unref (self->groups);
  g_free (self);
}
