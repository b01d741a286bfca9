/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stream of version 3: one offer is POSTed, the answer comes back whole, and there is no socket. The page may add candidates (PATCH) and
 * may end it (DELETE); whether it is still there only its peer tells. What ends on the host's side is told by closing the peer.
 *
 * The real one streams from its own process; here the streamer does it, as for the pages with a socket.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "sim/fakes/web-server/json.h"
#include "sim/fakes/web-server/log.h"
#include "sim/fakes/web-server/streamer-proc.h"
#include "sim/fakes/web-server/web.h"
#include "sim/fakes/web-server/whep-message.h"

#define TARGET "web_server::api::stream::webrtc"
#define SDP_MAX (64 * 1024)
#define ANSWER_MS 10000
#define EXIT_PANIC 101

typedef struct {
  guint refs; /* the table, and each call under way */
  gboolean ended;
  SimWeb *web;
  guint32 id;
  guint32 user;
  SoupServerMessage *message; /* paused until there is an answer, then NULL */
  SimStreamer *streamer;
  SimStreamInit init;
  char *offer;
  JsonObject *settings;
  char *address;
  GPtrArray *apps; /* of SimNvApp */
  SimNvApp *app;
  guint answer_id;
  guint fault_id;
} SimWhep;

static void
whep_unref (gpointer data)
{
  SimWhep *self = data;

  if (--self->refs > 0)
    return;
  g_clear_pointer (&self->settings, json_object_unref);
  g_clear_pointer (&self->apps, g_ptr_array_unref);
  g_free (self->offer);
  g_free (self->address);
  g_free (self);
}

static void
reply (SimWhep *self, guint status, const char *text)
{
  SoupServerMessage *message = g_steal_pointer (&self->message);

  if (!message)
    return;
  sim_web_text (message, status, text);
  soup_server_message_unpause (message);
  g_object_unref (message);
  self->web->pending--;
}

static void
end (SimWhep *self)
{
  if (self->ended)
    return;
  self->ended = TRUE;
  reply (self, 500, "the stream has ended");
  g_clear_handle_id (&self->answer_id, g_source_remove);
  g_clear_handle_id (&self->fault_id, g_source_remove);
  g_clear_pointer (&self->streamer, sim_streamer_free);
  g_hash_table_remove (self->web->wheps, GUINT_TO_POINTER (self->id));
}

static void
fail (SimWhep *self, guint status, const char *why)
{
  sim_log (SIM_LOG_WARN, TARGET, "%s", why);
  reply (self, status, why);
  end (self);
}

/* ---- the streamer ---- */

static void
answer (SimWhep *self, const char *sdp)
{
  g_autofree char *location = g_strdup_printf ("%s/api/host/stream/webrtc/%u", self->web->prefix, self->id);
  SoupServerMessage *message = g_steal_pointer (&self->message);

  g_clear_handle_id (&self->answer_id, g_source_remove);
  sim_web_header (message, "Location", location);
  sim_web_status (message, 201);
  soup_server_message_set_response (message, "application/sdp", SOUP_MEMORY_COPY, sdp, strlen (sdp));
  soup_server_message_unpause (message);
  g_object_unref (message);
  self->web->pending--;
}

/* Its "Stop" comes when its peer is closed already. */
static void
on_line (gpointer owner, const char *line)
{
  SimWhep *self = owner;
  gboolean stop = FALSE;
  g_autofree char *text = sim_stream_ipc_read (line, &stop);
  g_autofree char *sdp = text && self->message ? sim_whep_message_answer (text, self->app->title) : NULL;

  if (stop)
    end (self);
  else if (sdp)
    answer (self, sdp);
}

static void
on_closed (gpointer owner)
{
  end (owner);
}

static const SimStreamerEvents streamer_events = { on_line, on_closed };

static gboolean
on_no_answer (gpointer data)
{
  SimWhep *self = data;

  self->answer_id = 0;
  fail (self, 500, "the peer could not be made");
  return G_SOURCE_REMOVE;
}

static gboolean on_fault (gpointer data);

/* One at a time: the end, the drop, the flapping. */
static void
arm_fault (SimWhep *self)
{
  SimFaults faults = sim_web_faults (self->web);
  guint after_ms = faults.terminate_after_ms ? faults.terminate_after_ms : faults.drop_after_ms ? faults.drop_after_ms : faults.flap_after_ms;

  if (after_ms && self->fault_id == 0)
    self->fault_id = g_timeout_add (after_ms, on_fault, self);
}

static gboolean
on_still_over (gpointer data)
{
  SimWhep *self = data;

  self->fault_id = 0;
  sim_streamer_signal (self->streamer, SIGCONT);
  arm_fault (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_fault (gpointer data)
{
  SimWhep *self = data;
  SimFaults faults = sim_web_faults (self->web);

  self->fault_id = 0;
  if (faults.terminate_after_ms) {
    sim_streamer_send (self->streamer, "\"Stop\"");
  } else if (faults.drop_after_ms || faults.flap_after_ms) {
    sim_streamer_signal (self->streamer, SIGSTOP);
    if (!faults.drop_after_ms)
      self->fault_id = g_timeout_add (faults.flap_ms, on_still_over, self);
  }
  return G_SOURCE_REMOVE;
}

static void
spawn (SimWhep *self)
{
  g_autoptr (GError) error = NULL;
  const char *path = sim_config_string (self->web->config, NULL, "streamer_path");
  SimFaults faults = sim_web_faults (self->web);

  self->streamer = sim_streamer_new (path, &faults, &streamer_events, self, &error);
  if (!self->streamer) {
    fail (self, 500, error->message);
    return;
  }
  g_autofree char *init = sim_stream_ipc_init (self->web->config, NULL, self->address, self->app, &self->init);
  g_autofree char *launched = sim_stream_ipc_launch (NULL);
  sim_streamer_send (self->streamer, init);
  sim_streamer_send (self->streamer, launched);
  self->answer_id = g_timeout_add (ANSWER_MS, on_no_answer, self);
  arm_fault (self);
}

/* ---- the host ---- */

static gboolean
call_host (SimWhep *self, SimHostWork work, GAsyncReadyCallback done)
{
  SimHost *host = sim_store_host (self->web->store, self->init.host_id);
  SimUser *user = sim_store_user (self->web->store, self->user);

  if (!host || !user)
    return FALSE;
  SimHostJob *job = sim_host_job_new (host, user->client_unique_id);
  job->app_id = self->init.app_id;
  job->settings = json_object_ref (self->settings);
  self->refs++;
  self->web->pending++;
  sim_host_job_run_async (job, work, self->web->quit, done, self);
  return TRUE;
}

static void
on_launched (GObject *source, GAsyncResult *result, gpointer data)
{
  SimWhep *self = data;
  g_autoptr (GError) error = NULL;

  sim_host_job_free (sim_host_job_run_finish (result, &error));
  self->web->pending--;
  if (!self->ended && error)
    fail (self, 500, error->message);
  else if (!self->ended)
    spawn (self);
  whep_unref (self);
}

static void
on_apps (GObject *source, GAsyncResult *result, gpointer data)
{
  SimWhep *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SimHostJob) job = sim_host_job_run_finish (result, &error);

  self->web->pending--;
  for (guint i = 0; job && i < job->apps->len; i++)
    if (((SimNvApp *) g_ptr_array_index (job->apps, i))->id == self->init.app_id)
      self->app = g_ptr_array_index (job->apps, i);
  if (self->app) {
    self->apps = g_ptr_array_ref (job->apps);
    self->address = g_strdup (job->address);
  }
  if (self->ended)
    ;
  else if (!job || sim_web_faults (self->web).stream_fatal)
    fail (self, 500, error ? error->message : "internal server error");
  else if (!self->app)
    fail (self, 404, "the app was not found");
  else if (!call_host (self, sim_host_work_launch, on_launched))
    fail (self, 404, "the host was not found");
  whep_unref (self);
}

/* ---- the page ---- */

static gboolean
has_type (SoupServerMessage *message, const char *type)
{
  return g_strcmp0 (soup_message_headers_get_content_type (soup_server_message_get_request_headers (message), NULL), type) == 0;
}

/* (transfer full) (nullable): the body; else 413 has been answered */
static char *
read_text (SoupServerMessage *message)
{
  g_autoptr (GBytes) bytes = soup_message_body_flatten (soup_server_message_get_request_body (message));
  gsize length = 0;
  const char *text = g_bytes_get_data (bytes, &length);

  if (length <= SDP_MAX)
    return g_strndup (text ? text : "", length);
  sim_web_text (message, 413, "payload is larger than allowed");
  return NULL;
}

static void
add_links (SoupServerMessage *message, JsonNode *servers)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_auto (GStrv) links = sim_whep_message_links (servers && JSON_NODE_HOLDS_ARRAY (servers) ? json_node_get_array (servers) : NULL);

  for (guint i = 0; links[i]; i++)
    soup_message_headers_append (headers, "Link", links[i]);
}

/* A page that asks for its ICE servers, while the script runs. */
typedef struct {
  SimWeb *web;
  SoupServerMessage *message; /* paused */
} Options;

static void
on_script (GObject *source, GAsyncResult *result, gpointer data)
{
  Options *self = data;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;

  self->web->pending--;
  if (g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, &text, NULL, &error) && text)
    node = sim_json_parse (text, strlen (text), FALSE, &error);
  if (!node || !JSON_NODE_HOLDS_ARRAY (node))
    sim_log (SIM_LOG_WARN, TARGET, "the ice server script failed: %s", error ? error->message : "no array");
  add_links (self->message, node);
  soup_server_message_unpause (self->message);
  g_object_unref (self->message);
  g_free (self);
}

void
sim_whep_options (SimRequest *request)
{
  const char *script = sim_config_string (request->web->config, "webrtc", "ice_server_script");
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child = script ? g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, script, NULL) : NULL;
  Options *self;

  sim_web_header (request->message, "Accept-Post", "application/sdp");
  add_links (request->message, sim_config_get (request->web->config, "webrtc", "ice_servers"));
  sim_web_status (request->message, 200);
  if (error)
    sim_log (SIM_LOG_WARN, TARGET, "the ice server script failed: %s", error->message);
  if (!child)
    return;
  self = g_new0 (Options, 1);
  self->web = request->web;
  self->message = g_object_ref (request->message);
  self->web->pending++;
  soup_server_message_pause (request->message);
  g_subprocess_communicate_utf8_async (child, NULL, self->web->quit, on_script, self);
}

void
sim_whep_get (SimRequest *request)
{
  sim_web_text (request->message, 405, NULL);
}

void
sim_whep_post (SimRequest *request)
{
  g_autofree char *sdp = read_text (request->message);
  SimStreamInit init = { 0 };
  JsonObject *settings = NULL;

  if (!sdp)
    return;
  if (sim_web_faults (request->web).exit_on_stream)
    _exit (EXIT_PANIC);
  if (!sim_whep_message_read_offer (sdp, &init, &settings)) {
    sim_web_text (request->message, 400, "webrtc parse error");
    return;
  }
  if (!sim_web_host (request, init.host_id)) {
    json_object_unref (settings);
    return;
  }
  SimWhep *self = g_new0 (SimWhep, 1);
  self->refs = 1;
  self->web = request->web;
  self->user = request->user->id;
  self->settings = settings;
  self->offer = g_steal_pointer (&sdp);
  self->init = init;
  self->init.offer = self->offer;
  do
    self->id = g_random_int ();
  while (self->id == 0 || g_hash_table_contains (self->web->wheps, GUINT_TO_POINTER (self->id)));
  g_hash_table_insert (self->web->wheps, GUINT_TO_POINTER (self->id), self);
  self->message = g_object_ref (request->message);
  self->web->pending++;
  soup_server_message_pause (request->message);
  if (!call_host (self, sim_host_work_apps, on_apps))
    fail (self, 404, "the host was not found");
}

/* (nullable): the stream of the last segment; else 404 has been answered */
static SimWhep *
find (SimRequest *request)
{
  guint64 id = 0;
  SimWhep *self = g_ascii_string_to_unsigned (strrchr (request->path, '/') + 1, 10, 0, G_MAXUINT32, &id, NULL)
                      ? g_hash_table_lookup (request->web->wheps, GUINT_TO_POINTER ((guint) id)) : NULL;

  if (!self)
    sim_web_text (request->message, 404, "stream not found");
  return self;
}

void
sim_whep_patch (SimRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  SimWhep *self = find (request);
  g_autofree char *text = self ? read_text (request->message) : NULL;

  if (!text)
    return;
  if (!has_type (request->message, "application/trickle-ice-sdpfrag")) {
    sim_web_text (request->message, 415, NULL);
    return;
  }
  if (g_strcmp0 (soup_message_headers_get_one (headers, "If-Match"), "*") == 0) {
    sim_web_text (request->message, 422, NULL); /* an ICE restart */
    return;
  }
  g_auto (GStrv) lines = g_strsplit_set (text, "\r\n", -1);
  for (guint i = 0; lines[i]; i++) {
    g_autofree char *line = sim_whep_message_candidate (lines[i]);
    if (line && self->streamer)
      sim_streamer_send (self->streamer, line);
  }
  sim_web_text (request->message, 204, NULL);
}

void
sim_whep_delete (SimRequest *request)
{
  SimWhep *self = find (request);

  if (!self)
    return;
  if (self->streamer)
    sim_streamer_send (self->streamer, "\"Stop\"");
  sim_web_text (request->message, 200, NULL);
}

GHashTable *
sim_whep_table_new (void)
{
  return g_hash_table_new_full (NULL, NULL, NULL, whep_unref);
}

void
sim_whep_free_all (SimWeb *web)
{
  g_autoptr (GList) all = g_hash_table_get_values (web->wheps);

  for (GList *l = all; l; l = l->next)
    end (l->data);
}
