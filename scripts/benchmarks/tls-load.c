/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <openssl/ssl.h>
#include <signal.h>

#include "sockets.h"

/* The load of the TLS benchmark: OpenSSL's client, blocking, one connection after the other.
 *
 *   bench-tls-load HOST PORT handshakes PATH COUNT full|resumed   TLS 1.3, nothing but the handshake and the two ends
 *   bench-tls-load HOST PORT get|down PATH BYTES                  an answer's body, or through an upgraded connection
 *   bench-tls-load HOST PORT post|up PATH BYTES                   the other way
 *   bench-tls-load HOST PORT hold PATH COUNT                      idle after one answer; says `ready`, ends with its input
 *
 * Prints one line of JSON. Whatever goes wrong ends it with status 1; so does its alarm after three minutes. */

#define ALARM_SECONDS 180

static struct sockaddr_in address;
static SSL_CTX *context;
static SSL_SESSION *session;
static char scratch[SCRATCH_BYTES];

static SSL *
open_it (void)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SSL *ssl = SSL_new (context);

  if (fd < 0 || ssl == NULL)
    die ("socket");
  no_delay (fd);
  if (connect (fd, (struct sockaddr *) &address, sizeof address) != 0)
    die ("connect");
  SSL_set_fd (ssl, fd);
  if (session != NULL)
    SSL_set_session (ssl, session);
  if (SSL_connect (ssl) != 1)
    die ("handshake");
  return ssl;
}

static void
close_it (SSL *ssl)
{
  close (SSL_get_fd (ssl));
  SSL_free (ssl);
}

static void
tell (SSL *ssl, const char *bytes, size_t n)
{
  if (SSL_write (ssl, bytes, (int) n) != (int) n)
    die ("write");
}

/* Reads a head; returns the bytes of what follows that came with it. */
static int64_t
ask (SSL *ssl, const char *path, const char *more, const char *expected)
{
  char request[2048];
  size_t have = 0;
  char *end = NULL;

  tell (ssl, request, (size_t) snprintf (request, sizeof request, "%s %s HTTP/1.1\r\nHost: bench\r\n%s\r\n",
                                          strstr (more, "Length") != NULL ? "POST" : "GET", path, more));
  if (expected == NULL)
    return 0;
  while (end == NULL) {
    int n = SSL_read (ssl, scratch + have, HEAD_MAX - (int) have);

    if (n <= 0)
      die ("no answer");
    have += (size_t) n;
    end = memmem (scratch, have, "\r\n\r\n", 4);
  }
  if (strncmp (scratch + 9, expected, 3) != 0)
    die ("answer");
  return (int64_t) have - (end + 4 - scratch);
}

static void
keep_session (const char *path)
{
  SSL *ssl = open_it ();

  ask (ssl, path, "", "200");
  session = SSL_get1_session (ssl);
  SSL_shutdown (ssl);
  close_it (ssl);
  if (!SSL_SESSION_is_resumable (session))
    die ("no ticket");
}

static int64_t
handshakes (const char *path, int64_t count, bool resumed)
{
  if (resumed)
    keep_session (path);
  for (int64_t i = 0; i < count; i++) {
    SSL *ssl = open_it ();

    if (SSL_session_reused (ssl) != resumed)
      die ("resumption");
    SSL_shutdown (ssl);
    while (SSL_read (ssl, scratch, sizeof scratch) > 0)
      ;
    close_it (ssl);
  }
  return 0;
}

static int64_t
receive (const char *path, int64_t bytes, bool upgrade)
{
  SSL *ssl = open_it ();
  int64_t got = ask (ssl, path, upgrade ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                          "Sec-WebSocket-Version: 13\r\n" : "", upgrade ? "101" : "200");

  while (got < bytes) {
    int n = SSL_read (ssl, scratch, sizeof scratch);

    if (n <= 0)
      die ("cut");
    got += n;
  }
  close_it (ssl);
  return got;
}

static int64_t
transmit (const char *path, int64_t bytes, bool upgrade)
{
  SSL *ssl = open_it ();
  char more[256];

  if (upgrade)
    snprintf (more, sizeof more, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                 "Sec-WebSocket-Version: 13\r\n");
  else
    snprintf (more, sizeof more, "Content-Length: %lld\r\n", (long long) bytes);
  ask (ssl, path, more, upgrade ? "101" : NULL);
  for (int64_t left = bytes; left > 0; left -= left < SCRATCH_BYTES ? left : SCRATCH_BYTES)
    tell (ssl, scratch, (size_t) (left < SCRATCH_BYTES ? left : SCRATCH_BYTES));
  if (upgrade) {
    SSL_shutdown (ssl);
    shutdown (SSL_get_fd (ssl), SHUT_WR);
  }
  if (SSL_read (ssl, scratch, sizeof scratch) <= 0 && !upgrade)
    die ("no answer");
  while (upgrade && SSL_read (ssl, scratch, sizeof scratch) > 0)
    ;
  close_it (ssl);
  return bytes;
}

static void
hold (const char *path, int64_t count)
{
  for (int64_t i = 0; i < count; i++)
    ask (open_it (), path, "", "200");
  puts ("ready");
  fflush (stdout);
  while (read (0, scratch, 1) > 0)
    ;
}

int
main (int argc, char **argv)
{
  int64_t count, bytes = 0, begun_ns;

  if (argc < 6)
    die ("usage: see the source");
  alarm (ALARM_SECONDS);
  signal (SIGPIPE, SIG_IGN);
  address = address_of (argv[1], argv[2]);
  count = parse_size (argv[5]);
  context = SSL_CTX_new (TLS_client_method ());
  SSL_CTX_set_min_proto_version (context, TLS1_3_VERSION);
  SSL_CTX_set1_groups_list (context, "X25519");
  begun_ns = now_ns ();
  if (strcmp (argv[3], "handshakes") == 0)
    bytes = handshakes (argv[4], count, argc > 6 && strcmp (argv[6], "resumed") == 0);
  else if (strcmp (argv[3], "get") == 0 || strcmp (argv[3], "down") == 0)
    bytes = receive (argv[4], count, argv[3][0] == 'd');
  else if (strcmp (argv[3], "post") == 0 || strcmp (argv[3], "up") == 0)
    bytes = transmit (argv[4], count, argv[3][0] == 'u');
  else
    hold (argv[4], count);
  printf ("{\"seconds\": %.6f, \"units\": %lld, \"bytes\": %lld}\n", (double) (now_ns () - begun_ns) / 1e9, (long long) count, (long long) bytes);
  return 0;
}
