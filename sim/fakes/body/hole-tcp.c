/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A listener whose queue has room for one, which we take ourselves, and that never accepts: Linux then drops every further SYN. */
#include "sim/fakes/body/hole-tcp.h"

#define FILLERS 2 /* the first has the room, the second sees to it that none is left */

struct SimHole {
  GSocket *socket;
  GSocket *fillers[FILLERS];
};

static GSocket *
tcp_new (GError **error)
{
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (socket != NULL)
    g_socket_set_blocking (socket, FALSE);
  return socket;
}

SimHole *
sim_hole_new (const char *address, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) where = g_inet_socket_address_new_from_string (address, port);
  g_autoptr (SimHole) self = g_new0 (SimHole, 1);

  self->socket = tcp_new (error);
  if (self->socket == NULL)
    return NULL;
  g_socket_set_listen_backlog (self->socket, 0);
  if (!g_socket_bind (self->socket, where, TRUE, error) || !g_socket_listen (self->socket, error)) {
    g_prefix_error (error, "cannot listen on %s:%u/tcp: ", address, port);
    return NULL;
  }
  for (guint i = 0; i < FILLERS; i++) {
    self->fillers[i] = tcp_new (error);
    if (self->fillers[i] == NULL)
      return NULL;
    g_socket_connect (self->fillers[i], where, NULL, NULL); /* under way is all it needs to be */
  }
  return g_steal_pointer (&self);
}

static void
close_socket (GSocket *socket)
{
  if (socket == NULL)
    return;
  g_socket_close (socket, NULL);
  g_object_unref (socket);
}

void
sim_hole_free (SimHole *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < FILLERS; i++)
    close_socket (self->fillers[i]);
  close_socket (self->socket);
  g_free (self);
}
