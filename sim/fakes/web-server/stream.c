/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One open stream page: a socket to the browser, a streamer child, and the calls to the host that belong to them.
 *
 * The socket and the streamer die apart. A browser that leaves does not stop the media: only when the streamer next has
 * something to say is it told to stop. A streamer that has stopped, or crashed, leaves the socket open for ten more seconds.
 * What fails before there is a streamer is told in one fatal line, then the socket is closed without a code; what is not
 * even a message drops the socket.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "sim/fakes/web-server/json.h"
#include "sim/fakes/web-server/log.h"
#include "sim/fakes/web-server/stream-io.h"
#include "sim/fakes/web-server/stream-message.h"
#include "sim/fakes/web-server/streamer-proc.h"
#include "sim/fakes/web-server/web.h"
#include "sim/fakes/web-server/ws-frame.h"

#define TARGET "web_server::api::stream"
#define LOST_MS 20200
#define EXIT_PANIC 101

typedef enum {
  WAIT_INIT,
  STARTING,
  RUNNING,
  STOPPING, /* the ten seconds */
  ENDED,
} State;

typedef struct {
  guint refs; /* the table of streams, and each call under way */
  State state;
  SimWeb *web;
  guint32 user;
  SimStreamIo *io;
  SimStreamer *streamer;
  SimStreamInit init;
  SimNvApp *app; /* into `apps` */
  GPtrArray *apps;
  char *address;
  gboolean launched;
  gboolean told_stop;
  guint timer_id;
  guint fault_id;
} SimStream;

static void
stream_unref (gpointer data)
{
  SimStream *self = data;

  if (--self->refs > 0)
    return;
  g_clear_pointer (&self->apps, g_ptr_array_unref);
  g_free (self->address);
  g_free (self);
}

/* Lets everything go; calls under way find `ENDED` when they come back. */
static void
end (SimStream *self)
{
  if (self->state == ENDED)
    return;
  self->state = ENDED;
  g_clear_handle_id (&self->timer_id, g_source_remove);
  g_clear_handle_id (&self->fault_id, g_source_remove);
  g_clear_pointer (&self->io, sim_stream_io_free);
  g_clear_pointer (&self->streamer, sim_streamer_free);
  g_hash_table_remove (self->web->streams, self);
}

static void
say (SimStream *self, char *text)
{
  g_autofree char *owned = text;

  if (self->io)
    sim_stream_io_send (self->io, owned);
}

static void
fail (SimStream *self, const char *why)
{
  g_autofree char *text = g_strdup_printf ("Failed to start stream because %s", why);

  sim_log (SIM_LOG_WARN, TARGET, "%s", text);
  self->state = STOPPING;
  say (self, sim_stream_message_log (text, "fatalDescription"));
  if (self->io)
    sim_stream_io_close (self->io);
  else
    end (self);
}

/* ---- the streamer ---- */

static gboolean
on_stop_time (gpointer data)
{
  SimStream *self = data;

  self->timer_id = 0;
  g_clear_pointer (&self->streamer, sim_streamer_free);
  if (self->io)
    sim_stream_io_close (self->io);
  else
    end (self);
  return G_SOURCE_REMOVE;
}

static void
stop_soon (SimStream *self)
{
  if (self->state != RUNNING)
    return;
  self->state = STOPPING;
  self->timer_id = g_timeout_add (sim_web_faults (self->web).stop_delay_ms, on_stop_time, self);
}

static void
on_streamer_line (gpointer owner, const char *line)
{
  SimStream *self = owner;
  gboolean stop = FALSE;
  char *text = sim_stream_ipc_read (line, &stop);

  if (stop) {
    stop_soon (self);
  } else if (!text) {
    sim_log (SIM_LOG_WARN, TARGET, "the streamer said something that is no message");
  } else if (!self->io && !self->told_stop) {
    self->told_stop = TRUE;
    sim_streamer_send (self->streamer, "\"Stop\"");
  }
  if (text)
    say (self, text);
}

static void
on_streamer_closed (gpointer owner)
{
  stop_soon (owner);
}

static const SimStreamerEvents streamer_events = { on_streamer_line, on_streamer_closed };

static void
spawn (SimStream *self, JsonArray *extra)
{
  g_autoptr (GError) error = NULL;
  const char *path = sim_config_string (self->web->config, NULL, "streamer_path");
  SimFaults faults = sim_web_faults (self->web);

  self->streamer = sim_streamer_new (path, &faults, &streamer_events, self, &error);
  if (!self->streamer) {
    sim_log (SIM_LOG_ERROR, TARGET, "failed to start the streamer '%s': %s", path, error->message);
    fail (self, "of a server error");
    return;
  }
  self->state = RUNNING;
  g_autofree char *line =
      sim_stream_ipc_init (self->web->config, extra, self->address, self->app, &self->init);
  sim_streamer_send (self->streamer, line);
  say (self, sim_stream_message_log ("Completed Stage: Launch Streamer", NULL));
  if (faults.stream_drop)
    g_clear_pointer (&self->io, sim_stream_io_free);
}

static void
on_script (GObject *source, GAsyncResult *result, gpointer data)
{
  SimStream *self = data;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;

  self->web->pending--;
  if (g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, &text, NULL, &error) && text)
    node = sim_json_parse (text, strlen (text), FALSE, &error);
  if (!node || !JSON_NODE_HOLDS_ARRAY (node))
    sim_log (SIM_LOG_WARN, TARGET, "the ice server script failed: %s", error ? error->message : "no array");
  if (self->state == STARTING)
    spawn (self, node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL);
  stream_unref (self);
}

static void
launch_streamer (SimStream *self)
{
  const char *script = sim_config_string (self->web->config, "webrtc", "ice_server_script");
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child =
      script ? g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, script, NULL) : NULL;

  say (self, sim_stream_message_app (self->app));
  say (self, sim_stream_message_log ("Launching streamer", NULL));
  if (child) {
    self->refs++;
    self->web->pending++;
    g_subprocess_communicate_utf8_async (child, NULL, self->web->quit, on_script, self);
    return;
  }
  if (error)
    sim_log (SIM_LOG_WARN, TARGET, "the ice server script failed: %s", error->message);
  spawn (self, NULL);
}

/* ---- the host ---- */

static void
on_apps (GObject *source, GAsyncResult *result, gpointer data)
{
  SimStream *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SimHostJob) job = sim_host_job_run_finish (result, &error);

  self->web->pending--;
  if (error)
    sim_log (SIM_LOG_WARN, TARGET, "moonlight error: %s", error->message);
  for (guint i = 0; job && i < job->apps->len; i++)
    if (((SimNvApp *) g_ptr_array_index (job->apps, i))->id == self->init.app_id)
      self->app = g_ptr_array_index (job->apps, i);
  if (self->app) {
    self->apps = g_ptr_array_ref (job->apps);
    self->address = g_strdup (job->address);
  }
  if (self->state != STARTING)
    ;
  else if (!self->io)
    end (self);
  else if (!job || sim_web_faults (self->web).stream_fatal)
    fail (self, "of a server error");
  else if (!self->app)
    fail (self, "the app was not found");
  else
    launch_streamer (self);
  stream_unref (self);
}

/* ---- what goes wrong later ---- */

static void arm_fault (SimStream *self);

static gboolean
on_still_over (gpointer data)
{
  SimStream *self = data;

  self->fault_id = 0;
  if (self->streamer)
    sim_streamer_signal (self->streamer, SIGCONT);
  if (self->state == RUNNING)
    arm_fault (self);
  return G_SOURCE_REMOVE;
}

/* The streamer is beyond telling: this is its own timer of a lost peer. */
static gboolean
on_peer_given_up (gpointer data)
{
  SimStream *self = data;

  self->fault_id = 0;
  stop_soon (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_fault (gpointer data)
{
  SimStream *self = data;
  SimFaults faults = sim_web_faults (self->web);

  self->fault_id = 0;
  if (!self->streamer || self->state != RUNNING)
    return G_SOURCE_REMOVE;
  if (faults.terminate_after_ms) {
    g_autofree char *line = g_strdup_printf ("{\"Terminate\":{\"error_code\":-%u}}", faults.terminate_code);
    sim_streamer_send (self->streamer, line);
  } else if (faults.drop_after_ms || faults.flap_after_ms) {
    sim_streamer_signal (self->streamer, SIGSTOP);
    self->fault_id = faults.drop_after_ms ? g_timeout_add (LOST_MS, on_peer_given_up, self)
                                          : g_timeout_add (faults.flap_ms, on_still_over, self);
  }
  return G_SOURCE_REMOVE;
}

/* One at a time: the end, the drop, the flapping. */
static void
arm_fault (SimStream *self)
{
  SimFaults faults = sim_web_faults (self->web);
  guint after_ms = faults.terminate_after_ms ? faults.terminate_after_ms
                   : faults.drop_after_ms    ? faults.drop_after_ms
                                             : faults.flap_after_ms;

  if (after_ms && self->fault_id == 0)
    self->fault_id = g_timeout_add (after_ms, on_fault, self);
}

static void
on_launched (GObject *source, GAsyncResult *result, gpointer data)
{
  SimStream *self = data;
  g_autoptr (GError) error = NULL;

  sim_host_job_free (sim_host_job_run_finish (result, &error));
  self->web->pending--;
  if (error)
    sim_log (SIM_LOG_WARN, TARGET, "failed to launch: %s", error->message);
  g_autofree char *line = sim_stream_ipc_launch (error ? error->message : NULL);
  if (self->streamer)
    sim_streamer_send (self->streamer, line);
  if (self->streamer && !error && self->state == RUNNING)
    arm_fault (self);
  stream_unref (self);
}

/* FALSE when the host or the user is there no longer. */
static gboolean
call_host (SimStream *self, SimHostWork work, JsonObject *settings, GAsyncReadyCallback done)
{
  SimHost *host = sim_store_host (self->web->store, self->init.host_id);
  SimUser *user = sim_store_user (self->web->store, self->user);

  if (!host || !user || (!host->global && host->owner != user->id && !user->admin))
    return FALSE;
  SimHostJob *job = sim_host_job_new (host, user->client_unique_id);
  job->app_id = self->init.app_id;
  job->settings = settings ? json_object_ref (settings) : NULL;
  self->refs++;
  self->web->pending++;
  sim_host_job_run_async (job, work, self->web->quit, done, self);
  return TRUE;
}

/* ---- the browser ---- */

static void
on_first (SimStream *self, SimStreamKind kind)
{
  if (sim_web_faults (self->web).exit_on_stream)
    _exit (EXIT_PANIC);
  if (kind == SIM_STREAM_NOT_JSON) {
    end (self);
  } else if (kind != SIM_STREAM_INIT) {
    self->state = STOPPING;
    sim_stream_io_close (self->io);
  } else {
    self->state = STARTING;
    if (!call_host (self, sim_host_work_apps, NULL, on_apps))
      fail (self, "the host was not found");
  }
}

static void
on_later (SimStream *self, SimStreamKind kind, const char *text, gsize length, JsonObject *settings)
{
  if (kind == SIM_STREAM_NOT_JSON || kind == SIM_STREAM_UNKNOWN) {
    sim_log (SIM_LOG_WARN, TARGET, "failed to deserialize a message of the browser");
    sim_stream_io_deafen (self->io);
    return;
  }
  g_autofree char *line = sim_stream_ipc_client (text, length);
  if (self->streamer && kind != SIM_STREAM_INIT)
    sim_streamer_send (self->streamer, line);
  if (kind == SIM_STREAM_START && self->streamer && !self->launched) {
    self->launched = TRUE;
    call_host (self, sim_host_work_launch, settings, on_launched);
  }
}

static void
on_text (gpointer owner, const char *text, gsize length)
{
  SimStream *self = owner;
  JsonObject *settings = NULL;
  SimStreamInit init = { 0 };
  SimStreamKind kind = sim_stream_message_read (text, length, &init, &settings);

  if (self->state == WAIT_INIT) {
    self->init = init;
    on_first (self, kind);
  } else {
    on_later (self, kind, text, length, settings);
  }
  g_clear_pointer (&settings, json_object_unref);
}

static void
on_other (gpointer owner)
{
  SimStream *self = owner;

  if (self->state == WAIT_INIT)
    end (self);
}

static void
on_lost (gpointer owner)
{
  SimStream *self = owner;

  g_clear_pointer (&self->io, sim_stream_io_free);
  if (self->state == WAIT_INIT || (self->state == STOPPING && !self->streamer))
    end (self);
}

static const SimStreamIoEvents io_events = { on_text, on_other, on_lost };

/* ---- from HTTP to here ---- */

static void
on_switched (SoupServerMessage *message, gpointer data)
{
  SimStream *self = data;
  g_autoptr (GSocket) socket = g_object_ref (soup_server_message_get_socket (message));
  GIOStream *stream = soup_server_message_steal_connection (message);

  self->refs++;
  g_hash_table_add (self->web->streams, self);
  self->io = sim_stream_io_new (stream, socket, &io_events, self);
}

static void
release_stream (gpointer data, GClosure *closure)
{
  stream_unref (data);
}

void
sim_stream_open (SimRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  const char *key = soup_message_headers_get_one (headers, "Sec-WebSocket-Key");
  gboolean upgrade = soup_message_headers_header_equals (headers, "Upgrade", "websocket") &&
                     soup_message_headers_header_contains (headers, "Connection", "upgrade") &&
                     soup_message_headers_header_equals (headers, "Sec-WebSocket-Version", "13");

  if (!upgrade || !key) {
    sim_web_text (request->message, 400, "No WebSocket UPGRADE header");
    return;
  }
  g_autofree char *accept = sim_ws_accept (key);
  SimStream *self = g_new0 (SimStream, 1);
  self->refs = 1;
  self->web = request->web;
  self->user = request->user->id;
  sim_web_header (request->message, "Upgrade", "websocket");
  sim_web_header (request->message, "Connection", "Upgrade");
  sim_web_header (request->message, "Sec-WebSocket-Accept", accept);
  sim_web_status (request->message, SOUP_STATUS_SWITCHING_PROTOCOLS);
  g_signal_connect_data (request->message, "wrote-informational", G_CALLBACK (on_switched), self, release_stream, 0);
}

GHashTable *
sim_stream_table_new (void)
{
  return g_hash_table_new_full (NULL, NULL, stream_unref, NULL);
}

void
sim_stream_free_all (SimWeb *web)
{
  g_autoptr (GList) all = g_hash_table_get_keys (web->streams);

  for (GList *l = all; l; l = l->next)
    end (l->data);
}

guint
sim_stream_sockets (SimWeb *web)
{
  g_autoptr (GList) all = g_hash_table_get_keys (web->streams);
  guint open = 0;

  for (GList *l = all; l; l = l->next)
    open += ((SimStream *) l->data)->io != NULL;
  return open;
}
