/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/ready-io.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/timer.h"
#include "worker/hydrabody-http.h"
#include "worker/hydrabody-json.h"
#include "worker/moonlight-http.h"
#include "worker/moonlight-json.h"
#include "worker/pairing-http.h"
#include "worker/sunshine-http.h"
#include "worker/sunshine-json.h"

#define ADD_HOST_SECONDS 12 /* web-server itself gives up connecting after 10 */
#define APPS_SECONDS 10
#define WIND_DOWN_SECONDS 3

struct _HnReadyIo {
  HnSessionFacts *facts;
  HnCallsHttp *calls;
  HnPairingHttp *pairing;
  HnTimer *wind_down; /* the pairing may finish until then */
  gboolean winding_down;
  char *app_name; /* (nullable) the title that is wanted */
  const HnReadyIoEvents *events;
  gpointer user_data;
};

static HnMoonlightPlace
web_server_of (HnReadyIo *self)
{
  return (HnMoonlightPlace){ self->facts->id, self->facts->user, self->facts->loopback, self->facts->slot.http_port };
}

static HnSunshinePlace
sunshine_of (HnReadyIo *self)
{
  const HnCreateRequest *request = self->facts->request;

  return (HnSunshinePlace){
    request->body_ip,
    request->sunshine_user != NULL ? request->sunshine_user : self->facts->config->sunshine_username,
    request->sunshine_pass != NULL ? request->sunshine_pass : self->facts->config->sunshine_password,
  };
}

static void
on_apps (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnReadyIo *self = data;
  g_autoptr (GError) failure = NULL;
  g_autofree char *title = NULL;
  guint32 app_id = 0;

  if (reply == NULL)
    failure = g_error_copy (error);
  else if (reply->status != 200)
    failure = g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "moonlight-web-stream answered %u to the question for applications",
                           reply->status);
  else
    hn_moonlight_json_choose_app (reply->body, reply->length, self->app_name, &app_id, &title, &failure);
  if (failure != NULL) {
    self->events->failed (failure, FALSE, self->user_data);
    return;
  }
  if (self->app_name != NULL && g_strcmp0 (title, self->app_name) != 0)
    hn_warning ("session", self->facts->id, "no application '%s' on the body, streaming '%s'", self->app_name, title);
  self->facts->stream_path = hn_moonlight_json_stream_path (self->facts->id, self->facts->host_id, app_id);
  self->events->chosen (self->user_data);
}

static void
ask_for_apps (HnReadyIo *self)
{
  HnMoonlightPlace place = web_server_of (self);
  g_autofree char *path = g_strdup_printf ("api/apps?host_id=%u", self->facts->host_id);

  hn_moonlight_http_call (self->calls, &place, "GET", path, NULL, hn_seconds (APPS_SECONDS), on_apps, self);
}

static void
on_launched (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnReadyIo *self = data;

  if (reply == NULL)
    hn_warning ("session", self->facts->id, "hydrabody did not launch the experience, going on: %s", error->message);
  else if (reply->status / 100 != 2)
    hn_warning ("session", self->facts->id, "hydrabody did not launch the experience, going on: it answered %u", reply->status);
  ask_for_apps (self);
}

static void
on_registered (const GError *error, gpointer data)
{
  HnReadyIo *self = data;
  const HnCreateRequest *request = self->facts->request;
  HnHydrabodyPlace place = { request->body_ip, (guint16)self->facts->config->hydrabody_port,
                             self->facts->config->hydrabody_token };
  g_autofree char *body = hn_hydrabody_json_launch (request->experience, request->exe_path, self->facts->id);

  if (error != NULL)
    hn_warning ("session", self->facts->id, "cannot register the application in Sunshine, going on: %s", error->message);
  self->facts->launched = TRUE;
  hn_hydrabody_http_launch (self->calls, &place, body, on_launched, self);
}

static void
on_paired (const GError *error, gpointer data)
{
  HnReadyIo *self = data;
  const HnCreateRequest *request = self->facts->request;
  HnSunshinePlace sunshine = sunshine_of (self);
  g_autoptr (GError) failure = error != NULL ? g_error_copy (error) : NULL;

  g_clear_pointer (&self->pairing, hn_pairing_http_free);
  if (self->winding_down) {
    self->events->settled (self->user_data);
    return;
  }
  if (failure != NULL) {
    self->events->failed (failure, TRUE, self->user_data);
    return;
  }
  hn_info ("pairing", self->facts->id, "paired body=%s", request->body_ip);
  if (request->exe_path != NULL)
    hn_sunshine_http_ensure_app (self->calls, &sunshine, self->app_name, request->exe_path, on_registered, self);
  else
    ask_for_apps (self);
}

static GError *
host_failure (HnReadyIo *self, const HnHttpReply *reply, const GError *error)
{
  GError *failure = NULL;

  if (reply == NULL)
    return g_error_copy (error);
  if (reply->status == 404) {
    failure = g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "body %s unreachable on port 47989", self->facts->request->body_ip);
    hn_error_set_detail (failure, "Sunshine's API answers, but not its GameStream port");
    return failure;
  }
  if (reply->status != 200)
    return g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "moonlight-web-stream answered %u to the new host", reply->status);
  hn_moonlight_json_parse_host (reply->body, reply->length, &self->facts->host_id, &failure);
  return failure;
}

static void
on_host (const HnHttpReply *reply, const GError *error, gpointer data)
{
  static const HnPairingHttpEvents pairing_events = { on_paired };
  HnReadyIo *self = data;
  g_autoptr (GError) failure = host_failure (self, reply, error);
  HnMoonlightPlace place = web_server_of (self);
  HnSunshinePlace sunshine = sunshine_of (self);

  if (failure != NULL) {
    self->events->failed (failure, FALSE, self->user_data);
    return;
  }
  self->facts->has_host = TRUE;
  self->facts->may_be_paired = TRUE;
  self->pairing = hn_pairing_http_start (self->facts->client, &place, self->facts->host_id, &sunshine, &pairing_events, self);
}

static void
add_host (HnReadyIo *self)
{
  g_autofree char *body = hn_moonlight_json_add_host (self->facts->request->body_ip);
  HnMoonlightPlace place = web_server_of (self);

  hn_moonlight_http_call (self->calls, &place, "POST", "api/host", body, hn_seconds (ADD_HOST_SECONDS), on_host, self);
}

/* (transfer full) (nullable): why Sunshine's API does not let us in; whatever else it says, pairing will tell. */
static GError *
refusal_of (guint status)
{
  static const struct {
    guint status;
    const char *text;
    const char *detail;
  } refusals[] = {
    { 401, "pair failed: Sunshine refused the user name or password for its API",
      "check sunshine.username and sunshine.password, or sunshine_user and sunshine_pass of the request" },
    { 403, "pair failed: Sunshine lets in callers of its own network only",
      "set origin_web_ui_allowed in Sunshine so that this worker may use its API" },
    { 307, "pair failed: Sunshine has no user yet", "open its page on port 47990 once and choose a user name and password" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++) {
    if (refusals[i].status == status) {
      GError *failure = g_error_new_literal (HN_ERROR, HN_ERROR_UPSTREAM, refusals[i].text);

      hn_error_set_detail (failure, "%s", refusals[i].detail);
      return failure;
    }
  }
  return NULL;
}

/* Before Sunshine has an entry that only our PIN could clear: does it let us in at all? */
static void
on_let_in (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnReadyIo *self = data;
  g_autoptr (GError) failure = NULL;

  if (reply == NULL) {
    failure = g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "body %s unreachable on port 47990", self->facts->request->body_ip);
    hn_error_set_detail (failure, "it accepts connections, but Sunshine's API does not answer: %s", error->message);
  } else {
    failure = refusal_of (reply->status);
  }
  if (failure != NULL)
    self->events->failed (failure, TRUE, self->user_data);
  else
    add_host (self);
}

static void
on_wind_down_over (gpointer data)
{
  HnReadyIo *self = data;

  g_clear_pointer (&self->pairing, hn_pairing_http_free);
  self->events->settled (self->user_data);
}

gboolean
hn_ready_io_wind_down (HnReadyIo *self)
{
  if (self->pairing == NULL)
    return FALSE;
  self->winding_down = TRUE;
  hn_timer_arm (self->wind_down, hn_clock_now_us () + hn_seconds (WIND_DOWN_SECONDS));
  return TRUE;
}

HnReadyIo *
hn_ready_io_new (HnSessionFacts *facts, const HnReadyIoEvents *events, gpointer user_data)
{
  HnReadyIo *self = g_new0 (HnReadyIo, 1);
  HnSunshinePlace sunshine;

  self->facts = facts;
  self->events = events;
  self->user_data = user_data;
  self->calls = hn_calls_http_new (facts->client);
  self->wind_down = hn_timer_new (on_wind_down_over, self);
  if (facts->request->exe_path != NULL)
    self->app_name = hn_sunshine_json_app_name (facts->request->experience, facts->request->exe_path);
  else
    self->app_name = g_strdup (facts->request->experience);
  sunshine = sunshine_of (self);
  hn_sunshine_http_clients (self->calls, &sunshine, on_let_in, self);
  return self;
}

void
hn_ready_io_free (HnReadyIo *self)
{
  if (self == NULL)
    return;
  hn_pairing_http_free (self->pairing);
  hn_calls_http_free (self->calls);
  hn_timer_free (self->wind_down);
  g_free (self->app_name);
  g_free (self);
}
