/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-server.h"

/* Requests about one session that its worker answers: which are under way, for whom, and what becomes of them when their owner goes. */

typedef struct _HnWorkerCallsHttp HnWorkerCallsHttp;

/* One of them, until hn_worker_calls_http_end(). */
typedef struct {
  HnWorkerCallsHttp *calls; /* NULL when they are gone, */
  gpointer owner;           /* and so is this: what comes back changes nothing any more */
  HnHttpRequest *request;
  GCancellable *cancellable;
  char *worker_id;
  char *session_id;
} HnWorkerCall;

/**
 * hn_worker_calls_http_new:
 * @owner: what `owner` of each is
 *
 * Returns: (transfer full): none under way
 */
HnWorkerCallsHttp *hn_worker_calls_http_new (gpointer owner);

/**
 * hn_worker_calls_http_free:
 * @self: (nullable): what to free; those under way are cancelled, lose their `owner`, and are ended by who is called back
 */
void hn_worker_calls_http_free (HnWorkerCallsHttp *self);

/**
 * hn_worker_calls_http_begin:
 * @self: calls
 * @request: who asks; kept until the end
 * @worker_id: who is asked
 * @session_id: about what
 *
 * Returns: (transfer full): one more
 */
HnWorkerCall *hn_worker_calls_http_begin (HnWorkerCallsHttp *self, HnHttpRequest *request, const char *worker_id, const char *session_id);

/**
 * hn_worker_calls_http_end:
 * @call: (transfer full): one whose request has been answered
 */
void hn_worker_calls_http_end (HnWorkerCall *call);

/**
 * hn_worker_calls_http_cancel_all:
 * @self: calls
 */
void hn_worker_calls_http_cancel_all (HnWorkerCallsHttp *self);

/**
 * hn_worker_calls_http_get_count:
 * @self: calls
 *
 * Returns: how many are under way
 */
guint hn_worker_calls_http_get_count (const HnWorkerCallsHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWorkerCallsHttp, hn_worker_calls_http_free)
