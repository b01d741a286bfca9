/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signature is checked here already: nobody stops taking sessions for a number that anybody may have written. */
#include "update/auto-io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/http-client.h"
#include "net/timer.h"
#include "update/program-fs.h"
#include "update/release-http.h"
#include "update/version.h"
#include "update/waiting.h"

#define LOOK_SECONDS 1 /* between two looks whether the last session has ended */

struct _HnAutoIo {
  char *program;
  char *own_version;
  char *request_file;
  HnRandom *random;
  HnHttpClient *client;
  HnReleaseHttp *releases;
  HnWaiting *waiting;
  HnTimer *timer;
  GCancellable *cancellable;
  char *version; /* (nullable) that is newer */
  const HnAutoIoEvents *events;
  gpointer user_data;
};

static void happened (HnAutoIo *self, HnWaitingEvent event);

static void
tell (HnAutoIo *self, const char *type)
{
  JsonObject *data = json_object_new ();

  json_object_set_string_member (data, "version", self->version);
  json_object_set_int_member (data, "sessions", self->events->sessions (self->user_data));
  self->events->tell (type, data, self->user_data);
}

/* ---- looking ---- */

static void
failed (HnAutoIo *self, const GError *error)
{
  hn_metrics_add (HN_METRIC_UPDATE_CHECKS, "failed", 1);
  hn_warning ("updater", NULL, "no update: %s", error->message);
  happened (self, HN_WAITING_NOTHING_NEWER);
}

static void
on_sum (GObject *source, GAsyncResult *result, gpointer data)
{
  HnAutoIo *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *sum = hn_release_http_text_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* it is gone */
  if (sum == NULL) {
    failed (self, error);
    return;
  }
  hn_info ("updater", NULL, "version %s is there, this is %s sessions=%u", self->version, self->own_version, self->events->sessions (self->user_data));
  hn_metrics_add (HN_METRIC_UPDATE_CHECKS, "newer", 1);
  hn_metrics_set (HN_METRIC_UPDATE_WAITING, NULL, 1);
  tell (self, "update.available");
  happened (self, HN_WAITING_NEWER);
}

static gboolean
was_rolled_back (HnAutoIo *self)
{
  g_autofree char *rejected = hn_program_fs_rejected (self->program);

  if (g_strcmp0 (rejected, self->version) != 0)
    return FALSE;
  hn_info ("updater", NULL, "version %s was rolled back here: a newer one is waited for; `hydraneckwebrtc update` tries it once more", self->version);
  return TRUE;
}

static void
on_latest (GObject *source, GAsyncResult *result, gpointer data)
{
  HnAutoIo *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *version = hn_release_http_text_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* it is gone */
  g_free (self->version);
  self->version = g_steal_pointer (&version);
  if (self->version == NULL) {
    failed (self, error);
  } else if (hn_version_compare (self->version, self->own_version) <= 0 || was_rolled_back (self)) {
    hn_metrics_add (HN_METRIC_UPDATE_CHECKS, "current", 1);
    hn_metrics_set (HN_METRIC_UPDATE_WAITING, NULL, 0);
    happened (self, HN_WAITING_NOTHING_NEWER);
  } else {
    hn_release_http_sum_async (self->releases, self->version, self->cancellable, on_sum, self);
  }
}

/* ---- asking ---- */

static gboolean
write_request (HnAutoIo *self)
{
  g_autofree char *line = g_strconcat (self->version, "\n", NULL);
  int fd = open (self->request_file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  gboolean good = fd >= 0 && write (fd, line, strlen (line)) == (gssize) strlen (line);

  if (!good)
    hn_warning ("updater", NULL, "version %s waits, and nobody can be asked to install it: '%s': %s; `hydraneckwebrtc update` does it", self->version,
                self->request_file, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return good;
}

static void
ask (HnAutoIo *self)
{
  if (write_request (self)) {
    hn_info ("updater", NULL, "asked for version %s", self->version);
    tell (self, "update.asked");
    return;
  }
  happened (self, HN_WAITING_NOT_ASKED);
}

/* ---- the life ---- */

static void
arm (HnAutoIo *self)
{
  HnWaitingState state = hn_waiting_get_state (self->waiting);
  gint64 deadline_us = hn_waiting_deadline (self->waiting);

  if (state == HN_WAITING_DEFERRING || state == HN_WAITING_DRAINING)
    deadline_us = MIN (deadline_us, hn_clock_now_us () + hn_seconds (LOOK_SECONDS));
  hn_timer_arm (self->timer, deadline_us);
}

static void
hold (HnAutoIo *self, gboolean held)
{
  if (self->events->hold == NULL)
    return;
  if (held)
    hn_info ("updater", NULL, "no new sessions until version %s is installed", self->version);
  else
    hn_info ("updater", NULL, "new sessions are taken again");
  self->events->hold (held, self->user_data);
}

static void
happened (HnAutoIo *self, HnWaitingEvent event)
{
  HnWaitingDo effects = hn_waiting_handle (self->waiting, event, hn_clock_now_us ());

  if ((effects & HN_WAITING_DO_CHECK) != 0)
    hn_release_http_latest_async (self->releases, self->cancellable, on_latest, self);
  if ((effects & HN_WAITING_DO_GIVE_UP) != 0) {
    hn_info ("updater", NULL, "version %s waits for the next look: sessions=%u", self->version, self->events->sessions (self->user_data));
    tell (self, "update.deferred");
  }
  if ((effects & (HN_WAITING_DO_HOLD | HN_WAITING_DO_RELEASE)) != 0)
    hold (self, (effects & HN_WAITING_DO_HOLD) != 0);
  arm (self);
  if ((effects & HN_WAITING_DO_ASK) != 0)
    ask (self);
  else if (event == HN_WAITING_NEWER)
    hn_timer_arm (self->timer, hn_clock_now_us ());
}

static void
on_due (gpointer data)
{
  HnAutoIo *self = data;
  gint64 deadline_us = hn_waiting_deadline (self->waiting);

  if (deadline_us != HN_NEVER && hn_clock_now_us () >= deadline_us)
    happened (self, HN_WAITING_TIME_UP);
  else if (self->events->sessions (self->user_data) == 0)
    happened (self, HN_WAITING_IDLE);
  else
    arm (self);
}

/* ---- construction ---- */

HnAutoIo *
hn_auto_io_new (const HnAutoIoOptions *options, const HnAutoIoEvents *events, gpointer user_data)
{
  HnAutoIo *self = g_new0 (HnAutoIo, 1);
  HnWaitingOptions waiting = { options->interval_us, options->defer_limit_us, options->asked_us, events->hold != NULL };

  self->program = g_strdup (options->program);
  self->own_version = g_strdup (options->version);
  self->request_file = g_strdup (options->request_file);
  self->random = hn_random_new_system ();
  self->client = hn_http_client_new ();
  self->releases = hn_release_http_new (self->client, options->url, options->channel, options->key);
  self->waiting = hn_waiting_new (&waiting, self->random, hn_clock_now_us ());
  self->timer = hn_timer_new (on_due, self);
  self->cancellable = g_cancellable_new ();
  self->events = events;
  self->user_data = user_data;
  arm (self);
  return self;
}

void
hn_auto_io_free (HnAutoIo *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  hn_timer_free (self->timer);
  hn_release_http_free (self->releases);
  hn_http_client_free (self->client);
  hn_waiting_free (self->waiting);
  hn_random_free (self->random);
  g_free (self->program);
  g_free (self->own_version);
  g_free (self->request_file);
  g_free (self->version);
  g_free (self);
}
