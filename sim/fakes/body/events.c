/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The newest SIM_EVENTS_MAX events are kept; numbers never restart. */
#include "sim/fakes/body/events.h"

#include <stdarg.h>

struct SimEvents {
  GQueue list; /* of JsonObject, oldest first */
  gint64 last;
  void (*added) (gpointer user);
  gpointer user;
};

SimEvents *
sim_events_new (void)
{
  SimEvents *self = g_new0 (SimEvents, 1);

  g_queue_init (&self->list);
  return self;
}

void
sim_events_free (SimEvents *self)
{
  if (self == NULL)
    return;
  sim_events_reset (self);
  g_free (self);
}

void
sim_events_watch (SimEvents *self, void (*added) (gpointer user), gpointer user)
{
  self->added = added;
  self->user = user;
}

void
sim_events_add (SimEvents *self, const char *type, const char *body, ...)
{
  JsonObject *event = json_object_new ();
  const char *name;
  va_list args;

  json_object_set_int_member (event, "n", ++self->last);
  json_object_set_string_member (event, "type", type);
  if (body != NULL)
    json_object_set_string_member (event, "body", body);
  va_start (args, body);
  while ((name = va_arg (args, const char *)) != NULL) {
    const char *value = va_arg (args, const char *);

    if (value != NULL)
      json_object_set_string_member (event, name, value);
  }
  va_end (args);
  g_queue_push_tail (&self->list, event);
  if (g_queue_get_length (&self->list) > SIM_EVENTS_MAX)
    json_object_unref (g_queue_pop_head (&self->list));
  if (self->added != NULL)
    self->added (self->user);
}

gint64
sim_events_last (const SimEvents *self)
{
  return self->last;
}

JsonObject *
sim_events_since (const SimEvents *self, gint64 since)
{
  JsonObject *object = json_object_new ();
  JsonArray *events = json_array_new ();

  for (GList *l = self->list.head; l != NULL; l = l->next)
    if (json_object_get_int_member (l->data, "n") > since)
      json_array_add_object_element (events, json_object_ref (l->data));
  json_object_set_array_member (object, "events", events);
  json_object_set_int_member (object, "last", self->last);
  return object;
}

void
sim_events_reset (SimEvents *self)
{
  JsonObject *event;

  while ((event = g_queue_pop_head (&self->list)) != NULL)
    json_object_unref (event);
}
