/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/idle.h"

#define KEEP_ALIVE_SECONDS 5

struct SimIdle {
  SoupServer *server;
  GHashTable *timers; /* socket → id of its timer */
  gulong ids[3];
};

typedef struct {
  SimIdle *self;
  GSocket *socket;
} Wait;

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  g_object_unref (wait->socket);
  g_free (wait);
}

static gboolean
on_time (gpointer data)
{
  Wait *wait = data;

  g_hash_table_steal (wait->self->timers, wait->socket);
  g_socket_close (wait->socket, NULL);
  return G_SOURCE_REMOVE;
}

static void
on_read (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  g_hash_table_remove (((SimIdle *) data)->timers, soup_server_message_get_socket (message));
}

static void
on_finished (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  SimIdle *self = data;
  GSocket *socket = soup_server_message_get_socket (message);

  if (!socket)
    return;
  Wait *wait = g_new0 (Wait, 1);
  wait->self = self;
  wait->socket = g_object_ref (socket);
  guint id = g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, KEEP_ALIVE_SECONDS, on_time, wait, wait_free);
  g_hash_table_replace (self->timers, socket, GUINT_TO_POINTER (id));
}

static void
remove_timer (gpointer id)
{
  g_source_remove (GPOINTER_TO_UINT (id));
}

SimIdle *
sim_idle_new (SoupServer *server)
{
  SimIdle *self = g_new0 (SimIdle, 1);

  self->server = server;
  self->timers = g_hash_table_new_full (NULL, NULL, NULL, remove_timer);
  self->ids[0] = g_signal_connect (server, "request-read", G_CALLBACK (on_read), self);
  self->ids[1] = g_signal_connect (server, "request-finished", G_CALLBACK (on_finished), self);
  self->ids[2] = g_signal_connect (server, "request-aborted", G_CALLBACK (on_finished), self);
  return self;
}

void
sim_idle_free (SimIdle *self)
{
  if (!self)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (self->ids); i++)
    g_signal_handler_disconnect (self->server, self->ids[i]);
  g_hash_table_unref (self->timers);
  g_free (self);
}
