/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What hydrabody on a body is told. Pure. */

/**
 * hn_hydrabody_json_launch:
 * @experience: (nullable): its name
 * @exe_path: what to start, a Windows path
 * @session_id: for whom
 *
 * Returns: (transfer full): body of POST /api/v1/launch
 */
char *hn_hydrabody_json_launch (const char *experience, const char *exe_path, const char *session_id);

/**
 * hn_hydrabody_json_stop:
 * @experience: (nullable): its name
 * @exe_path: what was started
 * @session_id: for whom
 *
 * Returns: (transfer full): body of POST /api/v1/stop
 */
char *hn_hydrabody_json_stop (const char *experience, const char *exe_path, const char *session_id);
