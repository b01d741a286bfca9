/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One creation: free the body from a draining worker → reserve → POST to the worker → confirm. A worker that could not be connected to
 * has begun nothing: another one is tried, once. One that was cut while it worked may have begun pairing: no other is tried. All within
 * TOTAL_SECONDS, so that our answer comes before the front door's deadline.
 * With an Idempotency-Key more than one caller may wait for one creation; it is cancelled when the last of them leaves. */
#include "controller/create-http.h"

#include "api/create-outcome.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "controller/idempotency.h"
#include "controller/placement-json.h"
#include "controller/reply-rules.h"
#include "controller/waiters-http.h"

#define TOTAL_SECONDS (HN_LIMIT_API_SECONDS - 4)
#define CALL_SECONDS (HN_LIMIT_CREATE_SECONDS + 1)
#define CLEAR_SECONDS 10 /* for a draining worker to end the session that the body has there */
#define MAX_ATTEMPTS 2

struct _HnCreateHttp {
  HnClusterHttp *cluster;
  HnHistory *history;
  GHashTable *jobs; /* set of Job, borrowed */
  HnIdempotency *keys;
  HnRandom *random;
};

typedef struct {
  HnCreateHttp *owner; /* NULL when it is gone */
  HnWaitersHttp *waiters;
  GCancellable *cancellable; /* of this job: when nobody waits any more, or at our own end */
  HnCreateRequest *wanted;
  char *key; /* (nullable) */
  char *body;
  gint64 started_us;
  guint attempts;
  guint64 ticket;    /* 0: nothing reserved */
  char *worker_id;   /* of this attempt */
  char *boot_id;   /* (nullable): of that worker, when it was asked */
  gboolean is_bound; /* it has this body's session: its refusal is final */
  GError *refusal;   /* (nullable) what the attempt before brought */
  HnPlacementJson *placement;
} Job;

/* Who asks for the same from now on begins anew. */
static void
on_all_left (gpointer data)
{
  Job *job = data;

  if (job->owner != NULL && job->key != NULL)
    hn_idempotency_forget (job->owner->keys, job->key);
  g_clear_pointer (&job->key, g_free);
  g_cancellable_cancel (job->cancellable);
}

/* The worker is told which id to take, so that a creation can be explained from its first moment, and however it ends. */
static void
name_session (Job *job)
{
  g_autoptr (JsonObject) object = NULL;

  job->wanted->session_id = hn_id_new (job->owner->random);
  object = hn_create_request_to_json (job->wanted);
  job->body = hn_json_to_text (object);
}

static Job *
job_new (HnCreateHttp *self, HnCreateRequest *wanted, const char *body, const char *key)
{
  Job *job = g_new0 (Job, 1);

  job->owner = self;
  job->waiters = hn_waiters_http_new (on_all_left, job);
  job->cancellable = g_cancellable_new ();
  job->wanted = wanted;
  job->key = g_strdup (key);
  job->placement = hn_placement_json_new (wanted->body_ip);
  job->started_us = hn_clock_now_us ();
  g_hash_table_add (self->jobs, job);
  if (key != NULL)
    hn_idempotency_begin (self->keys, key, body, job);
  name_session (job);
  return job;
}

static void
release (Job *job)
{
  if (job->owner != NULL && job->ticket != 0)
    hn_registry_release (hn_cluster_http_get_registry (job->owner->cluster), job->ticket);
  job->ticket = 0;
}

static void
job_free (Job *job)
{
  release (job);
  if (job->owner != NULL)
    g_hash_table_remove (job->owner->jobs, job);
  hn_waiters_http_free (job->waiters);
  g_clear_object (&job->cancellable);
  hn_create_request_free (job->wanted);
  hn_placement_json_free (job->placement);
  g_clear_error (&job->refusal);
  g_free (job->key);
  g_free (job->body);
  g_free (job->worker_id);
  g_free (job->boot_id);
  g_free (job);
}

static gboolean
is_cancelled (const Job *job)
{
  return job->owner == NULL || g_cancellable_is_cancelled (job->cancellable);
}

/* The last step of every job. */
static void
finish (Job *job, guint status, const char *json)
{
  gint64 now_us = hn_clock_now_us ();
  guint outcome = is_cancelled (job) ? 0 : status;

  hn_create_outcome_count (outcome, now_us - job->started_us);
  if (job->owner != NULL)
    hn_history_create (job->owner->history, outcome, now_us - job->started_us, now_us);
  if (job->owner != NULL && job->key != NULL)
    hn_idempotency_finish (job->owner->keys, job->key, status, json, now_us);
  if (status != 201)
    hn_waiters_http_set_header (job->waiters, HN_WORKER_API_SESSION_FIELD, job->wanted->session_id);
  hn_waiters_http_reply (job->waiters, status, json);
  job_free (job);
}

static void
remember (Job *job, const char *session_id, const GError *error)
{
  if (job->owner != NULL)
    hn_shelf_put (hn_cluster_http_get_placements (job->owner->cluster), session_id,
                  hn_placement_json_text (job->placement, session_id, error, hn_clock_utc_us ()), hn_clock_now_us ());
}

static void
finish_with_error (Job *job, const GError *error)
{
  guint status = hn_error_http_status (error);
  g_autofree char *json = hn_http_error_body (status, error->message, hn_error_detail (error));

  finish (job, status, json);
}

static void
fail (Job *job, const GError *error)
{
  hn_warning ("controller", NULL, "session not created: %s body_ip=%s worker=%s", error->message, job->wanted->body_ip,
              job->worker_id != NULL ? job->worker_id : "-");
  remember (job, job->wanted->session_id, error);
  finish_with_error (job, error);
}

/* Cancelled by the last caller or by our own end: whoever still listens is told. */
static void
abandon (Job *job)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_CLOSED, "controller is shutting down");

  hn_info ("controller", NULL, "session creation cancelled body_ip=%s worker=%s", job->wanted->body_ip,
           job->worker_id != NULL ? job->worker_id : "-");
  remember (job, job->wanted->session_id, NULL);
  finish_with_error (job, error);
}

static void attempt (Job *job);

/* Nothing has begun at this worker: another one may be tried. */
static void
attempt_elsewhere (Job *job, GError *why)
{
  release (job);
  hn_placement_json_refused (job->placement, job->worker_id, why);
  g_clear_error (&job->refusal);
  job->refusal = why;
  if (job->attempts < MAX_ATTEMPTS) {
    attempt (job);
    return;
  }
  fail (job, job->refusal);
}

static HnSessionReport *
session_new (const HnCreateRequest *wanted, const HnCreateReply *reply, const char *stream_path)
{
  HnSessionReport *session = g_new0 (HnSessionReport, 1);

  session->id = g_strdup (reply->session_id);
  session->body_ip = g_strdup (wanted->body_ip);
  session->state = HN_SESSION_READY;
  session->stream_path = g_strdup (stream_path);
  session->experience = g_strdup (wanted->experience);
  session->district = g_strdup (wanted->district);
  session->body = g_strdup (wanted->body);
  session->head = g_strdup (wanted->head);
  session->process_alive = TRUE;
  session->data_directory_ok = TRUE;
  session->created_utc_us = hn_clock_utc_us ();
  return session;
}

static void
answer (Job *job, const char *session_id, const char *stream_path)
{
  HnClusterHttp *cluster = job->owner->cluster;
  const HnRegistryWorker *worker = hn_registry_find_worker (hn_cluster_http_get_registry (cluster), job->worker_id);
  g_autofree char *stream_url
    = hn_url_rules_stream_url (hn_cluster_http_get_config (cluster)->server_domain, hn_waiters_http_get_base_url (job->waiters),
                               worker != NULL ? worker->report->public_url : NULL, stream_path);
  HnCreateReply reply = { .session_id = (char *) session_id, .stream_url = stream_url, .worker_id = job->worker_id };
  g_autoptr (JsonObject) object = hn_create_reply_to_json (&reply);
  g_autofree char *json = NULL;

  hn_info ("controller", session_id, "session created body_ip=%s worker=%s took_ms=%" G_GINT64_FORMAT, job->wanted->body_ip,
           job->worker_id, (hn_clock_now_us () - job->started_us) / 1000);
  json = hn_json_to_text (object);
  remember (job, session_id, NULL);
  finish (job, 201, json);
}

static void
take_reply (Job *job, const HnHttpReply *reply)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (reply->body, reply->length, NULL);
  g_autoptr (HnCreateReply) created = object != NULL ? hn_create_reply_from_json (object, NULL) : NULL;
  g_autofree char *path = NULL;

  if (created != NULL)
    path = hn_url_rules_stream_path (created->session_id, created->stream_path, created->stream_url);
  if (path == NULL) {
    g_autoptr (GError) error = hn_reply_rules_error (0, NULL, 0, job->worker_id);

    hn_error_set_detail (error, "it says that a session was created, but not which");
    fail (job, error);
    return;
  }
  hn_cluster_http_confirm (job->owner->cluster, job->worker_id, job->ticket, session_new (job->wanted, created, path));
  job->ticket = 0;
  answer (job, created->session_id, path);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer data)
{
  Job *job = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = hn_http_client_call_finish (result, &error);

  if (is_cancelled (job)) {
    abandon (job);
    return;
  }
  if (reply == NULL && !hn_http_client_call_was_connected (result)) {
    hn_cluster_http_worker_failed (job->owner->cluster, job->worker_id, job->boot_id, error->message);
    /* no worker's word, so none that a caller should read: if nobody else can, there is no healthy worker */
    attempt_elsewhere (job, g_error_new_literal (HN_ERROR, HN_ERROR_LIMIT, "no healthy workers available"));
    return;
  }
  if (reply == NULL) {
    hn_cluster_http_doubt (job->owner->cluster, job->worker_id, error->message);
    g_prefix_error (&error, "worker '%s': ", job->worker_id);
    fail (job, error);
    return;
  }
  switch (hn_reply_rules_meaning (reply->status)) {
  case HN_REPLY_RULES_DONE:
    take_reply (job, reply);
    return;
  case HN_REPLY_RULES_BUSY:
    if (job->is_bound) {
      error = hn_reply_rules_error (reply->status, reply->body, reply->length, job->worker_id);
      fail (job, error);
      return;
    }
    hn_registry_refused (hn_cluster_http_get_registry (job->owner->cluster), job->worker_id);
    break;
  case HN_REPLY_RULES_STRANGER:
    hn_cluster_http_worker_failed (job->owner->cluster, job->worker_id, job->boot_id, "it does not know our token");
    break;
  case HN_REPLY_RULES_REFUSED:
    error = hn_reply_rules_error (reply->status, reply->body, reply->length, job->worker_id);
    fail (job, error);
    return;
  }
  attempt_elsewhere (job, hn_reply_rules_error (reply->status, reply->body, reply->length, job->worker_id));
}

static void
no_worker (Job *job)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_LIMIT, "no healthy workers available");

  hn_error_set_detail (error, "no worker has registered, or all are unhealthy, suspect, draining or full: "
                              "GET /api/v1/workers says which");
  fail (job, error);
}

static void
post (Job *job, const HnRegistryWorker *worker)
{
  gint64 left_us = job->started_us + hn_seconds (TOTAL_SECONDS) - hn_clock_now_us ();

  hn_cluster_http_call_async (job->owner->cluster, worker, "POST", "/api/v1/sessions", job->body,
                              CLAMP (left_us, hn_seconds (1), hn_seconds (CALL_SECONDS)), job->cancellable, on_reply, job);
}

static void
attempt (Job *job)
{
  HnRegistry *registry = hn_cluster_http_get_registry (job->owner->cluster);
  g_autofree char *tried_id = g_steal_pointer (&job->worker_id);
  const HnRegistryWorker *worker = NULL;

  hn_placement_json_look (job->placement, registry, tried_id);
  job->ticket = hn_registry_reserve (registry, job->wanted->body_ip, tried_id, &worker, &job->is_bound);
  hn_placement_json_chose (job->placement, worker != NULL ? worker->report->id : NULL, job->is_bound);
  if (job->ticket == 0) {
    job->worker_id = g_steal_pointer (&tried_id);
    if (job->refusal != NULL)
      fail (job, job->refusal);
    else
      no_worker (job);
    return;
  }
  job->attempts++;
  job->worker_id = g_strdup (worker->report->id);
  g_free (job->boot_id);
  job->boot_id = g_strdup (worker->report->boot_id);
  if (job->refusal != NULL)
    hn_warning ("controller", NULL, "worker '%s' is tried, since another one did not serve: %s body_ip=%s not_served_by=%s", job->worker_id,
                job->refusal->message, job->wanted->body_ip, tried_id != NULL ? tried_id : "-");
  hn_debug ("controller", NULL, "creation sent to worker '%s' attempt=%u body_ip=%s", job->worker_id, job->attempts,
            job->wanted->body_ip);
  post (job, worker);
}

/* ---- a body whose session is at a draining worker ---- */

static void
on_cleared (GObject *source, GAsyncResult *result, gpointer data)
{
  Job *job = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = hn_http_client_call_finish (result, &error);
  HnRegistrySession old = { NULL };

  if (is_cancelled (job)) {
    abandon (job);
    return;
  }
  if (reply != NULL && (reply->status == 200 || reply->status == 404)
      && hn_registry_find_body (hn_cluster_http_get_registry (job->owner->cluster), job->wanted->body_ip, &old)
      && old.worker->draining)
    hn_cluster_http_session_ended (job->owner->cluster, old.worker->report->id, old.report->id, "replaced");
  attempt (job);
}

/* Its worker would replace it there, which must not get a new one: so it is ended, by the same rule, and the new one goes elsewhere. */
static void
clear_body (Job *job, const HnRegistrySession *old)
{
  g_autofree char *path = g_strconcat ("/api/v1/sessions/", old->report->id, NULL);

  if (old->report->state == HN_SESSION_ACTIVE && !job->wanted->replace) {
    g_autoptr (GError) error = g_error_new (HN_ERROR, HN_ERROR_CONFLICT, "body %s already in use by session %s", job->wanted->body_ip,
                                            hn_id_short (old->report->id).text);

    hn_error_set_detail (error, "Sunshine streams to one client; \"replace\":true ends the older session");
    fail (job, error);
    return;
  }
  hn_info ("controller", old->report->id, "ended to make room on its body: worker '%s' is draining body_ip=%s", old->worker->report->id,
           job->wanted->body_ip);
  hn_cluster_http_call_async (job->owner->cluster, old->worker, "DELETE", path, NULL, hn_seconds (CLEAR_SECONDS), job->cancellable,
                              on_cleared, job);
}

static void
begin (Job *job)
{
  HnRegistrySession old = { NULL };

  if (hn_registry_find_body (hn_cluster_http_get_registry (job->owner->cluster), job->wanted->body_ip, &old) && old.worker->draining
      && old.worker->membership.state == HN_MEMBERSHIP_HEALTHY)
    clear_body (job, &old);
  else
    attempt (job);
}

/* ---- requests ---- */

static void
refuse (HnHttpRequest *request, HnErrorCode code, const char *text, const char *detail)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, (int) code, text);

  hn_error_set_detail (error, "%s", detail);
  hn_http_request_reply_error (request, error);
}

/* Whether the key has settled it: answered, or made to wait for what is under way. */
static gboolean
settled_by_key (HnCreateHttp *self, HnHttpRequest *request, const char *key, const char *body)
{
  HnIdempotencyFound found = { NULL };

  switch (hn_idempotency_look (self->keys, key, body, hn_clock_now_us (), &found)) {
  case HN_IDEMPOTENCY_FRESH:
    return FALSE;
  case HN_IDEMPOTENCY_RUNNING:
    hn_waiters_http_add (((Job *) found.running)->waiters, request);
    break;
  case HN_IDEMPOTENCY_DONE:
    hn_http_request_reply_text (request, found.status, "application/json", found.answer);
    break;
  case HN_IDEMPOTENCY_OTHER:
    refuse (request, HN_ERROR_UNPROCESSABLE, "'Idempotency-Key' was used for another request",
            "take a new key for each session, and the same one only to ask for the same again");
    break;
  case HN_IDEMPOTENCY_FULL:
    refuse (request, HN_ERROR_LIMIT, "too many creations are under way", "their keys cannot be kept; try again");
    break;
  }
  return TRUE;
}

void
hn_create_http_start (HnCreateHttp *self, HnHttpRequest *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnCreateRequest) wanted = hn_create_request_from_json (hn_http_request_get_object (request), &error);
  const char *key = hn_http_request_get_header (request, "Idempotency-Key");
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *body = NULL;
  Job *job;

  if (wanted == NULL || (key != NULL && !hn_idempotency_check_key (key, &error))) {
    hn_create_outcome_count (hn_error_http_status (error), 0);
    hn_http_request_reply_error (request, error);
    return;
  }
  object = hn_create_request_to_json (wanted);
  body = hn_json_to_text (object);
  if (key != NULL && settled_by_key (self, request, key, body))
    return;
  if (g_hash_table_size (self->jobs) >= HN_LIMIT_CREATIONS) {
    hn_create_outcome_count (503, 0);
    hn_http_request_set_header (request, "Retry-After", "1");
    refuse (request, HN_ERROR_LIMIT, "too many creations are under way", "try again");
    return;
  }
  job = job_new (self, g_steal_pointer (&wanted), body, key);
  hn_waiters_http_add (job->waiters, request);
  begin (job);
}

void
hn_create_http_cancel_all (HnCreateHttp *self)
{
  g_autoptr (GList) jobs = g_hash_table_get_keys (self->jobs);

  for (GList *link = jobs; link != NULL; link = link->next)
    g_cancellable_cancel (((Job *) link->data)->cancellable);
}

guint
hn_create_http_get_count (const HnCreateHttp *self)
{
  return g_hash_table_size (self->jobs);
}

HnCreateHttp *
hn_create_http_new (HnClusterHttp *cluster, HnHistory *history)
{
  HnCreateHttp *self = g_new0 (HnCreateHttp, 1);

  self->cluster = cluster;
  self->history = history;
  self->jobs = g_hash_table_new (NULL, NULL);
  self->keys = hn_idempotency_new ();
  self->random = hn_random_new_system ();
  return self;
}

void
hn_create_http_free (HnCreateHttp *self)
{
  g_autoptr (GList) jobs = NULL;

  if (self == NULL)
    return;
  jobs = g_hash_table_get_keys (self->jobs);
  for (GList *link = jobs; link != NULL; link = link->next) {
    Job *job = link->data;

    release (job);
    job->owner = NULL;
    g_cancellable_cancel (job->cancellable);
  }
  g_clear_pointer (&self->jobs, g_hash_table_unref);
  g_clear_pointer (&self->keys, hn_idempotency_free);
  g_clear_pointer (&self->random, hn_random_free);
  g_free (self);
}
