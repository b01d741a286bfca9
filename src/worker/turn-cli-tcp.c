/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/turn-cli-tcp.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/deadline.h"
#include "worker/turn-cli.h"

typedef struct {
  HnTurnCli *cli;
  HnDeadline *deadline;
  GSocketClient *client;
  GSocketConnection *connection;
  char *out;
  char in[4096];
} Talk;

static void
talk_free (Talk *self)
{
  hn_deadline_free (self->deadline);
  hn_turn_cli_free (self->cli);
  g_clear_object (&self->connection);
  g_clear_object (&self->client);
  g_free (self->out);
  g_free (self);
}

/* (@task and @error are taken.) */
static void
fail (GTask *task, GError *error)
{
  Talk *self = g_task_get_task_data (task);
  g_autoptr (GTask) owned G_GNUC_UNUSED = task;
  g_autoptr (GError) cause = error;

  if (hn_deadline_has_passed (self->deadline))
    g_task_return_new_error (task, HN_ERROR, HN_ERROR_TIMEOUT, "no answer in time");
  else if (cause->domain == HN_ERROR || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_task_return_error (task, g_steal_pointer (&cause));
  else
    g_task_return_new_error (task, HN_ERROR, HN_ERROR_UPSTREAM, "%s", cause->message);
}

static void listen_on (GTask *task);

static void
on_said (GObject *out, GAsyncResult *result, gpointer task)
{
  GError *error = NULL;

  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (out), result, NULL, &error))
    listen_on (task);
  else
    fail (task, error);
}

static void
on_heard (GObject *in, GAsyncResult *result, gpointer task)
{
  Talk *self = g_task_get_task_data (task);
  GError *error = NULL;
  gssize count = g_input_stream_read_finish (G_INPUT_STREAM (in), result, &error);

  if (count <= 0) {
    fail (task, error != NULL ? error : g_error_new_literal (HN_ERROR, HN_ERROR_UPSTREAM, "it closes the connection"));
    return;
  }
  switch (hn_turn_cli_feed (self->cli, self->in, (gsize) count, &error)) {
  case HN_TURN_CLI_WAIT:
    listen_on (task);
    break;
  case HN_TURN_CLI_SEND:
    g_free (self->out);
    self->out = g_strdup (hn_turn_cli_get_line (self->cli));
    g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (self->connection)), self->out, strlen (self->out),
                                     G_PRIORITY_DEFAULT, hn_deadline_get_cancellable (self->deadline), on_said, task);
    break;
  case HN_TURN_CLI_DONE:
    g_task_return_int (task, hn_turn_cli_get_ended (self->cli));
    g_object_unref (task);
    break;
  case HN_TURN_CLI_FAILED:
    fail (task, error);
    break;
  }
}

static void
listen_on (GTask *task)
{
  Talk *self = g_task_get_task_data (task);

  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (self->connection)), self->in, sizeof self->in, G_PRIORITY_DEFAULT,
                             hn_deadline_get_cancellable (self->deadline), on_heard, task);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer task)
{
  Talk *self = g_task_get_task_data (task);
  GError *error = NULL;

  self->connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (self->connection != NULL)
    listen_on (task);
  else
    fail (task, error);
}

void
hn_turn_cli_tcp_async (const char *listen, const char *password, const char *user, GCancellable *cancellable, GAsyncReadyCallback done,
                       gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);
  Talk *self = g_new0 (Talk, 1);
  g_autofree char *host = NULL;
  guint16 port = 0;

  g_task_set_source_tag (task, hn_turn_cli_tcp_async);
  g_task_set_task_data (task, self, (GDestroyNotify) talk_free);
  self->cli = hn_turn_cli_new (password, user);
  self->deadline = hn_deadline_new (hn_seconds (HN_LIMIT_TURN_CLI_SECONDS), cancellable);
  self->client = g_socket_client_new ();
  g_socket_client_set_enable_proxy (self->client, FALSE);
  hn_address_split_listen (listen, &host, &port); /* the configuration was checked */
  g_socket_client_connect_to_host_async (self->client, host != NULL && *host != '\0' ? host : "127.0.0.1", port,
                                         hn_deadline_get_cancellable (self->deadline), on_connected, task);
}

gssize
hn_turn_cli_tcp_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}
