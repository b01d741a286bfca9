/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Which logs of ended sessions are kept: the youngest, up to a number, an age and a size. Pure. */

typedef struct {
  char *name;       /* `<first 8 of the id>-<time>` */
  gint64 ended_us;  /* UTC */
  gsize bytes;
} HnEndedLog;

/**
 * hn_ended_name:
 * @session_id: a session
 * @utc_us: now
 *
 * Returns: (transfer full): name of its folder
 */
char *hn_ended_name (const char *session_id, gint64 utc_us);

/**
 * hn_ended_parse:
 * @name: a name
 *
 * Returns: (transfer full) (nullable): a log of 0 bytes, %NULL when it is no name of ours
 */
HnEndedLog *hn_ended_parse (const char *name);

/**
 * hn_ended_log_free:
 * @self: (nullable): a log
 */
void hn_ended_log_free (HnEndedLog *self);

/**
 * hn_ended_surplus:
 * @logs: (element-type HnEndedLog): all there are; is sorted, youngest first
 * @utc_us: now
 * @max_age_us: how old one may be
 *
 * Returns: index of the first that must go; it and all behind it
 */
guint hn_ended_surplus (GPtrArray *logs, gint64 utc_us, gint64 max_age_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnEndedLog, hn_ended_log_free)
