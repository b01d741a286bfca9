/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/handshake.h"

#include "tests/support/unit.h"

static HnHttpHead *
request (const char *target, const char *fields)
{
  g_autofree char *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: rooms.example\r\n%s\r\n", target, fields);
  const char *kept = g_intern_string (text); /* the head points into it */
  guint status = 0;
  HnHttpHead *head = hn_http_head_parse_request (kept, strlen (kept), &status, NULL);

  assert_non_null (head);
  return head;
}

static void
assert_token (const char *target, const char *fields, HnHandshakeToken expected, const char *text)
{
  g_autoptr (HnHttpHead) head = request (target, fields);
  g_autofree char *token = NULL;

  assert_int_equal (hn_handshake_find_token (head, &token), expected);
  if (text != NULL)
    assert_string_equal (token, text);
  else
    assert_null (token);
}

static void
a_token_is_looked_for_in_three_places (void **unused)
{
  assert_token ("/ws/r?token=a.b.c", "", HN_HANDSHAKE_TOKEN, "a.b.c");
  assert_token ("/ws/r?x=1&token=a.b.c&y=2", "Authorization: Bearer other\r\n", HN_HANDSHAKE_TOKEN, "a.b.c");
  assert_token ("/ws/r", "Authorization: bearer a.b.c\r\nSec-WebSocket-Protocol: bearer.other\r\n", HN_HANDSHAKE_TOKEN, "a.b.c");
  assert_token ("/ws/r", "Authorization: Basic abc\r\nSec-WebSocket-Protocol: webrtc-rooms, bearer.a.b.c\r\n", HN_HANDSHAKE_TOKEN, "a.b.c");
  assert_token ("/ws/r", "Sec-WebSocket-Protocol: webrtc-rooms\r\nSec-WebSocket-Protocol: bearer.x\r\n", HN_HANDSHAKE_TOKEN, "x");
}

static void
without_a_token_there_is_none (void **unused)
{
  assert_token ("/ws/r", "", HN_HANDSHAKE_NO_TOKEN, NULL);
  assert_token ("/ws/r?", "", HN_HANDSHAKE_NO_TOKEN, NULL);
  assert_token ("/ws/r?token=", "", HN_HANDSHAKE_NO_TOKEN, NULL);
  assert_token ("/ws/r?token", "", HN_HANDSHAKE_NO_TOKEN, NULL);
  assert_token ("/ws/r?tokens=a&atoken=b&Token=c", "", HN_HANDSHAKE_NO_TOKEN, NULL);
  assert_token ("/ws/r", "Authorization: Basic abc\r\nSec-WebSocket-Protocol: webrtc-rooms\r\n", HN_HANDSHAKE_NO_TOKEN, NULL);
}

static void
a_token_that_is_said_twice_or_is_no_text_is_odd (void **unused)
{
  assert_token ("/ws/r?token=a&token=a", "", HN_HANDSHAKE_ODD_TOKEN, NULL);
  assert_token ("/ws/r?token=a%00b", "", HN_HANDSHAKE_ODD_TOKEN, NULL);
  assert_token ("/ws/r?token=%ff", "", HN_HANDSHAKE_ODD_TOKEN, NULL);
  assert_token ("/ws/r?token=a%2", "", HN_HANDSHAKE_ODD_TOKEN, NULL);
  assert_token ("/ws/r", "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n", HN_HANDSHAKE_ODD_TOKEN, NULL);
  assert_token ("/ws/r", "Sec-WebSocket-Protocol: bearer.a, bearer.b\r\n", HN_HANDSHAKE_ODD_TOKEN, NULL);
}

static void
escapes_of_a_query_are_read_and_a_plus_stays (void **unused)
{
  g_autoptr (HnHttpHead) head = request ("/ws/r?a=%41+b%2B&b=&a=2&c", "");
  g_autofree char *a = NULL, *b = NULL;
  guint count = 0;

  a = hn_handshake_dup_query (head, "a", &count);
  assert_string_equal (a, "A+b+");
  assert_int_equal (count, 2);
  b = hn_handshake_dup_query (head, "b", NULL);
  assert_string_equal (b, "");
  assert_null (hn_handshake_dup_query (head, "c", &count));
  assert_int_equal (count, 0);
}

static void
a_protocol_is_offered_by_its_whole_name (void **unused)
{
  g_autoptr (HnHttpHead) head = request ("/", "Sec-WebSocket-Protocol: chat ,webrtc-rooms\r\nsec-websocket-protocol: last\r\n");

  assert_true (hn_handshake_offers (head, "webrtc-rooms"));
  assert_true (hn_handshake_offers (head, "chat"));
  assert_true (hn_handshake_offers (head, "last"));
  assert_false (hn_handshake_offers (head, "rooms"));
  assert_false (hn_handshake_offers (head, "webrtc-rooms "));
}

static gboolean
allows (const char *origin, const char *const *allowed)
{
  g_autofree char *field = origin != NULL ? g_strdup_printf ("Origin: %s\r\n", origin) : g_strdup ("");
  g_autoptr (HnHttpHead) head = request ("/", field);

  return hn_handshake_check_origin (head, allowed);
}

static void
pages_of_the_list_our_own_and_programs_may_connect (void **unused)
{
  static const char *const list[] = { "https://app.example.com", "http://localhost:3000", NULL };
  static const char *const all[] = { "*", NULL };
  static const char *const none[] = { NULL };

  assert_true (allows ("https://app.example.com", list));
  assert_true (allows ("HTTPS://App.Example.com", list));
  assert_true (allows ("https://rooms.example", list));
  assert_true (allows (NULL, list));
  assert_false (allows ("https://evil.example", list));
  assert_false (allows ("https://app.example.com.evil.example", list));
  assert_false (allows ("http://app.example.com", list));
  assert_false (allows ("null", list));
  assert_true (allows ("https://evil.example", all));
  assert_true (allows ("https://evil.example", none));
  assert_true (allows ("https://evil.example", NULL));
}

static void
a_client_behind_a_trusted_proxy_is_who_the_proxy_says (void **unused)
{
  g_autoptr (HnHttpHead) head = request ("/", "X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\nX-Forwarded-For: 10.0.0.9\r\n");
  g_autoptr (GArray) trusted = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
  HnPeer peer = { 0 };
  HnAddress expected, client;
  HnNetwork network;

  assert_true (hn_address_parse ("10.0.0.1", &peer.address));
  client = hn_handshake_get_client (head, &peer, trusted);
  assert_true (hn_address_equal (&client, &peer.address));
  assert_true (hn_network_parse ("10.0.0.0/8", &network));
  g_array_append_val (trusted, network);
  assert_true (hn_address_parse ("5.6.7.8", &expected));
  client = hn_handshake_get_client (head, &peer, trusted);
  assert_true (hn_address_equal (&client, &expected));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_token_is_looked_for_in_three_places),
    cmocka_unit_test (without_a_token_there_is_none),
    cmocka_unit_test (a_token_that_is_said_twice_or_is_no_text_is_odd),
    cmocka_unit_test (escapes_of_a_query_are_read_and_a_plus_stays),
    cmocka_unit_test (a_protocol_is_offered_by_its_whole_name),
    cmocka_unit_test (pages_of_the_list_our_own_and_programs_may_connect),
    cmocka_unit_test (a_client_behind_a_trusted_proxy_is_who_the_proxy_says),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
