/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/pairing-http.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/timer.h"
#include "worker/moonlight-json.h"
#include "worker/pairing.h"
#include "worker/sunshine-json.h"

struct _HnPairingHttp {
  HnPairing *rules;
  HnHttpStream *lines;
  HnCallsHttp *calls;
  HnTimer *timer;
  HnSunshinePlace sunshine;
  char *session_id;
  char *name;
  char pin[5];
  gint64 begun_us;
  const HnPairingHttpEvents *events;
  gpointer user_data;
};

static void happened (HnPairingHttp *self, HnPairingEvent event, const char *why);

static void
on_pin_answer (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnPairingHttp *self = data;
  gboolean taken = FALSE;

  if (reply == NULL && hn_http_client_error_is_unsent (error)) {
    hn_warning ("pairing", self->session_id, "the pin did not reach Sunshine, it is posted again: %s", error->message);
    happened (self, HN_PAIRING_PIN_EARLY, NULL);
  } else if (reply == NULL) {
    hn_warning ("pairing", self->session_id, "no answer to the pin, waiting for the handshake's result: %s", error->message);
    happened (self, HN_PAIRING_PIN_UNSURE, NULL);
  } else if (reply->status == 401) {
    happened (self, HN_PAIRING_PIN_REFUSED, "Sunshine refused the user name or password for its API");
  } else if (reply->status != 200 || !hn_sunshine_json_parse_status (reply->body, reply->length, &taken)) {
    g_autofree char *why = g_strdup_printf ("Sunshine answered %u to the pin", reply->status);

    happened (self, HN_PAIRING_PIN_REFUSED, why);
  } else {
    hn_debug ("pairing", self->session_id, "pin posted taken=%d", taken);
    happened (self, taken ? HN_PAIRING_PIN_TAKEN : HN_PAIRING_PIN_EARLY, NULL);
  }
}

static void
count (const HnPairingHttp *self, HnPairingDo effects)
{
  if ((effects & HN_PAIRING_DO_SUCCEED) != 0)
    hn_metrics_observe (HN_METRIC_PAIR_DURATION, NULL, hn_clock_now_us () - self->begun_us);
  if ((effects & (HN_PAIRING_DO_SUCCEED | HN_PAIRING_DO_FAIL)) != 0)
    hn_metrics_add (HN_METRIC_PAIRINGS, (effects & HN_PAIRING_DO_SUCCEED) != 0 ? "paired" : "failed", 1);
}

/* The last thing that anybody does here: `done` may free @self. */
static void
happened (HnPairingHttp *self, HnPairingEvent event, const char *why)
{
  HnPairingDo effects = hn_pairing_handle (self->rules, event, why, hn_clock_now_us ());

  hn_timer_arm (self->timer, hn_pairing_deadline (self->rules));
  count (self, effects);
  if ((effects & HN_PAIRING_DO_POST) != 0)
    hn_sunshine_http_pin (self->calls, &self->sunshine, self->pin, self->name, on_pin_answer, self);
  if ((effects & HN_PAIRING_DO_SUCCEED) != 0)
    self->events->done (NULL, self->user_data);
  else if ((effects & HN_PAIRING_DO_FAIL) != 0)
    self->events->done (hn_pairing_get_error (self->rules), self->user_data);
}

static void
on_head (guint status, gpointer data)
{
  HnPairingHttp *self = data;
  g_autofree char *why = NULL;

  if (status == 200)
    return;
  why = g_strdup_printf ("moonlight-web-stream answered %u", status);
  happened (self, HN_PAIRING_BROKEN, why);
}

static void
on_line (const char *line, gsize length, gpointer data)
{
  HnPairingHttp *self = data;
  g_autoptr (GError) error = NULL;
  HnPairLine kind;

  if (!hn_moonlight_json_parse_pair_line (line, length, &kind, self->pin, &error)) {
    happened (self, HN_PAIRING_BROKEN, error->message);
    return;
  }
  switch (kind) {
  case HN_PAIR_LINE_PIN:
    happened (self, HN_PAIRING_PIN_KNOWN, NULL);
    break;
  case HN_PAIR_LINE_PAIRED:
    happened (self, HN_PAIRING_PAIRED, NULL);
    break;
  case HN_PAIR_LINE_ERROR:
    happened (self, HN_PAIRING_REFUSED, NULL);
    break;
  }
}

static void
on_ended (const GError *error, gpointer data)
{
  happened (data, HN_PAIRING_BROKEN, "moonlight-web-stream ended the pairing without a result");
}

static void
on_time (gpointer data)
{
  happened (data, HN_PAIRING_TIME_UP, NULL);
}

HnPairingHttp *
hn_pairing_http_start (HnHttpClient *client, const HnMoonlightPlace *web_server, guint32 host_id, const HnSunshinePlace *sunshine,
                       const HnPairingHttpEvents *events, gpointer user_data)
{
  static const HnHttpStreamEvents stream_events = { on_head, on_line, on_ended };
  HnPairingHttp *self = g_new0 (HnPairingHttp, 1);

  self->begun_us = hn_clock_now_us ();
  self->rules = hn_pairing_new (self->begun_us);
  self->calls = hn_calls_http_new (client);
  self->timer = hn_timer_new (on_time, self);
  self->sunshine = *sunshine;
  self->session_id = g_strdup (web_server->session_id);
  self->name = g_strdup (web_server->user);
  self->events = events;
  self->user_data = user_data;
  /* a little more than the rules allow: they give the verdict */
  self->lines =
      hn_moonlight_http_pair (client, web_server, host_id, hn_seconds (HN_LIMIT_PAIR_SECONDS + 5), &stream_events, self);
  hn_timer_arm (self->timer, hn_pairing_deadline (self->rules));
  return self;
}

void
hn_pairing_http_free (HnPairingHttp *self)
{
  if (self == NULL)
    return;
  hn_http_stream_free (self->lines);
  hn_calls_http_free (self->calls);
  hn_timer_free (self->timer);
  hn_pairing_free (self->rules);
  g_free (self->session_id);
  g_free (self->name);
  g_free (self);
}
