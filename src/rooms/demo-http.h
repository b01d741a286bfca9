/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "net/http-server.h"

/* What browsers load from a process of rooms: the script `client.js`, always; and, where `rooms.demo` names rooms for guests, a page for video calls and the tokens of its guests. */

typedef struct _HnDemoHttp HnDemoHttp;

/**
 * hn_demo_http_new:
 * @config: outlives it
 *
 * Returns: (transfer full): pages without a socket
 */
HnDemoHttp *hn_demo_http_new (const HnConfig *config);

/**
 * hn_demo_http_free:
 * @self: (nullable): what to free
 */
void hn_demo_http_free (HnDemoHttp *self);

/**
 * hn_demo_http_reply_script:
 * @self: pages
 * @request: `GET /webrtc/client.js`
 *
 * For pages of any origin: the script holds nothing.
 */
void hn_demo_http_reply_script (HnDemoHttp *self, HnHttpRequest *request);

/**
 * hn_demo_http_reply_asset:
 * @self: pages
 * @request: `GET /webrtc/demo`, `/webrtc/demo.js` or `/webrtc/demo.css`; 404 without `rooms.demo`
 */
void hn_demo_http_reply_asset (HnDemoHttp *self, HnHttpRequest *request);

/**
 * hn_demo_http_reply_token:
 * @self: pages
 * @request: `POST /webrtc/demo/token` with `{"name":"Ann"}`; 404 without `rooms.demo`
 *
 * Answers `{"token":"…","expires_in":43200}`: a new guest each time.
 */
void hn_demo_http_reply_token (HnDemoHttp *self, HnHttpRequest *request);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnDemoHttp, hn_demo_http_free)
