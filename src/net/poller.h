/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

/* Many sockets as one GSource: a nested epoll fd inside a GMainContext, so that a turn of the loop costs the same with five idle
 * sockets as with five thousand. Edge triggered. One thread: that of its context. */

typedef struct _HnPoller HnPoller;
typedef struct _HnPollerWatch HnPollerWatch;

/**
 * HnPollerWatch:
 * @ready: called from the loop with EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR bits
 * @queued: the poller's own; zero at first
 *
 * Embedded as the first member by whoever watches an fd.
 */
struct _HnPollerWatch {
  void (*ready) (HnPollerWatch *watch, uint32_t events);
  gboolean queued;
};

/**
 * hn_poller_new:
 * @context: (nullable): the main context; %NULL for the default one
 *
 * Returns: (transfer full): a poller attached to @context
 */
HnPoller *hn_poller_new (GMainContext *context);

/**
 * hn_poller_free:
 * @self: (nullable): a poller without watches; runs what was deferred
 */
void hn_poller_free (HnPoller *self);

/**
 * hn_poller_add:
 * @self: a poller
 * @fd: a non-blocking socket, not owned
 * @watch: stays valid until hn_poller_remove() and one turn of the loop, see hn_poller_defer()
 *
 * Watches for reading, writing and hang-up at once, edge triggered.
 */
void hn_poller_add (HnPoller *self, int fd, HnPollerWatch *watch);

/**
 * hn_poller_remove:
 * @self: a poller
 * @fd: an fd given to hn_poller_add()
 *
 * To be called before @fd is closed. Events already fetched may still arrive in this turn: free by hn_poller_defer().
 */
void hn_poller_remove (HnPoller *self, int fd);

/**
 * hn_poller_defer:
 * @self: a poller
 * @func: what to call when all events of this turn are delivered
 * @data: its argument
 */
void hn_poller_defer (HnPoller *self, GDestroyNotify func, gpointer data);

/**
 * hn_poller_again:
 * @self: a poller
 * @watch: whose `ready` to call, with no event bits, in the next turn of the loop
 *
 * For whoever has used up its share of this turn: one fast peer must not starve the rest. Asking twice counts once a turn.
 */
void hn_poller_again (HnPoller *self, HnPollerWatch *watch);

/**
 * hn_poller_forget:
 * @self: a poller
 * @watch: will not be called any more, neither for events already fetched nor for hn_poller_again()
 */
void hn_poller_forget (HnPoller *self, HnPollerWatch *watch);

/**
 * hn_poller_has_news:
 * @self: a poller
 * @watch: a watch
 *
 * Returns: whether events for @watch were fetched in this turn and come later in it
 */
gboolean hn_poller_has_news (HnPoller *self, HnPollerWatch *watch);

/**
 * hn_poller_now_us:
 * @self: a poller
 *
 * Returns: monotonic time, read once a turn
 */
gint64 hn_poller_now_us (HnPoller *self);

/**
 * hn_poller_scratch:
 * @self: a poller
 *
 * Returns: (transfer none): %HN_LIMIT_TUNNEL_BUFFER_BYTES bytes that everyone on this poller may use between two calls of the system;
 *   nothing in them outlives the callback
 */
char *hn_poller_scratch (HnPoller *self);

/**
 * hn_poller_second_scratch:
 * @self: a poller
 *
 * Returns: (transfer none): likewise, for what is made of the bytes in the first: as many, and what sealing them adds
 */
char *hn_poller_second_scratch (HnPoller *self);

/**
 * hn_poller_get_context:
 * @self: a poller
 *
 * Returns: (transfer none): the main context it is attached to
 */
GMainContext *hn_poller_get_context (HnPoller *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPoller, hn_poller_free)
