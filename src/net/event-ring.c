/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: numbers go up by one. A place is the number of the last event that a reader has; whoever stands before the ring's first event but one has
 * missed something, and so has one whose place lies beyond the last event: it comes from another process. "0" asks for all that is kept, and
 * misses nothing. */
#include "net/event-ring.h"

#include <string.h>

#include "base/limits.h"

struct _HnEventRing {
  GQueue texts; /* of char*, oldest first */
  gsize bytes;
  guint64 next_id;
};

static guint64
first_id (const HnEventRing *self)
{
  return self->next_id - self->texts.length;
}

static void
drop_oldest (HnEventRing *self)
{
  g_autofree char *text = g_queue_pop_head (&self->texts);

  self->bytes -= strlen (text);
}

void
hn_event_ring_add (HnEventRing *self, const char *type, const char *json)
{
  char *text = g_strdup_printf ("event: %s\nid: %" G_GUINT64_FORMAT "\ndata: %.*s\n\n", type, self->next_id,
                                (int) strcspn (json, "\r\n"), json);

  g_queue_push_tail (&self->texts, text);
  self->bytes += strlen (text);
  self->next_id++;
  while (self->texts.length > HN_LIMIT_EVENTS || (self->bytes > HN_LIMIT_EVENTS_BYTES && self->texts.length > 1))
    drop_oldest (self);
}

guint64
hn_event_ring_get_last_id (const HnEventRing *self)
{
  return self->next_id - 1;
}

guint64
hn_event_ring_seek (const HnEventRing *self, const char *last_id, gboolean *ret_missed)
{
  guint64 place = 0;

  *ret_missed = FALSE;
  if (last_id == NULL || !g_ascii_string_to_unsigned (last_id, 10, 0, G_MAXINT64, &place, NULL))
    return hn_event_ring_get_last_id (self);
  if (place + 1 >= first_id (self) && place < self->next_id)
    return place;
  *ret_missed = place != 0;
  return first_id (self) - 1;
}

gboolean
hn_event_ring_read (const HnEventRing *self, guint64 *place, gsize max_bytes, GString *out)
{
  guint64 skip = *place + 1 - first_id (self);
  gsize before = out->len;

  if (*place + 1 < first_id (self))
    return FALSE;
  for (GList *at = g_queue_peek_nth_link ((GQueue *) &self->texts, (guint) skip); at != NULL; at = at->next) {
    if (out->len > before && out->len - before + strlen (at->data) > max_bytes)
      break;
    g_string_append (out, at->data);
    *place += 1;
  }
  return TRUE;
}

HnEventRing *
hn_event_ring_new (guint64 first)
{
  HnEventRing *self = g_new0 (HnEventRing, 1);

  g_queue_init (&self->texts);
  self->next_id = MAX (first, 1);
  return self;
}

void
hn_event_ring_free (HnEventRing *self)
{
  if (self == NULL)
    return;
  g_queue_clear_full (&self->texts, g_free);
  g_free (self);
}
