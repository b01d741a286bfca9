/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-edit.h"
#include "net/upstream.h"

/* One request on its way to an upstream and its response on the way back. It holds at most one buffer of %HN_LIMIT_PROXY_BUFFER_BYTES per
 * direction: it reads from one side only when the other has taken everything. It never calls its owner but to say that it wants to run;
 * what became of it is the return value of running. */

typedef struct _HnProxy HnProxy;

typedef enum {
  HN_PROXY_RUNNING,    /* nothing to do but to wait */
  HN_PROXY_DONE_KEEP,  /* the response is with the client's wire, which may carry another request when it is flushed */
  HN_PROXY_DONE_CLOSE, /* likewise, but the client's connection ends with it */
  HN_PROXY_FAILED,     /* nothing went to the client yet: answer with hn_proxy_get_failure() */
  HN_PROXY_CUT,        /* the client has a part of the response and will not get the rest: reset it */
  HN_PROXY_UPGRADED,   /* 101 is with the client's wire: join it with hn_proxy_steal_upstream() */
} HnProxyResult;

typedef struct {
  guint status;        /* to answer; 0 when it is the client's own doing */
  const char *error;   /* first sentence of the answer */
  const char *what;    /* (nullable): what the upstream did, for answer and log */
} HnProxyFailure;

typedef struct {
  gint64 connect_us;
  gint64 upstream_us; /* to its head, and between two pieces of its body */
  gint64 body_us;     /* between two pieces of the client's body */
  gint64 send_us;     /* for the client to take something */
  gint64 pace_us;     /* a window of net/pace for the client */
} HnProxyTimeouts;

/**
 * hn_proxy_new:
 * @poller: outlives the proxy
 * @pool: outlives the proxy
 * @client: the client's connection, borrowed; the request's head is the first of its unread bytes, and is consumed
 * @request: that head
 * @head_bytes: its length
 * @route: (transfer full): of kind PROXY; moved away and cleared
 * @timeouts: outlive the proxy
 * @wake: called from the loop when hn_proxy_run() should be called
 * @user_data: for @wake
 *
 * Returns: (transfer full): a request that begins with the first hn_proxy_run()
 */
HnProxy *hn_proxy_new (HnPoller *poller, HnUpstreamPool *pool, HnWire *client, const HnHttpHead *request, gsize head_bytes,
                       HnRoute *route, const HnProxyTimeouts *timeouts, void (*wake) (gpointer user_data), gpointer user_data);

/**
 * hn_proxy_free:
 * @self: (nullable): a request; if it is under way its upstream is closed at once
 */
void hn_proxy_free (HnProxy *self);

/**
 * hn_proxy_run:
 * @self: a request
 *
 * Does what can be done now, within this turn's share.
 *
 * Returns: what became of it; after anything but RUNNING it is to be freed
 */
HnProxyResult hn_proxy_run (HnProxy *self);

/**
 * hn_proxy_get_deadline:
 * @self: a request
 *
 * Returns: when hn_proxy_expire() is due
 */
gint64 hn_proxy_get_deadline (HnProxy *self);

/**
 * hn_proxy_expire:
 * @self: a request whose deadline has passed
 *
 * Returns: FAILED or CUT; RUNNING when a second look shows that the client does take something
 */
HnProxyResult hn_proxy_expire (HnProxy *self);

/**
 * hn_proxy_get_failure:
 * @self: a request that FAILED or was CUT
 *
 * Returns: (transfer none): why
 */
const HnProxyFailure *hn_proxy_get_failure (HnProxy *self);

/**
 * hn_proxy_get_tag:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): its route's tag
 */
const char *hn_proxy_get_tag (HnProxy *self);

/**
 * hn_proxy_steal_upstream:
 * @self: a request that was UPGRADED
 *
 * Returns: (transfer full): the connection to the upstream
 */
HnWire *hn_proxy_steal_upstream (HnProxy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnProxy, hn_proxy_free)
