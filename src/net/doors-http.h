/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "net/front.h"
#include "net/service.h"

/* The front doors of a process as its configuration wants them: one for plain HTTP or HTTPS at `server.listen`, or, with `server.domain`, one for HTTPS
 * and one that answers ACME's challenges and shows everybody else the way to it. Keeps the certificate, and exchanges it while connections are open. */

typedef struct _HnDoorsHttp HnDoorsHttp;

/**
 * hn_doors_http_bind:
 * @config: outlives the doors; with `server.listen` or `server.domain`
 * @service: (nullable): may have the sockets already
 * @area: of the log: `controller` or `worker`; static
 * @error: CONFLICT when an address is taken (`cannot bind — is another hydraneckwebrtc already running?`), CONFIG, INVALID, DENIED
 *
 * Binds, and reads the certificate; accepts nobody yet.
 *
 * Returns: (transfer full) (nullable): closed doors
 */
HnDoorsHttp *hn_doors_http_bind (const HnConfig *config, HnService *service, const char *area, GError **error);

/**
 * hn_doors_http_open:
 * @self: closed doors
 * @poller: outlives the doors
 * @options: for the one with the API; its TLS is filled in
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer none): the front door that leads to the API and the sessions
 */
HnFront *hn_doors_http_open (HnDoorsHttp *self, HnPoller *poller, const HnFrontOptions *options, const HnFrontEvents *events,
                             gpointer user_data);

/**
 * hn_doors_http_free:
 * @self: (nullable): doors; everything is closed at once
 */
void hn_doors_http_free (HnDoorsHttp *self);

/**
 * hn_doors_http_get_host:
 * @self: doors
 *
 * Returns: IP literal of the door with the API, or "" for all addresses
 */
const char *hn_doors_http_get_host (HnDoorsHttp *self);

/**
 * hn_doors_http_get_port:
 * @self: doors
 *
 * Returns: port of the door with the API
 */
guint16 hn_doors_http_get_port (HnDoorsHttp *self);

/**
 * hn_doors_http_is_secure:
 * @self: doors
 *
 * Returns: whether that door speaks TLS
 */
gboolean hn_doors_http_is_secure (HnDoorsHttp *self);

/**
 * hn_doors_http_stop_accepting:
 * @self: open doors; what is open goes on
 */
void hn_doors_http_stop_accepting (HnDoorsHttp *self);

/**
 * hn_doors_http_reload:
 * @self: open doors; reads the certificate again, which serves from then on if it is good
 */
void hn_doors_http_reload (HnDoorsHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnDoorsHttp, hn_doors_http_free)
