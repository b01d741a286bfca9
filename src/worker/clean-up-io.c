/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One step after the other, each best effort: the app in Sunshine is cancelled through web-server while that still lives, and
 * hydrabody stops the experience; then the processes end; only then is the client unpaired, for a pairing under way could
 * otherwise still succeed; last the directory goes. */

#include "worker/clean-up-io.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/timer.h"
#include "worker/hydrabody-http.h"
#include "worker/hydrabody-json.h"
#include "worker/moonlight-http.h"
#include "worker/moonlight-json.h"
#include "worker/session-fs.h"
#include "worker/sunshine-http.h"

#define CANCEL_MS 1500
#define SETTLE_MS 400 /* Sunshine may still carry out the last phase of a pairing that was cut */

typedef enum { STEP_ASK, STEP_STOP, STEP_UNPAIR, STEP_REMOVE, STEP_OVER } Step;

struct _HnCleanUpIo {
  HnSessionFacts *facts;
  HnCallsHttp *calls;
  HnTimer *timer; /* runs the next step from the loop */
  Step step;
  guint waiting; /* answers that the step waits for */
  gboolean forced;
  const HnCleanUpIoEvents *events;
  gpointer user_data;
};

static void
next (HnCleanUpIo *self, Step step)
{
  gboolean settles = step == STEP_UNPAIR && self->facts->stream_path == NULL;

  self->step = step;
  self->waiting = 0;
  hn_timer_arm (self->timer, hn_clock_now_us () + (settles ? SETTLE_MS * G_GINT64_CONSTANT (1000) : 0));
}

static void
on_asked (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnCleanUpIo *self = data;

  hn_debug ("session", self->facts->id, "asked to stop, status=%u %s", reply != NULL ? reply->status : 0,
            error != NULL ? error->message : "");
  if (self->step == STEP_ASK && --self->waiting == 0)
    next (self, STEP_STOP);
}

static void
on_experience_stopped (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnCleanUpIo *self = data;

  if (reply == NULL || reply->status / 100 != 2)
    hn_warning ("session", self->facts->id, "hydrabody did not stop the experience, going on: %s",
                error != NULL ? error->message : "it refused");
  on_asked (reply, error, data);
}

static void
ask (HnCleanUpIo *self)
{
  HnSessionFacts *facts = self->facts;

  if (facts->has_host && facts->stream_path != NULL && hn_process_is_alive (facts->process)) {
    HnMoonlightPlace place = { facts->id, facts->user, facts->loopback, facts->slot.http_port };
    g_autofree char *body = hn_moonlight_json_host_id (facts->host_id);

    self->waiting++;
    hn_moonlight_http_call (self->calls, &place, "POST", "api/host/cancel", body, CANCEL_MS * G_GINT64_CONSTANT (1000), on_asked,
                            self);
  }
  if (facts->launched) {
    HnHydrabodyPlace place = { facts->request->body_ip, (guint16) facts->config->hydrabody_port, facts->config->hydrabody_token };
    g_autofree char *body = hn_hydrabody_json_stop (facts->request->experience, facts->request->exe_path, facts->id);

    self->waiting++;
    hn_hydrabody_http_stop (self->calls, &place, body, on_experience_stopped, self);
  }
  if (self->waiting == 0)
    next (self, STEP_STOP);
}

static void
stop (HnCleanUpIo *self)
{
  if (self->facts->process == NULL)
    next (self, self->forced ? STEP_REMOVE : STEP_UNPAIR);
  else if (self->forced || self->facts->stream_path == NULL)
    hn_process_kill (self->facts->process); /* web-server would wait for a pairing under way */
  else
    hn_process_stop (self->facts->process);
}

static void
on_unpaired (const GError *error, gpointer data)
{
  HnCleanUpIo *self = data;

  if (error != NULL)
    hn_warning ("pairing", self->facts->id, "cannot unpair the session's client, going on: %s", error->message);
  if (self->step == STEP_UNPAIR)
    next (self, STEP_REMOVE);
}

static void
unpair (HnCleanUpIo *self)
{
  const HnSessionFacts *facts = self->facts;
  const HnCreateRequest *request = facts->request;
  HnSunshinePlace place = { request->body_ip,
                            request->sunshine_user != NULL ? request->sunshine_user : facts->config->sunshine_username,
                            request->sunshine_pass != NULL ? request->sunshine_pass : facts->config->sunshine_password };

  if (facts->may_be_paired)
    hn_sunshine_http_unpair (self->calls, &place, facts->user, on_unpaired, self);
  else
    next (self, STEP_REMOVE);
}

static void
remove_directory (HnCleanUpIo *self)
{
  if (self->facts->directory != NULL && !hn_session_fs_remove (self->facts->directory))
    hn_warning ("cleanup", self->facts->id, "cannot remove the whole session directory, it is removed at the next start");
  g_clear_pointer (&self->facts->directory, g_free);
  self->step = STEP_OVER;
  self->events->cleaned (self->user_data);
}

static void
on_step (gpointer data)
{
  HnCleanUpIo *self = data;

  switch (self->step) {
  case STEP_ASK:
    ask (self);
    break;
  case STEP_STOP:
    stop (self);
    break;
  case STEP_UNPAIR:
    unpair (self);
    break;
  case STEP_REMOVE:
    remove_directory (self);
    break;
  case STEP_OVER:
    break;
  }
}

void
hn_clean_up_io_process_ended (HnCleanUpIo *self)
{
  if (self->step == STEP_STOP)
    next (self, self->forced ? STEP_REMOVE : STEP_UNPAIR);
}

void
hn_clean_up_io_force (HnCleanUpIo *self)
{
  if (self->step == STEP_OVER)
    return;
  next (self, self->forced || self->facts->process == NULL ? STEP_REMOVE : STEP_STOP);
  self->forced = TRUE;
}

HnCleanUpIo *
hn_clean_up_io_new (HnSessionFacts *facts, const HnCleanUpIoEvents *events, gpointer user_data)
{
  HnCleanUpIo *self = g_new0 (HnCleanUpIo, 1);

  self->facts = facts;
  self->events = events;
  self->user_data = user_data;
  self->calls = hn_calls_http_new (facts->client);
  self->timer = hn_timer_new (on_step, self);
  next (self, STEP_ASK);
  return self;
}

void
hn_clean_up_io_free (HnCleanUpIo *self)
{
  if (self == NULL)
    return;
  hn_calls_http_free (self->calls);
  hn_timer_free (self->timer);
  g_free (self);
}
