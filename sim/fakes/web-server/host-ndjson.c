/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two answers that come line by line. The PIN leaves before anybody has spoken with the host: the job is started when
 * its chunk has been written. A client that goes away stops neither.
 */
#include <string.h>

#include "sim/fakes/web-server/json.h"
#include "sim/fakes/web-server/log.h"
#include "sim/fakes/web-server/web.h"

#define TARGET "web_server::api"

/* An answer in lines. It ends when nothing is outstanding any more. */
typedef struct {
  SimWeb *web;
  SoupServerMessage *message;
  SimHostJob *job;
  guint32 host_id;
  guint outstanding;
  gulong written_id;
  gulong gone_id;
} Lines;

typedef struct {
  Lines *lines;
  guint32 host_id;
} Probe;

static Lines *
lines_new (const SimRequest *request)
{
  Lines *lines = g_new0 (Lines, 1);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->message);

  lines->web = request->web;
  lines->message = g_object_ref (request->message);
  lines->web->pending++;
  sim_web_status (request->message, 200);
  soup_message_headers_set_content_type (headers, "application/x-ndjson", NULL);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  return lines;
}

static void
lines_end (Lines *lines)
{
  soup_message_body_complete (soup_server_message_get_response_body (lines->message));
  soup_server_message_unpause (lines->message);
  lines->web->pending--;
  g_clear_pointer (&lines->job, sim_host_job_free);
  g_object_unref (lines->message);
  g_free (lines);
}

static void
put_line (Lines *lines, const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);
  SoupMessageBody *body = soup_server_message_get_response_body (lines->message);
  guint piece = sim_web_faults (lines->web).pair_split;
  gsize length = strlen (line);

  if (piece == 0)
    piece = length;
  for (gsize at = 0; at < length; at += piece)
    soup_message_body_append (body, SOUP_MEMORY_COPY, line + at, MIN (piece, length - at));
  soup_server_message_unpause (lines->message);
}

static void
put_object (Lines *lines, JsonObject *object)
{
  g_autofree char *text = sim_json_text (object, FALSE);

  put_line (lines, text);
}

/* ---- hosts ---- */

static void
on_probed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Probe *probe = data;
  Lines *lines = probe->lines;
  g_autoptr (SimHostJob) job = sim_host_job_run_finish (result, NULL);
  SimHost *host = sim_store_host (lines->web->store, probe->host_id);

  if (job && host) {
    sim_host_remember (lines->web, host, job);
    put_object (lines, sim_host_undetailed (host, job->info));
  }
  if (--lines->outstanding == 0)
    lines_end (lines);
}

static void
probe_host (Lines *lines, const SimHost *host, const SimUser *user)
{
  Probe *probe = g_new0 (Probe, 1);

  probe->lines = lines;
  probe->host_id = host->id;
  lines->outstanding++;
  sim_host_job_run_async (sim_host_job_new (host, user->client_unique_id), sim_host_work_info, lines->web->quit,
                          on_probed, probe);
}

void
sim_host_list (SimRequest *request)
{
  Lines *lines = lines_new (request);
  g_autoptr (GList) hosts = sim_store_hosts (request->web->store);
  JsonArray *array = json_array_new ();
  JsonObject *first = json_object_new ();

  for (GList *l = hosts; l; l = l->next) {
    SimHost *host = l->data;
    if (!host->global && host->owner != request->user->id)
      continue;
    json_array_add_object_element (array, sim_host_undetailed (host, NULL));
    probe_host (lines, host, request->user);
  }
  json_object_set_array_member (first, "hosts", array);
  put_object (lines, first);
  if (lines->outstanding == 0)
    lines_end (lines);
}

/* ---- pairing ---- */

static void
put_paired (Lines *lines, SimHost *host, const SimHostJob *job)
{
  JsonObject *object = json_object_new ();

  sim_store_set_text (&host->key, job->key);
  sim_store_set_text (&host->certificate, job->certificate);
  sim_store_set_text (&host->server_certificate, job->server_certificate);
  sim_host_remember (lines->web, host, job);
  sim_store_changed (lines->web->store);
  json_object_set_object_member (object, "Paired", sim_host_detailed (host, job->info));
  put_object (lines, object);
}

static void
on_paired (GObject *source, GAsyncResult *result, gpointer data)
{
  Lines *lines = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SimHostJob) job = sim_host_job_run_finish (result, &error);
  SimHost *host = sim_store_host (lines->web->store, lines->host_id);

  if (error)
    sim_log (SIM_LOG_WARN, TARGET, "Failed to pair host: %s", error->message);
  if (job && host)
    put_paired (lines, host, job);
  else
    put_line (lines, "\"PairError\"");
  lines_end (lines);
}

static gboolean
begin_pairing (gpointer data)
{
  Lines *lines = data;

  if (g_cancellable_is_cancelled (lines->web->quit) || sim_web_faults (lines->web).pair_close)
    lines_end (lines);
  else
    sim_host_job_run_async (g_steal_pointer (&lines->job), sim_host_work_pair, lines->web->quit, on_paired, lines);
  return G_SOURCE_REMOVE;
}

static void
on_quit (GCancellable *quit, gpointer lines)
{
  lines_end (lines);
}

static void
on_pin_written (SoupServerMessage *message, gpointer data)
{
  Lines *lines = data;
  SimFaults faults = sim_web_faults (lines->web);

  g_clear_signal_handler (&lines->written_id, message);
  g_clear_signal_handler (&lines->gone_id, message);
  if (faults.pair_silent)
    g_signal_connect (lines->web->quit, "cancelled", G_CALLBACK (on_quit), lines);
  else
    g_timeout_add (faults.pair_delay_ms, begin_pairing, lines);
}

void
sim_host_pair (SimRequest *request)
{
  SimHost *host = sim_web_host_body (request);

  if (!host)
    return;
  Lines *lines = lines_new (request);
  lines->host_id = host->id;
  lines->job = sim_host_job_new (host, request->user->client_unique_id);
  g_snprintf (lines->job->pin, sizeof lines->job->pin, "%04d", g_random_int_range (0, 10000));
  g_autofree char *line = g_strdup_printf ("{\"Pin\":\"%s\"}", lines->job->pin);
  lines->written_id = g_signal_connect (request->message, "wrote-chunk", G_CALLBACK (on_pin_written), lines);
  lines->gone_id = g_signal_connect (request->message, "disconnected", G_CALLBACK (on_pin_written), lines);
  put_line (lines, line);
}
