/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/heartbeat-http.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/timer.h"
#include "worker/calls-http.h"
#include "worker/heartbeat.h"

#define TIMEOUT_SECONDS 5

struct _HnHeartbeatHttp {
  HnHeartbeat *rules;
  HnRandom *random;
  HnCallsHttp *calls;
  HnTimer *timer;
  char *url;
  char *token;
  gboolean told;     /* the controller knows us: said once, until it does not */
  gboolean draining; /* what it told us last */
  gint64 drain_deadline_us; /* likewise, or HN_NEVER */
  guint last_status; /* of the last answer; 0: there was none */
  const HnHeartbeatHttpEvents *events;
  gpointer user_data;
};

/* The controller says itself what is wrong and how to mend it. */
static void
log_refusal (HnHeartbeatHttp *self, const HnHttpReply *reply)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (reply->body, reply->length, NULL);
  const char *text = NULL, *detail = NULL;

  if (object != NULL) {
    hn_json_get_text (object, "error", 4 * HN_LIMIT_TEXT_BYTES, FALSE, &text, NULL);
    hn_json_get_text (object, "detail", 4 * HN_LIMIT_TEXT_BYTES, FALSE, &detail, NULL);
  }
  if (reply->status == 401)
    detail = "check controller.token";
  hn_warning ("heartbeat", NULL, "controller refused the heartbeat, retrying every 5 s url=%s status=%u: %s%s%s", self->url,
              reply->status, text != NULL ? text : "it does not say why", detail != NULL ? ": " : "", detail != NULL ? detail : "");
  if (reply->status == 409)
    hn_warning ("heartbeat", NULL, "a newer process has this worker.id: this one gets no new sessions and serves those it has to their end");
}

/* Each change of mind is one line, a repeated failure none. */
static void
log_answer (HnHeartbeatHttp *self, const HnHttpReply *reply, const GError *error)
{
  gboolean accepted = reply != NULL && reply->status / 100 == 2;
  guint status = reply != NULL ? reply->status : 0;
  gboolean repeated = hn_heartbeat_get_failures (self->rules) > 0 && status == self->last_status;

  if (!accepted && hn_heartbeat_is_leaving (self->rules))
    hn_info ("heartbeat", NULL, "controller was not told that this worker ends url=%s status=%u", self->url, status);
  else if (accepted && !self->told)
    hn_info ("heartbeat", NULL, "registered with the controller url=%s", self->url);
  else if (!accepted && !repeated && reply != NULL)
    log_refusal (self, reply);
  else if (!accepted && !repeated)
    hn_warning ("heartbeat", NULL, "controller does not answer, retrying every 5 s url=%s: %s", self->url,
                error != NULL ? error->message : "?");
  self->told = accepted;
  self->last_status = status;
}

/* Told back in every heartbeat from now on: a controller that starts anew hears it from us. */
static void
take_news (HnHeartbeatHttp *self, const HnHttpReply *reply)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (reply->body, reply->length, NULL);
  HnHeartbeatReply news = { FALSE, HN_NEVER };

  if (object != NULL)
    news = hn_heartbeat_reply_from_json (object);
  self->drain_deadline_us = news.drain_left_us != HN_NEVER ? hn_clock_now_us () + news.drain_left_us : HN_NEVER;
  self->events->drain (news.drain, news.drain_left_us, self->user_data);
  if (news.drain == self->draining)
    return;
  self->draining = news.drain;
  hn_info ("heartbeat", NULL, news.drain ? "draining: the controller sends no new sessions" : "no longer draining");
}

static void
on_answer (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnHeartbeatHttp *self = data;
  gboolean accepted = reply != NULL && reply->status / 100 == 2;

  hn_metrics_add (HN_METRIC_HEARTBEATS, accepted ? "ok" : reply != NULL ? "refused" : "failed", 1);
  log_answer (self, reply, error);
  if (accepted)
    take_news (self, reply);
  hn_heartbeat_answered (self->rules, accepted, hn_clock_now_us ());
  if (hn_heartbeat_has_left (self->rules)) {
    self->events->left (self->user_data);
    return;
  }
  hn_timer_arm (self->timer, hn_heartbeat_deadline (self->rules));
}

static void
on_due (gpointer data)
{
  HnHeartbeatHttp *self = data;
  g_autoptr (HnWorkerReport) report = self->events->report (self->user_data);
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *body = NULL;
  HnHttpCall call = { .method = "POST", .url = self->url, .bearer = self->token, .timeout_us = hn_seconds (TIMEOUT_SECONDS) };

  report->draining = self->draining;
  if (self->drain_deadline_us != HN_NEVER)
    report->drain_left_us = MAX (self->drain_deadline_us - hn_clock_now_us (), 0);
  report->leaving = hn_heartbeat_is_leaving (self->rules);
  object = hn_worker_report_to_json (report);
  body = hn_json_to_text (object);
  call.body = body;
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

gboolean
hn_heartbeat_http_leave (HnHeartbeatHttp *self)
{
  if (self == NULL)
    return FALSE;
  hn_heartbeat_leave (self->rules, hn_clock_now_us ());
  hn_timer_arm (self->timer, hn_heartbeat_deadline (self->rules));
  return TRUE;
}

void
hn_heartbeat_http_set_token (HnHeartbeatHttp *self, const char *token)
{
  if (self == NULL)
    return;
  g_free (self->token);
  self->token = g_strdup (token);
}

HnHeartbeatHttp *
hn_heartbeat_http_new (HnHttpClient *client, const char *controller_url, const char *token, gint64 period_us,
                       const HnHeartbeatHttpEvents *events, gpointer user_data)
{
  HnHeartbeatHttp *self = g_new0 (HnHeartbeatHttp, 1);

  self->drain_deadline_us = HN_NEVER;
  self->random = hn_random_new_system ();
  self->rules = hn_heartbeat_new (hn_clock_now_us (), period_us, self->random);
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
  hn_random_free (self->random);
  g_free (self->url);
  g_free (self->token);
  g_free (self);
}
