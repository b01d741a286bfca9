/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts what arrives at a body's voice port (RTP of the microphone). Pure. */
#pragma once

#include <json-glib/json-glib.h>

typedef struct {
  guint64 packets;
  guint64 bytes;
  guint64 malformed;   /* no RTP version 2, or shorter than its header says */
  guint64 lost;        /* sequence numbers that were jumped over */
  guint64 reordered;   /* sequence numbers that came late or twice */
  guint64 streams;     /* times the SSRC changed, the first included */
  guint64 with_extras; /* packets with padding, extension or contributing sources: the plain protocol has none */
  guint8 payload_type;
  guint16 sequence;
  guint32 timestamp;
  guint32 ssrc;
} SimVoice;

/**
 * sim_voice_packet:
 * @self: the counters
 * @data: a datagram
 * @length: bytes of it
 *
 * Returns: whether a stream begins with it (first packet of an SSRC)
 */
gboolean sim_voice_packet (SimVoice *self, const guint8 *data, gsize length);

/**
 * sim_voice_json:
 * @self: the counters
 *
 * Returns: (transfer full): them as an object
 */
JsonObject *sim_voice_json (const SimVoice *self);
