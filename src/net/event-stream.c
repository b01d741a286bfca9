/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: one piece at a time is with the front door for each reader; the next one is cut from the ring when that has left. So a slow reader costs one piece
 * and a place, and whether it is too slow is the ring's word. A reader that missed something is told so first (`events.missed`): what it knows from
 * lists is to be fetched anew. */
#include "net/event-stream.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/event-ring.h"
#include "net/timer.h"

#define RETRY_MS 2000
#define RETRY_AFTER_SECONDS "5"

struct _HnEventStream {
  char *district;
  gint64 quiet_us;
  HnEventRing *ring;
  GHashTable *readers; /* set of Reader */
  guint apart;         /* of them: whom others count */
  HnTimer *timer;      /* for the quiet ones */
  guint64 dropped;
  gboolean closed;
};

typedef struct {
  HnEventStream *owner;
  HnHttpRequest *request;
  gulong left_handler;
  guint64 place;
  gboolean counted; /* among the metrics */
  gboolean apart;
  gboolean busy; /* a piece is on its way */
  gint64 told_us;
} Reader;

static void
reader_free (gpointer data)
{
  Reader *self = data;

  g_clear_signal_handler (&self->left_handler, hn_http_request_get_cancellable (self->request));
  self->owner->apart -= self->apart;
  if (self->counted)
    hn_metrics_add (HN_METRIC_EVENT_READERS, NULL, -1);
  hn_http_request_end_stream (self->request);
  hn_http_request_unref (self->request);
  g_free (self);
}

static void
tell (Reader *self, const char *text, gsize length)
{
  self->busy = TRUE;
  self->told_us = hn_clock_now_us ();
  hn_http_request_stream (self->request, text, length);
}

/* Gives the reader what it has not had, if it can take it. FALSE: it was too slow, and is to be dropped. */
static gboolean
serve (Reader *self)
{
  g_autoptr (GString) piece = g_string_new (NULL);

  if (self->busy)
    return self->place + HN_LIMIT_EVENTS >= hn_event_ring_get_last_id (self->owner->ring);
  if (!hn_event_ring_read (self->owner->ring, &self->place, HN_LIMIT_EVENTS_PIECE_BYTES, piece))
    return FALSE;
  if (piece->len > 0)
    tell (self, piece->str, piece->len);
  return TRUE;
}

static void
drop (Reader *self)
{
  self->owner->dropped++;
  hn_metrics_add (HN_METRIC_EVENT_READERS_DROPPED, NULL, 1);
  g_hash_table_remove (self->owner->readers, self);
}

static void
on_taken (gpointer data)
{
  Reader *self = data;

  self->busy = FALSE;
  if (!serve (self))
    drop (self);
}

static void
on_left (GCancellable *cancellable, gpointer data)
{
  Reader *self = data;

  g_hash_table_remove (self->owner->readers, self);
}

/* When the first reader that nobody speaks to will have been quiet for long enough. */
static void
arm (HnEventStream *self)
{
  gint64 deadline_us = HN_NEVER;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->readers);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (!((Reader *) key)->busy)
      deadline_us = hn_clock_earliest (deadline_us, ((Reader *) key)->told_us + self->quiet_us);
  hn_timer_arm (self->timer, deadline_us != HN_NEVER || g_hash_table_size (self->readers) == 0 ? deadline_us
                                                                                              : hn_clock_now_us () + self->quiet_us);
}

static void
on_quiet (gpointer data)
{
  HnEventStream *self = data;
  gint64 now_us = hn_clock_now_us ();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->readers);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    Reader *reader = key;

    if (!reader->busy && now_us >= reader->told_us + self->quiet_us)
      tell (reader, ":\n\n", 3);
  }
  arm (self);
}

void
hn_event_stream_publish (HnEventStream *self, const char *type, JsonObject *data)
{
  g_autoptr (JsonObject) object = data;
  g_autoptr (GList) readers = NULL;
  g_autofree char *timestamp = NULL;
  g_autofree char *json = NULL;

  if (self == NULL)
    return;
  timestamp = hn_clock_rfc3339 (hn_clock_utc_us ());
  json_object_set_string_member (object, "timestamp", timestamp);
  hn_json_set_text (object, "district", self->district);
  json = hn_json_to_text (object);
  hn_event_ring_add (self->ring, type, json);
  readers = g_hash_table_get_keys (self->readers);
  for (GList *at = readers; at != NULL; at = at->next)
    if (!serve (at->data))
      drop (at->data);
}

static void
refuse (HnHttpRequest *request, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_LIMIT, text);

  hn_http_request_set_header (request, "Retry-After", RETRY_AFTER_SECONDS);
  hn_http_request_reply_error (request, error);
}

void
hn_event_stream_refuse (HnHttpRequest *request)
{
  refuse (request, "too many readers of events");
}

static void
greet (Reader *self, gboolean missed)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_printf (text, "retry: %d\n\n", RETRY_MS);
  if (missed)
    g_string_append (text, "event: events.missed\ndata: {}\n\n");
  tell (self, text->str, text->len);
}

static gboolean
attach (HnEventStream *self, HnHttpRequest *request, gboolean apart)
{
  const char *last_id = hn_http_request_get_header (request, "Last-Event-ID");
  gboolean missed = FALSE;
  Reader *reader;

  if (self->closed) {
    refuse (request, "shutting down");
    return FALSE;
  }
  reader = g_new0 (Reader, 1);
  reader->owner = self;
  reader->request = hn_http_request_ref (request);
  reader->place = hn_event_ring_seek (self->ring, last_id != NULL ? last_id : hn_http_request_get_query (request, "last_event_id"), &missed);
  hn_http_request_set_header (request, "X-Accel-Buffering", "no");
  if (!hn_http_request_begin_stream (request, 200, "text/event-stream", on_taken, reader)) {
    reader_free (reader);
    return FALSE;
  }
  reader->counted = TRUE;
  reader->apart = apart;
  self->apart += apart;
  hn_metrics_add (HN_METRIC_EVENT_READERS, NULL, 1);
  g_hash_table_add (self->readers, reader);
  reader->left_handler = g_signal_connect (hn_http_request_get_cancellable (request), "cancelled", G_CALLBACK (on_left), reader);
  greet (reader, missed);
  arm (self);
  return TRUE;
}

void
hn_event_stream_attach (HnEventStream *self, HnHttpRequest *request)
{
  if (g_hash_table_size (self->readers) - self->apart >= HN_LIMIT_EVENTS_READERS)
    hn_event_stream_refuse (request);
  else
    attach (self, request, FALSE);
}

gboolean
hn_event_stream_attach_apart (HnEventStream *self, HnHttpRequest *request)
{
  return attach (self, request, TRUE);
}

static Reader *
find (const HnEventStream *self, const HnHttpRequest *request)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->readers);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (((Reader *) key)->request == request)
      return key;
  return NULL;
}

void
hn_event_stream_detach (HnEventStream *self, HnHttpRequest *request)
{
  Reader *reader = find (self, request);

  if (reader != NULL)
    g_hash_table_remove (self->readers, reader);
}

gboolean
hn_event_stream_is_reader (const HnEventStream *self, const HnHttpRequest *request)
{
  return find (self, request) != NULL;
}

guint
hn_event_stream_get_readers (const HnEventStream *self)
{
  return g_hash_table_size (self->readers);
}

guint64
hn_event_stream_get_dropped (const HnEventStream *self)
{
  return self->dropped;
}

void
hn_event_stream_close (HnEventStream *self)
{
  if (self == NULL)
    return;
  self->closed = TRUE;
  g_hash_table_remove_all (self->readers);
}

HnEventStream *
hn_event_stream_new (const char *district, gint64 quiet_us)
{
  HnEventStream *self = g_new0 (HnEventStream, 1);

  self->district = g_strdup (district);
  self->quiet_us = quiet_us > 0 ? quiet_us : hn_seconds (HN_LIMIT_EVENTS_QUIET_SECONDS);
  self->ring = hn_event_ring_new ((guint64) hn_clock_utc_us () / 1000);
  self->readers = g_hash_table_new_full (NULL, NULL, reader_free, NULL);
  self->timer = hn_timer_new (on_quiet, self);
  return self;
}

void
hn_event_stream_free (HnEventStream *self)
{
  if (self == NULL)
    return;
  hn_event_stream_close (self);
  g_clear_pointer (&self->readers, g_hash_table_unref);
  g_clear_pointer (&self->timer, hn_timer_free);
  g_clear_pointer (&self->ring, hn_event_ring_free);
  g_free (self->district);
  g_free (self);
}
