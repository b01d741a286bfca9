/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A body's memory. Apps are sorted by name, so positions move; an app's id is |int32 (CRC-32 (name))|, with the position
 * appended to the hashed text when an earlier app has that id already. */
#include "sim/fakes/body/body.h"

#include <string.h>

#include "sim/fakes/body/json.h"

static void
client_free (gpointer data)
{
  SimClient *client = data;

  g_free (client->name);
  g_free (client->uuid);
  g_clear_pointer (&client->der, g_bytes_unref);
  g_free (client);
}

static void
random_bytes (gpointer user, guint8 *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8)g_random_int_range (0, 256);
}

static char *
new_uuid (void)
{
  g_autofree char *lower = g_uuid_string_random ();

  return g_ascii_strup (lower, -1);
}

static void
add_default_app (SimBody *self, const char *name)
{
  JsonObject *app = json_object_new ();

  json_object_set_string_member (app, "name", name);
  json_object_set_string_member (app, "cmd", "");
  json_object_set_string_member (app, "image-path", "");
  g_ptr_array_add (self->apps, app);
}

static void
forget_calls (GQueue *calls)
{
  JsonObject *call;

  while ((call = g_queue_pop_head (calls)) != NULL)
    json_object_unref (call);
}

SimBody *
sim_body_new (const char *address, const SimIdentity *identity, const SimBodyOptions *options, SimEvents *events)
{
  SimBody *self = g_new0 (SimBody, 1);
  const char *last_dot = strrchr (address, '.');

  self->address = g_strdup (address);
  self->host_name = g_strdup_printf ("SIM-BODY-%02d", last_dot != NULL ? atoi (last_dot + 1) : 0);
  self->host_uuid = new_uuid ();
  self->csrf_token = g_strndup (self->host_uuid, 32);
  self->identity = identity;
  self->options = options;
  self->events = events;
  self->pairing = sim_pairing_new (identity, random_bytes, NULL);
  self->clients = g_ptr_array_new_with_free_func (client_free);
  self->apps = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);
  g_queue_init (&self->launches);
  g_queue_init (&self->stops);
  sim_body_reset (self);
  return self;
}

void
sim_body_free (SimBody *self)
{
  if (self == NULL)
    return;
  forget_calls (&self->launches);
  forget_calls (&self->stops);
  g_clear_pointer (&self->clients, g_ptr_array_unref);
  g_clear_pointer (&self->apps, g_ptr_array_unref);
  sim_pairing_free (self->pairing);
  g_free (self->address);
  g_free (self->host_name);
  g_free (self->host_uuid);
  g_free (self->csrf_token);
  g_free (self);
}

void
sim_body_reset (SimBody *self)
{
  forget_calls (&self->launches);
  forget_calls (&self->stops);
  sim_pairing_reset (self->pairing);
  g_ptr_array_set_size (self->clients, 0);
  g_ptr_array_set_size (self->apps, 0);
  add_default_app (self, "Desktop");
  add_default_app (self, "Steam Big Picture");
  self->running = 0;
  self->processes = 0;
  memset (&self->voice, 0, sizeof self->voice);
  memset (self->faults, 0, sizeof self->faults);
}

gboolean
sim_body_knows (const SimBody *self, GBytes *der)
{
  for (guint i = 0; der != NULL && i < self->clients->len; i++) {
    const SimClient *client = g_ptr_array_index (self->clients, i);

    if (client->enabled && g_bytes_equal (client->der, der))
      return TRUE;
  }
  return FALSE;
}

const char *
sim_body_add_client (SimBody *self, const char *name, const char *cert_pem)
{
  g_autoptr (GBytes) der = sim_pairing_cert_der (cert_pem);
  SimClient *client;

  if (der == NULL || self->clients->len >= SIM_BODY_MAX_CLIENTS)
    return NULL;
  client = g_new0 (SimClient, 1);
  client->name = g_strdup (name);
  client->uuid = new_uuid ();
  client->der = g_steal_pointer (&der);
  client->enabled = TRUE;
  g_ptr_array_add (self->clients, client);
  return client->uuid;
}

gboolean
sim_body_remove_client (SimBody *self, const char *uuid)
{
  gboolean removed = FALSE;

  for (guint i = self->clients->len; i > 0; i--) {
    const SimClient *client = g_ptr_array_index (self->clients, i - 1);

    if (uuid != NULL && g_ascii_strcasecmp (client->uuid, uuid) != 0)
      continue;
    sim_events_add (self->events, "unpaired", self->address, "name", client->name, "uuid", client->uuid, NULL);
    g_ptr_array_remove_index (self->clients, i - 1);
    removed = TRUE;
  }
  if (removed && self->clients->len == 0)
    self->running = 0;
  return removed;
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (sim_json_string (*(JsonObject *const *)a, "name"), sim_json_string (*(JsonObject *const *)b, "name"));
}

gboolean
sim_body_put_app (SimBody *self, JsonObject *app, gint64 index)
{
  if (index < 0 && self->apps->len >= SIM_BODY_MAX_APPS) {
    json_object_unref (app);
    return FALSE;
  }
  if (index < 0) {
    g_ptr_array_add (self->apps, app);
  } else if (index < self->apps->len) {
    json_object_unref (g_ptr_array_index (self->apps, index));
    g_ptr_array_index (self->apps, index) = app;
  } else {
    /* Sunshine copies the list, replacing where the position matches: a position beyond it changes nothing. */
    json_object_unref (app);
  }
  g_ptr_array_sort (self->apps, by_name);
  self->running = 0;
  return TRUE;
}

static gint64
crc_id (const char *text)
{
  guint32 crc = 0xffffffff;
  gint32 id;

  for (const char *c = text; *c != '\0'; c++) {
    crc ^= (guint8)*c;
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  id = (gint32)~crc;
  return ABS ((gint64)id);
}

gint64
sim_body_app_id (const SimBody *self, guint index)
{
  const char *name = sim_json_string (g_ptr_array_index (self->apps, index), "name");
  g_autofree char *numbered = g_strdup_printf ("%s%u", name, index);

  for (guint i = 0; i < index; i++)
    if (g_strcmp0 (sim_json_string (g_ptr_array_index (self->apps, i), "name"), name) == 0)
      return crc_id (numbered);
  return crc_id (name);
}

static void
add_session (gpointer user, const char *uniqueid, SimPairingPhase phase, gboolean held)
{
  JsonObject *session = json_object_new ();

  json_object_set_string_member (session, "uniqueid", uniqueid);
  json_object_set_string_member (session, "phase", sim_pairing_phase_name (phase));
  json_object_set_boolean_member (session, "held", held);
  json_array_add_object_element (user, session);
}

static JsonArray *
clients_json (const SimBody *self)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < self->clients->len; i++) {
    const SimClient *client = g_ptr_array_index (self->clients, i);
    JsonObject *object = json_object_new ();

    json_object_set_string_member (object, "name", client->name);
    json_object_set_string_member (object, "uuid", client->uuid);
    json_object_set_boolean_member (object, "enabled", client->enabled);
    json_array_add_object_element (list, object);
  }
  return list;
}

static JsonArray *
apps_json (const SimBody *self)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < self->apps->len; i++) {
    JsonObject *app = g_ptr_array_index (self->apps, i);
    JsonObject *object = json_object_new ();
    const char *cmd = sim_json_string (app, "cmd");

    json_object_set_string_member (object, "name", sim_json_string (app, "name"));
    json_object_set_string_member (object, "cmd", cmd != NULL ? cmd : "");
    json_object_set_int_member (object, "id", sim_body_app_id (self, i));
    json_array_add_object_element (list, object);
  }
  return list;
}

static JsonArray *
calls_json (const GQueue *calls)
{
  JsonArray *list = json_array_new ();

  for (GList *l = calls->head; l != NULL; l = l->next)
    json_array_add_object_element (list, json_object_ref (l->data));
  return list;
}

JsonObject *
sim_body_json (const SimBody *self)
{
  JsonObject *object = json_object_new ();
  JsonArray *sessions = json_array_new ();

  sim_pairing_each (self->pairing, add_session, sessions);
  json_object_set_string_member (object, "address", self->address);
  json_object_set_array_member (object, "pairing_sessions", sessions);
  json_object_set_array_member (object, "clients", clients_json (self));
  json_object_set_array_member (object, "apps", apps_json (self));
  json_object_set_int_member (object, "running_app", self->running);
  json_object_set_array_member (object, "hydrabody_launches", calls_json (&self->launches));
  json_object_set_array_member (object, "hydrabody_stops", calls_json (&self->stops));
  json_object_set_int_member (object, "hydrabody_processes", self->processes);
  json_object_set_object_member (object, "voice", sim_voice_json (&self->voice));
  json_object_set_object_member (object, "faults", sim_faults_json (sim_body_faults, SIM_FAULTS, self->faults));
  return object;
}
