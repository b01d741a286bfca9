/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/session-io.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/timer.h"
#include "worker/clean-up-io.h"
#include "worker/explain-json.h"
#include "worker/nps-json.h"
#include "worker/ready-io.h"
#include "worker/session-fs.h"
#include "worker/session-proc.h"
#include "worker/start-io.h"

struct _HnSessionIo {
  HnSession *rules;
  HnLifeline *history;
  HnSessionFacts facts;
  HnTimer *timer;
  HnStartIo *starting;
  HnReadyIo *readying;
  HnCleanUpIo *cleaning;
  GError *failure;     /* why it ended, where somebody said */
  char *process_end;   /* (nullable) how the process ended */
  char *last_words;    /* (nullable) the last line of its log: the directory will be gone */
  guint tunnels;
  guint disconnects;
  guint rating;
  guint ratings; /* how often it changed */
  gint64 clean_up_until_us;
  gint64 created_utc_us;
  const HnSessionIoEvents *events;
  gpointer user_data;
};

static void happened (HnSessionIo *self, HnSessionHappening happening, HnEndReason reason);

/* ---- what jobs and process tell ---- */

static void
on_answers (gpointer data)
{
  happened (data, HN_SESSION_ANSWERS, HN_END_NONE);
}

static void
set_failure (HnSessionIo *self, const GError *error)
{
  if (self->failure == NULL)
    self->failure = g_error_copy (error);
}

static void
on_start_failed (const GError *error, gpointer data)
{
  HnSessionIo *self = data;

  set_failure (self, error);
  happened (self, HN_SESSION_CREATE_FAILED, HN_END_CREATE_FAILED);
}

static void
on_chosen (gpointer data)
{
  happened (data, HN_SESSION_CHOSEN, HN_END_NONE);
}

static void
on_ready_failed (const GError *error, gboolean is_pairing, gpointer data)
{
  HnSessionIo *self = data;

  set_failure (self, error);
  happened (self, HN_SESSION_CREATE_FAILED, is_pairing ? HN_END_PAIRING_FAILED : HN_END_CREATE_FAILED);
}

static void
on_cleaned (gpointer data)
{
  HnSessionIo *self = data;

  self->events->cleaned (self, self->user_data);
  happened (self, HN_SESSION_CLEANED, HN_END_NONE);
}

static void
on_unpair_later (gpointer data)
{
  HnSessionIo *self = data;

  self->events->unpair_later (self, self->user_data);
}

static char *
describe_end (HnProcessEnd end, int status)
{
  switch (end) {
  case HN_PROCESS_EXITED:
    return g_strdup_printf ("exit status %d", status);
  case HN_PROCESS_SIGNALED:
    return g_strdup_printf ("signal %d", status);
  case HN_PROCESS_NOT_STARTED:
    return g_strdup_printf ("not started: %s", g_strerror (status));
  case HN_PROCESS_LOST:
    return g_strdup ("its supervisor was lost");
  }
  return NULL;
}

/* The last line of its log, without the session's key. */
static char *
read_last_words (HnSessionIo *self)
{
  g_autofree char *line = hn_session_fs_read_last_line (self->facts.directory);
  g_autoptr (GString) words = g_string_new (line);

  g_string_replace (words, self->facts.id, hn_id_short (self->facts.id).text, 0);
  return g_string_free (g_steal_pointer (&words), FALSE);
}

static void
on_process_ended (HnProcessEnd end, int status, gpointer data)
{
  HnSessionIo *self = data;

  g_clear_pointer (&self->facts.process, hn_process_free);
  if (self->process_end == NULL)
    self->process_end = describe_end (end, status);
  if (self->last_words == NULL)
    self->last_words = read_last_words (self);
  if (self->cleaning != NULL)
    hn_clean_up_io_process_ended (self->cleaning);
  happened (self, HN_SESSION_PROCESS_ENDED, HN_END_PROCESS_EXITED);
}

/* ---- carrying out ---- */

static GError *
time_out_error (HnSessionIo *self)
{
  if (self->facts.has_slot && !self->facts.has_host)
    return g_error_new (HN_ERROR, HN_ERROR_TIMEOUT, "moonlight-web-stream did not answer within %ds", HN_LIMIT_READY_SECONDS);
  if (!self->facts.has_slot)
    return g_error_new (HN_ERROR, HN_ERROR_TIMEOUT, "body %s was not released in time", self->facts.request->body_ip);
  return g_error_new (HN_ERROR, HN_ERROR_TIMEOUT, "session not ready within %ds", HN_LIMIT_CREATE_SECONDS);
}

/* What the creator is told where no job failed. */
static GError *
end_error (HnSessionIo *self)
{
  HnEndReason reason = hn_session_get_reason (self->rules);
  GError *error;

  switch (reason) {
  case HN_END_CREATE_TIMEOUT:
    return time_out_error (self);
  case HN_END_PROCESS_EXITED:
    error = g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "moonlight-web-stream ended before the session was ready (%s)",
                         self->process_end);
    hn_error_set_detail (error, "its last words: %s", self->last_words);
    return error;
  case HN_END_REPLACED:
    return g_error_new (HN_ERROR, HN_ERROR_CONFLICT, "session replaced by a newer one for body %s", self->facts.request->body_ip);
  case HN_END_API_DELETE:
  case HN_END_USER_QUIT:
    return g_error_new_literal (HN_ERROR, HN_ERROR_CONFLICT, "session deleted before it was ready");
  case HN_END_NONE:
  case HN_END_CLIENT_LEFT:
  case HN_END_ABANDONED:
  case HN_END_PAGE_LEFT:
  case HN_END_CREATE_FAILED:
  case HN_END_PAIRING_FAILED:
  case HN_END_DATA_DIRECTORY_LOST:
  case HN_END_DRAINED:
  case HN_END_WORKER_SHUTDOWN:
    break;
  }
  return g_error_new_literal (HN_ERROR, HN_ERROR_CLOSED, hn_end_reason_to_sentence (reason));
}

static void
log_end (HnSessionIo *self)
{
  HnEndReason reason = hn_session_get_reason (self->rules);
  g_autofree char *age = hn_clock_span (hn_clock_now_us () - hn_session_get_created (self->rules));

  if (self->failure != NULL && hn_error_detail (self->failure) != NULL)
    hn_info ("session", self->facts.id, "ends reason=%s age=%s: %s (%s)", hn_end_reason_to_text (reason), age,
             self->failure->message, hn_error_detail (self->failure));
  else if (self->failure != NULL)
    hn_info ("session", self->facts.id, "ends reason=%s age=%s: %s", hn_end_reason_to_text (reason), age, self->failure->message);
  else
    hn_info ("session", self->facts.id, "ends reason=%s age=%s", hn_end_reason_to_text (reason), age);
  if (reason == HN_END_PROCESS_EXITED)
    hn_warning ("session", self->facts.id, "web-server process ended by itself: %s, its last words: %s", self->process_end,
                self->last_words);
}

static void
begin_clean_up (HnSessionIo *self)
{
  static const HnCleanUpIoEvents events = { on_cleaned, on_unpair_later };

  g_clear_pointer (&self->readying, hn_ready_io_free);
  if (self->cleaning == NULL)
    self->cleaning = hn_clean_up_io_new (&self->facts, self->clean_up_until_us, &events, self);
}

static void
on_settled (gpointer data)
{
  begin_clean_up (data);
}

static void
clean_up (HnSessionIo *self)
{
  log_end (self);
  self->tunnels = 0;
  self->clean_up_until_us = hn_clock_now_us () + HN_LIMIT_CLEAN_UP_MS * G_GINT64_CONSTANT (1000);
  g_clear_pointer (&self->starting, hn_start_io_free);
  self->events->ending (self, self->user_data);
  if (self->facts.process == NULL || self->readying == NULL || !hn_ready_io_wind_down (self->readying))
    begin_clean_up (self);
}

static void
force (HnSessionIo *self)
{
  begin_clean_up (self);
  hn_clean_up_io_force (self->cleaning);
}

static void
start (HnSessionIo *self)
{
  static const HnProcessEvents process_events = { on_process_ended };
  static const HnStartIoEvents events = { on_answers, on_start_failed };

  self->starting = hn_start_io_new (&self->facts, &process_events, &events, self);
}

static void
pair (HnSessionIo *self)
{
  static const HnReadyIoEvents events = { on_chosen, on_ready_failed, on_settled };

  g_clear_pointer (&self->starting, hn_start_io_free);
  self->readying = hn_ready_io_new (&self->facts, &events, self);
}

static void
reply (HnSessionIo *self)
{
  g_clear_pointer (&self->readying, hn_ready_io_free);
  hn_info ("session", self->facts.id, "ready body=%s port=%u", self->facts.request->body_ip, self->facts.slot.http_port);
  self->events->ready (self, self->user_data);
}

static void
reply_error (HnSessionIo *self)
{
  if (self->failure == NULL)
    self->failure = end_error (self);
  self->events->failed (self, self->failure, self->user_data);
}

/* `gone` frees the session: nothing may come after it. */
static void
carry_out (HnSessionIo *self, HnSessionDo effects)
{
  hn_timer_arm (self->timer, hn_session_deadline (self->rules));
  if ((effects & HN_SESSION_DO_START) != 0)
    start (self);
  if ((effects & HN_SESSION_DO_PAIR) != 0)
    pair (self);
  if ((effects & HN_SESSION_DO_REPLY) != 0)
    reply (self);
  if ((effects & HN_SESSION_DO_REPLY_ERROR) != 0)
    reply_error (self);
  if ((effects & HN_SESSION_DO_CLEAN_UP) != 0)
    clean_up (self);
  if ((effects & HN_SESSION_DO_FORCE) != 0)
    force (self);
  if ((effects & HN_SESSION_DO_REPORT) != 0)
    self->events->changed (self, self->user_data);
  if ((effects & HN_SESSION_DO_FORGET) != 0)
    self->events->gone (self, self->user_data);
}

static void
happened (HnSessionIo *self, HnSessionHappening happening, HnEndReason reason)
{
  gint64 now_us = hn_clock_now_us ();
  HnSessionDo effects = hn_session_handle (self->rules, happening, reason, now_us);

  hn_lifeline_note (self->history, hn_session_get_state (self->rules), now_us, hn_clock_utc_us ());
  carry_out (self, effects);
}

static void
on_time (gpointer data)
{
  happened (data, HN_SESSION_TIME_UP, HN_END_NONE);
}

/* ---- what the owner tells ---- */

void
hn_session_io_begin (HnSessionIo *self, const HnSlot *slot)
{
  self->facts.slot = *slot;
  self->facts.has_slot = TRUE;
  hn_info ("session", self->facts.id, "created body=%s port=%u udp=%u-%u", self->facts.request->body_ip, slot->http_port,
           slot->udp_min, slot->mic_max);
  happened (self, HN_SESSION_TURN_CAME, HN_END_NONE);
}

void
hn_session_io_fail (HnSessionIo *self, const GError *error)
{
  on_start_failed (error, self);
}

void
hn_session_io_end (HnSessionIo *self, HnEndReason reason)
{
  happened (self, HN_SESSION_END_ASKED, reason);
}

void
hn_session_io_page_seen (HnSessionIo *self)
{
  happened (self, HN_SESSION_PAGE_SEEN, HN_END_NONE);
}

void
hn_session_io_page_opens (HnSessionIo *self, const char *page)
{
  hn_session_page_opens (self->rules, page);
}

void
hn_session_io_page_left (HnSessionIo *self, gboolean played)
{
  happened (self, played ? HN_SESSION_PLAYER_LEFT : HN_SESSION_PAGE_LEFT, HN_END_NONE);
}

void
hn_session_io_plays (HnSessionIo *self, gboolean plays)
{
  happened (self, plays ? HN_SESSION_PLAYS : HN_SESSION_PLAY_STOPPED, HN_END_NONE);
}

void
hn_session_io_tunnel (HnSessionIo *self, gboolean opened)
{
  if (opened) {
    self->tunnels++;
    happened (self, HN_SESSION_TUNNEL_OPENED, HN_END_NONE);
    return;
  }
  if (self->tunnels == 0)
    return; /* cut by our own clean-up */
  self->disconnects++;
  if (--self->tunnels == 0)
    happened (self, HN_SESSION_LAST_TUNNEL_CLOSED, HN_END_NONE);
  else
    self->events->changed (self, self->user_data);
}

HnRated
hn_session_io_rate (HnSessionIo *self, guint rating)
{
  if (rating == self->rating)
    return HN_RATED_AGAIN;
  if (self->ratings >= HN_LIMIT_RATINGS_PER_SESSION)
    return HN_RATED_TOO_OFTEN;
  self->rating = rating;
  return ++self->ratings == 1 ? HN_RATED_FIRST : HN_RATED_ANEW;
}

/* Usually its end is told at once; here it is noticed though its supervisor hangs. */
static gboolean
has_silently_ended (HnSessionIo *self)
{
  int pid = hn_process_get_pid (self->facts.process);

  if (pid == 0 || hn_session_proc_is_running (pid))
    return FALSE;
  self->process_end = g_strdup ("noticed by the monitor");
  self->last_words = read_last_words (self);
  happened (self, HN_SESSION_PROCESS_ENDED, HN_END_PROCESS_EXITED);
  return TRUE;
}

void
hn_session_io_check (HnSessionIo *self)
{
  if (self->cleaning != NULL || self->facts.directory == NULL || self->facts.process == NULL)
    return;
  if (self->process_end == NULL && has_silently_ended (self))
    return;
  if (hn_session_fs_exists (self->facts.directory))
    return;
  hn_error ("session", self->facts.id, "ALERT: the data directory was deleted while the process runs");
  happened (self, HN_SESSION_DIRECTORY_LOST, HN_END_DATA_DIRECTORY_LOST);
}

/* ---- what the owner asks ---- */

const HnSessionFacts *
hn_session_io_get_facts (HnSessionIo *self)
{
  return &self->facts;
}

const HnSession *
hn_session_io_get_rules (HnSessionIo *self)
{
  return self->rules;
}

gboolean
hn_session_io_is_streaming (HnSessionIo *self)
{
  return hn_session_is_streaming (self->rules);
}

gboolean
hn_session_io_release_slot (HnSessionIo *self, HnSlot *ret_slot)
{
  if (!self->facts.has_slot)
    return FALSE;
  self->facts.has_slot = FALSE;
  *ret_slot = self->facts.slot;
  return TRUE;
}

HnSessionReport *
hn_session_io_report (HnSessionIo *self)
{
  HnSessionReport *report = g_new0 (HnSessionReport, 1);
  const HnCreateRequest *request = self->facts.request;
  HnEndReason reason = hn_session_get_reason (self->rules);

  report->id = g_strdup (self->facts.id);
  report->body_ip = g_strdup (request->body_ip);
  report->state = hn_session_get_state (self->rules);
  report->stream_path = g_strdup (self->facts.stream_path);
  report->experience = g_strdup (request->experience);
  report->district = g_strdup (request->district);
  report->body = g_strdup (request->body);
  report->head = g_strdup (request->head);
  report->process_alive = hn_process_is_alive (self->facts.process);
  report->data_directory_ok = hn_session_fs_exists (self->facts.directory);
  report->active_connections = self->tunnels;
  report->created_utc_us = self->created_utc_us;
  report->age_us = hn_clock_now_us () - hn_session_get_created (self->rules);
  if (reason != HN_END_NONE)
    report->end_reason = g_strdup (hn_end_reason_to_text (reason));
  if (report->state == HN_SESSION_ERROR)
    report->error = g_strdup (self->failure != NULL ? self->failure->message : hn_end_reason_to_sentence (reason));
  return report;
}

char *
hn_session_io_explain (HnSessionIo *self, const char *worker_id)
{
  HnEndReason reason = hn_session_get_reason (self->rules);
  HnExplain explain = {
    .session_id = self->facts.id,
    .worker_id = worker_id,
    .body_ip = self->facts.request->body_ip,
    .state = hn_session_get_state (self->rules),
    .created_utc_us = self->created_utc_us,
    .history = self->history,
    .connections = self->tunnels,
    .disconnects = self->disconnects,
    .reason = reason != HN_END_NONE ? hn_end_reason_to_text (reason) : NULL,
    .message = self->failure != NULL ? self->failure->message : hn_end_reason_to_sentence (reason),
    .detail = hn_error_detail (self->failure),
    .process_end = self->process_end,
    .last_words = self->last_words,
  };
  g_autoptr (JsonObject) object = hn_explain_json (&explain);

  return hn_json_to_text (object);
}

char *
hn_session_io_record (HnSessionIo *self, const char *worker_id, const char *record_id)
{
  const HnCreateRequest *request = self->facts.request;
  HnNpsRecord record = {
    .record_id = record_id,
    .session_id = self->facts.id,
    .worker_id = worker_id,
    .experience = request->experience,
    .district = request->district,
    .body = request->body,
    .head = request->head,
    .body_ip = request->body_ip,
    .end_reason = hn_end_reason_to_text (hn_session_get_reason (self->rules)),
    .started_utc_us = self->created_utc_us,
    .ended_utc_us = hn_clock_utc_us (),
    .duration_us = hn_clock_now_us () - hn_session_get_created (self->rules),
    .disconnect_count = self->disconnects,
    .rating = self->rating,
  };

  return hn_nps_json_record (&record);
}

HnSessionIo *
hn_session_io_new (const HnSessionIoWorld *world, char *id, char *user, HnCreateRequest *request, const HnSessionIoEvents *events,
                   gpointer user_data)
{
  HnSessionIo *self = g_new0 (HnSessionIo, 1);

  self->facts.config = world->config;
  self->facts.place = world->place;
  self->facts.loopback = world->loopback;
  self->facts.client = world->client;
  self->facts.turn = world->turn;
  self->facts.id = id;
  self->facts.user = user;
  self->facts.request = request;
  self->rules = hn_session_new (hn_clock_now_us (), &(HnSessionTimes){ world->config->sessions_abandon_timeout, world->leave_us,
                                                                       world->keep_error_us });
  self->timer = hn_timer_new (on_time, self);
  self->created_utc_us = hn_clock_utc_us ();
  self->history = hn_lifeline_new (hn_clock_now_us ());
  hn_lifeline_note (self->history, hn_session_get_state (self->rules), hn_clock_now_us (), self->created_utc_us);
  self->events = events;
  self->user_data = user_data;
  hn_timer_arm (self->timer, hn_session_deadline (self->rules));
  return self;
}

void
hn_session_io_free (HnSessionIo *self)
{
  if (self == NULL)
    return;
  hn_start_io_free (self->starting);
  hn_ready_io_free (self->readying);
  hn_clean_up_io_free (self->cleaning);
  hn_timer_free (self->timer);
  hn_process_free (self->facts.process);
  hn_session_free (self->rules);
  hn_lifeline_free (self->history);
  hn_create_request_free (self->facts.request);
  g_free (self->facts.id);
  g_free (self->facts.user);
  g_free (self->facts.directory);
  g_free (self->facts.stream_path);
  g_clear_error (&self->failure);
  g_free (self->process_end);
  g_free (self->last_words);
  g_free (self);
}
