/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* One line per happening, on stderr or in the journal: time, level, [area], what happened, then key=value. The areas are the runbook's log prefixes
 * (`[controller]`, `[worker]`, `[session 3f9c2a11]`, …). Only `-main` and `-http` files log above debug. Never a secret. */

typedef enum { HN_LOG_DEBUG, HN_LOG_INFO, HN_LOG_WARNING, HN_LOG_ERROR } HnLogLevel;

/**
 * hn_log_open:
 * @lowest: lines below this level are dropped
 *
 * To be called once, before any thread. Routes GLib's own messages to the same place.
 */
void hn_log_open (HnLogLevel lowest);

/**
 * hn_log_to_journal:
 * @path: socket of the journal, usually `/run/systemd/journal/socket`
 *
 * From now on lines go there as fields: MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, SESSION= (first 8 characters) and WORKER=. A line that it does not take
 * goes to stderr. To be called before any thread.
 */
void hn_log_to_journal (const char *path);

/**
 * hn_log_set_worker:
 * @worker_id: (nullable): the worker that we are: WORKER= of every line in the journal. Without it, it is what `worker=` says in a line.
 */
void hn_log_set_worker (const char *worker_id);

/**
 * hn_log_set_lowest:
 * @lowest: lines below this level are dropped from now on
 */
void hn_log_set_lowest (HnLogLevel lowest);

/**
 * hn_log_wants:
 * @level: severity
 *
 * Returns: whether a line of it would be written, for those whose words cost something
 */
gboolean hn_log_wants (HnLogLevel level);

/**
 * hn_log_level_from_text:
 * @text: "debug", "info", "warning" or "error"
 * @ret_level: (out): the level
 *
 * Returns: whether @text names a level
 */
gboolean hn_log_level_from_text (const char *text, HnLogLevel *ret_level);

/**
 * hn_log:
 * @level: severity
 * @area: the prefix without brackets, e.g. "worker" or "pairing"
 * @session_id: (nullable): a session id; its first 8 characters are printed as `session=`, or in the prefix if @area is "session"
 * @format: printf format, one line; control characters in the result are escaped
 */
void hn_log (HnLogLevel level, const char *area, const char *session_id, const char *format, ...) G_GNUC_PRINTF (4, 5);

#define hn_debug(area, session_id, ...) hn_log (HN_LOG_DEBUG, area, session_id, __VA_ARGS__)
#define hn_info(area, session_id, ...) hn_log (HN_LOG_INFO, area, session_id, __VA_ARGS__)
#define hn_warning(area, session_id, ...) hn_log (HN_LOG_WARNING, area, session_id, __VA_ARGS__)
#define hn_error(area, session_id, ...) hn_log (HN_LOG_ERROR, area, session_id, __VA_ARGS__)
