/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTP version 2: 12 bytes, then contributing sources and an extension, which the voice protocol does not have. A sequence
 * number less than half the circle ahead counts the ones between as lost; anything else came late. */
#include "sim/fakes/body/voice.h"

#define HEADER_BYTES 12

static void
count_sequence (SimVoice *self, guint16 sequence)
{
  guint16 step = (guint16)(sequence - self->sequence);

  if (step == 0 || step >= 0x8000) {
    self->reordered++;
    return;
  }
  self->lost += step - 1u;
  self->sequence = sequence;
}

gboolean
sim_voice_packet (SimVoice *self, const guint8 *data, gsize length)
{
  guint32 ssrc;
  guint16 sequence;
  gboolean begins;

  if (length < HEADER_BYTES || data[0] >> 6 != 2 || length < HEADER_BYTES + 4u * (data[0] & 0x0f)) {
    self->malformed++;
    return FALSE;
  }
  sequence = (guint16)(data[2] << 8 | data[3]);
  ssrc = (guint32)data[8] << 24 | (guint32)data[9] << 16 | (guint32)data[10] << 8 | data[11];
  begins = self->packets == 0 || ssrc != self->ssrc;
  if (begins) {
    self->streams++;
    self->ssrc = ssrc;
    self->sequence = sequence;
  } else {
    count_sequence (self, sequence);
  }
  self->packets++;
  self->bytes += length;
  self->with_extras += (data[0] & 0x3f) != 0 ? 1 : 0;
  self->payload_type = data[1] & 0x7f;
  self->timestamp = (guint32)data[4] << 24 | (guint32)data[5] << 16 | (guint32)data[6] << 8 | data[7];
  return begins;
}

JsonObject *
sim_voice_json (const SimVoice *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "packets", (gint64)self->packets);
  json_object_set_int_member (object, "bytes", (gint64)self->bytes);
  json_object_set_int_member (object, "malformed", (gint64)self->malformed);
  json_object_set_int_member (object, "lost", (gint64)self->lost);
  json_object_set_int_member (object, "reordered", (gint64)self->reordered);
  json_object_set_int_member (object, "streams", (gint64)self->streams);
  json_object_set_int_member (object, "with_extras", (gint64)self->with_extras);
  json_object_set_int_member (object, "payload_type", self->payload_type);
  json_object_set_int_member (object, "sequence", self->sequence);
  json_object_set_int_member (object, "timestamp", self->timestamp);
  json_object_set_int_member (object, "ssrc", self->ssrc);
  return object;
}
