/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/start-io.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/probe.h"
#include "net/timer.h"
#include "worker/distance.h"
#include "worker/moonlight-http.h"
#include "worker/moonlight-json.h"
#include "worker/note-json.h"
#include "worker/session-fs.h"
#include "worker/session-proc.h"

#define SUNSHINE_PORT 47990
#define POLL_FIRST_US G_GINT64_CONSTANT (10000) /* it listens within a few dozen milliseconds, or something is wrong: then each pause is half as long again */
#define POLL_MOST_US G_GINT64_CONSTANT (200000)
#define POLL_TIMEOUT_SECONDS 2

struct _HnStartIo {
  HnSessionFacts *facts;
  GCancellable *probe;
  gint64 distances[HN_LIMIT_PROBES];
  guint answers;
  guint probes; /* that are under way */
  HnCallsHttp *calls;
  HnTimer *poll;
  gint64 pause_us; /* to the next poll */
  gint64 ready_until_us; /* from its start web-server has HN_LIMIT_READY_SECONDS */
  const HnProcessEvents *process_events;
  const HnStartIoEvents *events;
  gpointer user_data;
};

static void
on_polled (const HnHttpReply *reply, const GError *error, gpointer data)
{
  HnStartIo *self = data;
  gint64 now_us = hn_clock_now_us ();

  if (reply != NULL && reply->status == 200) {
    self->events->answers (self->user_data);
  } else if (now_us >= self->ready_until_us) {
    g_autoptr (GError) failure = g_error_new (HN_ERROR, HN_ERROR_TIMEOUT, "moonlight-web-stream did not answer within %ds",
                                              HN_LIMIT_READY_SECONDS);

    if (reply != NULL)
      hn_error_set_detail (failure, "it listens, but answers %u to the session's user", reply->status);
    else
      hn_error_set_detail (failure, "%s; web-server.log says more", error->message);
    self->events->failed (failure, self->user_data);
  } else {
    self->pause_us = MIN (self->pause_us * 3 / 2, POLL_MOST_US);
    hn_timer_arm (self->poll, now_us + self->pause_us);
  }
}

static void
on_poll_due (gpointer data)
{
  HnStartIo *self = data;
  HnMoonlightPlace place = { self->facts->id, self->facts->user, self->facts->loopback, self->facts->slot.http_port };
  gint64 left_us = MAX (self->ready_until_us - hn_clock_now_us (), POLL_FIRST_US);

  hn_moonlight_http_call (self->calls, &place, "GET", "api/authenticate", NULL, MIN (left_us, hn_seconds (POLL_TIMEOUT_SECONDS)),
                          on_polled, self);
}

static char *
config_of (const HnSessionFacts *facts, gboolean issues)
{
  g_autoptr (JsonArray) servers = hn_turn_io_fixed_servers (facts->turn);
  g_autofree char *public_ip = hn_config_public_ip (facts->config);
  HnMoonlightConfig config = {
    .session_id = facts->id,
    .host = facts->loopback,
    .http_port = facts->slot.http_port,
    .udp_min = facts->slot.udp_min,
    .udp_max = facts->slot.udp_max,
    .public_ip = public_ip,
    .ice_servers = servers,
    .ice_server_script = issues ? "./" HN_SESSION_FS_ISSUER : facts->config->webrtc_ice_server_script,
    .program = facts->config->moonlight_path,
    .default_settings = facts->config->moonlight_default_settings,
    .rtt_us = facts->rtt_us,
  };

  return hn_moonlight_json_config (&config);
}

static gboolean
spawn (HnStartIo *self, GError **error)
{
  HnSessionFacts *facts = self->facts;
  /* an operator's own script takes the place of ours */
  g_autofree char *ticket = facts->config->webrtc_ice_server_script == NULL ? hn_turn_io_ticket (facts->turn, facts->id) : NULL;
  g_autofree char *text = config_of (facts, ticket != NULL);
  g_autofree char *note = hn_note_json (facts->request->body_ip, facts->user);
  const HnSessionFsContent content = { facts->id, text, note, facts->config->moonlight_path, ticket, facts->place->executable };
  HnSessionProcPlace place = { .supervisor = facts->place->executable, .program = facts->config->moonlight_path };

  hn_turn_io_begin (facts->turn, facts->id);
  facts->directory = hn_session_fs_create (facts->config->sessions_data_dir, &content, error);
  if (facts->directory == NULL)
    return FALSE;
  place.directory = facts->directory;
  place.more_environment = facts->place->more_environment;
  facts->process = hn_session_proc_start (&place, self->process_events, self->user_data, error);
  return facts->process != NULL;
}

static void
fail_unreachable (HnStartIo *self, const GError *error)
{
  g_autoptr (GError) failure = g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "body %s unreachable on port %d",
                                            self->facts->request->body_ip, SUNSHINE_PORT);

  hn_error_set_detail (failure, "%s; check WireGuard and that Sunshine runs on the body", error->message);
  self->events->failed (failure, self->user_data);
}

static void
go_on (HnStartIo *self)
{
  g_autoptr (GError) error = NULL;

  self->facts->rtt_us = hn_distance_median (self->distances, self->answers);
  self->ready_until_us = hn_clock_now_us () + hn_seconds (HN_LIMIT_READY_SECONDS);
  self->pause_us = POLL_FIRST_US;
  if (spawn (self, &error))
    hn_timer_arm (self->poll, hn_clock_now_us () + self->pause_us);
  else
    self->events->failed (error, self->user_data);
}

static void
on_probed (GObject *source, GAsyncResult *result, gpointer data)
{
  HnStartIo *self = data;
  g_autoptr (GError) error = NULL;
  gint64 rtt_us = hn_probe_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* @self is gone */
  self->probes--;
  if (error == NULL)
    self->distances[self->answers++] = rtt_us;
  if (self->probes > 0)
    return;
  if (self->answers > 0)
    go_on (self);
  else
    fail_unreachable (self, error);
}

HnStartIo *
hn_start_io_new (HnSessionFacts *facts, const HnProcessEvents *process_events, const HnStartIoEvents *events, gpointer user_data)
{
  HnStartIo *self = g_new0 (HnStartIo, 1);

  self->facts = facts;
  self->process_events = process_events;
  self->events = events;
  self->user_data = user_data;
  self->calls = hn_calls_http_new (facts->client);
  self->poll = hn_timer_new (on_poll_due, self);
  self->probe = g_cancellable_new ();
  for (; self->probes < HN_LIMIT_PROBES; self->probes++)
    hn_probe_async (facts->request->body_ip, SUNSHINE_PORT, HN_LIMIT_PROBE_MS * G_GINT64_CONSTANT (1000), self->probe, on_probed,
                    self);
  return self;
}

void
hn_start_io_free (HnStartIo *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->probe);
  g_object_unref (self->probe);
  hn_calls_http_free (self->calls);
  hn_timer_free (self->poll);
  g_free (self);
}
