/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TURN server is probed: a real coturn on a free port, and what pretends to be one or is nobody. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "net/timer.h"
#include "net/turn-probe.h"
#include "tests/support/unit.h"

#define HOST "127.0.25.1"
#define SERVER "/usr/bin/turnserver"
#define USER "hydraturn"
#define WORD "a-word"

typedef struct {
  GMainLoop *loop;
  GSubprocess *server;
  char *folder;
  guint16 port;
  HnTurnProbeResult *result;
  GError *error;
  guint ends;
} World;

static guint16
port_of (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static GSocket *
bound (GSocketType type)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (HOST, 0);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, type, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  assert_true (g_socket_bind (socket, address, FALSE, NULL));
  return socket;
}

static void
on_probed (GObject *source, GAsyncResult *result, gpointer data)
{
  World *world = data;

  world->ends++;
  world->result = hn_turn_probe_finish (result, &world->error);
  g_main_loop_quit (world->loop);
}

static void
probe (World *world, const char *url, const char *word, gint64 timeout_us)
{
  g_clear_pointer (&world->result, hn_turn_probe_result_free);
  g_clear_error (&world->error);
  world->ends = 0;
  hn_turn_probe_async (url, USER, word, timeout_us, NULL, on_probed, world);
  g_main_loop_run (world->loop);
  assert_int_equal (world->ends, 1);
}

static char *
url_of (guint16 port, const char *rest)
{
  return g_strdup_printf ("turn:" HOST ":%u%s", port, rest);
}

static void
assert_part (World *world, HnErrorCode code, const char *part)
{
  assert_null (world->result);
  assert_non_null (world->error);
  if (!g_error_matches (world->error, HN_ERROR, (int) code) || strstr (world->error->message, part) == NULL)
    fail_msg ("code %d: %s", world->error->code, world->error->message);
}

/* ---- a real one ---- */

static void
coturn_gives_a_relay_by_udp_and_by_tcp_and_has_it_back (void **state)
{
  World *world = *state;
  static const char *const rest[] = { "?transport=udp", "?transport=tcp" }; /* the first was in set_up(); user-quota is 1 */
  gint64 until_us = hn_clock_now_us () + hn_seconds (20);

  for (gsize i = 0; i < G_N_ELEMENTS (rest); i++) {
    g_autofree char *url = url_of (world->port, rest[i]);

    /* coturn takes up to a second to let go of what it was given back; an allocation that is not given back lasts ten minutes */
    do
      probe (world, url, WORD, hn_seconds (5));
    while ((g_error_matches (world->error, HN_ERROR, HN_ERROR_LIMIT) || g_error_matches (world->error, HN_ERROR, HN_ERROR_CONFLICT))
           && hn_clock_now_us () < until_us);
    if (world->result == NULL)
      fail_msg ("%s", world->error->message);
    assert_string_equal (world->result->relayed, HOST);
    assert_true (world->result->port >= 49152);
    assert_true (world->result->rtt_us > 0 && world->result->rtt_us < hn_seconds (5));
    assert_false (world->result->is_open);
  }
}

static void
a_wrong_password_is_named_and_not_repeated (void **state)
{
  World *world = *state;
  g_autofree char *url = url_of (world->port, "");
  g_autofree char *expected = g_strdup_printf ("'%s': it refuses user '" USER "' (401)", url);

  probe (world, url, "wrong-word", hn_seconds (5));
  assert_part (world, HN_ERROR_UNAUTHENTICATED, expected);
  assert_null (strstr (world->error->message, "wrong-word"));
}

static void
a_name_is_resolved (void **state)
{
  World *world = *state;

  probe (world, "turn:no-such-host.invalid", WORD, hn_seconds (5));
  assert_true (world->error != NULL);
  assert_true (g_error_matches (world->error, HN_ERROR, HN_ERROR_UPSTREAM) || g_error_matches (world->error, HN_ERROR, HN_ERROR_TIMEOUT));
  probe (world, "turn:localhost:1", WORD, hn_seconds (5)); /* nobody is there, and that is known */
  assert_part (world, HN_ERROR_UPSTREAM, "nobody listens on UDP port 1");
}

/* ---- nobody, and others ---- */

static void
a_port_where_nobody_listens_refuses (void **state)
{
  World *world = *state;
  static const char *const rest[] = { "", "?transport=tcp" };
  static const GSocketType types[] = { G_SOCKET_TYPE_DATAGRAM, G_SOCKET_TYPE_STREAM };

  for (gsize i = 0; i < G_N_ELEMENTS (rest); i++) {
    g_autoptr (GSocket) socket = bound (types[i]);
    g_autofree char *url = url_of (port_of (socket), rest[i]);

    g_socket_close (socket, NULL);
    probe (world, url, WORD, hn_seconds (5));
    assert_part (world, HN_ERROR_UPSTREAM, "connection refused: nobody listens on");
  }
}

static void
silence_is_asked_again_and_then_told (void **state)
{
  World *world = *state;
  g_autoptr (GSocket) udp = bound (G_SOCKET_TYPE_DATAGRAM);
  g_autoptr (GSocket) tcp = bound (G_SOCKET_TYPE_STREAM);
  g_autofree char *udp_url = url_of (port_of (udp), "");
  g_autofree char *tcp_url = NULL;
  char first[2048], again[2048];
  gssize length;

  probe (world, udp_url, WORD, 400 * G_GINT64_CONSTANT (1000));
  assert_part (world, HN_ERROR_TIMEOUT, "no answer in time: nobody listens there, or a firewall drops UDP");
  length = g_socket_receive (udp, first, sizeof first, NULL, NULL);
  assert_true (length > 20);
  assert_int_equal (g_socket_receive (udp, again, sizeof again, NULL, NULL), length);
  assert_memory_equal (first, again, length);

  assert_true (g_socket_listen (tcp, NULL));
  tcp_url = url_of (port_of (tcp), "?transport=tcp");
  probe (world, tcp_url, WORD, 100 * G_GINT64_CONSTANT (1000));
  assert_part (world, HN_ERROR_TIMEOUT, "drops TCP");
}

static gboolean
on_stranger (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer answer)
{
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  char request[256];

  g_input_stream_read (in, request, sizeof request, NULL, NULL);
  g_output_stream_write_all (out, answer, strlen (answer), NULL, NULL, NULL);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  return TRUE;
}

static void
another_service_on_the_port_is_seen (void **state)
{
  World *world = *state;
  static const struct {
    char answer[40];
    const char *part;
  } rows[] = { { "HTTP/1.1 400 Bad Request\r\n\r\n", "what it sends is no STUN message" }, { "", "it closes the connection" } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GSocketService) service = g_threaded_socket_service_new (2);
    g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (HOST, 0);
    g_autoptr (GSocketAddress) effective = NULL;
    g_autofree char *url = NULL;

    assert_true (g_socket_listener_add_address (G_SOCKET_LISTENER (service), address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                                &effective, NULL));
    g_signal_connect (service, "run", G_CALLBACK (on_stranger), (gpointer) rows[i].answer);
    url = url_of (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective)), "?transport=tcp");
    probe (world, url, WORD, hn_seconds (5));
    assert_part (world, HN_ERROR_PROTOCOL, rows[i].part);
    g_socket_service_stop (service);
  }
}

static void
what_is_no_url_is_told_from_the_loop (void **state)
{
  World *world = *state;

  probe (world, "stun:" HOST, WORD, hn_seconds (5));
  assert_part (world, HN_ERROR_INVALID, "no turn: or turns: URL");
  probe (world, "turns:" HOST "?transport=udp", WORD, hn_seconds (5));
  assert_part (world, HN_ERROR_INVALID, "DTLS");
}

static void
one_that_is_cancelled_says_only_that (void **state)
{
  World *world = *state;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *url = url_of (world->port, "");

  g_clear_error (&world->error);
  world->ends = 0;
  hn_turn_probe_async (url, USER, WORD, hn_seconds (5), cancellable, on_probed, world);
  g_cancellable_cancel (cancellable);
  g_main_loop_run (world->loop);
  assert_true (g_error_matches (world->error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  assert_int_equal (world->ends, 1);
}

/* ---- set-up ---- */

static gboolean
start_server (World *world)
{
  g_autoptr (GSocket) socket = bound (G_SOCKET_TYPE_DATAGRAM);
  g_autofree char *conf = g_build_filename (world->folder, "turnserver.conf", NULL);
  g_autofree char *text = NULL;
  g_autofree char *url = NULL;
  gint64 until_us = hn_clock_now_us () + hn_seconds (20);

  world->port = port_of (socket);
  g_socket_close (socket, NULL);
  text = g_strdup_printf ("listening-ip=" HOST "\nlistening-port=%u\nrelay-ip=" HOST "\nrealm=hydraneckwebrtc.test\nlt-cred-mech\n"
                          "user=" USER ":" WORD "\nuser-quota=1\nno-cli\nno-tls\nno-dtls\nallow-loopback-peers\nrelay-threads=1\n"
                          "log-file=/dev/null\npidfile=%s/pid\nuserdb=%s/userdb\n",
                          world->port, world->folder, world->folder);
  assert_true (g_file_set_contents (conf, text, -1, NULL));
  world->server = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL, SERVER, "-c", conf, NULL);
  assert_non_null (world->server);
  url = url_of (world->port, "");
  while (world->result == NULL && hn_clock_now_us () < until_us)
    probe (world, url, WORD, hn_seconds (5)); /* refused at once until it listens */
  return world->result != NULL;
}

static int
set_up (void **state)
{
  World *world = g_new0 (World, 1);

  world->loop = g_main_loop_new (NULL, FALSE);
  world->folder = g_dir_make_tmp ("hydraneck-turn-XXXXXX", NULL);
  *state = world;
  return start_server (world) ? 0 : -1;
}

static int
tear_down (void **state)
{
  World *world = *state;
  g_autoptr (GDir) dir = g_dir_open (world->folder, 0, NULL);

  g_subprocess_send_signal (world->server, SIGTERM);
  g_subprocess_wait (world->server, NULL, NULL);
  g_object_unref (world->server);
  for (const char *name; (name = g_dir_read_name (dir)) != NULL;) {
    g_autofree char *path = g_build_filename (world->folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (world->folder);
  g_free (world->folder);
  g_clear_pointer (&world->result, hn_turn_probe_result_free);
  g_clear_error (&world->error);
  g_main_loop_unref (world->loop);
  g_free (world);
  return 0;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (coturn_gives_a_relay_by_udp_and_by_tcp_and_has_it_back),
    cmocka_unit_test (a_wrong_password_is_named_and_not_repeated),
    cmocka_unit_test (a_name_is_resolved),
    cmocka_unit_test (a_port_where_nobody_listens_refuses),
    cmocka_unit_test (silence_is_asked_again_and_then_told),
    cmocka_unit_test (another_service_on_the_port_is_seen),
    cmocka_unit_test (what_is_no_url_is_told_from_the_loop),
    cmocka_unit_test (one_that_is_cancelled_says_only_that),
  };

  if (!g_file_test (SERVER, G_FILE_TEST_IS_EXECUTABLE))
    return 77;
  return cmocka_run_group_tests (tests, set_up, tear_down);
}
