/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libsoup/soup.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/mic-io.h"
#include "worker/mic-json.h"

/* A worker's microphones without sessions: `bench-mic-own HOST PORT BODY BODY_PORT`. Each POST of an offer is a session of its own; its packets go
 * to BODY. What receives and forwards is the product's, rules included. */

typedef struct {
  HnMicIo *mics;
  const char *body;
  guint sessions;
} Bench;

static void
on_answered (const char *sdp, guint number, const GError *error, gpointer data)
{
  SoupServerMessage *message = data;

  if (error != NULL) {
    soup_server_message_set_status (message, 500, NULL);
    soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, error->message, strlen (error->message));
  } else {
    g_autoptr (JsonObject) object = hn_mic_json_answer (sdp);
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
    char *text = json_to_string (node, FALSE);

    soup_server_message_set_status (message, 200, NULL);
    soup_server_message_set_response (message, "application/json", SOUP_MEMORY_TAKE, text, strlen (text));
  }
  soup_server_message_unpause (message);
  g_object_unref (message);
}

static void
on_offer (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
  static const HnSlot any_port = { 0 };
  Bench *self = data;
  g_autoptr (GBytes) body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  g_autofree char *sdp = hn_mic_json_read_offer (g_bytes_get_data (body, NULL), g_bytes_get_size (body), NULL);
  g_autofree char *session = g_strdup_printf ("%032x", self->sessions++);
  HnMicFor wanted = { session, self->body, &any_port };
  g_autoptr (GError) error = NULL;
  gint64 retry_us = 0;

  soup_server_message_pause (message);
  g_object_ref (message);
  if (sdp == NULL || !hn_mic_io_offer (self->mics, &wanted, sdp, strlen (sdp), on_answered, message, &retry_us, &error))
    on_answered (NULL, 0, error != NULL ? error : g_error_new_literal (G_IO_ERROR, 0, "no offer"), message);
}

int
main (int argc, char **argv)
{
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;
  HnMicIoOptions options = { .local_address = "127.0.0.1" };
  Bench self = { NULL };

  signal (SIGPIPE, SIG_IGN);
  if (argc != 5) {
    fprintf (stderr, "usage: bench-mic-own HOST PORT BODY BODY_PORT\n");
    return 64;
  }
  options.body_port = (guint16) atoi (argv[4]);
  self.body = argv[3];
  self.mics = hn_mic_io_new (&options);
  address = g_inet_socket_address_new_from_string (argv[1], (guint) atoi (argv[2]));
  soup_server_add_handler (server, "/offer", on_offer, &self, NULL);
  if (!soup_server_listen (server, address, 0, &error)) {
    fprintf (stderr, "bench-mic-own: %s\n", error->message);
    return 1;
  }
  printf ("ready\n");
  fflush (stdout);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
