/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First heartbeats are spread, so that the controller is not greeted by all at once. */
#include "sim/fakes/swarm/swarm-io.h"

#include "sim/fakes/body/json.h"
#include "sim/fakes/swarm/member-tcp.h"
#include "sim/fakes/swarm/place.h"

#define FIRST_BEAT_APART_US 500

struct SimSwarm {
  SimMemberShared shared;
  SimAgenda *agenda;
  HnRandom *random;
  SimPages *pages;
  GPtrArray *members;
};

/* ---- control ---- */

static JsonObject *
on_state (gpointer user)
{
  SimSwarm *self = user;
  JsonObject *object = json_object_new ();
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < self->members->len; i++)
    json_array_add_object_element (list, sim_worker_json (sim_member_get_worker (g_ptr_array_index (self->members, i))));
  json_object_set_array_member (object, "workers", list);
  return object;
}

static gboolean
on_fault (gpointer user, JsonObject *input, GError **error)
{
  SimSwarm *self = user;
  const char *whom = sim_json_string (input, "worker");
  guint fault = 0;
  guint value = 0;
  gboolean found = FALSE;

  if (!sim_faults_read (sim_swarm_faults, SIM_SWARM_FAULTS, sim_json_string (input, "name"), json_object_get_member (input, "value"),
                        &fault, &value, error))
    return FALSE;
  for (guint i = 0; i < self->members->len; i++) {
    SimMember *member = g_ptr_array_index (self->members, i);

    if (g_strcmp0 (whom, "*") != 0 && g_strcmp0 (whom, sim_member_get_worker (member)->id) != 0)
      continue;
    found = TRUE;
    if (!sim_member_set_fault (member, fault, value, error))
      return FALSE;
  }
  if (!found)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "unknown worker '%s'", whom != NULL ? whom : "");
  return found;
}

static gboolean
on_reset (gpointer user, GError **error)
{
  SimSwarm *self = user;

  for (guint i = 0; i < self->members->len; i++)
    if (!sim_member_reset (g_ptr_array_index (self->members, i), error))
      return FALSE;
  return TRUE;
}

const SimControlEvents *
sim_swarm_control (void)
{
  static const SimControlEvents events = { on_state, on_fault, on_reset };

  return &events;
}

/* ---- life ---- */

static gboolean
add_members (SimSwarm *self, const SimSwarmOptions *options, GError **error)
{
  for (guint i = 0; i < options->count; i++) {
    guint16 port = 0;
    g_autofree char *host = sim_place_address (options->network, options->port, i, &port);
    SimMember *member;

    if (host == NULL) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no address and port for worker %u", i + 1);
      return FALSE;
    }
    member = sim_member_new (&self->shared, i + 1, host, port, options->slots, (gint64)i * FIRST_BEAT_APART_US, error);
    if (member == NULL)
      return FALSE;
    g_ptr_array_add (self->members, member);
  }
  return TRUE;
}

SimSwarm *
sim_swarm_new (HnPoller *poller, const SimSwarmOptions *options, SimEvents *log, GError **error)
{
  g_autoptr (SimSwarm) self = g_new0 (SimSwarm, 1);

  self->agenda = sim_agenda_new ();
  self->random = options->seed != 0 ? hn_random_new_seeded (options->seed) : hn_random_new_system ();
  self->pages = sim_pages_new ();
  self->members = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_member_free);
  self->shared = (SimMemberShared){
    .poller = poller,
    .agenda = self->agenda,
    .log = log,
    .random = self->random,
    .pages = self->pages,
    .controller = &options->controller,
    .token = options->token,
    .create_ms_min = options->create_ms_min,
    .create_ms_max = options->create_ms_max,
    .heartbeat_ms = options->heartbeat_ms,
  };
  return add_members (self, options, error) ? g_steal_pointer (&self) : NULL;
}

void
sim_swarm_free (SimSwarm *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->members);
  sim_agenda_free (self->agenda);
  sim_pages_free (self->pages);
  hn_random_free (self->random);
  g_free (self);
}
