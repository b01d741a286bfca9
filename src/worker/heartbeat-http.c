/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/heartbeat-http.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "net/timer.h"
#include "worker/calls-http.h"
#include "worker/heartbeat.h"

#define TIMEOUT_SECONDS 5

struct _HnHeartbeatHttp {
  HnHeartbeat *rules;
  HnCallsHttp *calls;
  HnTimer *timer;
  char *url;
  char *token;
  gboolean told; /* the controller knows us: said once, until it does not */
  const HnHeartbeatHttpEvents *events;
  gpointer user_data;
};

/* Each change of mind is one line, a repeated failure none. */
static void
log_answer (HnHeartbeatHttp *self, gboolean accepted, guint status, const GError *error)
{
  if (accepted && !self->told)
    hn_info ("heartbeat", NULL, "registered with the controller url=%s", self->url);
  else if (!accepted && hn_heartbeat_get_failures (self->rules) == 0 && error != NULL)
    hn_warning ("heartbeat", NULL, "controller does not answer, retrying every 5 s url=%s: %s", self->url, error->message);
  else if (!accepted && hn_heartbeat_get_failures (self->rules) == 0)
    hn_warning ("heartbeat", NULL, "controller refused the heartbeat, retrying every 5 s url=%s status=%u%s", self->url, status,
                status == 401   ? ": check controller.token"
                : status == 409 ? ": another worker has the same worker.id"
                                : "");
  self->told = accepted;
}

static void
on_answer (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnHeartbeatHttp *self = data;
  gboolean accepted = reply != NULL && reply->status / 100 == 2;

  log_answer (self, accepted, reply != NULL ? reply->status : 0, error);
  hn_heartbeat_answered (self->rules, accepted, hn_clock_now_us ());
  hn_timer_arm (self->timer, hn_heartbeat_deadline (self->rules));
}

static void
on_due (gpointer data)
{
  HnHeartbeatHttp *self = data;
  g_autoptr (HnWorkerReport) report = self->events->report (self->user_data);
  g_autoptr (JsonObject) object = hn_worker_report_to_json (report);
  g_autofree char *body = hn_json_to_text (object);
  HnHttpCall call = { .method = "POST", .url = self->url, .bearer = self->token, .body = body };

  call.timeout_us = hn_seconds (TIMEOUT_SECONDS);
  hn_heartbeat_sent (self->rules);
  hn_calls_http_start (self->calls, &call, on_answer, self, NULL);
}

void
hn_heartbeat_http_changed (HnHeartbeatHttp *self)
{
  if (self == NULL)
    return;
  hn_heartbeat_changed (self->rules, hn_clock_now_us ());
  hn_timer_arm (self->timer, hn_heartbeat_deadline (self->rules));
}

HnHeartbeatHttp *
hn_heartbeat_http_new (HnHttpClient *client, const char *controller_url, const char *token, gint64 period_us,
                       const HnHeartbeatHttpEvents *events, gpointer user_data)
{
  HnHeartbeatHttp *self = g_new0 (HnHeartbeatHttp, 1);

  self->rules = hn_heartbeat_new (hn_clock_now_us (), period_us);
  self->calls = hn_calls_http_new (client);
  self->timer = hn_timer_new (on_due, self);
  self->url = g_strconcat (controller_url, HN_WORKER_API_HEARTBEAT_PATH, NULL);
  self->token = g_strdup (token);
  self->events = events;
  self->user_data = user_data;
  hn_timer_arm (self->timer, hn_heartbeat_deadline (self->rules));
  return self;
}

void
hn_heartbeat_http_free (HnHeartbeatHttp *self)
{
  if (self == NULL)
    return;
  hn_calls_http_free (self->calls);
  hn_timer_free (self->timer);
  hn_heartbeat_free (self->rules);
  g_free (self->url);
  g_free (self->token);
  g_free (self);
}
