/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* What is known about a session's microphone, as lists, health and heartbeats show it. Pure. */

typedef struct {
  char *state;         /* `off`, `answering`, `connecting`, `live` */
  char *end_reason;    /* (nullable) why the last one ended */
  gint64 packets;      /* of the one that is, or the last that was */
  gint64 bytes;
  gint64 lost;
  gint64 late;         /* reordered */
  gint64 duplicates;   /* doubled by the network, and handed on so; not among `packets` */
  gint64 refused;      /* malformed, of another payload type, or too many in a second */
  gint64 unreachable;  /* times the body said that nobody listens there */
  gint64 jitter_us;
  gint64 last_packet_age_us; /* -1: none came */
} HnMicReport;

/**
 * hn_mic_report_copy:
 * @self: (nullable): a report
 *
 * Returns: (transfer full) (nullable): a deep copy
 */
HnMicReport *hn_mic_report_copy (const HnMicReport *self);

/**
 * hn_mic_report_free:
 * @self: (nullable): what to free
 */
void hn_mic_report_free (HnMicReport *self);

/**
 * hn_mic_report_to_json:
 * @self: a report
 *
 * Returns: (transfer full): `{"state","end_reason","packets","bytes","lost","late","duplicates","refused","unreachable","jitter_us","last_packet_age_ms"}`
 */
JsonObject *hn_mic_report_to_json (const HnMicReport *self);

/**
 * hn_mic_report_from_json:
 * @object: a report
 * @error: INVALID naming the field
 *
 * Returns: (transfer full) (nullable): the report
 */
HnMicReport *hn_mic_report_from_json (JsonObject *object, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnMicReport, hn_mic_report_free)
