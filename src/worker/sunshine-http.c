/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/sunshine-http.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "worker/sunshine-json.h"

#define PORT 47990
#define JOB_CALL_SECONDS 3 /* nobody waits long for what is best effort */

/* A job of two calls: look up, then change. Lives in a box that each call holds while it is under way. */
typedef struct {
  HnCallsHttp *calls;
  char *body_ip;
  char *user;
  char *password;
  char *name;
  char *command;
  HnSunshineDone done;
  gpointer user_data;
} Job;

static void
job_clear (gpointer data)
{
  Job *job = data;

  g_free (job->body_ip);
  g_free (job->user);
  g_free (job->password);
  g_free (job->name);
  g_free (job->command);
}

static void
job_release (gpointer job)
{
  g_rc_box_release_full (job, job_clear);
}

static Job *
job_new (HnCallsHttp *calls, const HnSunshinePlace *place, const char *name, const char *command, HnSunshineDone done,
         gpointer user_data)
{
  Job *job = g_rc_box_new0 (Job);

  job->calls = calls;
  job->body_ip = g_strdup (place->body_ip);
  job->user = g_strdup (place->user);
  job->password = g_strdup (place->password);
  job->name = g_strdup (name);
  job->command = g_strdup (command);
  job->done = done;
  job->user_data = user_data;
  return job;
}

static void
start (HnCallsHttp *calls, const HnSunshinePlace *place, HnHttpCall call, const char *path, HnCallDone done, gpointer user_data,
       GDestroyNotify free_data)
{
  gboolean v6 = strchr (place->body_ip, ':') != NULL;
  g_autofree char *url
      = g_strdup_printf ("https://%s%s%s:%d%s", v6 ? "[" : "", place->body_ip, v6 ? "]" : "", PORT, path);

  call.url = url;
  call.basic_user = place->user;
  call.basic_password = place->password;
  call.any_certificate = TRUE;
  hn_calls_http_start (calls, &call, done, user_data, free_data);
}

static void
job_start (Job *job, const char *method, const char *path, const char *body, HnCallDone done)
{
  HnSunshinePlace place = { job->body_ip, job->user, job->password };
  HnHttpCall call = { .method = method, .body = body, .timeout_us = hn_seconds (JOB_CALL_SECONDS) };

  start (job->calls, &place, call, path, done, g_rc_box_acquire (job), job_release);
}

static void
job_done (Job *job, const GError *error)
{
  job->done (error, job->user_data);
}

static void
job_fail (Job *job, const HnHttpReply *reply, const GError *error, const char *what)
{
  g_autoptr (GError) failure = NULL;

  if (reply != NULL)
    failure = g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "Sunshine answered %u to %s", reply->status, what);
  else
    failure = g_error_copy (error);
  job_done (job, failure);
}

void
hn_sunshine_http_pin (HnCallsHttp *calls, const HnSunshinePlace *place, const char *pin, const char *name, HnCallDone done,
                      gpointer user_data)
{
  g_autofree char *body = hn_sunshine_json_pin (pin, name);
  HnHttpCall call = { .method = "POST", .body = body, .timeout_us = hn_seconds (HN_LIMIT_SUNSHINE_SECONDS) };

  start (calls, place, call, "/api/pin", done, user_data, NULL);
}

void
hn_sunshine_http_clients (HnCallsHttp *calls, const HnSunshinePlace *place, HnCallDone done, gpointer user_data)
{
  HnHttpCall call = { .method = "GET", .timeout_us = hn_seconds (HN_LIMIT_SUNSHINE_SECONDS) };

  start (calls, place, call, "/api/clients/list", done, user_data, NULL);
}

static void
on_changed (const HnHttpReply *reply, const GError *error, gpointer data)
{
  Job *job = data;
  gboolean status = FALSE;

  if (reply == NULL || reply->status != 200 || !hn_sunshine_json_parse_status (reply->body, reply->length, &status) || !status)
    job_fail (job, reply, error, "the change");
  else
    job_done (job, NULL);
}

static void
on_apps (const HnHttpReply *reply, const GError *error, gpointer data)
{
  Job *job = data;
  g_autofree char *command = NULL;
  g_autofree char *body = NULL;
  int index = -1;

  if (reply == NULL || reply->status != 200
      || !hn_sunshine_json_find_app (reply->body, reply->length, job->name, &index, &command)) {
    job_fail (job, reply, error, "the question for its applications");
    return;
  }
  if (index >= 0 && g_strcmp0 (command, job->command) == 0) {
    job_done (job, NULL);
    return;
  }
  body = hn_sunshine_json_app (job->name, job->command, index);
  job_start (job, "POST", "/api/apps", body, on_changed);
}

void
hn_sunshine_http_ensure_app (HnCallsHttp *calls, const HnSunshinePlace *place, const char *name, const char *command,
                             HnSunshineDone done, gpointer user_data)
{
  Job *job = job_new (calls, place, name, command, done, user_data);

  job_start (job, "GET", "/api/apps", NULL, on_apps);
  job_release (job);
}

static void
on_clients (const HnHttpReply *reply, const GError *error, gpointer data)
{
  Job *job = data;
  g_autofree char *uuid = NULL;
  g_autofree char *body = NULL;

  if (reply == NULL || reply->status != 200) {
    job_fail (job, reply, error, "the question for its clients");
    return;
  }
  uuid = hn_sunshine_json_find_client (reply->body, reply->length, job->name);
  if (uuid == NULL) {
    job_done (job, NULL);
    return;
  }
  body = hn_sunshine_json_unpair (uuid);
  job_start (job, "POST", "/api/clients/unpair", body, on_changed);
}

void
hn_sunshine_http_unpair (HnCallsHttp *calls, const HnSunshinePlace *place, const char *name, HnSunshineDone done,
                         gpointer user_data)
{
  Job *job = job_new (calls, place, name, NULL, done, user_data);

  job_start (job, "GET", "/api/clients/list", NULL, on_clients);
  job_release (job);
}
