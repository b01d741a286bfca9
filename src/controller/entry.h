/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "controller/registry.h"
#include "net/route.h"

/* What the controller's front door does with a request head. Pure. */

/**
 * hn_entry_decide:
 * @registry: where sessions are
 * @config: whose forwarding is believed, and the token without which no body may be long
 * @head: the request
 * @peer: who sent it
 * @now_us: monotonic time
 * @ret_route: an initialised route: to the API, to the worker that holds the session, or a refusal
 */
void hn_entry_decide (const HnRegistry *registry, const HnConfig *config, const HnHttpHead *head, const HnPeer *peer, gint64 now_us,
                      HnRoute *ret_route);
