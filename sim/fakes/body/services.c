/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Both services take one kind of JSON object by POST with a bearer token, keep it as it came, and answer 201. A refused request
 * (a fault, no token, no JSON) leaves no record, but one refused by a fault is told as an event too, so that a test can
 * wait for the attempt. */
#include "sim/fakes/body/services.h"

#include <string.h>

#include "sim/fakes/body/hydrabody.h"
#include "sim/fakes/body/json.h"

static void
keep (GQueue *list, JsonObject *object)
{
  g_queue_push_tail (list, object);
  if (g_queue_get_length (list) > SIM_SERVICES_MAX_RECORDS)
    json_object_unref (g_queue_pop_head (list));
}

static void
answer_recorded (GQueue *list, SimAnswer *answer)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_int_member (object, "id", g_queue_get_length (list));
  json_object_set_string_member (object, "status", "recorded");
  sim_answer_json (answer, 201, sim_json_text (object));
}

/* The gates both services share. Returns: (transfer full) (nullable): the object sent, NULL when @answer is filled */
static JsonObject *
take_object (const SimRequest *request, const char *token, SimAnswer *answer)
{
  g_autoptr (GError) error = NULL;
  JsonObject *input;

  if (!g_str_equal (request->method, "POST")) {
    sim_answer_hydra_error (answer, 405, "method not allowed");
    return NULL;
  }
  if (sim_hydra_bearer_error (request, token, answer))
    return NULL;
  input = sim_json_parse_object (request->body->str, request->body->len, &error);
  if (input == NULL)
    sim_answer_hydra_error (answer, 400, "invalid JSON: %s", error->message);
  return input;
}

gboolean
sim_services_nps (SimServices *self, const SimRequest *request, SimAnswer *answer)
{
  g_autoptr (JsonObject) input = NULL;
  guint fault = self->faults[SIM_SERVICE_FAULT_NPS_STATUS];
  gboolean silent = self->faults[SIM_SERVICE_FAULT_NPS_SILENT] != 0;
  const char *status = silent ? "silent" : fault != 0 ? "refused" : "recorded";

  if (g_str_equal (request->path, "/api/v1/health")) {
    sim_hydra_health ("hydranps", answer);
    return TRUE;
  }
  if (!g_str_equal (request->path, "/api/v1/sessions")) {
    sim_answer_hydra_error (answer, 404, "not found");
    return TRUE;
  }
  input = take_object (request, self->nps_token, answer);
  if (input == NULL)
    return TRUE;
  if (fault != 0) {
    sim_answer_hydra_error (answer, fault, "made to fail");
  } else if (!silent) {
    keep (&self->records, json_object_ref (input));
    answer_recorded (&self->records, answer);
  }
  sim_events_add (self->events, "nps_record", NULL, "session_id", sim_json_string (input, "session_id"), "end_reason",
                  sim_json_string (input, "end_reason"), "status", status, NULL);
  return !silent;
}

/* Returns: (transfer full) (nullable): the decoded {name} of /api/v1/experiences/{name}/ratings */
static char *
experience_of (const char *path)
{
  static const char prefix[] = "/api/v1/experiences/";
  static const char suffix[] = "/ratings";
  gsize length = strlen (path);

  if (!g_str_has_prefix (path, prefix) || !g_str_has_suffix (path, suffix) || length <= strlen (prefix) + strlen (suffix))
    return NULL;
  return g_uri_unescape_segment (path + strlen (prefix), path + length - strlen (suffix), "/");
}

static void
take_rating (SimServices *self, const char *experience, JsonObject *input, SimAnswer *answer)
{
  gint64 rating = 0;
  guint fault = self->faults[SIM_SERVICE_FAULT_LIBRARY_STATUS];
  gboolean silent = self->faults[SIM_SERVICE_FAULT_LIBRARY_SILENT] != 0;
  g_autofree char *stars = NULL;

  if (!sim_json_int (input, "rating", &rating) || rating < 1 || rating > 5) {
    sim_answer_hydra_error (answer, 400, "rating must be a number from 1 to 5");
    return;
  }
  stars = g_strdup_printf ("%d", (int)rating);
  if (fault != 0) {
    sim_answer_hydra_error (answer, fault, "made to fail");
  } else if (!silent) {
    keep (&self->ratings, json_object_ref (input));
    answer_recorded (&self->ratings, answer);
  }
  sim_events_add (self->events, "rating", NULL, "experience", experience, "rating", stars, "session_id",
                  sim_json_string (input, "session_id"), "status",
                  silent       ? "silent"
                  : fault != 0 ? "refused"
                               : "recorded",
                  NULL);
}

static JsonObject *
with_experience (JsonObject *input, const char *experience)
{
  JsonObject *object = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (input);

  for (GList *l = names; l != NULL; l = l->next)
    json_object_set_member (object, l->data, json_node_copy (json_object_get_member (input, l->data)));
  json_object_set_string_member (object, "experience", experience);
  return object;
}

gboolean
sim_services_library (SimServices *self, const SimRequest *request, SimAnswer *answer)
{
  g_autofree char *experience = experience_of (request->path);
  g_autoptr (JsonObject) input = NULL;
  g_autoptr (JsonObject) rating = NULL;

  if (g_str_equal (request->path, "/api/v1/health")) {
    sim_hydra_health ("hydraexperiencelibrary", answer);
    return TRUE;
  }
  if (experience == NULL) {
    sim_answer_hydra_error (answer, 404, "not found");
    return TRUE;
  }
  input = take_object (request, self->library_token, answer);
  if (input == NULL)
    return TRUE;
  rating = with_experience (input, experience);
  take_rating (self, experience, rating, answer);
  return self->faults[SIM_SERVICE_FAULT_LIBRARY_SILENT] == 0;
}

static JsonArray *
list_json (const GQueue *list)
{
  JsonArray *array = json_array_new ();

  for (GList *l = list->head; l != NULL; l = l->next)
    json_array_add_object_element (array, json_object_ref (l->data));
  return array;
}

JsonObject *
sim_services_json (const SimServices *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_array_member (object, "records", list_json (&self->records));
  json_object_set_array_member (object, "ratings", list_json (&self->ratings));
  json_object_set_object_member (object, "faults", sim_faults_json (sim_service_faults, SIM_SERVICE_FAULTS, self->faults));
  return object;
}

static void
forget (GQueue *list)
{
  JsonObject *object;

  while ((object = g_queue_pop_head (list)) != NULL)
    json_object_unref (object);
}

void
sim_services_reset (SimServices *self)
{
  forget (&self->records);
  forget (&self->ratings);
  memset (self->faults, 0, sizeof self->faults);
}

SimServices *
sim_services_new (SimEvents *events)
{
  SimServices *self = g_new0 (SimServices, 1);

  self->events = events;
  g_queue_init (&self->records);
  g_queue_init (&self->ratings);
  return self;
}

void
sim_services_free (SimServices *self)
{
  if (self == NULL)
    return;
  sim_services_reset (self);
  g_free (self);
}
