/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One fake browser: fetches the stream page and its assets over one connection, opens the stream socket over another, keeps traffic on it and
 * closes it. No media: as far as a socket goes. */
#pragma once

#include "sim/fakes/swarm/agenda-io.h"
#include "sim/fakes/swarm/caller-tcp.h"
#include "sim/fakes/swarm/stats.h"

typedef struct SimBrowser SimBrowser;

/* What browsers share. None of the functions comes from inside a call of the owner. */
typedef struct {
  HnPoller *poller;
  SimAgenda *agenda;
  SimStats *rtt;      /* of every ping of every browser */
  SimStats *opening;  /* page asked for to socket open */
  guint up_kbit;      /* what each sends, besides pings */
  guint down_kbit;    /* what each asks a fake worker for; others do not know the parameter */
  guint ping_ms;
  gboolean need_pong; /* it is live when its first ping came back, not already when its socket is open */
  gint64 timeout_us;  /* for each step until it is live */
  void (*live) (SimBrowser *browser, gpointer user);
  void (*ended) (SimBrowser *browser, gpointer user); /* once; see sim_browser_failure() */
  gpointer user;
} SimBrowserShared;

typedef struct {
  guint64 requests, bytes_down, bytes_up, messages;
} SimBrowserCounts;

/**
 * sim_browser_new:
 * @shared: outlives it
 * @url: the stream page
 * @error: it is no `http://ADDRESS:PORT/…`
 *
 * Returns: (transfer full) (nullable): a browser that has begun
 */
SimBrowser *sim_browser_new (const SimBrowserShared *shared, const char *url, GError **error);

/**
 * sim_browser_free:
 * @self: (nullable) (transfer full): a browser; its connections are closed
 */
void sim_browser_free (SimBrowser *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimBrowser, sim_browser_free)

/**
 * sim_browser_close:
 * @self: a browser that is live
 *
 * It leaves in good order; `ended` follows.
 */
void sim_browser_close (SimBrowser *self);

/**
 * sim_browser_failure:
 * @self: a browser
 *
 * Returns: (nullable): what went wrong, in a few words that are the same for all whom it happens to
 */
const char *sim_browser_failure (const SimBrowser *self);

/**
 * sim_browser_counts:
 * @self: a browser
 *
 * Returns: what it moved
 */
SimBrowserCounts sim_browser_counts (const SimBrowser *self);
