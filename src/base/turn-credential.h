/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Who a session or a user is to coturn, and what it shows there (`use-auth-secret`): username `expiry:user`, password base64 (HMAC-SHA1 (secret, username)). Pure. */

#define HN_TURN_USER_LENGTH 16

/**
 * hn_turn_credential_user:
 * @secret: turn.secret
 * @session_id: a session id, or another name within the worker
 *
 * Returns: (transfer full): 16 hex digits that stand for it in coturn's logs and say nothing about the id, which is a browser's key
 */
char *hn_turn_credential_user (const char *secret, const char *session_id);

/**
 * hn_turn_credential_worker_prefix:
 * @secret: turn.secret
 * @worker_id: a worker
 *
 * Returns: (transfer full): what all of this worker's secrets in a database begin with, so that a new process finds those of one that died
 */
char *hn_turn_credential_worker_prefix (const char *secret, const char *worker_id);

/**
 * hn_turn_credential_own_secret:
 * @secret: turn.secret
 * @worker_id: a worker
 * @session_id: one of its sessions
 *
 * Returns: (transfer full): this session's secret for a database
 */
char *hn_turn_credential_own_secret (const char *secret, const char *worker_id, const char *session_id);

/**
 * hn_turn_credential_username:
 * @user: a user
 * @utc_us: now
 * @ttl_us: how long it is good for
 *
 * Returns: (transfer full): `expiry:user`
 */
char *hn_turn_credential_username (const char *user, gint64 utc_us, gint64 ttl_us);

/**
 * hn_turn_credential_password:
 * @secret: what coturn knows too
 * @username: with its expiry
 *
 * Returns: (transfer full): the password that goes with it
 */
char *hn_turn_credential_password (const char *secret, const char *username);
