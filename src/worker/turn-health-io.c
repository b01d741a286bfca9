/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/turn-health-io.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/turn-url.h"
#include "net/timer.h"
#include "net/turn-probe.h"

#define PERIOD_SECONDS 60
#define OWN_NAME "health" /* who we are to coturn; no session has such an id */

struct _HnTurnHealthIo {
  const HnConfig *config;
  HnTurnIo *turn;
  gint64 period_us;
  HnTurnHealth *health;
  HnTimer *timer;
  GCancellable *leaving;
  guint probes;   /* under way */
  HnTurnLook look; /* so far */
  char *error;    /* its text */
  const HnTurnHealthIoEvents *events;
  gpointer user_data;
};

/* ---- what follows from a look ---- */

static void
tell_event (HnTurnHealthIo *self, const char *type)
{
  HnTurnView view = hn_turn_health_get_view (self->health);
  JsonObject *data = json_object_new ();

  if (view.error != NULL)
    json_object_set_string_member (data, "error", view.error);
  else
    json_object_set_double_member (data, "rtt_ms", (double) view.rtt_us / 1000);
  self->events->event (type, data, self->user_data);
}

/* A flag for whoever may restart coturn; what is in it is for people. */
static void
ask_restart (HnTurnHealthIo *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *now = hn_clock_rfc3339 (hn_clock_utc_us ());
  g_autofree char *text = g_strconcat (now, " coturn gives no relay\n", NULL);

  if (!g_file_set_contents (self->config->turn_restart_file, text, -1, &error)) {
    hn_warning ("turn", NULL, "cannot ask for a restart of coturn: %s", error->message);
    return;
  }
  hn_metrics_add (HN_METRIC_TURN_RESTARTS, NULL, 1);
  hn_warning ("turn", NULL, "asked for a restart of coturn file=%s", self->config->turn_restart_file);
}

static void
on_looked (HnTurnHealthIo *self)
{
  HnTurnHealthDo todo = hn_turn_health_look (self->health, &self->look, hn_clock_utc_us ());

  if (todo == HN_TURN_HEALTH_DO_LOOK_AGAIN) {
    hn_timer_arm (self->timer, hn_clock_now_us () + HN_LIMIT_TURN_DOUBT_MS * G_GINT64_CONSTANT (1000));
    return;
  }
  hn_metrics_add (HN_METRIC_TURN_PROBES, self->look.ok ? "ok" : "failed", 1);
  hn_metrics_set (HN_METRIC_TURN_UP, NULL, self->look.ok);
  if (self->look.ok)
    hn_metrics_observe (HN_METRIC_TURN_RTT, NULL, self->look.rtt_us);
  hn_timer_arm (self->timer, hn_clock_now_us () + self->period_us);
  if (todo & HN_TURN_HEALTH_DO_TELL_FAILED) {
    hn_warning ("turn", NULL, "WARNING: no relay: %s", self->look.error);
    tell_event (self, "turn_health_check_failed");
  }
  if (todo & HN_TURN_HEALTH_DO_TELL_HEALED)
    hn_info ("turn", NULL, "relays work again");
  if (todo & HN_TURN_HEALTH_DO_TELL_RESTARTED)
    tell_event (self, "turn_auto_restarted");
  if (todo & HN_TURN_HEALTH_DO_ASK_RESTART)
    ask_restart (self);
  if (todo & (HN_TURN_HEALTH_DO_TELL_FAILED | HN_TURN_HEALTH_DO_TELL_HEALED))
    self->events->changed (self->user_data);
}

/* ---- a look ---- */

/* The first failure is the one that is shown; a server that refuses us is alive. */
static void
note_failure (HnTurnHealthIo *self, const GError *error)
{
  self->look.would_restart_help = self->look.would_restart_help || g_error_matches (error, HN_ERROR, HN_ERROR_TIMEOUT)
                                  || g_error_matches (error, HN_ERROR, HN_ERROR_UPSTREAM) || g_error_matches (error, HN_ERROR, HN_ERROR_PROTOCOL);
  self->look.ok = FALSE;
  if (self->error != NULL)
    return;
  self->error = g_strdup (error->message);
  self->look.error = self->error;
}

static void
on_probed (GObject *source, GAsyncResult *result, gpointer data)
{
  HnTurnHealthIo *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnTurnProbeResult) probed = hn_turn_probe_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* @self is gone */
  if (probed == NULL)
    note_failure (self, error);
  else if (self->look.rtt_us == 0 || probed->rtt_us < self->look.rtt_us)
    self->look.rtt_us = probed->rtt_us;
  if (--self->probes == 0)
    on_looked (self);
}

static void
probe_server (HnTurnHealthIo *self, JsonObject *server)
{
  JsonArray *urls = NULL;
  const char *username = NULL, *credential = NULL;

  hn_json_get_array (server, "urls", TRUE, &urls, NULL); /* the configuration was checked */
  hn_json_get_text (server, "username", G_MAXSIZE, FALSE, &username, NULL);
  hn_json_get_text (server, "credential", G_MAXSIZE, FALSE, &credential, NULL);
  for (guint i = 0; i < json_array_get_length (urls) && self->probes < HN_LIMIT_TURN_SERVERS; i++) {
    const char *url = json_array_get_string_element (urls, i);

    if (!hn_turn_url_is (url))
      continue;
    self->probes++;
    hn_turn_probe_async (url, username, credential, hn_seconds (HN_LIMIT_TURN_PROBE_SECONDS), self->leaving, on_probed, self);
  }
}

static void
on_due (gpointer data)
{
  HnTurnHealthIo *self = data;
  g_autoptr (JsonArray) servers = hn_turn_io_servers (self->turn, OWN_NAME);

  g_clear_pointer (&self->error, g_free);
  self->look = (HnTurnLook){ .ok = TRUE };
  for (guint i = 0; i < json_array_get_length (servers); i++)
    probe_server (self, json_array_get_object_element (servers, i));
  if (self->probes > 0)
    return;
  hn_metrics_set (HN_METRIC_TURN_UP, NULL, 1); /* no server, none that fails; one may come with a new configuration */
  hn_timer_arm (self->timer, hn_clock_now_us () + self->period_us);
}

HnTurnView
hn_turn_health_io_get_view (HnTurnHealthIo *self)
{
  return self != NULL ? hn_turn_health_get_view (self->health) : (HnTurnView){ 0 };
}

HnTurnHealthIo *
hn_turn_health_io_new (const HnConfig *config, HnTurnIo *turn, double time_scale, const HnTurnHealthIoEvents *events, gpointer user_data)
{
  HnTurnHealthIo *self = g_new0 (HnTurnHealthIo, 1);

  self->config = config;
  self->turn = turn;
  self->period_us = hn_seconds (PERIOD_SECONDS * time_scale);
  self->events = events;
  self->user_data = user_data;
  self->leaving = g_cancellable_new ();
  self->health = hn_turn_health_new (config->turn_restart_file != NULL);
  self->timer = hn_timer_new (on_due, self);
  hn_turn_io_begin (turn, OWN_NAME);
  hn_timer_arm (self->timer, hn_clock_now_us ());
  return self;
}

void
hn_turn_health_io_free (HnTurnHealthIo *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->leaving);
  g_object_unref (self->leaving);
  hn_timer_free (self->timer);
  hn_turn_health_free (self->health);
  g_free (self->error);
  g_free (self);
}
