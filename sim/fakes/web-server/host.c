/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hosts of the API. Whatever needs a host's answer is a job in a thread; the request waits meanwhile, paused. When the
 * job is back the host is looked up anew, for it may have been deleted.
 */
#include <string.h>

#include "sim/fakes/web-server/json.h"
#include "sim/fakes/web-server/log.h"
#include "sim/fakes/web-server/web.h"

#define TARGET "web_server::api"

/* A request whose answer comes later. */
typedef struct {
  SimWeb *web;
  SoupServerMessage *message;
  guint32 host_id;
  guint32 app_id;
} Waiting;

static Waiting *
waiting_new (const SimRequest *request, guint32 host_id)
{
  Waiting *waiting = g_new0 (Waiting, 1);

  waiting->web = request->web;
  waiting->message = g_object_ref (request->message);
  waiting->host_id = host_id;
  waiting->web->pending++;
  soup_server_message_pause (request->message);
  return waiting;
}

static void
waiting_free (Waiting *waiting)
{
  waiting->web->pending--;
  soup_server_message_unpause (waiting->message);
  g_object_unref (waiting->message);
  g_free (waiting);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Waiting, waiting_free)

static void
put_text (JsonObject *o, const char *name, const char *text)
{
  if (text)
    json_object_set_string_member (o, name, text);
  else
    json_object_set_null_member (o, name);
}

JsonObject *
sim_host_undetailed (const SimHost *host, const SimServerInfo *info)
{
  JsonObject *o = json_object_new ();

  json_object_set_int_member (o, "host_id", host->id);
  json_object_set_string_member (o, "owner", host->global ? "Global" : "ThisUser");
  json_object_set_string_member (o, "name", info ? info->hostname : host->name ? host->name : "");
  json_object_set_string_member (o, "paired", host->key ? "Paired" : "NotPaired");
  put_text (o, "server_state", !info ? NULL : info->busy ? "Busy" : "Free");
  return o;
}

JsonObject *
sim_host_detailed (const SimHost *host, const SimServerInfo *info)
{
  JsonObject *o = sim_host_undetailed (host, info);

  json_object_set_string_member (o, "address", host->address);
  json_object_set_int_member (o, "http_port", host->http_port);
  json_object_set_int_member (o, "https_port", info->https_port);
  json_object_set_int_member (o, "external_port", info->external_port);
  json_object_set_string_member (o, "version", info->version);
  json_object_set_string_member (o, "gfe_version", info->gfe_version);
  json_object_set_string_member (o, "unique_id", info->unique_id);
  put_text (o, "mac", info->mac);
  json_object_set_string_member (o, "local_ip", info->local_ip);
  json_object_set_int_member (o, "current_game", info->current_game);
  json_object_set_int_member (o, "max_luma_pixels_hevc", info->max_luma_pixels_hevc);
  json_object_set_int_member (o, "server_codec_mode_support", info->codec_modes);
  return o;
}

void
sim_host_remember (SimWeb *web, SimHost *host, const SimHostJob *job)
{
  if (!job->info)
    return;
  gboolean same = g_strcmp0 (host->name, job->info->hostname) == 0 &&
                  (!job->info->mac || g_strcmp0 (host->mac, job->info->mac) == 0);
  if (same)
    return;
  sim_store_set_text (&host->name, job->info->hostname);
  if (job->info->mac)
    sim_store_set_text (&host->mac, job->info->mac);
  sim_store_changed (web->store);
}

static void
answer_error (const Waiting *waiting, const GError *error)
{
  g_autofree char *text = g_strdup_printf ("moonlight error: %s", error->message);

  sim_log (SIM_LOG_WARN, TARGET, "%s", text);
  sim_web_text (waiting->message, 500, text);
}

/* (transfer full) (nullable): the job's answers, with `ret_host`; otherwise the request has been answered. */
static SimHostJob *
finish (const Waiting *waiting, GAsyncResult *result, SimHost **ret_host)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SimHostJob) job = sim_host_job_run_finish (result, &error);
  SimHost *host = sim_store_host (waiting->web->store, waiting->host_id);

  if (!job) {
    answer_error (waiting, error);
    return NULL;
  }
  if (!host) {
    sim_web_text (waiting->message, 404, "the host was not found");
    return NULL;
  }
  sim_host_remember (waiting->web, host, job);
  *ret_host = host;
  return g_steal_pointer (&job);
}

static void
start (Waiting *waiting, const SimUser *user, SimHostWork work, GAsyncReadyCallback done)
{
  SimHostJob *job = sim_host_job_new (sim_store_host (waiting->web->store, waiting->host_id), user->client_unique_id);

  job->app_id = waiting->app_id;
  sim_host_job_run_async (job, work, waiting->web->quit, done, waiting);
}

/* ---- one host ---- */

static void
answer_host (const Waiting *waiting, const SimHost *host, const SimHostJob *job)
{
  JsonObject *object = json_object_new ();

  json_object_set_object_member (object, "host", sim_host_detailed (host, job->info));
  sim_web_json (waiting->message, object);
}

static void
on_host (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Waiting) waiting = data;
  SimHost *host = NULL;
  g_autoptr (SimHostJob) job = finish (waiting, result, &host);

  if (job)
    answer_host (waiting, host, job);
}

void
sim_host_get (SimRequest *request)
{
  guint32 id = 0;

  if (!sim_web_query_u32 (request, "host_id", &id))
    sim_web_text (request->message, 400, "Query deserialize error: missing field `host_id`");
  else if (sim_web_host (request, id))
    start (waiting_new (request, id), request->user, sim_host_work_info, on_host);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Waiting) waiting = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SimHostJob) job = sim_host_job_run_finish (result, &error);

  if (g_error_matches (error, SIM_NV_ERROR, SIM_NV_ERROR_CONNECT))
    sim_web_text (waiting->message, 404, "the host was not found");
  else if (error)
    answer_error (waiting, error);
  if (!job)
    return;
  SimHost *host = sim_store_add_host (waiting->web->store, waiting->host_id, job->address, job->http_port);
  sim_host_remember (waiting->web, host, job);
  answer_host (waiting, host, job);
}

void
sim_host_add (SimRequest *request)
{
  guint64 port = 47989;
  const char *address = sim_json_string (request->body, "address");

  sim_json_uint (sim_config_section (request->web->config, "moonlight"), "default_http_port", G_MAXUINT16, &port);
  JsonNode *given = json_object_get_member (request->body, "http_port");
  gboolean good = !given || JSON_NODE_HOLDS_NULL (given) ||
                  sim_json_uint (request->body, "http_port", G_MAXUINT16, &port);
  if (!address || !good) {
    sim_web_text (request->message, 400, "Json deserialize error: missing field `address`");
    return;
  }
  /* Only a host that answers is stored, so here `host_id` carries the owner. */
  Waiting *waiting = waiting_new (request, request->user->id);
  SimHost probe = { .address = (char *) address, .http_port = port };
  sim_host_job_run_async (sim_host_job_new (&probe, request->user->client_unique_id), sim_host_work_info,
                          request->web->quit, on_added, waiting);
}

void
sim_host_change (SimRequest *request)
{
  SimHost *host = request->user->admin ? sim_web_host_body (request) : NULL;
  guint64 owner = 0;

  if (!request->user->admin)
    sim_web_text (request->message, 403, "forbidden");
  if (!host)
    return;
  if (sim_json_bool (request->body, "change_owner", FALSE)) {
    host->global = !sim_json_uint (request->body, "owner", G_MAXUINT32, &owner);
    host->owner = owner;
    sim_store_changed (request->web->store);
  }
  sim_web_text (request->message, 200, NULL);
}

void
sim_host_remove (SimRequest *request)
{
  guint32 id = 0;

  if (!sim_web_query_u32 (request, "host_id", &id)) {
    sim_web_text (request->message, 400, "Query deserialize error: missing field `host_id`");
  } else if (sim_web_host (request, id)) {
    sim_store_remove_host (request->web->store, id);
    sim_web_text (request->message, 200, NULL);
  }
}

/* A simulated body cannot be asleep, and a simulator has no business broadcasting into a real network: only logged. */
void
sim_host_wake (SimRequest *request)
{
  SimHost *host = sim_web_host_body (request);

  if (!host)
    return;
  if (host->mac)
    sim_log (SIM_LOG_INFO, TARGET, "magic packet for %s", host->mac);
  sim_web_text (request->message, host->mac ? 200 : 404, NULL);
}

/* ---- apps, image, cancel ---- */

static void
on_apps (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Waiting) waiting = data;
  SimHost *host = NULL;
  g_autoptr (SimHostJob) job = finish (waiting, result, &host);
  JsonArray *array = job ? json_array_new () : NULL;

  for (guint i = 0; job && i < job->apps->len; i++) {
    SimNvApp *app = g_ptr_array_index (job->apps, i);
    JsonObject *o = json_object_new ();
    json_object_set_int_member (o, "app_id", app->id);
    json_object_set_string_member (o, "title", app->title ? app->title : "");
    json_object_set_boolean_member (o, "is_hdr_supported", app->hdr);
    json_array_add_object_element (array, o);
  }
  if (!job)
    return;
  JsonObject *object = json_object_new ();
  json_object_set_array_member (object, "apps", array);
  sim_web_json (waiting->message, object);
}

void
sim_host_apps (SimRequest *request)
{
  guint32 id = 0;

  if (!sim_web_query_u32 (request, "host_id", &id))
    sim_web_text (request->message, 400, "Query deserialize error: missing field `host_id`");
  else if (sim_web_host (request, id))
    start (waiting_new (request, id), request->user, sim_host_work_apps, on_apps);
}

static void
answer_image (SoupServerMessage *message, GBytes *image)
{
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, image);
  g_autofree char *etag = g_strdup_printf ("\"%s\"", digest);
  const char *known =
      soup_message_headers_get_list (soup_server_message_get_request_headers (message), "If-None-Match");

  sim_web_header (message, "ETag", etag);
  sim_web_header (message, "Cache-Control", "private, no-cache, must-revalidate");
  if (known && strstr (known, etag)) {
    sim_web_status (message, 304);
    return;
  }
  sim_web_status (message, 200);
  soup_server_message_set_response (message, "image/png", SOUP_MEMORY_COPY, g_bytes_get_data (image, NULL),
                                    g_bytes_get_size (image));
}

static char *
image_key (guint32 host_id, guint32 app_id)
{
  return g_strdup_printf ("%u/%u", host_id, app_id);
}

static void
on_image (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Waiting) waiting = data;
  SimHost *host = NULL;
  g_autoptr (SimHostJob) job = finish (waiting, result, &host);

  if (!job)
    return;
  g_hash_table_replace (waiting->web->images, image_key (waiting->host_id, waiting->app_id),
                        g_bytes_ref (job->image));
  answer_image (waiting->message, job->image);
}

void
sim_host_image (SimRequest *request)
{
  guint32 id = 0, app_id = 0;
  const char *force = request->query ? g_hash_table_lookup (request->query, "force_refresh") : NULL;

  if (!sim_web_query_u32 (request, "host_id", &id) || !sim_web_query_u32 (request, "app_id", &app_id)) {
    sim_web_text (request->message, 400, "Query deserialize error: missing field");
    return;
  }
  if (!sim_web_host (request, id))
    return;
  g_autofree char *key = image_key (id, app_id);
  GBytes *image = g_hash_table_lookup (request->web->images, key);
  if (image && g_strcmp0 (force, "true") != 0) {
    answer_image (request->message, image);
    return;
  }
  Waiting *waiting = waiting_new (request, id);
  waiting->app_id = app_id;
  start (waiting, request->user, sim_host_work_image, on_image);
}

static void
on_cancelled (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Waiting) waiting = data;
  SimHost *host = NULL;
  g_autoptr (SimHostJob) job = finish (waiting, result, &host);

  if (!job)
    return;
  JsonObject *object = json_object_new ();
  json_object_set_boolean_member (object, "success", TRUE);
  sim_web_json (waiting->message, object);
}

void
sim_host_cancel (SimRequest *request)
{
  SimHost *host = sim_web_host_body (request);

  if (host)
    start (waiting_new (request, host->id), request->user, sim_host_work_cancel, on_cancelled);
}
