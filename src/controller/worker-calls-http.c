/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/worker-calls-http.h"

struct _HnWorkerCallsHttp {
  gpointer owner;
  GHashTable *under_way; /* set of HnWorkerCall, borrowed */
};

HnWorkerCall *
hn_worker_calls_http_begin (HnWorkerCallsHttp *self, HnHttpRequest *request, const char *worker_id, const char *session_id)
{
  HnWorkerCall *call = g_new0 (HnWorkerCall, 1);

  call->calls = self;
  call->owner = self->owner;
  call->request = hn_http_request_ref (request);
  call->cancellable = g_cancellable_new ();
  call->worker_id = g_strdup (worker_id);
  call->session_id = g_strdup (session_id);
  g_hash_table_add (self->under_way, call);
  return call;
}

void
hn_worker_calls_http_end (HnWorkerCall *call)
{
  if (call->calls != NULL)
    g_hash_table_remove (call->calls->under_way, call);
  hn_http_request_unref (call->request);
  g_clear_object (&call->cancellable);
  g_free (call->worker_id);
  g_free (call->session_id);
  g_free (call);
}

void
hn_worker_calls_http_cancel_all (HnWorkerCallsHttp *self)
{
  g_autoptr (GList) calls = g_hash_table_get_keys (self->under_way);

  for (GList *link = calls; link != NULL; link = link->next)
    g_cancellable_cancel (((HnWorkerCall *) link->data)->cancellable);
}

guint
hn_worker_calls_http_get_count (const HnWorkerCallsHttp *self)
{
  return g_hash_table_size (self->under_way);
}

HnWorkerCallsHttp *
hn_worker_calls_http_new (gpointer owner)
{
  HnWorkerCallsHttp *self = g_new0 (HnWorkerCallsHttp, 1);

  self->owner = owner;
  self->under_way = g_hash_table_new (NULL, NULL);
  return self;
}

void
hn_worker_calls_http_free (HnWorkerCallsHttp *self)
{
  g_autoptr (GList) calls = NULL;

  if (self == NULL)
    return;
  calls = g_hash_table_get_keys (self->under_way);
  for (GList *link = calls; link != NULL; link = link->next) {
    HnWorkerCall *call = link->data;

    call->calls = NULL;
    call->owner = NULL;
    g_cancellable_cancel (call->cancellable);
  }
  g_clear_pointer (&self->under_way, g_hash_table_unref);
  g_free (self);
}
