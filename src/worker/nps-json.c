/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The record's fields are those of the report link, times and rating besides. What is not known is left out. */

#include "worker/nps-json.h"

#include "base/clock.h"
#include "base/json.h"

char *
hn_nps_json_record (const HnNpsRecord *record)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *started = hn_clock_rfc3339 (record->started_utc_us);
  g_autofree char *ended = hn_clock_rfc3339 (record->ended_utc_us);

  hn_json_set_text (object, "record_id", record->record_id);
  hn_json_set_text (object, "session_id", record->session_id);
  hn_json_set_text (object, "worker_id", record->worker_id);
  hn_json_set_text (object, "experience", record->experience);
  hn_json_set_text (object, "district", record->district);
  hn_json_set_text (object, "body", record->body);
  hn_json_set_text (object, "body_ip", record->body_ip);
  hn_json_set_text (object, "head", record->head);
  hn_json_set_text (object, "started_at", started);
  hn_json_set_text (object, "ended_at", ended);
  json_object_set_int_member (object, "duration_ms", MAX (record->duration_us, 0) / 1000);
  hn_json_set_text (object, "end_reason", record->end_reason);
  json_object_set_int_member (object, "disconnect_count", record->disconnect_count);
  if (record->rating != 0)
    json_object_set_int_member (object, "rating", record->rating);
  return hn_json_to_text (object);
}
