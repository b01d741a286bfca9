/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * SimFaults:
 * @stop_delay_ms: from a stream's end to the closing of its socket
 * @hang_before_listen: never listen
 * @pair_silent: after the PIN line nothing more is said
 * @pair_close: the connection ends after the PIN line
 * @pair_delay_ms: pause before the second line
 * @ignore_term: SIGTERM does nothing at all
 *
 * What this program does worse than it should, from `HYDRANECK_SIM_FAULT` or the file `<argv[0]>.fault`: `name` or
 * `name=number`, with commas between.
 */
typedef struct {
  guint stop_delay_ms;
  guint hang_before_listen;
  guint pair_silent;
  guint pair_close;
  guint pair_delay_ms;
  guint ignore_term;
} SimFaults;

/**
 * sim_faults_parse:
 * @text: (nullable): the variable's value
 * @ret_faults: (out): the knobs, with the real program's values where @text is silent
 * @ret_unknown: (out) (optional) (transfer full): the first name that does not exist
 *
 * Returns: whether all names exist
 */
gboolean sim_faults_parse (const char *text, SimFaults *ret_faults, char **ret_unknown);
