/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/worker-api.h"
#include "net/http-client.h"

/* Tells the controller about this worker. */

typedef struct _HnHeartbeatHttp HnHeartbeatHttp;

typedef struct {
  /* (transfer full): what is to be told now */
  HnWorkerReport *(*report) (gpointer user_data);
  /* after hn_heartbeat_http_leave(): the last one was answered, or failed; @user_data may free the heartbeat later only */
  void (*left) (gpointer user_data);
  /* each time that the controller has answered: whether this worker drains, and when what it has is to be ended (from now, or HN_NEVER) */
  void (*drain) (gboolean drain, gint64 left_us, gpointer user_data);
} HnHeartbeatHttpEvents;

/**
 * hn_heartbeat_http_new:
 * @client: outlives the heartbeat
 * @controller_url: without a final slash
 * @token: (nullable): the controller's
 * @period_us: between two beats when nothing changes
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a heartbeat; the first goes out at once
 */
HnHeartbeatHttp *hn_heartbeat_http_new (HnHttpClient *client, const char *controller_url, const char *token, gint64 period_us,
                                        const HnHeartbeatHttpEvents *events, gpointer user_data);

/**
 * hn_heartbeat_http_changed:
 * @self: (nullable): a heartbeat
 *
 * Something changed: beat at once.
 */
void hn_heartbeat_http_changed (HnHeartbeatHttp *self);

/**
 * hn_heartbeat_http_set_token:
 * @self: (nullable): a heartbeat
 * @token: (nullable): the controller's, from the next beat on
 */
void hn_heartbeat_http_set_token (HnHeartbeatHttp *self, const char *token);

/**
 * hn_heartbeat_http_leave:
 * @self: (nullable): a heartbeat
 *
 * Tells the controller once more, and for the last time, that this worker ends and has no sessions; then `left` is called.
 *
 * Returns: whether there is somebody to tell
 */
gboolean hn_heartbeat_http_leave (HnHeartbeatHttp *self);

/**
 * hn_heartbeat_http_free:
 * @self: (nullable): what to free
 */
void hn_heartbeat_http_free (HnHeartbeatHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHeartbeatHttp, hn_heartbeat_http_free)
