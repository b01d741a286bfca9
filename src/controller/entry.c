/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a path that two readers could read differently is refused before anything else. `/session/{id}…` goes to the worker that
 * holds the session, path unchanged, without the caller's Authorization; what the browser may ask there is the worker's to know.
 * Everything else is the API's, which also answers for paths that do not exist; with a worker's token only its heartbeat and what is
 * anybody's. What a controller proxied is never proxied again: a worker whose URL leads to a controller, its own or another, would let
 * one request take every connection. */
#include "controller/entry.h"

#include <string.h>

#include "api/ended-page.h"
#include "api/worker-api.h"
#include "api/worker-token.h"
#include "base/id.h"
#include "base/limits.h"

#define PREFIX "/session/"
#define HEALTH_PATH "/api/v1/health" /* anybody's */

/* The segment behind /session/, or NULL if it cannot be an id. */
static char *
session_id_of (HnSlice path)
{
  const char *start = path.text + strlen (PREFIX);
  gsize left = path.length - strlen (PREFIX);
  const char *slash = memchr (start, '/', left);
  g_autofree char *id = g_strndup (start, slash != NULL ? (gsize) (slash - start) : left);

  return hn_id_is_valid (id) ? g_steal_pointer (&id) : NULL;
}

static void
refuse_not_yet (HnRoute *ret_route, guint retry_after_seconds)
{
  hn_route_refuse (ret_route, 503, "session not known yet", "this controller has just started and waits for its workers' heartbeats");
  ret_route->retry_after_seconds = retry_after_seconds;
}

static void
proxy (HnRoute *ret_route, const HnRegistryWorker *worker, const char *session_id)
{
  if (worker->target.is_https || !worker->target.is_literal) {
    g_autofree char *detail
      = g_strdup_printf ("worker '%s' shows its sessions at %s itself", worker->report->id, worker->report->public_url);

    hn_route_refuse (ret_route, 502, "session cannot be proxied", detail);
    return;
  }
  ret_route->kind = HN_ROUTE_PROXY;
  ret_route->upstream_host = g_strdup (worker->target.host);
  ret_route->upstream_port = worker->target.port;
  ret_route->tag = g_strdup (session_id);
}

static gboolean
is_proxied_already (const HnHttpHead *head)
{
  return hn_http_head_find (head, HN_WORKER_API_FROM_FIELD) != NULL;
}

static void
decide_session (const HnRegistry *registry, const HnConfig *config, const HnHttpHead *head, gint64 now_us, HnRoute *ret_route)
{
  g_autofree char *session_id = session_id_of (head->path);
  HnRegistryVerdict verdict = HN_REGISTRY_UNKNOWN;
  HnRegistrySession session = { NULL };
  guint retry_after_seconds = 0;

  if (session_id != NULL)
    verdict = hn_registry_find_session (registry, session_id, now_us, &session, &retry_after_seconds);
  switch (verdict) {
  case HN_REGISTRY_UNKNOWN:
    hn_ended_page_refuse (ret_route, head, config->sessions_return_url);
    break;
  case HN_REGISTRY_NOT_YET:
    refuse_not_yet (ret_route, retry_after_seconds);
    break;
  case HN_REGISTRY_FOUND:
    if (is_proxied_already (head))
      hn_route_refuse (ret_route, 502, "this is a controller, not a worker", "a worker's `worker.url` leads to a controller");
    else if (hn_route_check_origin (head))
      proxy (ret_route, session.worker, session_id);
    else
      hn_route_refuse (ret_route, 403, "foreign origin", "a session's pages may only be used from where they were loaded");
    break;
  }
}

static char *
bearer_of (const HnHttpHead *head)
{
  const HnHttpField *field = hn_http_head_find (head, "Authorization");
  g_autofree char *value = field != NULL ? hn_slice_dup (field->value) : NULL;

  return value != NULL && g_ascii_strncasecmp (value, "Bearer ", 7) == 0 ? g_strdup (value + 7) : NULL;
}

/* Tokens are checked again by the API; here they decide how much a stranger may make us hold, and where a worker's token leads nowhere. */
static void
decide_api (const HnConfig *config, const HnHttpHead *head, HnRoute *ret_route)
{
  g_autofree char *token = bearer_of (head);
  g_autofree char *worker_id = token != NULL ? hn_worker_token_admit (token, config) : NULL;
  gboolean is_heartbeat = hn_slice_equal (head->path, HN_WORKER_API_HEARTBEAT_PATH);

  ret_route->kind = HN_ROUTE_API;
  if (is_heartbeat && (worker_id != NULL || hn_config_is_admin (config, token)))
    ret_route->body_limit_bytes = HN_LIMIT_HEARTBEAT_BYTES;
  else if (!is_heartbeat && worker_id != NULL && !hn_slice_equal (head->path, HEALTH_PATH))
    hn_route_refuse (ret_route, 403, "a worker's token only sends heartbeats", "use the controller's 'server.admin_token'");
}

void
hn_entry_decide (const HnRegistry *registry, const HnConfig *config, const HnHttpHead *head, const HnPeer *peer, gint64 now_us,
                 HnRoute *ret_route)
{
  const char *wrong = hn_route_check_path (head->path);

  if (wrong != NULL) {
    hn_route_refuse (ret_route, 400, "malformed path", wrong);
    return;
  }
  if (!hn_slice_has_prefix (head->path, PREFIX)) {
    decide_api (config, head, ret_route);
    return;
  }
  decide_session (registry, config, head, now_us, ret_route);
  if (ret_route->kind != HN_ROUTE_PROXY)
    return;
  hn_route_forwarded (ret_route, head, peer, config->server_trusted_proxies);
  hn_route_set_request_field (ret_route, HN_WORKER_API_FROM_FIELD, "controller");
  hn_route_drop_request_field (ret_route, "Authorization");
}
