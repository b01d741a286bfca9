/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What to do about something that went wrong: the troubleshooting of docs/runbook.md, by error text or by reason of an end. Pure. */

/**
 * hn_mend_find:
 * @error_text: (nullable): an error's first sentence; if it is known its mend is the better one
 * @reason: (nullable): why a session ended
 *
 * Returns: (nullable): one sentence
 */
const char *hn_mend_find (const char *error_text, const char *reason);
