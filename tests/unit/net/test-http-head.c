/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/http-head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/limits.h"

#define H "Host: a\r\n"

typedef struct {
  const char *text;
  gsize length; /* 0: of the text */
  guint status; /* 0: accepted */
} Case;

static const Case requests[] = {
  /* the first line */
  { "GET / HTTP/1.1\r\n" H "\r\n", 0, 0 },
  { "GET / HTTP/1.0\r\n\r\n", 0, 0 },
  { "M-SEARCH /a?b=c&d=%20{|} HTTP/1.1\r\n" H "\r\n", 0, 0 },
  { "GET /\r\n\r\n", 0, 400 },
  { "GET  / HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET /  HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET / HTTP/1.1 \r\n" H "\r\n", 0, 400 },
  { " GET / HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET /a b HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET\t/ HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "G@T / HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GETGETGETGETGETGETGETGETGETGETGET / HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET / http/1.1\r\n" H "\r\n", 0, 400 },
  { "GET / HTTP/1.10\r\n" H "\r\n", 0, 400 },
  { "GET / HTTP/1\r\n" H "\r\n", 0, 400 },
  { "GET / HTTP/1.2\r\n" H "\r\n", 0, 505 },
  { "GET / HTTP/0.9\r\n" H "\r\n", 0, 505 },
  { "PRI * HTTP/2.0\r\n\r\n", 0, 505 },
  { "CONNECT a:1 HTTP/1.1\r\n" H "\r\n", 0, 405 },
  { "TRACE / HTTP/1.1\r\n" H "\r\n", 0, 405 },
  { "OPTIONS * HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET http://a/ HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET a HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET /#x HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET /\x7f HTTP/1.1\r\n" H "\r\n", 0, 400 },
  { "GET /\0 HTTP/1.1\r\n" H "\r\n", sizeof "GET /\0 HTTP/1.1\r\n" H "\r\n" - 1, 400 },
  { "\r\n\r\n", 0, 400 },
  /* line ends */
  { "GET / HTTP/1.1\n" H "\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\nHost: a\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\r\n" H "\r\n", 0, 400 },
  /* fields */
  { "GET / HTTP/1.1\r\n" H "X:\r\nY: \t a \t\r\nZ: caf\xc3\xa9\r\n\r\n", 0, 0 },
  { "GET / HTTP/1.1\r\n" H "X : a\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H " X: a\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "X: a\r\n folded\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "X: a\r\n\tfolded\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "no colon\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H ": no name\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "X(): a\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "X: \x01\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "X: \x7f\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n", sizeof "GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n" - 1, 400 },
  /* Host */
  { "GET / HTTP/1.1\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H H "\r\n", 0, 400 },
  { "GET / HTTP/1.0\r\n" H H "\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 0, 0 },
  /* framing */
  { "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n", 0, 0 },
  { "POST / HTTP/1.1\r\n" H "Content-Length: 000005\r\n\r\n", 0, 0 },
  { "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Content-Length: 5 5\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 0, 0 },
  { "POST / HTTP/1.1\r\n" H "transfer-encoding: Chunked\r\n\r\n", 0, 0 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", 0, 501 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n", 0, 501 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", 0, 501 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \x0b" "chunked\r\n\r\n", 0, 400 },
  { "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 0, 400 },
  /* the connection */
  { "GET / HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n", 0, 0 },
  { "GET / HTTP/1.1\r\n" H "Expect: more\r\n\r\n", 0, 417 },
  { "GET / HTTP/1.1\r\n" H "Connection: close, Content-Length\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "Connection: host\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "Connection: Transfer-Encoding\r\n\r\n", 0, 400 },
  { "GET / HTTP/1.1\r\n" H "Connection: ,, close ,\r\n\r\n", 0, 0 },
};

static void
each_request_head_is_taken_or_refused_with_its_status (void **unused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++) {
    const Case *one = &requests[i];
    gsize length = one->length > 0 ? one->length : strlen (one->text);
    g_autofree char *copy = g_memdup2 (one->text, length); /* so that a read beyond the end is seen */
    g_autoptr (GError) error = NULL;
    guint status = 0;
    g_autoptr (HnHttpHead) head = hn_http_head_parse_request (copy, length, &status, &error);

    if ((head == NULL) != (one->status != 0) || status != one->status)
      fail_msg ("case %zu got %u (%s), expected %u: %s", i, status, error != NULL ? error->message : "taken", one->status, one->text);
    assert_true ((head == NULL) == (error != NULL));
  }
}

static void
no_prefix_of_a_head_is_read_beyond_its_end (void **unused)
{
  const char *text = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: X\r\nX: y\r\n\r\n";

  for (gsize length = 0; length < strlen (text); length++) {
    g_autofree char *copy = g_memdup2 (text, length);
    guint status = 0;

    assert_int_equal (hn_http_head_find_end (copy, length), 0);
    assert_null (hn_http_head_parse_request (copy, length, &status, NULL));
  }
  assert_int_equal (hn_http_head_find_end (text, strlen (text)), strlen (text));
}

static void
a_head_ends_at_its_first_empty_line_even_if_that_is_malformed (void **unused)
{
  assert_int_equal (hn_http_head_find_end ("a\r\n\r\nb\r\n\r\n", 10), 5);
  assert_int_equal (hn_http_head_find_end ("a\n\nb", 4), 3);
  assert_int_equal (hn_http_head_find_end ("a\n\r\nb", 5), 4);
  assert_int_equal (hn_http_head_find_end (NULL, 0), 0);
}

static void
limits_are_met_exactly (void **unused)
{
  g_autofree char *fit = g_strnfill (HN_LIMIT_TARGET_BYTES - 1, 'a');
  g_autofree char *fits = g_strdup_printf ("GET /%s HTTP/1.1\r\n" H "\r\n", fit);
  g_autofree char *beyond = g_strdup_printf ("GET /%sa HTTP/1.1\r\n" H "\r\n", fit);
  g_autoptr (HnHttpHead) taken = NULL;
  guint status = 0;

  taken = hn_http_head_parse_request (fits, strlen (fits), &status, NULL);
  assert_non_null (taken);
  assert_int_equal (taken->target.length, HN_LIMIT_TARGET_BYTES);
  assert_null (hn_http_head_parse_request (beyond, strlen (beyond), &status, NULL));
  assert_int_equal (status, 414);
  for (guint n = HN_LIMIT_HEAD_FIELDS; n <= HN_LIMIT_HEAD_FIELDS + 1; n++) {
    g_autoptr (GString) text = g_string_new ("GET / HTTP/1.1\r\n" H);
    g_autoptr (HnHttpHead) head = NULL;

    for (guint i = 1; i < n; i++)
      g_string_append (text, "X: y\r\n");
    g_string_append (text, "\r\n");
    status = 0;
    head = hn_http_head_parse_request (text->str, text->len, &status, NULL);
    assert_int_equal (status, n > HN_LIMIT_HEAD_FIELDS ? 431 : 0);
  }
}

static void
a_head_tells_what_it_says (void **unused)
{
  const char *text = "GET /a/b?c HTTP/1.1\r\nhost: x.y\r\nConnection: upgrade, Z-Hop\r\nUpgrade: WebSocket\r\nz-hop: 1\r\nX: y\r\nX: z\r\n\r\n";
  guint status = 0;
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (text, strlen (text), &status, NULL);

  assert_non_null (head);
  assert_true (hn_slice_equal (head->method, "GET"));
  assert_true (hn_slice_equal (head->target, "/a/b?c"));
  assert_true (hn_slice_equal (head->path, "/a/b"));
  assert_int_equal (head->minor, 1);
  assert_int_equal (head->body, HN_HTTP_BODY_NONE);
  assert_int_equal (head->content_length, -1);
  assert_false (head->close);
  assert_true (head->upgrade_websocket);
  assert_int_equal (head->fields->len, 6);
  assert_true (hn_slice_equal (hn_http_head_find (head, "x")->value, "y"));
  assert_null (hn_http_head_find (head, "y"));
  assert_true (hn_http_head_find (head, "Connection")->hop_by_hop);
  assert_true (hn_http_head_find (head, "Upgrade")->hop_by_hop);
  assert_true (hn_http_head_find (head, "Z-Hop")->hop_by_hop);
  assert_false (hn_http_head_find (head, "X")->hop_by_hop);
}

static void
only_a_bare_get_of_http_1_1_asks_for_a_websocket (void **unused)
{
#define WS "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
  static const struct {
    const char *text;
    gboolean upgrade;
  } cases[] = {
    { "GET / HTTP/1.1\r\n" WS "\r\n", TRUE },
    { "POST / HTTP/1.1\r\n" WS "\r\n", FALSE },
    { "GET / HTTP/1.0\r\n" WS "\r\n", FALSE },
    { "GET / HTTP/1.1\r\n" WS "Content-Length: 1\r\n\r\n", FALSE },
    { "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", FALSE },
    { "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint status = 0;
    g_autoptr (HnHttpHead) head = hn_http_head_parse_request (cases[i].text, strlen (cases[i].text), &status, NULL);

    assert_non_null (head);
    assert_int_equal (head->upgrade_websocket, cases[i].upgrade);
  }
}

static void
a_connection_closes_as_version_and_field_say (void **unused)
{
  static const struct {
    const char *text;
    gboolean close;
  } cases[] = {
    { "GET / HTTP/1.1\r\n" H "\r\n", FALSE },
    { "GET / HTTP/1.1\r\n" H "Connection: Close\r\n\r\n", TRUE },
    { "GET / HTTP/1.0\r\n" H "\r\n", TRUE },
    { "GET / HTTP/1.0\r\n" H "Connection: keep-alive\r\n\r\n", FALSE },
    { "GET / HTTP/1.0\r\n" H "Connection: keep-alive, close\r\n\r\n", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint status = 0;
    g_autoptr (HnHttpHead) head = hn_http_head_parse_request (cases[i].text, strlen (cases[i].text), &status, NULL);

    assert_non_null (head);
    assert_int_equal (head->close, cases[i].close);
  }
}

static void
responses_are_framed_by_their_heads (void **unused)
{
  static const struct {
    const char *text;
    guint status; /* 0: refused */
    HnHttpBodyKind body;
    gint64 length;
  } cases[] = {
    { "HTTP/1.1 200 OK\r\n\r\n", 200, HN_HTTP_BODY_UNTIL_CLOSE, -1 },
    { "HTTP/1.1 200\r\n\r\n", 200, HN_HTTP_BODY_UNTIL_CLOSE, -1 },
    { "HTTP/1.1 200 \r\n\r\n", 200, HN_HTTP_BODY_UNTIL_CLOSE, -1 },
    { "HTTP/1.0 404 Not Found\r\nContent-Length: 3\r\n\r\n", 404, HN_HTTP_BODY_LENGTH, 3 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, HN_HTTP_BODY_NONE, 0 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, HN_HTTP_BODY_CHUNKED, -1 },
    { "HTTP/1.1 200 OK\r\nHost: a\r\nHost: b\r\nExpect: x\r\n\r\n", 200, HN_HTTP_BODY_UNTIL_CLOSE, -1 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 0, 0, 0 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", 0, 0, 0 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 0, 0, 0 },
    { "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0, 0 },
    { "HTTP/2.0 200 OK\r\n\r\n", 0, 0, 0 },
    { "HTTP/1.1 20 OK\r\n\r\n", 0, 0, 0 },
    { "HTTP/1.1 2000 OK\r\n\r\n", 0, 0, 0 },
    { "HTTP/1.1 099 OK\r\n\r\n", 0, 0, 0 },
    { "HTTP/1.1  200 OK\r\n\r\n", 0, 0, 0 },
    { "HTTP/1.1 200 O\x01K\r\n\r\n", 0, 0, 0 },
    { "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", 0, 0, 0 },
    { "SIP/2.0 200 OK\r\n\r\n", 0, 0, 0 },
    { "\r\n\r\n", 0, 0, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *copy = g_memdup2 (cases[i].text, strlen (cases[i].text));
    g_autoptr (HnHttpHead) head = hn_http_head_parse_response (copy, strlen (cases[i].text), NULL);

    if ((head == NULL) != (cases[i].status == 0))
      fail_msg ("case %zu: %s", i, cases[i].text);
    if (head == NULL)
      continue;
    assert_int_equal (head->status, cases[i].status);
    assert_int_equal (head->body, cases[i].body);
    assert_int_equal (head->content_length, cases[i].length);
  }
}

static void
slices_compare_as_texts_do (void **unused)
{
  HnSlice slice = { "Hello!", 5 };
  g_autofree char *copy = hn_slice_dup (slice);

  assert_string_equal (copy, "Hello");
  assert_true (hn_slice_equal (slice, "Hello"));
  assert_false (hn_slice_equal (slice, "Hello!"));
  assert_false (hn_slice_equal (slice, "hello"));
  assert_true (hn_slice_equal_nocase (slice, "hELLO"));
  assert_true (hn_slice_has_prefix (slice, "Hell"));
  assert_false (hn_slice_has_prefix (slice, "Hello!"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_request_head_is_taken_or_refused_with_its_status),
    cmocka_unit_test (no_prefix_of_a_head_is_read_beyond_its_end),
    cmocka_unit_test (a_head_ends_at_its_first_empty_line_even_if_that_is_malformed),
    cmocka_unit_test (limits_are_met_exactly),
    cmocka_unit_test (a_head_tells_what_it_says),
    cmocka_unit_test (only_a_bare_get_of_http_1_1_asks_for_a_websocket),
    cmocka_unit_test (a_connection_closes_as_version_and_field_say),
    cmocka_unit_test (responses_are_framed_by_their_heads),
    cmocka_unit_test (slices_compare_as_texts_do),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
