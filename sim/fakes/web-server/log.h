/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

typedef enum {
  SIM_LOG_OFF,
  SIM_LOG_ERROR,
  SIM_LOG_WARN,
  SIM_LOG_INFO,
  SIM_LOG_DEBUG,
  SIM_LOG_TRACE,
} SimLogLevel;

/**
 * sim_log_level:
 * @name: (nullable): `Off`, `Error`, `Warn`, `Info`, `Debug` or `Trace` in any case
 * @ret_level: (out): the level; untouched on failure
 *
 * Returns: whether @name is one of them
 */
gboolean sim_log_level (const char *name, SimLogLevel *ret_level);

/**
 * sim_log_open:
 * @filter: the least important level that is still written
 * @path: (nullable): a file that exists already; it is emptied and written besides stdout
 *
 * Call once, before any thread.
 *
 * Returns: whether @path could be opened
 */
gboolean sim_log_open (SimLogLevel filter, const char *path);

/** sim_log_close: closes the file of [func@sim_log_open] */
void sim_log_close (void);

/**
 * sim_log:
 * @level: how important
 * @target: the module, as the real program names it
 * @format: printf format
 *
 * Writes one line in the layout of tracing's fmt subscriber. Any thread.
 */
void sim_log (SimLogLevel level, const char *target, const char *format, ...) G_GNUC_PRINTF (3, 4);
