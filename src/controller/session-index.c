/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: an id belongs to the first owner that lists it, for as long as that one does: a worker cannot draw another's browsers to
 * itself by listing their ids. Of two living sessions on one body, which should not be, the first one is found.
 * The latest ended ids are remembered, so that they are known to be dead even by a fresh controller. */
#include "controller/session-index.h"

#define ENDED_IDS 4096

struct _HnSessionIndex {
  GHashTable *places; /* session id → HnSessionIndexPlace, both owned */
  GHashTable *bodies; /* &place->body → place, where it holds its body, borrowed */
  GHashTable *ended;  /* session id → itself, owned */
  GQueue ended_order; /* the same ids, oldest first, borrowed */
};

guint
hn_session_index_hash_body (gconstpointer address)
{
  guint hash = 5381;

  for (gsize i = 0; i < sizeof (HnAddress); i++)
    hash = hash * 33 + ((const HnAddress *) address)->bytes[i];
  return hash;
}

gboolean
hn_session_index_equal_bodies (gconstpointer a, gconstpointer b)
{
  return hn_address_equal (a, b);
}

static void
leave_body (HnSessionIndex *self, HnSessionIndexPlace *place)
{
  if (place->holds_body && g_hash_table_lookup (self->bodies, &place->body) == place)
    g_hash_table_remove (self->bodies, &place->body);
  place->holds_body = FALSE;
}

static void
take_body (HnSessionIndex *self, HnSessionIndexPlace *place)
{
  leave_body (self, place);
  if (!hn_session_state_is_live (place->report->state) || !hn_address_parse (place->report->body_ip, &place->body))
    return;
  place->holds_body = TRUE;
  if (!g_hash_table_contains (self->bodies, &place->body))
    g_hash_table_insert (self->bodies, &place->body, place);
}

static void
remember_ended (HnSessionIndex *self, const char *session_id)
{
  char *copy;

  if (g_hash_table_contains (self->ended, session_id))
    return;
  copy = g_strdup (session_id);
  g_hash_table_add (self->ended, copy);
  g_queue_push_tail (&self->ended_order, copy);
  if (g_queue_get_length (&self->ended_order) > ENDED_IDS)
    g_hash_table_remove (self->ended, g_queue_pop_head (&self->ended_order));
}

void
hn_session_index_put (HnSessionIndex *self, gpointer owner, const HnSessionReport *report, guint64 round)
{
  HnSessionIndexPlace *place = g_hash_table_lookup (self->places, report->id);

  if (place == NULL) {
    place = g_new0 (HnSessionIndexPlace, 1);
    place->owner = owner;
    place->born_round = round;
    g_hash_table_insert (self->places, g_strdup (report->id), place);
  } else if (place->owner != owner) {
    return;
  }
  place->report = report;
  place->seen_round = round;
  take_body (self, place);
}

void
hn_session_index_remove (HnSessionIndex *self, gconstpointer owner, const char *session_id)
{
  HnSessionIndexPlace *place = g_hash_table_lookup (self->places, session_id);

  if (place == NULL || place->owner != owner)
    return;
  leave_body (self, place);
  remember_ended (self, session_id);
  g_hash_table_remove (self->places, session_id);
}

HnSessionIndexPlace *
hn_session_index_find (const HnSessionIndex *self, const char *session_id)
{
  return g_hash_table_lookup (self->places, session_id);
}

HnSessionIndexPlace *
hn_session_index_find_body (const HnSessionIndex *self, const HnAddress *body)
{
  return g_hash_table_lookup (self->bodies, body);
}

gboolean
hn_session_index_has_ended (const HnSessionIndex *self, const char *session_id)
{
  return g_hash_table_contains (self->ended, session_id);
}

HnSessionIndex *
hn_session_index_new (void)
{
  HnSessionIndex *self = g_new0 (HnSessionIndex, 1);

  self->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->bodies = g_hash_table_new (hn_session_index_hash_body, hn_session_index_equal_bodies);
  self->ended = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->ended_order);
  return self;
}

void
hn_session_index_free (HnSessionIndex *self)
{
  if (self == NULL)
    return;
  g_queue_clear (&self->ended_order);
  g_clear_pointer (&self->bodies, g_hash_table_unref);
  g_clear_pointer (&self->places, g_hash_table_unref);
  g_clear_pointer (&self->ended, g_hash_table_unref);
  g_free (self);
}
