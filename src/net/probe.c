/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/probe.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/deadline.h"

typedef struct {
  GSocketClient *client;
  HnDeadline *deadline; /* GSocketClient's own time-out counts whole seconds */
  gint64 started_us;
} Probe;

static void
probe_free (Probe *self)
{
  hn_deadline_free (self->deadline);
  g_clear_object (&self->client);
  g_free (self);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Probe *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);

  if (connection != NULL) {
    g_task_return_int (task, MAX (1, hn_clock_now_us () - self->started_us));
    g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  } else if (hn_deadline_has_passed (self->deadline)) {
    g_task_return_new_error (task, HN_ERROR, HN_ERROR_TIMEOUT, "no answer in time");
  } else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_task_return_error (task, g_steal_pointer (&error));
  } else {
    g_task_return_new_error (task, HN_ERROR, HN_ERROR_UPSTREAM, "%s", error->message);
  }
}

void
hn_probe_async (const char *host, guint16 port, gint64 timeout_us, GCancellable *cancellable, GAsyncReadyCallback done,
                gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);
  Probe *self = g_new0 (Probe, 1);

  g_task_set_source_tag (task, hn_probe_async);
  g_task_set_task_data (task, self, (GDestroyNotify) probe_free);
  self->client = g_socket_client_new ();
  g_socket_client_set_enable_proxy (self->client, FALSE);
  self->started_us = hn_clock_now_us ();
  self->deadline = hn_deadline_new (timeout_us, cancellable);
  g_socket_client_connect_to_host_async (self->client, host, port, hn_deadline_get_cancellable (self->deadline), on_connected,
                                         task);
}

gint64
hn_probe_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

gboolean
hn_probe_bindable (const char *host, guint16 port)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (host, port);
  g_autoptr (GSocket) socket = NULL;

  if (address == NULL)
    return FALSE;
  socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  return socket != NULL && g_socket_bind (socket, address, TRUE, NULL) && g_socket_listen (socket, NULL);
}

gboolean
hn_probe_udp_free (guint16 port)
{
  g_autoptr (GInetAddress) any = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (any, port);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);

  return socket != NULL && g_socket_bind (socket, address, FALSE, NULL);
}
