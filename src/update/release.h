/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a release server says, and where: `{base}/hydraneckwebrtc/{channel}/latest.json` and `…/v{version}/{file}`, which may redirect. */

#define HN_RELEASE_SUMS "SHA256SUMS"
#define HN_RELEASE_SIGNATURE "SHA256SUMS.minisig"

/**
 * hn_release_check_place:
 * @base: URL of the release server, without its last slash
 * @channel: its channel
 * @error: CONFIG when @base is neither https nor http on loopback, or @channel is no word
 *
 * Returns: whether releases may come from there
 */
gboolean hn_release_check_place (const char *base, const char *channel, GError **error);

/**
 * hn_release_latest_url:
 * @base: as above
 * @channel: as above
 *
 * Returns: (transfer full): where the latest version is told
 */
char *hn_release_latest_url (const char *base, const char *channel);

/**
 * hn_release_file_url:
 * @base: as above
 * @channel: as above
 * @version: without a `v`
 * @file: its name
 *
 * Returns: (transfer full): where a file of a release is
 */
char *hn_release_file_url (const char *base, const char *channel, const char *version, const char *file);

/**
 * hn_release_redirect:
 * @base: as above
 * @from: the URL that was asked
 * @location: (nullable): what it answered
 * @error: PROTOCOL when there is no URL, or one that is not https (http on loopback, if @base is that)
 *
 * Returns: (transfer full) (nullable): the URL to ask instead
 */
char *hn_release_redirect (const char *base, const char *from, const char *location, GError **error);

/**
 * hn_release_file_name:
 *
 * Returns: (transfer none): this program's file in a release, `hydraneckwebrtc-linux-amd64` for example
 */
const char *hn_release_file_name (void);

/**
 * hn_release_parse_latest:
 * @text: (array length=length): latest.json
 * @length: bytes
 * @error: PROTOCOL
 *
 * Returns: (transfer full) (nullable): the version, without a `v`
 */
char *hn_release_parse_latest (const char *text, gsize length, GError **error);

/**
 * hn_release_find_sum:
 * @sums: (array length=length): SHA256SUMS
 * @length: bytes
 * @file: whose
 * @error: PROTOCOL when a line is none, or @file is there not once
 *
 * Returns: (transfer full) (nullable): 64 lower-case hex digits
 */
char *hn_release_find_sum (const char *sums, gsize length, const char *file, GError **error);

/**
 * hn_release_check_comment:
 * @comment: trusted comment of the signature over SHA256SUMS
 * @channel: the one that was asked
 * @version: the one that was promised
 * @error: PROTOCOL: it was made for another version or channel
 *
 * Binds the signature to the number: else an old release could be offered under a new one.
 *
 * Returns: whether it is `hydraneckwebrtc {version} {channel}`
 */
gboolean hn_release_check_comment (const char *comment, const char *channel, const char *version, GError **error);
