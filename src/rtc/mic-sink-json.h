/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a session says to a microphone (docs/mic.md, "What is where"), as webrtcbin wants it. Pure; for rtc/mic-sink. */

/**
 * hn_mic_sink_base:
 * @stream_url: `http(s)://HOST/session/ID/stream.html?…`, or any other address below `/session/ID/`
 *
 * Returns: (transfer full) (nullable): `http(s)://HOST/session/ID/`; NULL if it is no address of a session
 */
char *hn_mic_sink_base (const char *stream_url);

typedef struct {
  char **turn_servers; /* in webrtcbin's form, `turn://user:credential@host:port?transport=udp`; may be empty */
  gboolean relay;      /* media must go through one of them */
} HnMicSinkIce;

/**
 * hn_mic_sink_read_ice:
 * @text: the answer to `GET ice`
 * @length: bytes
 * @ret_ice: (out): what hn_mic_sink_ice_clear() frees; nothing after an error
 * @error: INVALID naming the field
 *
 * Servers other than TURN's, and TURN's without a name or a password, are passed over.
 *
 * Returns: whether it could be read
 */
gboolean hn_mic_sink_read_ice (const char *text, gsize length, HnMicSinkIce *ret_ice, GError **error);

/**
 * hn_mic_sink_ice_clear:
 * @ice: its strings are freed, itself is not
 */
void hn_mic_sink_ice_clear (HnMicSinkIce *ice);

/**
 * hn_mic_sink_read_refusal:
 * @text: the body of an answer that is none of 2xx
 * @length: bytes
 *
 * Returns: (transfer full) (nullable): the other end's own words, if it has any
 */
char *hn_mic_sink_read_refusal (const char *text, gsize length);
