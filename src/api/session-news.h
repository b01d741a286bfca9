/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/worker-api.h"

/* What has changed among somebody's sessions since the last look, as events: `session.created`, `session.state`, `session.ended`. Pure. */

typedef struct _HnSessionNews HnSessionNews;

/**
 * HnSessionNewsTell:
 * @type: of the event
 * @data: (transfer full): its particulars
 * @user_data: as given
 */
typedef void (*HnSessionNewsTell) (const char *type, JsonObject *data, gpointer user_data);

/**
 * hn_session_news_new:
 * @worker_id: whose sessions
 *
 * Returns: (transfer full): somebody of whom nothing was told yet
 */
HnSessionNews *hn_session_news_new (const char *worker_id);

/**
 * hn_session_news_free:
 * @self: (nullable): what to free
 */
void hn_session_news_free (HnSessionNews *self);

/**
 * hn_session_news_look:
 * @self: somebody's sessions
 * @sessions: (element-type HnSessionReport): those that there are now
 * @known: whether sessions that are seen for the first time are old ones: then their state is told, not that they were created
 * @lost_reason: (nullable): why those that are missing ended, where they did not say it themselves
 * @tell: called for each change
 * @user_data: for @tell
 */
void hn_session_news_look (HnSessionNews *self, GPtrArray *sessions, gboolean known, const char *lost_reason, HnSessionNewsTell tell,
                           gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnSessionNews, hn_session_news_free)
