/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/mic-report.h"

#include "base/json.h"
#include "base/limits.h"

static const struct {
  const char *name;
  gsize offset;
} numbers[] = {
  { "packets", G_STRUCT_OFFSET (HnMicReport, packets) },
  { "bytes", G_STRUCT_OFFSET (HnMicReport, bytes) },
  { "lost", G_STRUCT_OFFSET (HnMicReport, lost) },
  { "late", G_STRUCT_OFFSET (HnMicReport, late) },
  { "duplicates", G_STRUCT_OFFSET (HnMicReport, duplicates) },
  { "refused", G_STRUCT_OFFSET (HnMicReport, refused) },
  { "unreachable", G_STRUCT_OFFSET (HnMicReport, unreachable) },
  { "jitter_us", G_STRUCT_OFFSET (HnMicReport, jitter_us) },
};

HnMicReport *
hn_mic_report_copy (const HnMicReport *self)
{
  HnMicReport *copy;

  if (self == NULL)
    return NULL;
  copy = g_memdup2 (self, sizeof *self);
  copy->state = g_strdup (self->state);
  copy->end_reason = g_strdup (self->end_reason);
  return copy;
}

JsonObject *
hn_mic_report_to_json (const HnMicReport *self)
{
  JsonObject *object = json_object_new ();

  hn_json_set_text (object, "state", self->state);
  hn_json_set_text (object, "end_reason", self->end_reason);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    json_object_set_int_member (object, numbers[i].name, G_STRUCT_MEMBER (gint64, self, numbers[i].offset));
  if (self->last_packet_age_us >= 0)
    json_object_set_int_member (object, "last_packet_age_ms", self->last_packet_age_us / 1000);
  return object;
}

HnMicReport *
hn_mic_report_from_json (JsonObject *object, GError **error)
{
  g_autoptr (HnMicReport) self = g_new0 (HnMicReport, 1);
  const char *state = NULL, *end_reason = NULL;
  gint64 age_ms = -1;

  if (!hn_json_get_text (object, "state", HN_LIMIT_TEXT_BYTES, TRUE, &state, error)
      || !hn_json_get_text (object, "end_reason", HN_LIMIT_TEXT_BYTES, FALSE, &end_reason, error))
    return NULL;
  self->state = g_strdup (state);
  self->end_reason = g_strdup (end_reason);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (!hn_json_get_int (object, numbers[i].name, 0, G_MAXINT64, FALSE, &G_STRUCT_MEMBER (gint64, self, numbers[i].offset), error))
      return NULL;
  if (!hn_json_get_int (object, "last_packet_age_ms", 0, G_MAXINT32, FALSE, &age_ms, error))
    return NULL;
  self->last_packet_age_us = age_ms >= 0 ? age_ms * 1000 : -1;
  return g_steal_pointer (&self);
}

void
hn_mic_report_free (HnMicReport *self)
{
  if (self == NULL)
    return;
  g_free (self->state);
  g_free (self->end_reason);
  g_free (self);
}
