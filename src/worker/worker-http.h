/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/event-stream.h"
#include "net/http-server.h"
#include "net/route.h"
#include "worker/mic-io.h"
#include "worker/sessions-io.h"
#include "worker/turn-health.h"

/* The API of a worker, and what the front door does with each request. */

typedef struct _HnWorkerHttp HnWorkerHttp;

typedef struct {
  const HnConfig *config;
  const char *api_token;  /* besides server.admin_token */
  HnSessionsIo *sessions;
  HnMicIo *mics;
  HnEventStream *events;
  GArray *trusted;        /* of HnNetwork: whose X-Forwarded-* are believed */
  gint64 started_us;      /* monotonic */
  HnWorkerReport *(*report) (gpointer user_data); /* (transfer full): the worker and its sessions */
  HnTurnView (*turn_view) (gpointer user_data);   /* do relays work? */
  void (*rated) (HnSessionIo *session, guint rating, gpointer user_data); /* for the first time, or anew */
  void (*beat) (gpointer user_data); /* the controller wants to hear from us now */
  gpointer user_data;
} HnWorkerHttpWorld;

/**
 * hn_worker_http_new:
 * @world: copied; what it points to outlives this
 *
 * Returns: (transfer full): the API
 */
HnWorkerHttp *hn_worker_http_new (const HnWorkerHttpWorld *world);

/**
 * hn_worker_http_free:
 * @self: (nullable): an API whose front door is gone
 */
void hn_worker_http_free (HnWorkerHttp *self);

/**
 * hn_worker_http_get_soup:
 * @self: an API
 *
 * Returns: (transfer none): for the front door
 */
SoupServer *hn_worker_http_get_soup (HnWorkerHttp *self);

/**
 * hn_worker_http_route:
 * @self: an API
 * @head: a request
 * @peer: who sent it
 * @ret_route: (inout): an initialised route
 */
void hn_worker_http_route (HnWorkerHttp *self, const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWorkerHttp, hn_worker_http_free)
