/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-client.h"
#include "update/minisign.h"

/* Asks a release server. Redirects are followed by hand, every answer has a limit and a deadline. */

typedef struct _HnReleaseHttp HnReleaseHttp;

/**
 * hn_release_http_new:
 * @client: outlives this
 * @base: see hn_release_check_place()
 * @channel: likewise
 * @key: (nullable): whose signature a release must bear; without one only the latest version can be asked for
 *
 * Returns: (transfer full): nothing is asked yet
 */
HnReleaseHttp *hn_release_http_new (HnHttpClient *client, const char *base, const char *channel, const HnMinisignKey *key);

/**
 * hn_release_http_free:
 * @self: (nullable): what asks for nothing at the moment
 */
void hn_release_http_free (HnReleaseHttp *self);

/**
 * hn_release_http_latest_async:
 * @self: asks
 * @cancellable: (nullable): cancels
 * @done: called once, from the loop
 * @user_data: for @done
 */
void hn_release_http_latest_async (HnReleaseHttp *self, GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data);

/**
 * hn_release_http_sum_async:
 * @self: asks
 * @version: of the release
 * @cancellable: (nullable): cancels
 * @done: called once, from the loop
 * @user_data: for @done
 *
 * Fetches SHA256SUMS and its signature, and believes neither before the signature was found to be the key's, for this version and channel.
 */
void hn_release_http_sum_async (HnReleaseHttp *self, const char *version, GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data);

/**
 * hn_release_http_text_finish:
 * @result: of hn_release_http_latest_async() or hn_release_http_sum_async()
 * @error: NOT_FOUND when the channel has no release, PROTOCOL when the answer is not to be believed, UPSTREAM, TIMEOUT
 *
 * Returns: (transfer full) (nullable): the latest version, or the verified SHA-256 of this program's file
 */
char *hn_release_http_text_finish (GAsyncResult *result, GError **error);

/**
 * hn_release_http_download_async:
 * @self: asks
 * @version: of the release
 * @sum: its verified SHA-256
 * @fd: where the bytes are written; stays open
 * @cancellable: (nullable): cancels
 * @done: called once, from the loop
 * @user_data: for @done
 */
void hn_release_http_download_async (HnReleaseHttp *self, const char *version, const char *sum, int fd, GCancellable *cancellable,
                                     GAsyncReadyCallback done, gpointer user_data);

/**
 * hn_release_http_download_finish:
 * @result: given to `done`
 * @error: PROTOCOL when the bytes are others than was promised; as above
 *
 * Returns: whether every byte is there, and right
 */
gboolean hn_release_http_download_finish (GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnReleaseHttp, hn_release_http_free)
