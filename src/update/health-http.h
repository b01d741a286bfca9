/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-client.h"

/* What a role on this machine says of itself. */

typedef struct {
  char *version;
  gint64 process_id;
  guint sessions;
} HnHealthAnswer;

/**
 * hn_health_answer_free:
 * @self: (nullable): what to free
 */
void hn_health_answer_free (HnHealthAnswer *self);

/**
 * hn_health_http_ask_async:
 * @client: asks
 * @url: `http://127.0.0.1:47990` and the like, without a path
 * @cancellable: (nullable): cancels
 * @done: called once, from the loop
 * @user_data: for @done
 */
void hn_health_http_ask_async (HnHttpClient *client, const char *url, GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data);

/**
 * hn_health_http_ask_finish:
 * @result: given to `done`
 * @error: when nobody answers, or not as a role does
 *
 * Returns: (transfer full) (nullable): the answer
 */
HnHealthAnswer *hn_health_http_ask_finish (GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHealthAnswer, hn_health_answer_free)
