/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/registry.h"
#include "net/route.h"

/* What the controller's front door does with a request head. Pure. */

/**
 * hn_entry_decide:
 * @registry: where sessions are
 * @trusted_proxies: (nullable) (element-type HnNetwork): `server.trusted_proxies`
 * @head: the request
 * @peer: who sent it
 * @now_us: monotonic time
 * @ret_route: an initialised route: to the API, to the worker that holds the session, or a refusal
 */
void hn_entry_decide (const HnRegistry *registry, GArray *trusted_proxies, const HnHttpHead *head, const HnPeer *peer, gint64 now_us,
                      HnRoute *ret_route);
