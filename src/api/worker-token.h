/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "base/config.h"

/* A token that lets its holder send heartbeats as one worker, and nothing else: `hnw1.<id>.<HMAC-SHA256>`, both base64url without padding,
 * keyed by the controller's `server.admin_token` over "hydraneckwebrtc worker " and the id. The controller keeps no list: who changes
 * the admin token takes all of them back, once `server.admin_token_previous` is gone too. Pure. */

/**
 * hn_worker_token_new:
 * @admin_token: the controller's
 * @worker_id: which worker: a worker's id
 *
 * Returns: (transfer full): its token
 */
char *hn_worker_token_new (const char *admin_token, const char *worker_id);

/**
 * hn_worker_token_verify:
 * @token: what a caller sent
 * @admin_token: (nullable): the controller's; without one nothing is good
 *
 * In a time that depends on the lengths only.
 *
 * Returns: (transfer full) (nullable): the id of the worker that @token is for, or %NULL when it is not one of ours
 */
char *hn_worker_token_verify (const char *token, const char *admin_token);

/**
 * hn_worker_token_admit:
 * @token: what a caller sent
 * @config: the controller's
 *
 * As hn_worker_token_verify(), for tokens of `server.admin_token` and, while tokens are changed, of the one before.
 *
 * Returns: (transfer full) (nullable): the id of the worker that @token is for
 */
char *hn_worker_token_admit (const char *token, const HnConfig *config);
