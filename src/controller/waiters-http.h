/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-server.h"

/* The callers who wait for one answer. */

typedef struct _HnWaitersHttp HnWaitersHttp;

/**
 * hn_waiters_http_new:
 * @all_left: called when the last of them leaves unanswered; perhaps from inside hn_waiters_http_add(), if he has left already. Frees
 *   nothing: the answer is still to be given
 * @user_data: for @all_left
 *
 * Returns: (transfer full): nobody
 */
HnWaitersHttp *hn_waiters_http_new (void (*all_left) (gpointer user_data), gpointer user_data);

/**
 * hn_waiters_http_free:
 * @self: (nullable): who was answered
 */
void hn_waiters_http_free (HnWaitersHttp *self);

/**
 * hn_waiters_http_add:
 * @self: the waiters
 * @request: one more, answered later
 */
void hn_waiters_http_add (HnWaitersHttp *self, HnHttpRequest *request);

/**
 * hn_waiters_http_get_base_url:
 * @self: the waiters, at least one
 *
 * Returns: how the first of them addressed us
 */
const char *hn_waiters_http_get_base_url (HnWaitersHttp *self);

/**
 * hn_waiters_http_set_header:
 * @self: the waiters
 * @name: response field
 * @value: its value, the same for all
 */
void hn_waiters_http_set_header (HnWaitersHttp *self, const char *name, const char *value);

/**
 * hn_waiters_http_reply:
 * @self: the waiters
 * @status: HTTP status
 * @json: the body, the same for all
 */
void hn_waiters_http_reply (HnWaitersHttp *self, guint status, const char *json);
