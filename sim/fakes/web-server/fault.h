/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * SimFaults:
 *
 * What this program does worse than it should: the rows of faults-list.h. The text is `name` or `name=number`, with commas between; a
 * later word wins over an earlier one.
 */
typedef struct {
#define FAULT(field, name, value, what) guint field;
#include "sim/fakes/web-server/faults-list.h"
#undef FAULT
} SimFaults;

/**
 * sim_faults_parse:
 * @text: (nullable): the words
 * @ret_faults: (out): the knobs, with the real program's values where @text is silent
 * @ret_unknown: (out) (optional) (transfer full): the first name that does not exist
 *
 * Returns: whether all names exist
 */
gboolean sim_faults_parse (const char *text, SimFaults *ret_faults, char **ret_unknown);
