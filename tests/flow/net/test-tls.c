/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-fixture.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/limits.h"

/* The front door as OpenSSL's own client meets it. */

#define MEGABYTE ((gsize) 1024 * 1024)
#define KEYS_ASKED 60000

static int
set_up (void **state)
{
  Fixture *fixture = fixture_new ();

  fixture->options.tls = hn_tls_new_stand_in ("localhost");
  *state = fixture;
  return 0;
}

static int
tear_down (void **state)
{
  Fixture *fixture = *state;
  HnTls *tls = fixture->options.tls;

  fixture_free (fixture);
  hn_tls_unref (tls);
  return 0;
}

/* ---- a client ---- */

typedef struct {
  SSL_CTX *context;
  SSL *ssl;
  int fd;
} Client;

static Client
client_begin (Fixture *fixture, int version)
{
  Client self = { .context = SSL_CTX_new (TLS_client_method ()), .fd = fixture_connect (fixture) };

  SSL_CTX_set_security_level (self.context, 0);
  SSL_CTX_set_min_proto_version (self.context, version != 0 ? version : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version (self.context, version);
  self.ssl = SSL_new (self.context);
  SSL_set_fd (self.ssl, self.fd);
  return self;
}

static void
client_end (Client *self)
{
  SSL_free (self->ssl);
  SSL_CTX_free (self->context);
  close (self->fd);
  ERR_clear_error ();
}

static Client
client_connect (Fixture *fixture)
{
  Client self = client_begin (fixture, 0);

  assert_int_equal (SSL_connect (self.ssl), 1);
  return self;
}

static void
tell_bytes (Client *self, const char *bytes, gsize length)
{
  gsize written = 0;

  assert_int_equal (SSL_write_ex (self->ssl, bytes, length, &written), 1);
  assert_int_equal (written, length);
}

static void
tell (Client *self, const char *text)
{
  tell_bytes (self, text, strlen (text));
}

static char *
listen_to (Client *self, gsize length)
{
  char *bytes = g_malloc (length + 1);
  gsize have = 0, n = 0;

  for (; have < length; have += n)
    if (SSL_read_ex (self->ssl, bytes + have, length - have, &n) != 1)
      fail_msg ("only %zu of %zu bytes came", have, length);
  bytes[length] = '\0';
  return bytes;
}

static char *
listen_to_head (Client *self)
{
  GString *head = g_string_new (NULL);
  char byte;
  gsize n;

  while (!g_str_has_suffix (head->str, "\r\n\r\n")) {
    if (SSL_read_ex (self->ssl, &byte, 1, &n) != 1)
      fail_msg ("the head ended early: '%s'", head->str);
    g_string_append_c (head, byte);
  }
  return g_string_free (head, FALSE);
}

static void
expect (Client *self, const char *contains)
{
  g_autofree char *head = listen_to_head (self);

  if (strstr (head, contains) == NULL)
    fail_msg ("'%s' is not in '%s'", contains, head);
}

/* To the end; whether that end was said (close_notify) or just happened. */
static char *
listen_to_all (Client *self, gboolean *ret_said)
{
  GString *all = g_string_new (NULL);
  char buffer[16384];
  gsize n;

  while (SSL_read_ex (self->ssl, buffer, sizeof buffer, &n) == 1)
    g_string_append_len (all, buffer, (gssize) n);
  *ret_said = SSL_get_error (self->ssl, 0) == SSL_ERROR_ZERO_RETURN;
  ERR_clear_error ();
  return g_string_free (all, FALSE);
}

static char *
fingerprint_seen_by (Client *self)
{
  X509 *certificate = SSL_get0_peer_certificate (self->ssl);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  GString *text = g_string_new (NULL);

  X509_digest (certificate, EVP_sha256 (), digest, &length);
  for (unsigned int i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", digest[i]);
  return g_string_free (text, FALSE);
}

#define GET_UP "GET /up/a HTTP/1.1\r\nHost: a\r\n\r\n"
#define UPGRADE                                                                                                                            \
  "GET /up/ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhl\r\n"                  \
  "Sec-WebSocket-Version: 13\r\n\r\n"
#define SWITCHED "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pP\r\n\r\n"

static void
open_tunnel (Fixture *fixture, Client *ret_client, int *ret_upstream)
{
  *ret_client = client_connect (fixture);
  tell (ret_client, UPGRADE);
  *ret_upstream = fixture_accept (fixture);
  g_free (hear_head (*ret_upstream));
  say (*ret_upstream, SWITCHED);
  expect (ret_client, "HTTP/1.1 101");
}

static char *
pattern (gsize length)
{
  char *bytes = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    bytes[i] = (char) ((i * 2654435761u) >> 11);
  return bytes;
}

/* ---- handshakes ---- */

static void
a_proxied_request_over_tls_tells_its_upstream_https (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *asked = NULL;
  g_autofree char *body = NULL;
  Client client;
  int upstream;

  fixture_start (fixture);
  client = client_connect (fixture);
  assert_string_equal (SSL_get_version (client.ssl), "TLSv1.3");
  tell (&client, GET_UP);
  upstream = fixture_accept (fixture);
  asked = hear_head (upstream);
  assert_non_null (strstr (asked, "X-Forwarded-Proto: https\r\n"));
  say (upstream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  expect (&client, "HTTP/1.1 200");
  body = listen_to (&client, 5);
  assert_string_equal (body, "hello");
  tell (&client, "GET /api/echo HTTP/1.1\r\nHost: a\r\n\r\n");
  expect (&client, "HTTP/1.1 200");
  close (upstream);
  client_end (&client);
}

static void
old_versions_are_refused_and_weak_ciphers_too (void **state)
{
  Fixture *fixture = *state;
  Client client;

  fixture_start (fixture);
  for (int version = TLS1_VERSION; version <= TLS1_1_VERSION; version++) {
    client = client_begin (fixture, version);
    assert_int_not_equal (SSL_connect (client.ssl), 1);
    assert_int_equal (ERR_GET_REASON (ERR_peek_error ()), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
    client_end (&client);
  }
  client = client_begin (fixture, TLS1_2_VERSION);
  SSL_set_cipher_list (client.ssl, "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:AES128-GCM-SHA256");
  assert_int_not_equal (SSL_connect (client.ssl), 1);
  client_end (&client);
  client = client_begin (fixture, TLS1_2_VERSION);
  assert_int_equal (SSL_connect (client.ssl), 1);
  assert_string_equal (SSL_get_cipher (client.ssl), "ECDHE-ECDSA-AES128-GCM-SHA256");
  tell (&client, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect (&client, "HTTP/1.1 404");
  client_end (&client);
}

static void
the_protocol_is_http_1_1_or_none (void **state)
{
  static const unsigned char both[] = "\x02h2\x08http/1.1";
  Fixture *fixture = *state;
  const unsigned char *chosen = NULL;
  unsigned int length = 0;
  Client client;

  fixture_start (fixture);
  client = client_begin (fixture, 0);
  SSL_set_alpn_protos (client.ssl, both, sizeof both - 1);
  assert_int_equal (SSL_connect (client.ssl), 1);
  SSL_get0_alpn_selected (client.ssl, &chosen, &length);
  assert_int_equal (length, 8);
  assert_memory_equal (chosen, "http/1.1", 8);
  client_end (&client);
  client = client_begin (fixture, 0);
  SSL_set_alpn_protos (client.ssl, both, 3);
  assert_int_not_equal (SSL_connect (client.ssl), 1);
  assert_int_equal (ERR_GET_REASON (ERR_peek_error ()), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
  client_end (&client);
}

static void
nobody_can_renegotiate (void **state)
{
  Fixture *fixture = *state;
  gboolean said;
  Client client;

  fixture_start (fixture);
  client = client_begin (fixture, TLS1_2_VERSION);
  assert_int_equal (SSL_connect (client.ssl), 1);
  if (SSL_renegotiate (client.ssl) == 1)
    assert_int_not_equal (SSL_do_handshake (client.ssl), 1);
  ERR_clear_error ();
  g_free (listen_to_all (&client, &said));
  client_end (&client);
}

static void
plain_http_is_told_so_and_noise_is_closed (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *answer = NULL;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  answer = hear_all (fd, NULL);
  assert_true (g_str_has_prefix (answer, "HTTP/1.1 400 Bad Request\r\n"));
  assert_non_null (strstr (answer, "{\"error\":\"plain HTTP on a port for HTTPS\",\"code\":400,\"detail\":\"use https://\"}"));
  close (fd);
  fd = fixture_connect (fixture);
  say (fd, "\x80\x2e\x01");
  expect_end (fd);
  close (fd);
}

static void
a_handshake_that_does_not_end_meets_its_deadline (void **state)
{
  Fixture *fixture = *state;
  guint before;
  int silent, begun;

  fixture->options.handshake_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  before = count_fds ();
  silent = fixture_connect (fixture);
  begun = fixture_connect (fixture);
  say_bytes (begun, "\x16\x03\x01\x02\x00\x01", 6);
  expect_end (silent);
  expect_end (begun);
  close (silent);
  close (begun);
  fixture_wait_fds (fixture, before);
}

static void
the_oldest_of_too_many_handshakes_gives_way (void **state)
{
  Fixture *fixture = *state;
  g_autofree int *fds = g_new (int, HN_LIMIT_HANDSHAKES + 1);
  struct rlimit old, wide;
  Client client;

  getrlimit (RLIMIT_NOFILE, &old);
  wide = (struct rlimit){ old.rlim_max, old.rlim_max };
  setrlimit (RLIMIT_NOFILE, &wide);
  fixture_start (fixture);
  for (int i = 0; i <= HN_LIMIT_HANDSHAKES; i++) {
    fds[i] = fixture_connect (fixture);
    say_bytes (fds[i], "\x16\x03\x01", 3);
  }
  expect_end (fds[0]);
  client = client_connect (fixture);
  expect_end (fds[1]);
  assert_int_equal (recv (fds[HN_LIMIT_HANDSHAKES], (char[1]){ 0 }, 1, MSG_DONTWAIT), -1);
  client_end (&client);
  for (int i = 0; i <= HN_LIMIT_HANDSHAKES; i++)
    close (fds[i]);
  setrlimit (RLIMIT_NOFILE, &old);
}

static void
a_crowd_beyond_the_limit_is_told_so_over_tls (void **state)
{
  Fixture *fixture = *state;
  Client first, second;

  fixture->options.connections_max = 1;
  fixture_start (fixture);
  first = client_connect (fixture);
  second = client_connect (fixture);
  expect (&second, "HTTP/1.1 503");
  client_end (&second);
  tell (&first, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect (&first, "HTTP/1.1 404");
  client_end (&first);
}

static void
running_out_of_descriptors_closes_newcomers_and_nothing_else (void **state)
{
  Fixture *fixture = *state;
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  struct rlimit old, tight;
  int waiting[4], used;
  Client client;

  fixture_start (fixture);
  client = client_connect (fixture);
  for (int i = 0; i < 4; i++)
    waiting[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  used = dup (client.fd);
  close (used);
  getrlimit (RLIMIT_NOFILE, &old);
  tight = (struct rlimit){ (rlim_t) used, old.rlim_max };
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &tight), 0);
  getpeername (client.fd, (struct sockaddr *) &address, &length);
  for (int i = 0; i < 4; i++) {
    assert_int_equal (connect (waiting[i], (struct sockaddr *) &address, length), 0);
    expect_end (waiting[i]);
  }
  tell (&client, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect (&client, "HTTP/1.1 404");
  client_end (&client);
  setrlimit (RLIMIT_NOFILE, &old);
  for (int i = 0; i < 4; i++)
    close (waiting[i]);
  client = client_connect (fixture);
  client_end (&client);
}

/* ---- resumption, and a new certificate ---- */

static SSL_SESSION *
ticket_of (Client *client)
{
  tell (client, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect (client, "HTTP/1.1 404"); /* the ticket comes before it */
  return SSL_get1_session (client->ssl);
}

static gboolean
is_resumed (Fixture *fixture, int version, SSL_SESSION *session)
{
  Client client = client_begin (fixture, version);
  gboolean resumed;

  SSL_set_session (client.ssl, session);
  assert_int_equal (SSL_connect (client.ssl), 1);
  resumed = SSL_session_reused (client.ssl) != 0;
  client_end (&client);
  return resumed;
}

static void
set_tls (Fixture *fixture, gpointer tls)
{
  hn_front_set_tls (fixture->front, tls);
}

static void
sessions_are_resumed_until_the_certificate_changes (void **state)
{
  Fixture *fixture = *state;
  g_autoptr (HnTls) fresh = hn_tls_new_stand_in ("localhost");

  fixture_start (fixture);
  for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
    Client client = client_begin (fixture, version);
    SSL_SESSION *session;

    assert_int_equal (SSL_connect (client.ssl), 1);
    session = ticket_of (&client);
    SSL_shutdown (client.ssl); /* a session that was cut is not resumed, says OpenSSL's client */
    client_end (&client);
    assert_true (is_resumed (fixture, version, session));
    fixture_call (fixture, set_tls, fresh);
    assert_false (is_resumed (fixture, version, session));
    fixture_call (fixture, set_tls, fixture->options.tls);
    SSL_SESSION_free (session);
  }
}

static void
a_new_certificate_is_for_new_handshakes_and_a_tunnel_goes_on (void **state)
{
  Fixture *fixture = *state;
  g_autoptr (HnTls) fresh = hn_tls_new_stand_in ("localhost");
  g_autofree char *old_seen = NULL;
  g_autofree char *new_seen = NULL;
  g_autofree char *there = NULL;
  g_autofree char *back = NULL;
  Client client, later;
  int upstream;

  fixture_start (fixture);
  open_tunnel (fixture, &client, &upstream);
  old_seen = fingerprint_seen_by (&client);
  assert_string_equal (old_seen, hn_tls_get_fingerprint (fixture->options.tls));
  fixture_call (fixture, set_tls, fresh);
  later = client_connect (fixture);
  new_seen = fingerprint_seen_by (&later);
  assert_string_equal (new_seen, hn_tls_get_fingerprint (fresh));
  tell (&client, "after");
  there = hear_bytes (upstream, 5);
  assert_string_equal (there, "after");
  say (upstream, "still");
  back = listen_to (&client, 5);
  assert_string_equal (back, "still");
  close (upstream);
  client_end (&client);
  client_end (&later);
}

/* ---- many bytes ---- */

static gsize
say_until_blocked (int fd)
{
  static char block[65536];
  struct timeval limit = { .tv_usec = 300 * 1000 };
  gsize sent = 0;
  ssize_t n;

  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  while (sent < 256 * MEGABYTE && (n = send (fd, block, sizeof block, MSG_NOSIGNAL)) > 0)
    sent += (gsize) n;
  return sent;
}

static void
a_slow_reader_of_a_big_download_holds_little_and_gets_all_of_it (void **state)
{
  Fixture *fixture = *state;
  gsize length = 256 * MEGABYTE, before, sent, rest;
  g_autofree char *head = g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", length);
  Client client;
  int upstream;

  fixture_start (fixture);
  client = client_connect (fixture);
  tell (&client, GET_UP);
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  before = resident_bytes ();
  say (upstream, head);
  sent = say_until_blocked (upstream);
  assert_true (sent < 64 * MEGABYTE);
  assert_true (resident_bytes () < before + 8 * MEGABYTE);
  expect (&client, "HTTP/1.1 200");
  for (rest = sent; rest > 0; rest -= MIN (rest, 65536))
    g_free (listen_to (&client, MIN (rest, 65536)));
  say (upstream, "more");
  g_free (listen_to (&client, 4));
  close (upstream);
  client_end (&client);
}

static void
a_big_upload_arrives_unchanged (void **state)
{
  Fixture *fixture = *state;
  gsize length = 8 * MEGABYTE;
  g_autofree char *bytes = pattern (length);
  g_autofree char *head = g_strdup_printf ("POST /up/a HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", length);
  gsize at = 0;
  Client client;
  int upstream;

  fixture_start (fixture);
  client = client_connect (fixture);
  tell (&client, head);
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  SSL_set_mode (client.ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
  for (gsize heard = 0; heard < length; heard += 65536) {
    g_autofree char *there = NULL;
    gsize n;

    while (at < MIN (length, heard + 200000)) {
      assert_int_equal (SSL_write_ex (client.ssl, bytes + at, length - at, &n), 1);
      at += n;
    }
    there = hear_bytes (upstream, 65536);
    assert_memory_equal (there, bytes + heard, 65536);
  }
  say (upstream, "HTTP/1.1 204 No Content\r\n\r\n");
  expect (&client, "HTTP/1.1 204");
  close (upstream);
  client_end (&client);
}

static void
a_big_api_answer_passes_the_gate_sealed (void **state)
{
  Fixture *fixture = *state;
  gsize length = 32 * MEGABYTE;
  Client client;

  fixture_start (fixture);
  client = client_connect (fixture);
  tell (&client, "GET /api/big HTTP/1.1\r\nHost: a\r\n\r\n");
  expect (&client, "HTTP/1.1 200");
  for (gsize have = 0; have < length; have += MEGABYTE) {
    g_autofree char *part = listen_to (&client, MEGABYTE);

    assert_int_equal (part[0], 'b');
    assert_int_equal (part[MEGABYTE - 1], 'b');
  }
  tell (&client, "GET /api/echo HTTP/1.1\r\nHost: a\r\n\r\n");
  expect (&client, "HTTP/1.1 200");
  client_end (&client);
}

static void
an_api_reader_that_takes_nothing_is_cut (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *got = NULL;
  int small = 8192;
  gboolean said;
  Client client;

  fixture->options.send_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  client = client_connect (fixture);
  setsockopt (client.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  tell (&client, "GET /api/big HTTP/1.1\r\nHost: a\r\n\r\n");
  wait_for_hang_up (client.fd);
  got = listen_to_all (&client, &said);
  assert_false (said);
  client_end (&client);
}

/* ---- tunnels ---- */

static void
a_tunnel_carries_bytes_unchanged_both_ways (void **state)
{
  Fixture *fixture = *state;
  gsize length = 4 * MEGABYTE, step = 50000;
  g_autofree char *bytes = pattern (length);
  Client client;
  int upstream;

  fixture_start (fixture);
  open_tunnel (fixture, &client, &upstream);
  for (gsize at = 0; at + step <= length; at += step) {
    g_autofree char *there = NULL;
    g_autofree char *back = NULL;

    tell_bytes (&client, bytes + at, step);
    say_bytes (upstream, bytes + length - at - step, step);
    there = hear_bytes (upstream, step);
    back = listen_to (&client, step);
    assert_memory_equal (there, bytes + at, step);
    assert_memory_equal (back, bytes + length - at - step, step);
  }
  client_end (&client);
  expect_end (upstream);
  close (upstream);
  fixture_wait_count (fixture, &fixture->tunnels_closed, 1);
}

static void
a_slow_reader_of_a_tunnel_holds_little_and_one_that_takes_nothing_loses_it (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *got = NULL;
  gsize before;
  gboolean said;
  Client client;
  int upstream;

  fixture->options.send_timeout_us = hn_seconds (1);
  fixture_start (fixture);
  open_tunnel (fixture, &client, &upstream);
  before = resident_bytes ();
  assert_true (say_until_blocked (upstream) < 64 * MEGABYTE);
  assert_true (resident_bytes () < before + 8 * MEGABYTE);
  fixture_wait_count (fixture, &fixture->tunnels_closed, 1);
  got = listen_to_all (&client, &said);
  assert_false (said);
  client_end (&client);
  close (upstream);
}

/* Each request for new keys makes TLS itself answer, whoever is behind it. */
static gboolean
ask_for_keys (Client *client)
{
  return SSL_key_update (client->ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake (client->ssl) == 1;
}

static void
who_asks_for_new_keys_without_end_and_takes_none_is_ended (void **state)
{
  Fixture *fixture = *state;
  struct timeval patience = { FIXTURE_TIMEOUT_SECONDS, 0 };
  gsize asked = 0;
  Client client;
  int upstream;

  fixture->narrow = TRUE;
  fixture_start (fixture);
  open_tunnel (fixture, &client, &upstream);
  assert_int_equal (SSL_version (client.ssl), TLS1_3_VERSION);
  setsockopt (client.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  while (asked < KEYS_ASKED && ask_for_keys (&client))
    asked++;
  assert_true (asked < KEYS_ASKED);
  fixture_wait_count (fixture, &fixture->tunnels_closed, 1);
  client_end (&client);
  close (upstream);
}

static void
who_takes_the_keys_that_it_asked_for_may_ask_again (void **state)
{
  Fixture *fixture = *state;
  Client client;
  int upstream;

  fixture_start (fixture);
  open_tunnel (fixture, &client, &upstream);
  for (guint i = 0; i < 50; i++) {
    g_autofree char *there = NULL;
    g_autofree char *back = NULL;

    for (guint n = 0; n < 100; n++)
      assert_true (ask_for_keys (&client));
    tell (&client, "x");
    there = hear_bytes (upstream, 1);
    say (upstream, "y");
    back = listen_to (&client, 1);
    assert_string_equal (back, "y");
  }
  client_end (&client);
  close (upstream);
}

static void
the_end_of_either_side_is_said_and_the_other_goes_on (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *there = NULL;
  g_autofree char *rest = NULL;
  g_autofree char *back = NULL;
  gboolean said;
  Client client;
  int upstream;

  fixture_start (fixture);
  open_tunnel (fixture, &client, &upstream);
  tell (&client, "last words");
  SSL_shutdown (client.ssl);
  there = hear_all (upstream, NULL);
  assert_string_equal (there, "last words");
  say (upstream, "still here");
  back = listen_to (&client, 10);
  assert_string_equal (back, "still here");
  close (upstream);
  rest = listen_to_all (&client, &said);
  assert_true (said);
  client_end (&client);
  fixture_wait_count (fixture, &fixture->tunnels_closed, 1);
}

/* ---- what was cut does not look whole ---- */

static char *
answer_cut_after (Fixture *fixture, const char *request, const char *answer, gboolean reset, gboolean *ret_said)
{
  Client client = client_connect (fixture);
  struct linger now = { 1, 0 };
  char *got;
  int upstream;

  tell (&client, request);
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, answer);
  expect (&client, "HTTP/1.1 200");
  g_free (listen_to (&client, 4));
  if (reset)
    setsockopt (upstream, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close (upstream);
  got = listen_to_all (&client, ret_said);
  client_end (&client);
  return got;
}

static void
a_cut_answer_ends_without_a_word_and_a_whole_one_with_it (void **state)
{
  static const char old[] = "GET /up/a HTTP/1.0\r\nHost: a\r\n\r\n";
  Fixture *fixture = *state;
  gboolean said;

  fixture_start (fixture);
  g_free (answer_cut_after (fixture, GET_UP, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour", FALSE, &said));
  assert_false (said);
  g_free (answer_cut_after (fixture, old, "HTTP/1.1 200 OK\r\n\r\nfour", TRUE, &said));
  assert_false (said);
  g_free (answer_cut_after (fixture, old, "HTTP/1.1 200 OK\r\n\r\nfour", FALSE, &said));
  assert_true (said);
}

static void
idle_clients_that_leave_keep_no_descriptor (void **state)
{
  Fixture *fixture = *state;
  Client clients[20];
  guint before;

  fixture_start (fixture);
  before = count_fds ();
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = client_connect (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++) {
    if (i % 2 == 0)
      SSL_shutdown (clients[i].ssl);
    client_end (&clients[i]);
  }
  fixture_wait_fds (fixture, before);
}

static void
an_idle_client_is_dismissed_with_a_word (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *rest = NULL;
  gboolean said;
  Client client;

  fixture->options.keepalive_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  client = client_connect (fixture);
  rest = listen_to_all (&client, &said);
  assert_string_equal (rest, "");
  assert_true (said);
  client_end (&client);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
    TEST (a_proxied_request_over_tls_tells_its_upstream_https),
    TEST (old_versions_are_refused_and_weak_ciphers_too),
    TEST (the_protocol_is_http_1_1_or_none),
    TEST (nobody_can_renegotiate),
    TEST (plain_http_is_told_so_and_noise_is_closed),
    TEST (a_handshake_that_does_not_end_meets_its_deadline),
    TEST (the_oldest_of_too_many_handshakes_gives_way),
    TEST (a_crowd_beyond_the_limit_is_told_so_over_tls),
    TEST (running_out_of_descriptors_closes_newcomers_and_nothing_else),
    TEST (sessions_are_resumed_until_the_certificate_changes),
    TEST (a_new_certificate_is_for_new_handshakes_and_a_tunnel_goes_on),
    TEST (a_slow_reader_of_a_big_download_holds_little_and_gets_all_of_it),
    TEST (a_big_upload_arrives_unchanged),
    TEST (a_big_api_answer_passes_the_gate_sealed),
    TEST (an_api_reader_that_takes_nothing_is_cut),
    TEST (a_tunnel_carries_bytes_unchanged_both_ways),
    TEST (a_slow_reader_of_a_tunnel_holds_little_and_one_that_takes_nothing_loses_it),
    TEST (who_asks_for_new_keys_without_end_and_takes_none_is_ended),
    TEST (who_takes_the_keys_that_it_asked_for_may_ask_again),
    TEST (the_end_of_either_side_is_said_and_the_other_goes_on),
    TEST (a_cut_answer_ends_without_a_word_and_a_whole_one_with_it),
    TEST (idle_clients_that_leave_keep_no_descriptor),
    TEST (an_idle_client_is_dismissed_with_a_word),
  };

  signal (SIGPIPE, SIG_IGN); /* OpenSSL's client writes without MSG_NOSIGNAL */
  return cmocka_run_group_tests (tests, NULL, NULL);
}
