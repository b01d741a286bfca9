/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An HTTP client of one server: a connection that is kept, one call at a time. A kept connection that turns out to be gone before a byte of
 * the answer came is replaced once. */
#pragma once

#include "sim/fakes/swarm/link-tcp.h"

typedef struct SimCaller SimCaller;

/* From the loop, once for each call; @status 0: no answer came. @body is not NUL-terminated and dies with the call. */
typedef void (*SimCallerDone) (guint status, const char *body, gsize length, gpointer user);

typedef struct {
  char *host; /* IPv4 literal */
  guint16 port;
} SimTarget;

/**
 * sim_target_parse:
 * @url: `http://ADDRESS[:PORT]`, a path behind it is left out
 * @ret_target: (out): where it leads; clear it
 * @ret_path: (out) (optional) (transfer full): path and query
 * @error: names the URL
 *
 * Returns: whether it is such a URL
 */
gboolean sim_target_parse (const char *url, SimTarget *ret_target, char **ret_path, GError **error);

/**
 * sim_target_clear:
 * @self: a target; what it holds is freed
 */
void sim_target_clear (SimTarget *self);

/**
 * sim_caller_new:
 * @poller: outlives it
 * @target: outlives it
 *
 * Returns: (transfer full): a client without a connection
 */
SimCaller *sim_caller_new (HnPoller *poller, const SimTarget *target);

/**
 * sim_caller_free:
 * @self: (nullable) (transfer full): a client; a call under way is not told its end
 */
void sim_caller_free (SimCaller *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimCaller, sim_caller_free)

/**
 * sim_caller_call:
 * @self: a client without a call under way
 * @method: method
 * @path: path and query
 * @token: (nullable): bearer token
 * @body: (nullable): JSON text
 * @done: what to do with the answer
 * @user: for @done
 */
void sim_caller_call (SimCaller *self, const char *method, const char *path, const char *token, const char *body,
                      SimCallerDone done, gpointer user);

/**
 * sim_caller_give_up:
 * @self: a client
 *
 * Closes its connection; a call under way ends without an answer, from the loop.
 */
void sim_caller_give_up (SimCaller *self);

/**
 * sim_caller_bytes:
 * @self: a client
 *
 * Returns: bytes of bodies that came so far
 */
guint64 sim_caller_bytes (const SimCaller *self);
