/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: what was put first goes first, when there is one too many or when it is too old; putting a key again makes it the youngest. */
#include "base/shelf.h"

struct _HnShelf {
  guint max_count;
  gint64 max_age_us;
  GHashTable *things; /* key → Thing; the queue owns them */
  GQueue order;       /* of Thing, oldest first */
};

typedef struct {
  char *key;
  char *text;
  gint64 put_us;
  GList link;
} Thing;

static void
drop (HnShelf *self, Thing *thing)
{
  g_queue_unlink (&self->order, &thing->link);
  g_hash_table_remove (self->things, thing->key);
  g_free (thing->key);
  g_free (thing->text);
  g_free (thing);
}

static void
prune (HnShelf *self, gint64 now_us)
{
  while (self->order.head != NULL) {
    Thing *oldest = self->order.head->data;

    if (self->order.length <= self->max_count && (self->max_age_us == 0 || now_us - oldest->put_us <= self->max_age_us))
      return;
    drop (self, oldest);
  }
}

void
hn_shelf_put (HnShelf *self, const char *key, char *text, gint64 now_us)
{
  Thing *old = g_hash_table_lookup (self->things, key);
  Thing *thing = g_new0 (Thing, 1);

  if (old != NULL)
    drop (self, old);
  thing->key = g_strdup (key);
  thing->text = text;
  thing->put_us = now_us;
  thing->link.data = thing;
  g_hash_table_insert (self->things, thing->key, thing);
  g_queue_push_tail_link (&self->order, &thing->link);
  prune (self, now_us);
}

const char *
hn_shelf_find (HnShelf *self, const char *key, gint64 now_us)
{
  Thing *thing;

  prune (self, now_us);
  thing = g_hash_table_lookup (self->things, key);
  return thing != NULL ? thing->text : NULL;
}

HnShelf *
hn_shelf_new (guint max_count, gint64 max_age_us)
{
  HnShelf *self = g_new0 (HnShelf, 1);

  self->max_count = max_count;
  self->max_age_us = max_age_us;
  self->things = g_hash_table_new (g_str_hash, g_str_equal);
  g_queue_init (&self->order);
  return self;
}

void
hn_shelf_free (HnShelf *self)
{
  if (self == NULL)
    return;
  while (self->order.head != NULL)
    drop (self, self->order.head->data);
  g_hash_table_unref (self->things);
  g_free (self);
}
