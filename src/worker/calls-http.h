/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-client.h"

/* A bundle of outgoing calls that ends with its owner: once it is freed, no answer arrives any more, however the calls end. */

typedef struct _HnCallsHttp HnCallsHttp;

/* Exactly one of @reply and @error is set; both are borrowed. */
typedef void (*HnCallDone) (const HnHttpReply *reply, const GError *error, gpointer user_data);

/**
 * hn_calls_http_new:
 * @client: outlives the bundle
 *
 * Returns: (transfer full): an empty bundle
 */
HnCallsHttp *hn_calls_http_new (HnHttpClient *client);

/**
 * hn_calls_http_free:
 * @self: (nullable): a bundle; its calls are cancelled
 */
void hn_calls_http_free (HnCallsHttp *self);

/**
 * hn_calls_http_get_client:
 * @self: a bundle
 *
 * Returns: (transfer none): what it calls with
 */
HnHttpClient *hn_calls_http_get_client (HnCallsHttp *self);

/**
 * hn_calls_http_start:
 * @self: a bundle
 * @call: copied
 * @done: called once, from the loop, unless the bundle is freed before
 * @user_data: for @done
 * @free_data: (nullable): frees @user_data when it is not needed any more, whether @done was called or not
 */
void hn_calls_http_start (HnCallsHttp *self, const HnHttpCall *call, HnCallDone done, gpointer user_data,
                          GDestroyNotify free_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnCallsHttp, hn_calls_http_free)
