/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Healthy is: every role that answered before the swap answers again, as the version that was installed, from one and the same process for
 * STEADY_SECONDS. If none answered, no service runs here: then nothing is restarted, and there is nothing to wait for. After an update that was cut off, those
 * count that answered before it.
 */
#include "update/install-io.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/http-client.h"
#include "net/timer.h"
#include "update/program-fs.h"
#include "update/program-proc.h"
#include "update/release-http.h"
#include "update/release.h"
#include "update/roles-http.h"
#include "update/version.h"

#define POLL_SECONDS 0.25
#define STEADY_SECONDS 2

struct _HnInstallIo {
  char *program;
  char *from; /* version before the update */
  GStrv restart;
  int healthy_seconds;
  gboolean now;
  HnHttpClient *client;
  HnReleaseHttp *releases;
  HnRolesHttp *roles;
  HnTimer *timer; /* begins, then polls while it is proved */
  HnUpdateState state;
  HnUpdateDo effect;
  char *version;  /* (nullable) of the release */
  char *sum;
  int fd;         /* of what is fetched, or -1 */
  int lock;
  gint64 prove_until_us;
  GError *error;  /* the first thing that went wrong */
  const HnInstallIoEvents *events;
  gpointer user_data;
};

static void carry_out (HnInstallIo *self);

/* ---- what a step came to ---- */

static void
happened (HnInstallIo *self, HnUpdateEvent event, const GError *error)
{
  if (error != NULL && self->error == NULL)
    self->error = g_error_copy (error);
  self->effect = hn_update_handle (&self->state, event);
  hn_timer_arm (self->timer, hn_clock_now_us ());
}

static void
outcome (HnInstallIo *self, const GError *error)
{
  happened (self, error != NULL ? HN_UPDATE_FAILED : HN_UPDATE_DONE, error);
}

/* ---- an update that was cut off ---- */

static void
resume (HnInstallIo *self)
{
  g_autoptr (HnUnproven) unproven = hn_program_fs_unproven (self->program);
  g_autoptr (GError) error = NULL;

  if (unproven != NULL)
    self->lock = hn_program_fs_lock (self->program, &error);
  if (unproven == NULL || error != NULL) {
    outcome (self, error);
    return;
  }
  g_free (self->from);
  self->from = g_steal_pointer (&unproven->from);
  self->version = g_steal_pointer (&unproven->to);
  hn_roles_http_set_there (self->roles, (const char *const *) unproven->roles);
  happened (self, HN_UPDATE_UNPROVEN, NULL);
}

static void
on_looked_again (gpointer data)
{
  HnInstallIo *self = data;

  if (hn_roles_http_all_are (self->roles, self->version))
    outcome (self, NULL);
  else
    happened (self, hn_roles_http_all_are (self->roles, self->from) ? HN_UPDATE_UNUSED : HN_UPDATE_UNPROVEN, NULL);
}

static void
take_back (HnInstallIo *self)
{
  g_autoptr (GError) error = NULL;

  if (!hn_program_fs_restore (self->program, NULL, &error)) {
    outcome (self, error);
    return;
  }
  /* an end without an update, which says why */
  self->error = g_error_new (HN_ERROR, HN_ERROR_LIMIT, "the last update was cut off before its restart: version %s was taken back", self->version);
  hn_error_set_detail (self->error, "run it again");
  outcome (self, NULL);
}

/* ---- the release ---- */

static void
on_latest (GObject *source, GAsyncResult *result, gpointer data)
{
  HnInstallIo *self = data;
  g_autoptr (GError) error = NULL;

  self->version = hn_release_http_text_finish (result, &error);
  if (self->version != NULL && hn_version_compare (self->version, self->from) <= 0)
    happened (self, HN_UPDATE_NOTHING_NEWER, NULL);
  else
    outcome (self, error);
}

static void
check (HnInstallIo *self)
{
  hn_release_http_latest_async (self->releases, NULL, on_latest, self);
}

static void
on_sum (GObject *source, GAsyncResult *result, gpointer data)
{
  HnInstallIo *self = data;
  g_autoptr (GError) error = NULL;

  self->sum = hn_release_http_text_finish (result, &error);
  outcome (self, error);
}

static void
sum (HnInstallIo *self)
{
  g_autoptr (GError) error = NULL;

  self->lock = hn_program_fs_lock (self->program, &error);
  if (self->lock < 0)
    outcome (self, error);
  else
    hn_release_http_sum_async (self->releases, self->version, NULL, on_sum, self);
}

static void
on_downloaded (GObject *source, GAsyncResult *result, gpointer data)
{
  HnInstallIo *self = data;
  g_autoptr (GError) error = NULL;

  if (hn_release_http_download_finish (result, &error))
    hn_program_fs_finish (self->program, g_steal_fd (&self->fd), &error);
  outcome (self, error);
}

static void
download (HnInstallIo *self)
{
  g_autoptr (GError) error = NULL;

  self->fd = hn_program_fs_create (self->program, &error);
  if (self->fd < 0)
    outcome (self, error);
  else
    hn_release_http_download_async (self->releases, self->version, self->sum, self->fd, NULL, on_downloaded, self);
}

/* ---- the new program, by itself ---- */

static void
on_tried (GObject *source, GAsyncResult *result, gpointer data)
{
  HnInstallIo *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *said = hn_program_proc_run_finish (result, &error);
  g_autofree char *expected = g_strdup_printf ("hydraneckwebrtc %s", self->version);

  if (said != NULL && strcmp (g_strchomp (said), expected) != 0)
    g_set_error (&error, HN_ERROR, HN_ERROR_PROTOCOL, "it answered something else than '%s'", expected);
  if (error != NULL)
    g_prefix_error (&error, "the new program's `version`: ");
  outcome (self, error);
}

static void
try (HnInstallIo *self)
{
  g_autofree char *path = hn_program_fs_path (self->program, ".update");
  const char *argv[] = { path, "version", NULL };

  hn_program_proc_run_async (argv, HN_LIMIT_UPDATE_TRY_SECONDS, NULL, on_tried, self);
}

/* ---- the service ---- */

static void
on_looked (gpointer data)
{
  HnInstallIo *self = data;
  guint sessions = hn_roles_http_count_sessions (self->roles);
  g_autoptr (GError) error = NULL;

  hn_roles_http_note_there (self->roles);
  if (sessions > 0 && !self->now) {
    error = g_error_new (HN_ERROR, HN_ERROR_LIMIT, "%u session%s would be cut", sessions, sessions == 1 ? "" : "s");
    hn_error_set_detail (error, "wait, or take new sessions away from this machine by draining it; --now does not wait");
  }
  outcome (self, error);
}

static void
swap (HnInstallIo *self)
{
  g_auto (GStrv) urls = hn_roles_http_get_there (self->roles);
  g_autoptr (GError) error = NULL;

  hn_program_fs_swap (self->program, &(HnUnproven){ self->from, self->version, urls }, &error);
  outcome (self, error);
}

static void
on_restarted (GObject *source, GAsyncResult *result, gpointer data)
{
  HnInstallIo *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *said = hn_program_proc_run_finish (result, &error);

  if (said == NULL)
    g_prefix_error (&error, "'%s': ", self->restart[0]);
  outcome (self, error);
}

static void
restart (HnInstallIo *self)
{
  if (!hn_roles_http_is_any_there (self->roles))
    outcome (self, NULL);
  else
    hn_program_proc_run_async ((const char *const *) self->restart, HN_LIMIT_UPDATE_RESTART_SECONDS, NULL, on_restarted, self);
}

/* ---- healthy? ---- */

static const char *
wanted_version (const HnInstallIo *self)
{
  return self->state == HN_UPDATE_PROVING ? self->version : self->from;
}

static void
on_proof (gpointer data)
{
  HnInstallIo *self = data;
  gint64 now_us = hn_clock_now_us ();
  const char *bad = hn_roles_http_find_unsteady (self->roles, wanted_version (self), hn_seconds (STEADY_SECONDS), now_us);

  if (bad == NULL) {
    outcome (self, NULL);
  } else if (now_us < self->prove_until_us) {
    hn_timer_arm (self->timer, now_us + hn_seconds (POLL_SECONDS));
  } else {
    g_autoptr (GError) error = g_error_new (HN_ERROR, HN_ERROR_TIMEOUT, "%s did not come up as version %s within %d s", bad, wanted_version (self), self->healthy_seconds);

    outcome (self, error);
  }
}

static void
prove (HnInstallIo *self)
{
  if (self->prove_until_us == HN_NEVER) {
    self->prove_until_us = hn_clock_now_us () + hn_seconds (self->healthy_seconds);
    hn_roles_http_begin_proof (self->roles);
  }
  hn_roles_http_ask (self->roles, on_proof, self);
}

static void
restore (HnInstallIo *self)
{
  g_autoptr (GError) error = NULL;

  self->prove_until_us = HN_NEVER;
  hn_program_fs_restore (self->program, self->version, &error);
  outcome (self, error);
}

/* ---- the life ---- */

static void
end (HnInstallIo *self)
{
  if (self->lock >= 0)
    hn_program_fs_proved (self->program);
  self->events->ended (self->state, self->from, self->version, self->error, self->user_data);
}

static void
tell (HnInstallIo *self)
{
  g_autofree char *text = NULL;

  if (self->state == HN_UPDATE_SUMMING || self->state == HN_UPDATE_DOWNLOADING || self->state == HN_UPDATE_RELOOKING)
    text = g_strdup_printf ("%s: version %s", hn_update_state_to_text (self->state), self->version);
  self->events->progress (self->state, text != NULL ? text : hn_update_state_to_text (self->state), self->user_data);
}

static void
carry_out (HnInstallIo *self)
{
  gboolean polls = self->effect == HN_UPDATE_DO_PROVE && self->prove_until_us != HN_NEVER;

  if (!polls && self->effect != HN_UPDATE_DO_END && self->effect != HN_UPDATE_DO_DISCARD && self->effect != HN_UPDATE_DO_RESUME)
    tell (self);
  switch (self->effect) {
  case HN_UPDATE_DO_RESUME:
    resume (self);
    break;
  case HN_UPDATE_DO_LOOK_AGAIN:
    hn_roles_http_ask (self->roles, on_looked_again, self);
    break;
  case HN_UPDATE_DO_TAKE_BACK:
    take_back (self);
    break;
  case HN_UPDATE_DO_CHECK:
    check (self);
    break;
  case HN_UPDATE_DO_SUM:
    sum (self);
    break;
  case HN_UPDATE_DO_DOWNLOAD:
    download (self);
    break;
  case HN_UPDATE_DO_TRY:
    try (self);
    break;
  case HN_UPDATE_DO_LOOK:
    hn_roles_http_ask (self->roles, on_looked, self);
    break;
  case HN_UPDATE_DO_SWAP:
    swap (self);
    break;
  case HN_UPDATE_DO_RESTART:
    restart (self);
    break;
  case HN_UPDATE_DO_PROVE:
    prove (self);
    break;
  case HN_UPDATE_DO_RESTORE:
    restore (self);
    break;
  case HN_UPDATE_DO_DISCARD:
    hn_program_fs_discard (self->program);
    end (self);
    break;
  case HN_UPDATE_DO_END:
    end (self);
    break;
  }
}

static void
on_due (gpointer data)
{
  carry_out (data);
}

/* ---- construction ---- */

HnInstallIo *
hn_install_io_new (const HnInstallIoOptions *options, const HnInstallIoEvents *events, gpointer user_data)
{
  HnInstallIo *self = g_new0 (HnInstallIo, 1);

  self->program = g_strdup (options->program);
  self->from = g_strdup (options->version);
  self->restart = g_strdupv ((char **) options->restart);
  self->healthy_seconds = options->healthy_seconds;
  self->now = options->now;
  self->client = hn_http_client_new ();
  self->releases = hn_release_http_new (self->client, options->url, options->channel, options->key);
  self->roles = hn_roles_http_new (self->client, options->health);
  self->state = HN_UPDATE_RESUMING;
  self->effect = HN_UPDATE_DO_RESUME;
  self->fd = -1;
  self->lock = -1;
  self->prove_until_us = HN_NEVER;
  self->events = events;
  self->user_data = user_data;
  self->timer = hn_timer_new (on_due, self);
  hn_timer_arm (self->timer, hn_clock_now_us ());
  return self;
}

void
hn_install_io_free (HnInstallIo *self)
{
  if (self == NULL)
    return;
  hn_timer_free (self->timer);
  if (self->fd >= 0)
    close (self->fd);
  if (self->lock >= 0)
    close (self->lock);
  hn_release_http_free (self->releases);
  hn_roles_http_free (self->roles);
  hn_http_client_free (self->client);
  g_strfreev (self->restart);
  g_clear_error (&self->error);
  g_free (self->program);
  g_free (self->from);
  g_free (self->version);
  g_free (self->sum);
  g_free (self);
}
