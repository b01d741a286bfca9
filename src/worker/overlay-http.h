/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "net/http-server.h"
#include "worker/session-io.h"

/* What the injected script is, and what it may learn of its session. */

typedef struct _HnOverlayHttp HnOverlayHttp;

/**
 * hn_overlay_http_new:
 * @config: outlives this
 *
 * Returns: (transfer full): the script with this worker's settings in it
 */
HnOverlayHttp *hn_overlay_http_new (const HnConfig *config);

/**
 * hn_overlay_http_free:
 * @self: (nullable): what to free
 */
void hn_overlay_http_free (HnOverlayHttp *self);

/**
 * hn_overlay_http_reply_script:
 * @self: the overlay
 * @request: is answered with the script
 */
void hn_overlay_http_reply_script (HnOverlayHttp *self, HnHttpRequest *request);

/**
 * hn_overlay_http_handle_context:
 * @self: the overlay
 * @request: is answered with a JSON object: `session_id` (its first 8 characters), `status`, `experience`, `district`, `body`, `head`, `body_ip` (empty when the creator
 *   did not say), `return_url`, `report_url`, `taken` (whether another page has the stream)
 * @session: its session
 *
 * A page that asks says of itself: `page`, what it calls itself, as an id; `new=1`: it has just been opened; `playing=1` or `0`: what its stream without a
 * socket does. Whoever asks is there, unless the stream was taken from it.
 */
void hn_overlay_http_handle_context (HnOverlayHttp *self, HnHttpRequest *request, HnSessionIo *session);

/**
 * hn_overlay_http_handle_bye:
 * @request: of a page that is being left, or loaded anew: `page` as above, `playing` if a stream without a socket played there
 * @session: its session
 *
 * A page that the stream was taken from is missed by nobody.
 */
void hn_overlay_http_handle_bye (HnHttpRequest *request, HnSessionIo *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnOverlayHttp, hn_overlay_http_free)
