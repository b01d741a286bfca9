/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/explain-json.h"

#include "api/mend.h"
#include "base/clock.h"
#include "base/json.h"

static JsonArray *
history_of (const HnExplain *self, guint *ret_left_out)
{
  const GArray *steps = hn_lifeline_get (self->history, ret_left_out);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < steps->len; i++) {
    const HnLifelineStep *step = &g_array_index (steps, HnLifelineStep, i);
    g_autofree char *at = hn_clock_rfc3339 (step->utc_us);
    JsonObject *object = json_object_new ();

    json_object_set_string_member (object, "state", hn_session_state_to_text (step->state));
    json_object_set_string_member (object, "at", at);
    json_object_set_int_member (object, "after_ms", step->after_us / 1000);
    json_array_add_object_element (array, object);
  }
  return array;
}

static JsonObject *
end_of (const HnExplain *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "reason", self->reason);
  hn_json_set_text (object, "message", self->message);
  hn_json_set_text (object, "detail", self->detail);
  hn_json_set_text (object, "process", self->process_end);
  hn_json_set_text (object, "last_words", self->last_words);
  hn_json_set_text (object, "mend", hn_mend_find (self->message, self->reason));
  return object;
}

JsonObject *
hn_explain_json (const HnExplain *self)
{
  JsonObject *object = json_object_new ();
  g_autofree char *created = hn_clock_rfc3339 (self->created_utc_us);
  guint left_out = 0;

  json_object_set_string_member (object, "session_id", self->session_id);
  hn_json_set_text (object, "worker_id", self->worker_id);
  json_object_set_string_member (object, "body_ip", self->body_ip);
  json_object_set_string_member (object, "status", hn_session_state_to_text (self->state));
  json_object_set_string_member (object, "created", created);
  json_object_set_int_member (object, "active_connections", self->connections);
  json_object_set_int_member (object, "disconnects", self->disconnects);
  json_object_set_array_member (object, "history", history_of (self, &left_out));
  if (left_out > 0)
    json_object_set_int_member (object, "history_left_out", left_out);
  if (self->reason != NULL)
    json_object_set_object_member (object, "end", end_of (self));
  return object;
}
