/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/session-facts.h"

/* The first part of a session's creation: is the body there, make the directory, start web-server, wait until it answers. */

typedef struct _HnStartIo HnStartIo;

/* One of them comes, once, from the loop; the job may be freed in it. */
typedef struct {
  void (*answers) (gpointer user_data);
  void (*failed) (const GError *error, gpointer user_data);
} HnStartIoEvents;

/**
 * hn_start_io_new:
 * @facts: the session; directory, process and rtt are noted there
 * @process_events: for the process
 * @events: static
 * @user_data: for both
 *
 * Returns: (transfer full): a job under way
 */
HnStartIo *hn_start_io_new (HnSessionFacts *facts, const HnProcessEvents *process_events, const HnStartIoEvents *events,
                            gpointer user_data);

/**
 * hn_start_io_free:
 * @self: (nullable): a job; what it made stays in the facts
 */
void hn_start_io_free (HnStartIo *self);
