/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support/unit.h"

#include <string.h>

#include "net/ws-handshake.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ==" /* of RFC 6455 1.3 */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define UPGRADE "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define WITH_KEY "Sec-WebSocket-Key: " KEY "\r\n"

static HnHttpHead *
parse (const char *fields, const char *line, char **ret_text)
{
  guint status = 0;

  *ret_text = g_strdup_printf ("%s\r\n%s\r\n", line, fields);
  return g_str_has_prefix (line, "HTTP/") ? hn_http_head_parse_response (*ret_text, strlen (*ret_text), NULL)
                                          : hn_http_head_parse_request (*ret_text, strlen (*ret_text), &status, NULL);
}

static void
the_key_of_the_rfc_is_answered_as_there (void **unused)
{
  g_autofree char *accept = hn_ws_accept_key (hn_slice_of (KEY));

  assert_string_equal (accept, ACCEPT);
}

static void
a_key_is_16_bytes_in_base64 (void **unused)
{
  static const char *const wrong[] = {
    "", "dGhl", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25j----",
    "dGhlIHNhbXBsZSBub25jZ===", " GhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=a", "________________________",
    "dGhl=HNhbXBsZSBub25jZQ==",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_null (hn_ws_accept_key (hn_slice_of (wrong[i])));
}

typedef struct {
  const char *line; /* NULL: GET /ws HTTP/1.1 */
  const char *fields;
  guint status;
} Row;

static void
requests_are_switched_told_how_or_refused (void **unused)
{
  static const Row rows[] = {
    { NULL, UPGRADE VERSION WITH_KEY, 101 },
    { NULL, UPGRADE VERSION WITH_KEY "Sec-WebSocket-Extensions: permessage-deflate\r\n", 101 },
    { NULL, VERSION WITH_KEY, 426 },
    { NULL, "Connection: Upgrade\r\nUpgrade: h2c\r\n" VERSION WITH_KEY, 426 },
    { NULL, "Upgrade: websocket\r\n" VERSION WITH_KEY, 426 },
    { "POST /ws HTTP/1.1", UPGRADE VERSION WITH_KEY, 426 },
    { "GET /ws HTTP/1.0", UPGRADE VERSION WITH_KEY, 426 },
    { NULL, UPGRADE WITH_KEY, 426 },
    { NULL, UPGRADE WITH_KEY "Sec-WebSocket-Version: 8\r\n", 426 },
    { NULL, UPGRADE WITH_KEY "Sec-WebSocket-Version: 13, 8\r\n", 426 },
    { NULL, UPGRADE WITH_KEY VERSION VERSION, 426 },
    { NULL, UPGRADE VERSION, 400 },
    { NULL, UPGRADE VERSION "Sec-WebSocket-Key: dGhl\r\n", 400 },
    { NULL, UPGRADE VERSION WITH_KEY WITH_KEY, 400 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *fields = g_strconcat ("Host: a\r\n", rows[i].fields, NULL);
    g_autofree char *text = NULL;
    g_autoptr (HnHttpHead) head = parse (fields, rows[i].line != NULL ? rows[i].line : "GET /ws HTTP/1.1", &text);
    HnWsUpgrade upgrade;

    assert_non_null (head);
    upgrade = hn_ws_check_upgrade (head);
    assert_int_equal (upgrade.status, rows[i].status);
    assert_true ((upgrade.detail == NULL) == (rows[i].status == 101));
    if (rows[i].status == 101)
      assert_true (hn_slice_equal (upgrade.key, KEY));
  }
}

static void
the_answer_names_a_protocol_only_if_one_was_chosen (void **unused)
{
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  g_autoptr (GByteArray) chosen = g_byte_array_new ();
  const char *expected = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n";
  const char *named = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " ACCEPT
                      "\r\nSec-WebSocket-Protocol: rooms.v1\r\n\r\n";

  hn_ws_write_switch (hn_slice_of (KEY), NULL, plain);
  assert_int_equal (plain->len, strlen (expected));
  assert_memory_equal (plain->data, expected, plain->len);
  hn_ws_write_switch (hn_slice_of (KEY), "rooms.v1", chosen);
  assert_int_equal (chosen->len, strlen (named));
  assert_memory_equal (chosen->data, named, chosen->len);
}

/* ---- the client's side ---- */

static void
a_request_of_ours_would_be_switched (void **unused)
{
  const char *const fields[] = { "Authorization", "Bearer x", "Sec-WebSocket-Protocol", "a, b", NULL };
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (HnHttpHead) head = NULL;
  guint status = 0;

  hn_ws_write_request ("/ws?x=1", "[::1]:80", KEY, fields, out);
  head = hn_http_head_parse_request ((const char *) out->data, out->len, &status, NULL);
  assert_non_null (head);
  assert_int_equal (hn_ws_check_upgrade (head).status, 101);
  assert_true (hn_slice_equal (head->target, "/ws?x=1"));
  assert_true (hn_slice_equal (hn_http_head_find (head, "Authorization")->value, "Bearer x"));
  assert_true (hn_slice_equal (hn_http_head_find (head, "Sec-WebSocket-Protocol")->value, "a, b"));
}

#define SWITCHED "HTTP/1.1 101 Switching Protocols"
#define ACCEPTED "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " ACCEPT "\r\n"

static void
an_answer_is_believed_if_it_is_one_to_our_request (void **unused)
{
  static const struct {
    const char *line;
    const char *fields;
    const char *wrong;
    const char *protocol;
  } rows[] = {
    { SWITCHED, ACCEPTED, NULL, "" },
    { SWITCHED, ACCEPTED "Sec-WebSocket-Protocol: one\r\n", NULL, "one" },
    { SWITCHED, ACCEPTED "Sec-WebSocket-Protocol: two\r\n", NULL, "two" },
    { SWITCHED, ACCEPTED "Sec-WebSocket-Protocol:\r\n", "the server chose a protocol that nobody offered", NULL },
    { "HTTP/1.1 403 Forbidden", "Content-Length: 0\r\n", "the server does not switch", NULL },
    { SWITCHED, "Connection: upgrade\r\nUpgrade: h2c\r\n", "the server switches to something else", NULL },
    { SWITCHED, "Connection: upgrade\r\nUpgrade: websocket\r\n", "the server answers another key", NULL },
    { SWITCHED, "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n", "the server answers another key", NULL },
    { SWITCHED, ACCEPTED "Sec-WebSocket-Accept: " ACCEPT "\r\n", "the server answers another key", NULL },
    { SWITCHED, ACCEPTED "Sec-WebSocket-Extensions: permessage-deflate\r\n", "the server chose an extension that nobody offered", NULL },
    { SWITCHED, ACCEPTED "Sec-WebSocket-Protocol: one, two\r\n", "the server chose a protocol that nobody offered", NULL },
    { SWITCHED, ACCEPTED "Sec-WebSocket-Protocol: three\r\n", "the server chose a protocol that nobody offered", NULL },
    { SWITCHED, ACCEPTED "Sec-WebSocket-Protocol: one\r\nSec-WebSocket-Protocol: two\r\n", "the server chose a protocol that nobody offered", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = NULL;
    g_autoptr (HnHttpHead) head = parse (rows[i].fields, rows[i].line, &text);
    HnSlice protocol = { NULL, 0 };
    const char *wrong = hn_ws_check_switch (head, KEY, "one ,, two", &protocol);

    if (rows[i].wrong != NULL)
      assert_string_equal (wrong, rows[i].wrong);
    else
      assert_true (wrong == NULL && protocol.length == strlen (rows[i].protocol));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_key_of_the_rfc_is_answered_as_there),
    cmocka_unit_test (a_key_is_16_bytes_in_base64),
    cmocka_unit_test (requests_are_switched_told_how_or_refused),
    cmocka_unit_test (the_answer_names_a_protocol_only_if_one_was_chosen),
    cmocka_unit_test (a_request_of_ours_would_be_switched),
    cmocka_unit_test (an_answer_is_believed_if_it_is_one_to_our_request),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
