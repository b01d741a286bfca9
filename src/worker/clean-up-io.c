/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All at once, each best effort, but for what needs an order: the app in Sunshine is cancelled through web-server while that still lives
 * and is still paired; a pairing under way ends with its process, only then is its client unpaired, for it could otherwise still
 * succeed. Meanwhile hydrabody stops the experience. A neighbour that stays mute is not waited for beyond a deadline. Last, the
 * log is put aside and the directory goes. */

#include "worker/clean-up-io.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/timer.h"
#include "worker/ended-fs.h"
#include "worker/hydrabody-http.h"
#include "worker/hydrabody-json.h"
#include "worker/moonlight-http.h"
#include "worker/moonlight-json.h"
#include "worker/session-fs.h"
#include "worker/sunshine-http.h"

#define CANCEL_MS 1500
#define SETTLE_MS 400 /* Sunshine may still carry out the last phase of a pairing that was cut */

typedef enum { UNPAIR_WAITS, UNPAIR_SETTLES, UNPAIR_UNDER_WAY, UNPAIR_OVER } Unpairing;

struct _HnCleanUpIo {
  HnSessionFacts *facts;
  HnCallsHttp *calls;
  HnTimer *timer;    /* goes on from the loop */
  HnTimer *deadline; /* neighbours are not waited for any more */
  gboolean begun;
  gboolean cancelling;            /* the app */
  gboolean stopping_experience;
  gboolean process_told;
  gboolean forced;
  gboolean abandoned; /* even what was killed is not waited for */
  gboolean over;
  Unpairing unpairing;
  const HnCleanUpIoEvents *events;
  gpointer user_data;
};

static void
later (HnCleanUpIo *self)
{
  gboolean settles = self->unpairing == UNPAIR_SETTLES;

  hn_timer_arm (self->timer, hn_clock_now_us () + (settles ? SETTLE_MS * G_GINT64_CONSTANT (1000) : 0));
}

static gboolean
was_paired (HnCleanUpIo *self)
{
  return self->facts->stream_path != NULL;
}

/* ---- the neighbours ---- */

static void
on_app_cancelled (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnCleanUpIo *self = data;

  hn_debug ("session", self->facts->id, "asked to cancel the application, status=%u %s", reply != NULL ? reply->status : 0,
            error != NULL ? error->message : "");
  self->cancelling = FALSE;
  later (self);
}

static void
cancel_app (HnCleanUpIo *self)
{
  HnSessionFacts *facts = self->facts;
  HnMoonlightPlace place = { facts->id, facts->user, facts->loopback, facts->slot.http_port };
  g_autofree char *body = NULL;

  if (!facts->has_host || !was_paired (self) || !hn_process_is_alive (facts->process))
    return;
  self->cancelling = TRUE;
  body = hn_moonlight_json_host_id (facts->host_id);
  hn_moonlight_http_call (self->calls, &place, "POST", "api/host/cancel", body, CANCEL_MS * G_GINT64_CONSTANT (1000), on_app_cancelled,
                          self);
}

static void
warn_experience (HnCleanUpIo *self, const char *why)
{
  hn_warning ("session", self->facts->id, "hydrabody did not stop the experience, going on: %s", why);
}

static void
on_experience_stopped (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnCleanUpIo *self = data;

  if (reply == NULL || reply->status / 100 != 2)
    warn_experience (self, error != NULL ? error->message : "it refused");
  self->stopping_experience = FALSE;
  later (self);
}

static void
stop_experience (HnCleanUpIo *self)
{
  HnSessionFacts *facts = self->facts;
  HnHydrabodyPlace place = { facts->request->body_ip, (guint16) facts->config->hydrabody_port, facts->config->hydrabody_token };
  g_autofree char *body = NULL;

  if (!facts->launched)
    return;
  self->stopping_experience = TRUE;
  body = hn_hydrabody_json_stop (facts->request->experience, facts->request->exe_path, facts->id);
  hn_hydrabody_http_stop (self->calls, &place, body, on_experience_stopped, self);
}

static void
unpair_failed (HnCleanUpIo *self, const char *why)
{
  hn_warning ("pairing", self->facts->id, "cannot unpair the session's client, trying again later: %s", why);
  self->events->unpair_later (self->user_data);
}

static void
on_unpaired (const GError *error, gpointer data)
{
  HnCleanUpIo *self = data;

  if (error != NULL)
    unpair_failed (self, error->message);
  self->unpairing = UNPAIR_OVER;
  later (self);
}

static void
unpair (HnCleanUpIo *self)
{
  const HnSessionFacts *facts = self->facts;
  const HnCreateRequest *request = facts->request;
  HnSunshinePlace place = { request->body_ip,
                            request->sunshine_user != NULL ? request->sunshine_user : facts->config->sunshine_username,
                            request->sunshine_pass != NULL ? request->sunshine_pass : facts->config->sunshine_password };

  self->unpairing = UNPAIR_UNDER_WAY;
  hn_sunshine_http_unpair (self->calls, &place, facts->user, on_unpaired, self);
}

/* ---- the order ---- */

static void
end_process (HnCleanUpIo *self)
{
  if (self->facts->process == NULL || self->process_told || self->cancelling)
    return;
  self->process_told = TRUE;
  if (was_paired (self))
    hn_process_stop (self->facts->process);
  else
    hn_process_kill (self->facts->process); /* web-server would wait for a pairing under way */
}

static void
advance_unpairing (HnCleanUpIo *self)
{
  if (self->unpairing == UNPAIR_SETTLES || (self->unpairing == UNPAIR_WAITS && was_paired (self) && !self->cancelling)) {
    unpair (self);
  } else if (self->unpairing == UNPAIR_WAITS && !was_paired (self) && self->facts->process == NULL) {
    self->unpairing = UNPAIR_SETTLES;
    later (self);
  }
}

static void
finish (HnCleanUpIo *self)
{
  HnSessionFacts *facts = self->facts;

  self->over = TRUE;
  hn_timer_arm (self->deadline, HN_NEVER);
  if (facts->directory != NULL)
    hn_ended_fs_keep (facts->config->sessions_data_dir, facts->directory);
  if (facts->directory != NULL && !hn_session_fs_remove (facts->directory))
    hn_warning ("cleanup", facts->id, "cannot remove the whole session directory, it is removed at the next start");
  g_clear_pointer (&facts->directory, g_free);
  self->events->cleaned (self->user_data);
}

static void
advance (gpointer data)
{
  HnCleanUpIo *self = data;

  if (self->over)
    return; /* a process that nobody waited for any more has ended */
  if (!self->begun) {
    self->begun = TRUE;
    cancel_app (self);
    stop_experience (self);
  }
  end_process (self);
  advance_unpairing (self);
  if (self->abandoned || (self->facts->process == NULL && !self->stopping_experience && self->unpairing == UNPAIR_OVER))
    finish (self);
}

/* No answer is waited for any more; what runs is killed. */
static void
give_up_waiting (gpointer data)
{
  HnCleanUpIo *self = data;

  hn_calls_http_free (self->calls);
  self->calls = hn_calls_http_new (self->facts->client);
  if (self->unpairing != UNPAIR_OVER)
    unpair_failed (self, "it takes too long");
  if (self->stopping_experience)
    warn_experience (self, "it takes too long");
  self->unpairing = UNPAIR_OVER;
  self->stopping_experience = FALSE;
  self->cancelling = FALSE;
  self->begun = TRUE;
  self->process_told = TRUE;
  if (self->facts->process != NULL)
    hn_process_kill (self->facts->process);
  later (self);
}

void
hn_clean_up_io_process_ended (HnCleanUpIo *self)
{
  if (self->unpairing != UNPAIR_SETTLES)
    later (self);
}

void
hn_clean_up_io_force (HnCleanUpIo *self)
{
  if (self->over)
    return;
  self->abandoned = self->forced;
  self->forced = TRUE;
  give_up_waiting (self);
}

HnCleanUpIo *
hn_clean_up_io_new (HnSessionFacts *facts, gint64 until_us, const HnCleanUpIoEvents *events, gpointer user_data)
{
  HnCleanUpIo *self = g_new0 (HnCleanUpIo, 1);

  self->facts = facts;
  self->events = events;
  self->user_data = user_data;
  self->unpairing = facts->may_be_paired ? UNPAIR_WAITS : UNPAIR_OVER;
  self->calls = hn_calls_http_new (facts->client);
  self->timer = hn_timer_new (advance, self);
  self->deadline = hn_timer_new (give_up_waiting, self);
  hn_timer_arm (self->deadline, until_us);
  later (self);
  return self;
}

void
hn_clean_up_io_free (HnCleanUpIo *self)
{
  if (self == NULL)
    return;
  hn_calls_http_free (self->calls);
  hn_timer_free (self->timer);
  hn_timer_free (self->deadline);
  g_free (self);
}
