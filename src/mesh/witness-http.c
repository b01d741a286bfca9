/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/witness-http.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mesh/witness-event.h"
#include "net/http-client.h"
#include "net/timer.h"

#define AREA "witness"
#define NDJSON "application/x-ndjson"
#define FIRST_PAUSE_SECONDS 1

struct _HnWitnessHttp {
  const HnConfig *config;
  char *url;
  HnRandom *random;
  HnWitness *queue;
  HnHttpClient *client;
  HnTimer *timer;
  GCancellable *cancellable;
  gboolean failing;           /* said in the log */
  gboolean refusing;          /* likewise */
  guint64 told_dropped;       /* likewise */
  void (*flushed) (gpointer); /* (nullable) */
  gpointer flushed_data;
  gint64 flush_deadline_us;
};

static void
arm (HnWitnessHttp *self)
{
  gint64 deadline_us = hn_witness_deadline (self->queue);

  if (self->flushed != NULL)
    deadline_us = hn_witness_get_figures (self->queue).waiting == 0 ? hn_clock_now_us () : hn_clock_earliest (deadline_us, self->flush_deadline_us);
  hn_timer_arm (self->timer, deadline_us);
}

/* ---- what became of it ---- */

/* Once for several in a row. */
static void
tell_refused (HnWitnessHttp *self, HnWitnessVerdict verdict, guint status)
{
  if (verdict == HN_WITNESS_REFUSED && !self->refusing)
    hn_warning (AREA, NULL, "events are refused and given up status=%u", status);
  if (verdict != HN_WITNESS_AGAIN)
    self->refusing = verdict == HN_WITNESS_REFUSED;
}

static void
tell_failure (HnWitnessHttp *self, guint in_a_row, guint status, const GError *error)
{
  HnWitnessFigures figures = hn_witness_get_figures (self->queue);

  if (in_a_row > 0 && !self->failing)
    hn_warning (AREA, NULL, "events cannot be delivered and wait: %s status=%u waiting=%u", error != NULL ? error->message : "it was not taken", status, figures.waiting);
  else if (in_a_row == 0 && self->failing)
    hn_info (AREA, NULL, "events are delivered again waiting=%u dropped=%" G_GUINT64_FORMAT, figures.waiting, figures.dropped - self->told_dropped);
  self->failing = in_a_row > 0;
  if (in_a_row == 0)
    self->told_dropped = figures.dropped;
}

static void
on_answer (GObject *unused, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = hn_http_client_call_finish (result, &error);
  HnWitnessHttp *self = data;
  guint status = reply != NULL ? reply->status : 0;
  HnWitnessVerdict verdict = hn_witness_verdict (status);
  guint in_a_row;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* we are gone */
  in_a_row = hn_witness_told (self->queue, verdict, hn_clock_now_us ());
  tell_refused (self, verdict, status);
  tell_failure (self, in_a_row, status, error);
  arm (self);
}

/* ---- sending ---- */

static void
send_next (HnWitnessHttp *self)
{
  guint events = 0;
  g_autofree char *body = hn_witness_take (self->queue, hn_clock_now_us (), &events);
  HnHttpCall call = { .method = "POST", .url = self->url, .bearer = self->config->mesh_witness_api_key, .body = body, .timeout_us = hn_seconds (HN_LIMIT_WITNESS_SECONDS) };

  if (events > 1)
    call.body_type = NDJSON;
  if (body != NULL)
    hn_http_client_call_async (self->client, &call, self->cancellable, on_answer, self);
}

static void
on_timer (gpointer data)
{
  HnWitnessHttp *self = data;
  void (*flushed) (gpointer) = self->flushed;
  guint waiting = hn_witness_get_figures (self->queue).waiting;

  if (flushed != NULL && (waiting == 0 || hn_clock_now_us () >= self->flush_deadline_us)) {
    if (waiting > 0)
      hn_warning (AREA, NULL, "events were not delivered and are lost count=%u", waiting);
    self->flushed = NULL;
    flushed (self->flushed_data);
    return;
  }
  send_next (self);
  arm (self);
}

void
hn_witness_http_add (HnWitnessHttp *self, char *event)
{
  hn_witness_add (self->queue, event);
  arm (self);
}

HnWitnessFigures
hn_witness_http_get_figures (const HnWitnessHttp *self)
{
  return hn_witness_get_figures (self->queue);
}

void
hn_witness_http_flush (HnWitnessHttp *self, void (*flushed) (gpointer user_data), gpointer user_data)
{
  self->flushed = flushed;
  self->flushed_data = user_data;
  self->flush_deadline_us = hn_clock_now_us () + hn_seconds (HN_LIMIT_WITNESS_FLUSH_SECONDS);
  arm (self);
}

HnWitnessHttp *
hn_witness_http_new (const HnConfig *config, double time_scale)
{
  HnWitnessHttp *self = g_new0 (HnWitnessHttp, 1);
  const HnWitnessRules rules = {
    .events_max = HN_LIMIT_WITNESS_EVENTS,
    .bytes_max = HN_LIMIT_WITNESS_BYTES,
    .batch = config->mesh_witness_batch,
    .first_pause_us = hn_seconds (FIRST_PAUSE_SECONDS * time_scale),
    .last_pause_us = hn_seconds (HN_LIMIT_WITNESS_PAUSE_SECONDS * time_scale),
  };

  self->config = config;
  self->url = hn_witness_event_url (config->mesh_witness_url);
  self->random = hn_random_new_system ();
  self->queue = hn_witness_new (&rules, self->random);
  self->client = hn_http_client_new ();
  self->timer = hn_timer_new (on_timer, self);
  self->cancellable = g_cancellable_new ();
  return self;
}

void
hn_witness_http_free (HnWitnessHttp *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->client, hn_http_client_free);
  g_clear_pointer (&self->timer, hn_timer_free);
  g_clear_pointer (&self->queue, hn_witness_free);
  g_clear_pointer (&self->random, hn_random_free);
  g_free (self->url);
  g_free (self);
}
