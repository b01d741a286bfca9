/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/session-news.h"
#include "controller/registry.h"

/* What has changed at the workers and among their sessions since the last look, as events: those of api/session-news, and `worker.joined`,
 * `worker.state`, `worker.drained`. Pure. */

typedef struct _HnWorkerNews HnWorkerNews;

/**
 * hn_worker_news_new:
 * @tell: called for each change
 * @user_data: for @tell
 *
 * Returns: (transfer full): nothing told yet
 */
HnWorkerNews *hn_worker_news_new (HnSessionNewsTell tell, gpointer user_data);

/**
 * hn_worker_news_free:
 * @self: (nullable): what to free
 */
void hn_worker_news_free (HnWorkerNews *self);

/**
 * hn_worker_news_look:
 * @self: what was told
 * @registry: what is so now
 * @worker_id: of whom; one that the registry does not know any more is gone, with its sessions
 * @lost_reason: (nullable): why sessions of it that are missing ended, where they did not say it themselves
 * @now_us: monotonic time
 */
void hn_worker_news_look (HnWorkerNews *self, const HnRegistry *registry, const char *worker_id, const char *lost_reason, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWorkerNews, hn_worker_news_free)
