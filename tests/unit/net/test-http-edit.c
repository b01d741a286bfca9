/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/http-edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const HnFilter some_filter = { NULL, NULL, NULL, NULL };

static HnHttpHead *
parse (const char *text)
{
  guint status = 0;
  HnHttpHead *head = g_str_has_prefix (text, "HTTP/") ? hn_http_head_parse_response (text, strlen (text), NULL)
                                                      : hn_http_head_parse_request (text, strlen (text), &status, NULL);

  assert_non_null (head);
  return head;
}

static void
assert_text (GByteArray *bytes, const char *expected)
{
  g_autofree char *text = g_strndup ((const char *) bytes->data, bytes->len);

  assert_string_equal (text, expected);
}

static void
edited_request (const char *text, const HnRoute *route, const char *expected)
{
  g_autoptr (HnHttpHead) head = parse (text);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  hn_http_edit_request (head, route, out);
  assert_text (out, expected);
}

static void
edited_response (const char *text, const HnRoute *route, const HnHttpFraming *framing, const char *expected)
{
  g_autoptr (HnHttpHead) head = parse (text);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  hn_http_edit_response (head, route, framing, out);
  assert_text (out, expected);
}

static void
hop_by_hop_fields_stay_behind_and_framing_is_ours (void **unused)
{
  HnRoute route;

  hn_route_init (&route);
  edited_request ("POST /a HTTP/1.0\r\nHost: x\r\nConnection: keep-alive, B\r\nB: 1\r\nKeep-Alive: 2\r\nTE: x\r\nTrailer: y\r\nProxy-Connection: z\r\n"
                  "Expect: 100-continue\r\ncontent-length: 007\r\nC:  d \r\n\r\n",
                  &route, "POST /a HTTP/1.1\r\nHost: x\r\nC: d\r\nContent-Length: 7\r\n\r\n");
  edited_request ("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\n\r\n", &route,
                  "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  edited_request ("GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n", &route,
                  "GET /a HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: k\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  hn_route_clear (&route);
}

static void
no_spelling_of_a_set_or_dropped_field_gets_through (void **unused)
{
  HnRoute route;

  hn_route_init (&route);
  hn_route_set_request_field (&route, "X-Forwarded-User", "ours");
  hn_route_drop_request_field (&route, "Authorization");
  edited_request ("GET / HTTP/1.1\r\nHost: x\r\nx-forwarded-user: a\r\nX_Forwarded_User: b\r\nX-FORWARDED_USER: c\r\nAUTHORIZATION: d\r\n"
                  "Connection: X-Forwarded-User\r\nX-Forwarded-Users: e\r\n\r\n",
                  &route, "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Users: e\r\nX-Forwarded-User: ours\r\n\r\n");
  hn_route_clear (&route);
}

static void
a_filter_asks_for_the_whole_plain_page (void **unused)
{
  HnRoute route;

  hn_route_init (&route);
  route.filter = &some_filter;
  edited_request ("GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=1-\r\nIf-Range: a\r\nIf-None-Match: b\r\nIf-Modified-Since: c\r\nAccept-Encoding: gzip\r\n"
                  "Accept: */*\r\n\r\n",
                  &route, "GET / HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n");
  hn_route_clear (&route);
}

static void
a_response_is_framed_as_told (void **unused)
{
  static const char text[] = "HTTP/1.0 200 Fine thing\r\nConnection: close, X\r\nX: y\r\nContent-Length: 9\r\nETag: e\r\nDigest: d\r\nServer: s\r\n\r\n";
  HnHttpFraming framing = { .body = HN_HTTP_BODY_LENGTH, .content_length = 9 };
  HnRoute route;

  hn_route_init (&route);
  edited_response (text, &route, &framing, "HTTP/1.1 200 Fine thing\r\nETag: e\r\nDigest: d\r\nServer: s\r\nContent-Length: 9\r\n\r\n");
  hn_route_set_response_field (&route, "server", "ours");
  framing = (HnHttpFraming){ .body = HN_HTTP_BODY_CHUNKED, .content_length = -1, .close = TRUE, .filtered = TRUE };
  edited_response (text, &route, &framing, "HTTP/1.1 200 Fine thing\r\nserver: ours\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  hn_route_clear (&route);
  hn_route_init (&route);
  framing = (HnHttpFraming){ .body = HN_HTTP_BODY_NONE, .content_length = -1, .upgrade = TRUE };
  edited_response ("HTTP/1.1 101 Switching\r\nupgrade: WebSocket\r\nconnection: upgrade\r\nSec-WebSocket-Accept: a\r\n\r\n", &route, &framing,
                   "HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  hn_route_clear (&route);
}

static void
the_api_sees_no_expectation_and_no_hop_by_hop_field (void **unused)
{
  g_autoptr (HnHttpHead) head
    = parse ("POST /api HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: keep-alive\r\nContent-Length: 3\r\nAuthorization: Bearer t\r\n\r\n");
  g_autoptr (GByteArray) keep = g_byte_array_new ();
  g_autoptr (GByteArray) last = g_byte_array_new ();

  hn_http_edit_api_request (head, FALSE, keep);
  assert_text (keep, "POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nAuthorization: Bearer t\r\n\r\n");
  hn_http_edit_api_request (head, TRUE, last);
  assert_text (last, "POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n");
}

static void
an_answer_of_our_own_is_complete (void **unused)
{
  HnHttpAnswer answer = { .status = 503, .body = "{}\n", .retry_after_seconds = 4, .close = TRUE };
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GByteArray) bare = g_byte_array_new ();

  hn_http_edit_answer (&answer, out);
  assert_text (out, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 4\r\nCache-Control: no-store\r\n"
                    "Content-Length: 3\r\nConnection: close\r\n\r\n{}\n");
  answer = (HnHttpAnswer){ .status = 308, .location = "/x/", .head_only = TRUE };
  hn_http_edit_answer (&answer, bare);
  assert_text (bare, "HTTP/1.1 308 Permanent Redirect\r\nLocation: /x/\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n");
}

static void
an_api_request_has_whole_escapes_and_a_known_length (void **unused)
{
  static const struct {
    const char *text;
    guint status; /* 0: taken */
  } rows[] = {
    { "GET /a?b=%41&c=d?e HTTP/1.1\r\nHost: x\r\n\r\n", 0 },
    { "GET /a%2 HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
    { "GET /a%2 b HTTP/1.1\r\nHost: x\r\n\r\n", 0xffff },
    { "GET /a?%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
    { "GET /a?%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
    { "GET /a? % HTTP/1.1\r\nHost: x\r\n\r\n", 0xffff },
    { "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", 0 },
    { "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", 413 },
    { "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint status = 0;
    g_autoptr (HnHttpHead) head = hn_http_head_parse_request (rows[i].text, strlen (rows[i].text), &status, NULL);
    HnHttpRefusal refusal = { 0 };

    if (rows[i].status == 0xffff) {
      assert_null (head); /* the head parser has refused it already */
      continue;
    }
    assert_non_null (head);
    assert_int_equal (hn_http_edit_check_api_request (head, 100, &refusal), rows[i].status == 0);
    assert_int_equal (refusal.status, rows[i].status);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (hop_by_hop_fields_stay_behind_and_framing_is_ours),
    cmocka_unit_test (no_spelling_of_a_set_or_dropped_field_gets_through),
    cmocka_unit_test (a_filter_asks_for_the_whole_plain_page),
    cmocka_unit_test (a_response_is_framed_as_told),
    cmocka_unit_test (the_api_sees_no_expectation_and_no_hop_by_hop_field),
    cmocka_unit_test (an_answer_of_our_own_is_complete),
    cmocka_unit_test (an_api_request_has_whole_escapes_and_a_known_length),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
