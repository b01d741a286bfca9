/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: candidates stand in the order of preference, HN_LIMIT_CANDIDATES of them; the others are counted. One reason against each: the first that would have to be
 * mended for it to be chosen. */
#include "controller/placement-json.h"

#include "api/mend.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "controller/cluster-json.h"

typedef struct {
  char *id;
  guint load;
  guint max;
  const char *status;  /* static text */
  const char *against; /* (nullable) static text: why it may not get the session */
} Candidate;

struct _HnPlacementJson {
  char *body_ip;
  char *worker_id; /* (nullable) */
  gboolean is_bound;
  GArray *candidates; /* of Candidate */
  guint with_room;
  guint others;
  GPtrArray *refusals; /* of char*: worker id, error text, … */
};

static void
candidate_clear (gpointer data)
{
  g_free (((Candidate *) data)->id);
}

static const char *
against (const HnRegistryWorker *worker, const char *tried_id)
{
  guint load = worker->report->active_sessions + worker->coming;

  if (worker->membership.state != HN_MEMBERSHIP_HEALTHY)
    return hn_membership_to_text (worker->membership.state);
  if (worker->draining)
    return "draining";
  if (g_strcmp0 (worker->report->id, tried_id) == 0)
    return "did not serve this session";
  if (load >= worker->report->max_sessions)
    return "full";
  return worker->refused ? "refused a session since its last heartbeat" : NULL;
}

void
hn_placement_json_look (HnPlacementJson *self, const HnRegistry *registry, const char *tried_id)
{
  g_autoptr (GPtrArray) standings = hn_registry_list_standings (registry, HN_LIMIT_CANDIDATES, &self->others);

  g_array_set_size (self->candidates, 0);
  self->with_room = 0;
  for (guint i = 0; i < standings->len; i++) {
    const HnRegistryWorker *worker = g_ptr_array_index (standings, i);
    Candidate candidate = { .id = g_strdup (worker->report->id),
                            .load = worker->report->active_sessions + worker->coming,
                            .max = worker->report->max_sessions,
                            .status = hn_cluster_json_status (worker),
                            .against = against (worker, tried_id) };

    self->with_room += candidate.against == NULL;
    g_array_append_val (self->candidates, candidate);
  }
}

void
hn_placement_json_chose (HnPlacementJson *self, const char *worker_id, gboolean is_bound)
{
  g_free (self->worker_id);
  self->worker_id = g_strdup (worker_id);
  self->is_bound = is_bound;
}

void
hn_placement_json_refused (HnPlacementJson *self, const char *worker_id, const GError *error)
{
  g_ptr_array_add (self->refusals, g_strdup (worker_id));
  g_ptr_array_add (self->refusals, g_strdup (error->message));
}

static char *
why (const HnPlacementJson *self)
{
  if (self->worker_id == NULL)
    return g_strdup ("no worker could take it");
  if (self->is_bound)
    return g_strdup ("this body's session is there, or was being created there: that worker's word decides");
  if (self->with_room <= 1)
    return g_strdup ("the only worker with room");
  return g_strdup_printf ("the least loaded of %u%s workers with room", self->with_room,
                          self->with_room == self->candidates->len && self->others > 0 ? " or more" : "");
}

static JsonArray *
candidates_of (const HnPlacementJson *self)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->candidates->len; i++) {
    const Candidate *candidate = &g_array_index (self->candidates, Candidate, i);
    gboolean chosen = g_strcmp0 (candidate->id, self->worker_id) == 0;
    const char *otherwise = self->is_bound ? "this body's session is elsewhere" : "no less loaded";
    JsonObject *object = json_object_new ();

    json_object_set_string_member (object, "worker_id", candidate->id);
    json_object_set_string_member (object, "state", candidate->status);
    json_object_set_int_member (object, "load", candidate->load);
    json_object_set_int_member (object, "max_sessions", candidate->max);
    if (chosen)
      json_object_set_boolean_member (object, "chosen", TRUE);
    else
      json_object_set_string_member (object, "why_not", candidate->against != NULL ? candidate->against : otherwise);
    json_array_add_object_element (array, object);
  }
  return array;
}

static JsonObject *
placement_of (const HnPlacementJson *self)
{
  JsonObject *object = json_object_new ();
  g_autofree char *reason = why (self);

  json_object_set_string_member (object, "why", reason);
  json_object_set_array_member (object, "candidates", candidates_of (self));
  if (self->others > 0)
    json_object_set_int_member (object, "other_workers", self->others);
  if (self->refusals->len > 0) {
    JsonArray *array = json_array_new ();

    for (guint i = 0; i + 1 < self->refusals->len; i += 2) {
      JsonObject *refusal = json_object_new ();

      json_object_set_string_member (refusal, "worker_id", g_ptr_array_index (self->refusals, i));
      json_object_set_string_member (refusal, "error", g_ptr_array_index (self->refusals, i + 1));
      json_array_add_object_element (array, refusal);
    }
    json_object_set_array_member (object, "refused_by", array);
  }
  return object;
}

char *
hn_placement_json_text (const HnPlacementJson *self, const char *session_id, const GError *error, gint64 now_utc_us)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *at = hn_clock_rfc3339 (now_utc_us);

  json_object_set_string_member (object, "session_id", session_id);
  hn_json_set_text (object, "worker_id", self->worker_id);
  json_object_set_string_member (object, "body_ip", self->body_ip);
  json_object_set_string_member (object, "answered", at);
  json_object_set_object_member (object, "placement", placement_of (self));
  if (error != NULL) {
    JsonObject *end = json_object_new ();

    json_object_set_string_member (end, "reason", "create_failed");
    json_object_set_string_member (end, "message", error->message);
    hn_json_set_text (end, "detail", hn_error_detail (error));
    hn_json_set_text (end, "mend", hn_mend_find (error->message, "create_failed"));
    json_object_set_object_member (object, "end", end);
  }
  return hn_json_to_text (object);
}

HnPlacementJson *
hn_placement_json_new (const char *body_ip)
{
  HnPlacementJson *self = g_new0 (HnPlacementJson, 1);

  self->body_ip = g_strdup (body_ip);
  self->candidates = g_array_new (FALSE, FALSE, sizeof (Candidate));
  g_array_set_clear_func (self->candidates, candidate_clear);
  self->refusals = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
hn_placement_json_free (HnPlacementJson *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->candidates);
  g_ptr_array_unref (self->refusals);
  g_free (self->worker_id);
  g_free (self->body_ip);
  g_free (self);
}
