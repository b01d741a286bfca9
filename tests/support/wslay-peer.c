/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <wslay/wslay.h>

/* An echo server of WebSockets as another library's client meets it: `wslay-peer HOST PORT`, /echo is asked. Says a line for each talk; exit status 1 at the first that
 * goes wrong. */

#define LIMIT_MS 8000
#define PONGS_MAX 16

typedef struct {
  int fd;
  wslay_event_context_ptr context;
  char *got; /* the last message */
  size_t length;
  int opcode;
  int messages;
  char pongs[PONGS_MAX][126];
  int n_pongs;
} Peer;

static void
must (int condition, const char *what)
{
  if (condition)
    return;
  printf ("FAILED: %s\n", what);
  exit (1);
}

/* ---- wslay's side ---- */

static ssize_t
on_recv (wslay_event_context_ptr context, uint8_t *bytes, size_t length, int flags, void *data)
{
  ssize_t n = recv (((Peer *) data)->fd, bytes, length, MSG_DONTWAIT);

  if (n > 0)
    return n;
  wslay_event_set_error (context, n < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
  return -1;
}

static ssize_t
on_send (wslay_event_context_ptr context, const uint8_t *bytes, size_t length, int flags, void *data)
{
  ssize_t n = send (((Peer *) data)->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

  if (n >= 0)
    return n;
  wslay_event_set_error (context, errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
  return -1;
}

static int
on_mask (wslay_event_context_ptr context, uint8_t *bytes, size_t length, void *data)
{
  return getrandom (bytes, length, 0) == (ssize_t) length ? 0 : -1;
}

static void
on_message (wslay_event_context_ptr context, const struct wslay_event_on_msg_recv_arg *message, void *data)
{
  Peer *self = data;

  if (message->opcode == WSLAY_PONG && self->n_pongs < PONGS_MAX) {
    memcpy (self->pongs[self->n_pongs], message->msg_length > 0 ? (const char *) message->msg : "", message->msg_length);
    self->pongs[self->n_pongs++][message->msg_length] = '\0';
  }
  if (message->opcode != WSLAY_TEXT_FRAME && message->opcode != WSLAY_BINARY_FRAME)
    return;
  free (self->got);
  self->got = malloc (message->msg_length + 1);
  memcpy (self->got, message->msg_length > 0 ? (const char *) message->msg : "", message->msg_length);
  self->length = message->msg_length;
  self->opcode = message->opcode;
  self->messages++;
}

static const struct wslay_event_callbacks callbacks
  = { .recv_callback = on_recv, .send_callback = on_send, .genmask_callback = on_mask, .on_msg_recv_callback = on_message };

/* One round; 0 when the connection is over. */
static int
turn (Peer *self)
{
  struct pollfd one = { .fd = self->fd, .events = POLLIN };

  if (wslay_event_want_write (self->context)) {
    one.events |= POLLOUT;
  } else if (!wslay_event_want_read (self->context)) {
    return 0;
  }
  must (poll (&one, 1, LIMIT_MS) == 1, "something happens in time");
  if ((one.revents & POLLOUT) && wslay_event_send (self->context) != 0)
    return 0;
  return !(one.revents & POLLIN) || wslay_event_recv (self->context) == 0;
}

/* ---- connecting ---- */

static void
upgrade (Peer *self, const char *host, int port)
{
  static const char request[] = "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons ((uint16_t) port) };
  char head[1024] = "";
  size_t n = 0;

  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  inet_pton (AF_INET, host, &address.sin_addr);
  must (connect (self->fd, (struct sockaddr *) &address, sizeof address) == 0, "the server is there");
  must (send (self->fd, request, sizeof request - 1, 0) == sizeof request - 1, "the request leaves");
  while (strstr (head, "\r\n\r\n") == NULL) {
    must (n < sizeof head - 1 && recv (self->fd, head + n, 1, 0) == 1, "a whole head comes");
    head[++n] = '\0';
  }
  must (strstr (head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != NULL, "the key is answered");
}

static Peer *
open_peer (const char *host, int port)
{
  Peer *self = calloc (1, sizeof *self);

  upgrade (self, host, port);
  must (wslay_event_context_client_init (&self->context, &callbacks, self) == 0, "wslay begins");
  return self;
}

static void
close_peer (Peer *self, int code)
{
  must (wslay_event_queue_close (self->context, (uint16_t) code, (const uint8_t *) "bye", code != 0 ? 3 : 0) == 0, "a close is queued");
  while (turn (self))
    ;
  must (wslay_event_get_close_received (self->context), "our close is answered");
  must (wslay_event_get_status_code_received (self->context) == (code != 0 ? code : WSLAY_CODE_NO_STATUS_RCVD), "with its own code");
  must (recv (self->fd, &code, 1, 0) == 0, "the connection ends in order");
  wslay_event_context_free (self->context);
  close (self->fd);
  free (self->got);
  free (self);
}

/* ---- talks ---- */

static char *
make_text (size_t length)
{
  char *text = malloc (length + 1);

  for (size_t i = 0; i < length; i++)
    text[i] = (char) ('a' + i % 26);
  return text;
}

static void
expect_echo (Peer *self, int opcode, const char *text, size_t length)
{
  int before = self->messages;

  while (self->messages == before)
    must (turn (self), "the connection lives");
  must (self->opcode == opcode && self->length == length && memcmp (self->got, text, length) == 0, "the echo is what was said");
}

static void
say (Peer *self, int opcode, const char *text, size_t length)
{
  struct wslay_event_msg message = { (uint8_t) opcode, (const uint8_t *) text, length };

  must (wslay_event_queue_msg (self->context, &message) == 0, "a message is queued");
}

static void
talk_of_every_length (Peer *self)
{
  static const size_t lengths[] = { 0, 1, 7, 125, 126, 127, 128, 1000, 65535, 65536 };

  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    char *text = make_text (lengths[i]);

    say (self, WSLAY_TEXT_FRAME, text, lengths[i]);
    expect_echo (self, WSLAY_TEXT_FRAME, text, lengths[i]);
    say (self, WSLAY_BINARY_FRAME, text, lengths[i]);
    expect_echo (self, WSLAY_BINARY_FRAME, text, lengths[i]);
    free (text);
  }
  puts ("every length");
}

typedef struct {
  const char *text;
  size_t left;
  size_t step;
} Source;

static ssize_t
on_fragment (wslay_event_context_ptr context, uint8_t *bytes, size_t room, const union wslay_event_msg_source *source, int *eof, void *data)
{
  Source *from = source->data;
  size_t n = from->left < from->step ? from->left : from->step;

  memcpy (bytes, from->text, n);
  from->text += n;
  from->left -= n;
  *eof = from->left == 0;
  return (ssize_t) n;
}

/* With a character over each border, and a ping in between. */
static void
talk_in_fragments (Peer *self)
{
  static const char text[] = "\xf0\x9f\x98\x80 \xe2\x82\xac gr\xc3\xbc\xc3\x9f und noch mehr \xf0\x9f\x98\x80";

  for (size_t step = 1; step < 9; step++) {
    Source source = { text, sizeof text - 1, step };
    struct wslay_event_fragmented_msg message = { WSLAY_TEXT_FRAME, { .data = &source }, on_fragment };

    must (wslay_event_queue_fragmented_msg (self->context, &message) == 0, "fragments are queued");
    say (self, WSLAY_PING, "between", 7);
    expect_echo (self, WSLAY_TEXT_FRAME, text, sizeof text - 1);
  }
  puts ("fragments");
}

static void
talk_of_pings (Peer *self)
{
  char *payload = make_text (125);

  self->n_pongs = 0;
  for (size_t length = 0; length <= 125; length += 25) {
    int before = self->n_pongs;

    say (self, WSLAY_PING, payload, length);
    while (self->n_pongs == before)
      must (turn (self), "the connection lives");
    must (strlen (self->pongs[before]) == length && memcmp (self->pongs[before], payload, length) == 0, "a pong holds its ping");
  }
  free (payload);
  puts ("pings");
}

static void
talk_all_at_once (Peer *self)
{
  char number[16];

  for (int i = 0; i < 1000; i++)
    say (self, WSLAY_TEXT_FRAME, number, (size_t) snprintf (number, sizeof number, "%d", i));
  for (int i = 0, before = self->messages; self->messages < before + 1000; i++)
    must (turn (self), "the connection lives");
  must (self->length == 3 && memcmp (self->got, "999", 3) == 0, "the last one is the last");
  puts ("a thousand at once");
}

int
main (int argc, char **argv)
{
  static const int codes[] = { 0, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999 };
  int port = argc > 2 ? atoi (argv[2]) : 0;
  Peer *self;

  must (port > 0, "usage: wslay-peer HOST PORT");
  self = open_peer (argv[1], port);
  talk_of_every_length (self);
  talk_in_fragments (self);
  talk_of_pings (self);
  talk_all_at_once (self);
  close_peer (self, 1000);
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    close_peer (open_peer (argv[1], port), codes[i]);
  puts ("closes");
  return 0;
}
