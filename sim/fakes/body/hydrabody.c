/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Launch starts one pretended process, stop ends all that match nothing more precise: it reports how many there were. */
#include "sim/fakes/body/hydrabody.h"

#include "sim/fakes/body/json.h"

#define PROCESS_ID 4242

gboolean
sim_hydra_bearer_error (const SimRequest *request, const char *token, SimAnswer *answer)
{
  const char *header = sim_request_header (request, "authorization");

  if (token != NULL && *token == '\0')
    return FALSE;
  if (header != NULL && g_str_has_prefix (header, "Bearer ") && header[7] != '\0'
      && (token == NULL || g_str_equal (header + 7, token)))
    return FALSE;
  sim_answer_hydra_error (answer, 401, "unauthorized");
  return TRUE;
}

void
sim_hydra_health (const char *service, SimAnswer *answer)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "service", service);
  json_object_set_string_member (object, "version", "sim");
  json_object_set_string_member (object, "district", "sim");
  json_object_set_int_member (object, "uptime_seconds", 0);
  json_object_set_string_member (object, "status", "ok");
  sim_answer_json (answer, 200, sim_json_text (object));
}

static void
remember (GQueue *calls, JsonObject *call)
{
  g_queue_push_tail (calls, json_object_ref (call));
  if (g_queue_get_length (calls) > SIM_BODY_MAX_CALLS)
    json_object_unref (g_queue_pop_head (calls));
}

static void
launch (SimBody *body, JsonObject *input, SimAnswer *answer)
{
  g_autoptr (JsonObject) object = NULL;
  const char *exe_path = sim_json_string (input, "exe_path");

  if (exe_path == NULL || *exe_path == '\0') {
    sim_answer_hydra_error (answer, 400, "exe_path is required");
    return;
  }
  remember (&body->launches, input);
  sim_events_add (body->events, "hydrabody_launch", body->address, "experience", sim_json_string (input, "experience"),
                  "exe_path", exe_path, "session_id", sim_json_string (input, "session_id"), NULL);
  if (body->faults[SIM_FAULT_HYDRABODY_LAUNCH_500]) {
    sim_answer_hydra_error (answer, 500, "failed to launch '%s'", exe_path);
    return;
  }
  body->processes++;
  object = json_object_new ();
  json_object_set_string_member (object, "status", "launched");
  json_object_set_int_member (object, "pid", PROCESS_ID);
  sim_answer_json (answer, 200, sim_json_text (object));
}

static void
stop (SimBody *body, JsonObject *input, SimAnswer *answer)
{
  g_autoptr (JsonObject) object = NULL;

  remember (&body->stops, input);
  sim_events_add (body->events, "hydrabody_stop", body->address, "experience", sim_json_string (input, "experience"), "exe_path",
                  sim_json_string (input, "exe_path"), NULL);
  if (body->faults[SIM_FAULT_HYDRABODY_STOP_404]) {
    sim_answer_hydra_error (answer, 404, "no such process");
    return;
  }
  object = json_object_new ();
  json_object_set_string_member (object, "status", "stopped");
  json_object_set_int_member (object, "killed", body->processes);
  body->processes = 0;
  sim_answer_json (answer, 200, sim_json_text (object));
}

gboolean
sim_hydrabody_answer (SimBody *body, const SimRequest *request, SimAnswer *answer)
{
  gboolean is_launch = g_str_equal (request->path, "/api/v1/launch");
  g_autoptr (JsonObject) input = NULL;
  g_autoptr (GError) error = NULL;

  if (body->faults[SIM_FAULT_HYDRABODY_SILENT])
    return FALSE;
  if (g_str_equal (request->path, "/api/v1/health")) {
    sim_hydra_health ("hydrabody", answer);
    return TRUE;
  }
  if (!is_launch && !g_str_equal (request->path, "/api/v1/stop")) {
    sim_answer_hydra_error (answer, 404, "not found");
    return TRUE;
  }
  if (!g_str_equal (request->method, "POST")) {
    sim_answer_hydra_error (answer, 405, "method not allowed");
    return TRUE;
  }
  if (sim_hydra_bearer_error (request, body->options->hydrabody_token != NULL ? body->options->hydrabody_token : "", answer))
    return TRUE;
  input = sim_json_parse_object (request->body->str, request->body->len, &error);
  if (input == NULL)
    sim_answer_hydra_error (answer, 400, "invalid JSON: %s", error->message);
  else if (is_launch)
    launch (body, input, answer);
  else
    stop (body, input, answer);
  return TRUE;
}
