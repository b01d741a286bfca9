/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/session-facts.h"

/* Everything that must go when a session ends: the running app, the experience, the processes, the pairing, the directory. */

typedef struct _HnCleanUpIo HnCleanUpIo;

typedef struct {
  /* Comes once, from the loop; the job may be freed in it. */
  void (*cleaned) (gpointer user_data);
  /* Comes once at most, before it: Sunshine could not be told, somebody must try again later. */
  void (*unpair_later) (gpointer user_data);
} HnCleanUpIoEvents;

/**
 * hn_clean_up_io_new:
 * @facts: the session; what is gone is taken from there
 * @until_us: when to stop waiting for neighbours, monotonic
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a job that begins in the next turn of the loop
 */
HnCleanUpIo *hn_clean_up_io_new (HnSessionFacts *facts, gint64 until_us, const HnCleanUpIoEvents *events, gpointer user_data);

/**
 * hn_clean_up_io_process_ended:
 * @self: a job
 *
 * The session's process has ended and was taken from the facts.
 */
void hn_clean_up_io_process_ended (HnCleanUpIo *self);

/**
 * hn_clean_up_io_force:
 * @self: a job that takes too long
 *
 * Nobody is asked any more: what runs is killed, the rest removed.
 */
void hn_clean_up_io_force (HnCleanUpIo *self);

/**
 * hn_clean_up_io_free:
 * @self: (nullable): a job
 */
void hn_clean_up_io_free (HnCleanUpIo *self);
