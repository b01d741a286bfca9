/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/session-facts.h"

/* The second part of a session's creation: web-server learns its host, pairs, the experience is launched, the application chosen.
 */

typedef struct _HnReadyIo HnReadyIo;

/* One of them comes, once, from the loop; the job may be freed in it. */
typedef struct {
  void (*chosen) (gpointer user_data);
  void (*failed) (const GError *error, gboolean is_pairing, gpointer user_data);
  void (*settled) (gpointer user_data); /* after hn_ready_io_wind_down() */
} HnReadyIoEvents;

/**
 * hn_ready_io_new:
 * @facts: the session, whose web-server answers; host, launch and stream path are noted there
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a job under way
 */
HnReadyIo *hn_ready_io_new (HnSessionFacts *facts, const HnReadyIoEvents *events, gpointer user_data);

/**
 * hn_ready_io_wind_down:
 * @self: a job
 *
 * A pairing that is cut leaves an entry in Sunshine that swallows the next client's PIN: it may finish, within a few seconds,
 * before the session is cleaned up.
 *
 * Returns: whether a pairing is under way: then `settled` follows, and no other event
 */
gboolean hn_ready_io_wind_down (HnReadyIo *self);

/**
 * hn_ready_io_free:
 * @self: (nullable): a job; what it made stays in the facts
 */
void hn_ready_io_free (HnReadyIo *self);
