/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* How creates went during the last hour, for the dashboard's small curves: a ring of short spans. Pure. */

typedef struct _HnHistory HnHistory;

/**
 * hn_history_new:
 *
 * Returns: (transfer full): an hour in which nothing happened
 */
HnHistory *hn_history_new (void);

/**
 * hn_history_free:
 * @self: (nullable): what to free
 */
void hn_history_free (HnHistory *self);

/**
 * hn_history_create:
 * @self: the last hour
 * @status: what a create was answered; 0: nobody waited any more
 * @took_us: since it came
 * @now_us: monotonic time
 */
void hn_history_create (HnHistory *self, guint status, gint64 took_us, gint64 now_us);

/**
 * hn_history_to_json:
 * @self: the last hour
 * @now_us: monotonic time
 *
 * Returns: (transfer full): `{"span_seconds":20,"created":[…],"failed":[…],"median_ms":[…],"slowest_ms":[…]}`, oldest first, HN_HISTORY_SPANS of each;
 *   a span without a created session has no duration: null
 */
JsonObject *hn_history_to_json (HnHistory *self, gint64 now_us);

#define HN_HISTORY_SPANS 180
#define HN_HISTORY_SPAN_SECONDS 20

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHistory, hn_history_free)
