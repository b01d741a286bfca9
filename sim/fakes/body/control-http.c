/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who polls for events waits until something is newer than the number it knows, or its time is up; several events of one
 * turn of the loop make one answer. */
#include "sim/fakes/body/control-http.h"

#include <string.h>

#include "sim/fakes/body/json.h"

#define MAX_WAIT_MS 60000

struct SimControl {
  SimListener *listener;
  SimEvents *log;
  SimControlEvents events;
  gpointer user;
  GQueue waiters;
  guint wake;
};

typedef struct {
  SimControl *control;
  SimCall *call;
  gint64 since;
  guint timer;
} Waiter;

static void
answer_object (SimCall *call, guint status, JsonObject *object)
{
  g_autoptr (JsonObject) owned = object;
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  sim_answer_json (answer, status, sim_json_text (owned));
  sim_call_answer (call, answer);
}

static void
answer_error (SimCall *call, guint status, const char *message)
{
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  sim_answer_hydra_error (answer, status, "%s", message);
  sim_call_answer (call, answer);
}

static void
release (Waiter *waiter)
{
  SimControl *self = waiter->control;

  g_queue_remove (&self->waiters, waiter);
  g_clear_handle_id (&waiter->timer, g_source_remove);
  answer_object (waiter->call, 200, sim_events_since (self->log, waiter->since));
  g_free (waiter);
}

static gboolean
on_patience_over (gpointer user)
{
  Waiter *waiter = user;

  waiter->timer = 0;
  release (waiter);
  return G_SOURCE_REMOVE;
}

static gboolean
on_wake (gpointer user)
{
  SimControl *self = user;

  self->wake = 0;
  for (GList *l = self->waiters.head; l != NULL;) {
    Waiter *waiter = l->data;

    l = l->next;
    if (sim_events_last (self->log) > waiter->since)
      release (waiter);
  }
  return G_SOURCE_REMOVE;
}

static void
on_added (gpointer user)
{
  SimControl *self = user;

  if (self->wake == 0)
    self->wake = g_idle_add (on_wake, self);
}

static gint64
number (const SimRequest *request, const char *name)
{
  const char *text = sim_request_query (request, name);

  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
}

static void
get_state (SimControl *self, SimCall *call, const SimRequest *request)
{
  JsonObject *object = self->events.state (self->user);

  json_object_set_int_member (object, "last", sim_events_last (self->log));
  answer_object (call, 200, object);
}

static void
get_events (SimControl *self, SimCall *call, const SimRequest *request)
{
  gint64 since = number (request, "since");
  gint64 wait_ms = CLAMP (number (request, "wait_ms"), 0, MAX_WAIT_MS);
  Waiter *waiter;

  if (sim_events_last (self->log) > since || wait_ms == 0) {
    answer_object (call, 200, sim_events_since (self->log, since));
    return;
  }
  waiter = g_new0 (Waiter, 1);
  waiter->control = self;
  waiter->call = call;
  waiter->since = since;
  waiter->timer = g_timeout_add ((guint)wait_ms, on_patience_over, waiter);
  g_queue_push_tail (&self->waiters, waiter);
}

static void
post_fault (SimControl *self, SimCall *call, const SimRequest *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) input = sim_json_parse_object (request->body->str, request->body->len, &error);

  if (input == NULL || !self->events.fault (self->user, input, &error))
    answer_error (call, 400, error->message);
  else
    answer_object (call, 200, g_steal_pointer (&input));
}

static void
post_reset (SimControl *self, SimCall *call, const SimRequest *request)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object;

  if (!self->events.reset (self->user, &error)) {
    answer_error (call, 500, error->message);
    return;
  }
  sim_events_reset (self->log);
  object = json_object_new ();
  json_object_set_string_member (object, "status", "reset");
  json_object_set_int_member (object, "last", sim_events_last (self->log));
  answer_object (call, 200, object);
}

static const struct {
  const char *method;
  const char *path;
  void (*answer) (SimControl *self, SimCall *call, const SimRequest *request);
} routes[] = {
  { "GET", "/state", get_state },
  { "GET", "/events", get_events },
  { "POST", "/fault", post_fault },
  { "POST", "/reset", post_reset },
};

static void
on_request (gpointer user, SimCall *call, const SimRequest *request)
{
  for (guint i = 0; i < G_N_ELEMENTS (routes); i++) {
    if (!g_str_equal (routes[i].path, request->path))
      continue;
    if (!g_str_equal (routes[i].method, request->method))
      answer_error (call, 405, "method not allowed");
    else
      routes[i].answer (user, call, request);
    return;
  }
  answer_error (call, 404, "there are /state, /events, /fault and /reset");
}

gboolean
sim_control_split (const char *where, char **ret_address, guint16 *ret_port, GError **error)
{
  const char *colon = strrchr (where, ':');
  g_autofree char *address = colon != NULL ? g_strndup (where, (gsize)(colon - where)) : g_strdup (where);
  g_autoptr (GInetAddress) parsed = g_inet_address_new_from_string (address);
  guint64 port = 0;

  if (colon == NULL || parsed == NULL || g_inet_address_get_family (parsed) != G_SOCKET_FAMILY_IPV4
      || !g_ascii_string_to_unsigned (colon + 1, 10, 1, 65535, &port, NULL)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' is no IPv4 ADDRESS:PORT", where);
    return FALSE;
  }
  *ret_address = g_steal_pointer (&address);
  *ret_port = (guint16)port;
  return TRUE;
}

SimControl *
sim_control_new (const char *where, SimEvents *log, const SimControlEvents *events, gpointer user, GError **error)
{
  static const SimListenerEvents listening = { .handle = on_request };
  g_autoptr (SimControl) self = g_new0 (SimControl, 1);
  g_autofree char *address = NULL;
  guint16 port = 0;

  self->log = log;
  self->events = *events;
  self->user = user;
  g_queue_init (&self->waiters);
  sim_events_watch (log, on_added, self);
  if (where == NULL)
    return g_steal_pointer (&self);
  if (!sim_control_split (where, &address, &port, error))
    return NULL;
  self->listener = sim_listener_new (address, port, NULL, &listening, self, error);
  return self->listener != NULL ? g_steal_pointer (&self) : NULL;
}

void
sim_control_free (SimControl *self)
{
  Waiter *waiter;

  if (self == NULL)
    return;
  sim_events_watch (self->log, NULL, NULL);
  g_clear_handle_id (&self->wake, g_source_remove);
  while ((waiter = g_queue_pop_head (&self->waiters)) != NULL) {
    g_clear_handle_id (&waiter->timer, g_source_remove);
    sim_call_drop (waiter->call);
    g_free (waiter);
  }
  g_clear_pointer (&self->listener, sim_listener_free);
  g_free (self);
}
