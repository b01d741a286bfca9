/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "sim/fakes/web-server/config.h"
#include "sim/fakes/web-server/fault-fs.h"
#include "sim/fakes/web-server/host-job.h"
#include "sim/fakes/web-server/login.h"
#include "sim/fakes/web-server/store.h"

/**
 * SimWeb:
 * @program: our argv[0], for the faults
 * @quit: cancelled when the program ends; aborts every call to a host
 * @prefix: `url_path_prefix`
 * @images: `host/app` → bytes, the app images seen so far
 * @streams: (element-type SimStream): every stream that still lives, owned
 * @wheps: id → every stream over HTTP that still lives, owned
 * @pending: requests and calls to hosts that are not answered yet
 *
 * What all HTTP handlers share. Main thread only. The pointers are borrowed from `main`.
 */
typedef struct {
  SimConfig *config;
  SimStore *store;
  SimLogins *logins;
  const char *program;
  GCancellable *quit;
  const char *prefix;
  GHashTable *images;
  GHashTable *streams;
  GHashTable *wheps;
  guint pending;
} SimWeb;

/**
 * SimRequest:
 * @user: (nullable): who asks; never %NULL in a handler that needs one
 * @by: how we know
 * @query: (nullable): the query string's fields
 * @body: (nullable): the JSON body; never %NULL in a handler that needs one
 *
 * One request on its way to a handler; it lives no longer than the handler's call.
 */
typedef struct {
  SimWeb *web;
  SoupServerMessage *message;
  const char *path;
  SimUser *user;
  SimLoginBy by;
  SimCredentials shown;
  GHashTable *query;
  JsonObject *body;
} SimRequest;

/** sim_web_faults: what goes wrong, as it is switched now */
SimFaults sim_web_faults (const SimWeb *web);

/** sim_web_status: sets the status and, unless there is a Cache-Control already, forbids caching */
void sim_web_status (SoupServerMessage *message, guint status);

/** sim_web_text: answers with a status and text/plain (empty when @text is %NULL) */
void sim_web_text (SoupServerMessage *message, guint status, const char *text);

/** sim_web_json: answers 200 with @object (transfer full) */
void sim_web_json (SoupServerMessage *message, JsonObject *object);

/** sim_web_header: sets a response header */
void sim_web_header (SoupServerMessage *message, const char *name, const char *value);

/** sim_web_query_u32: whether the query has @name as an u32; its value in @ret_value, untouched otherwise */
gboolean sim_web_query_u32 (const SimRequest *request, const char *name, guint32 *ret_value);

/** sim_web_host: the host of @id that @request's user may use, or %NULL after answering 404 or 403 */
SimHost *sim_web_host (const SimRequest *request, guint32 id);

/** sim_web_host_body: as [func@sim_web_host] for the body's `host_id`; 400 when it has none */
SimHost *sim_web_host_body (const SimRequest *request);

/** sim_web_handle: the one entry of all requests; see `http.c` */
void sim_web_handle (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
                     gpointer web);

/* Handlers, by file. */
void sim_static_serve (SimWeb *web, SoupServerMessage *message, const char *path);
void sim_user_login (SimRequest *request);
void sim_user_logout (SimRequest *request);
void sim_user_authenticate (SimRequest *request);
void sim_user_get (SimRequest *request);
void sim_user_list (SimRequest *request);
void sim_user_create (SimRequest *request);
void sim_user_change (SimRequest *request);
void sim_user_remove (SimRequest *request);
void sim_host_list (SimRequest *request);
void sim_host_get (SimRequest *request);
void sim_host_add (SimRequest *request);
void sim_host_change (SimRequest *request);
void sim_host_remove (SimRequest *request);
void sim_host_wake (SimRequest *request);
void sim_host_pair (SimRequest *request);
void sim_host_apps (SimRequest *request);
void sim_host_image (SimRequest *request);
void sim_host_cancel (SimRequest *request);
void sim_stream_open (SimRequest *request);
void sim_whep_options (SimRequest *request);
void sim_whep_get (SimRequest *request);
void sim_whep_post (SimRequest *request);
void sim_whep_patch (SimRequest *request);
void sim_whep_delete (SimRequest *request);

/** sim_stream_table_new: (transfer full) an empty table of streams */
GHashTable *sim_stream_table_new (void);

/**
 * sim_stream_free_all:
 * @web: whose streams
 *
 * Ends every stream at once: sockets dropped, streamers killed.
 */
void sim_stream_free_all (SimWeb *web);

/** sim_stream_sockets: how many stream sockets are open */
guint sim_stream_sockets (SimWeb *web);

/** sim_whep_table_new: (transfer full) an empty table of streams over HTTP */
GHashTable *sim_whep_table_new (void);

/** sim_whep_free_all: ends every stream over HTTP at once */
void sim_whep_free_all (SimWeb *web);

/** sim_static_template: (transfer full) (nullable): the pages' own `config.js`, if they have one: they are version 3 */
char *sim_static_template (void);

/** sim_host_undetailed: (transfer full) `UndetailedHost`; @info is %NULL for a host that was not probed */
JsonObject *sim_host_undetailed (const SimHost *host, const SimServerInfo *info);

/** sim_host_detailed: (transfer full) `DetailedHost` as the API shows it */
JsonObject *sim_host_detailed (const SimHost *host, const SimServerInfo *info);

/** sim_host_remember: takes over what a finished job learned about @host */
void sim_host_remember (SimWeb *web, SimHost *host, const SimHostJob *job);
