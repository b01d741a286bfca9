/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/limits.h"
#include "net/http-edit.h"
#include "net/http-head.h"

/* Of any bytes: where the head ends does not depend on how they arrive; what is taken is one message, framed in one way, and what is made
 * of it for the API server or an upstream is one message too, with the same target and framing. */

static gboolean
is_inside (HnSlice slice, const char *bytes, gsize length)
{
  return slice.text >= bytes && slice.text + slice.length <= bytes + length;
}

static guint
count_fields (const HnHttpHead *head, const char *name)
{
  guint count = 0;

  for (guint i = 0; i < head->fields->len; i++)
    count += hn_slice_equal_nocase (g_array_index (head->fields, HnHttpField, i).name, name) ? 1 : 0;
  return count;
}

static void
check_end (const char *bytes, gsize length, gsize end)
{
  must (end <= length);
  if (end == 0)
    return;
  must (hn_http_head_find_end (bytes, end) == end);
  for (gsize cut = end > 8 ? end - 8 : 0; cut < end; cut++)
    must (hn_http_head_find_end (bytes, cut) == 0);
}

static void
check_fields (const HnHttpHead *head, const char *bytes, gsize length)
{
  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);

    must (field->name.length > 0 && is_inside (field->name, bytes, length) && is_inside (field->value, bytes, length));
    must (memchr (field->value.text, '\r', field->value.length) == NULL);
    must (memchr (field->value.text, '\n', field->value.length) == NULL);
    must (memchr (field->value.text, '\0', field->value.length) == NULL);
    must (memchr (field->name.text, ' ', field->name.length) == NULL);
  }
  must (head->fields->len <= HN_LIMIT_HEAD_FIELDS);
}

/* One message with one framing, whoever reads it. */
static void
check_one_message (const HnHttpHead *head, const char *bytes, gsize length)
{
  must (length <= HN_LIMIT_HEAD_BYTES);
  must (memcmp (bytes + length - 4, "\r\n\r\n", 4) == 0);
  must (memmem (bytes, length, "\r\n\r\n", 4) == bytes + length - 4);
  check_fields (head, bytes, length);
  must (count_fields (head, "content-length") + count_fields (head, "transfer-encoding") <= 1);
  must ((head->body == HN_HTTP_BODY_CHUNKED) == (count_fields (head, "transfer-encoding") == 1));
  must ((head->content_length >= 0) == (count_fields (head, "content-length") == 1));
  must (head->minor == 0 || head->minor == 1);
  must (head->minor == 1 || head->body != HN_HTTP_BODY_CHUNKED);
}

static void
check_request (const HnHttpHead *head, const char *bytes, gsize length)
{
  check_one_message (head, bytes, length);
  must (!head->is_response && head->body != HN_HTTP_BODY_UNTIL_CLOSE);
  must (count_fields (head, "host") <= 1 && (count_fields (head, "host") == 1 || head->minor == 0));
  must (is_inside (head->target, bytes, length) && head->target.length <= HN_LIMIT_TARGET_BYTES);
  must (head->path.text == head->target.text && head->path.length <= head->target.length && head->path.text[0] == '/');
  must (memchr (head->target.text, ' ', head->target.length) == NULL);
  must (memchr (head->path.text, '?', head->path.length) == NULL);
  must (!head->upgrade_websocket || head->body == HN_HTTP_BODY_NONE);
}

static void
check_for_api (const HnHttpHead *head)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (HnHttpHead) again = NULL;
  HnHttpRefusal refusal = { 0 };
  guint status = 0;

  if (!hn_http_edit_check_api_request (head, HN_LIMIT_API_BODY_BYTES, &refusal)) {
    must (refusal.status >= 400 && refusal.error != NULL);
    return;
  }
  hn_http_edit_api_request (head, TRUE, out);
  must (hn_http_head_find_end ((const char *) out->data, out->len) == out->len);
  if (out->len > HN_LIMIT_HEAD_BYTES || head->fields->len + 2 > HN_LIMIT_HEAD_FIELDS)
    return; /* with what is added it is too much for a strict reader */
  again = hn_http_head_parse_request ((const char *) out->data, out->len, &status, NULL);
  must (again != NULL && again->close && again->body == head->body && again->content_length == head->content_length);
  must (again->target.length == head->target.length && memcmp (again->target.text, head->target.text, head->target.length) == 0);
}

static gboolean
try_request (const char *bytes, gsize end)
{
  guint status = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (bytes, end, &status, &error);

  must ((head == NULL) == (error != NULL));
  if (head == NULL) {
    must (status == 400 || status == 405 || status == 414 || status == 417 || status == 431 || status == 501 || status == 505);
    return FALSE;
  }
  check_request (head, bytes, end);
  check_for_api (head);
  return TRUE;
}

/* As the proxy frames what it sends on. */
static void
check_sent_on (const HnHttpHead *head)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (HnHttpHead) again = NULL;
  HnHttpFraming framing = { head->body, head->content_length, TRUE, head->upgrade_websocket, FALSE };
  HnRoute route;

  hn_route_init (&route);
  hn_route_set_response_field (&route, "Referrer-Policy", "no-referrer");
  if (framing.body == HN_HTTP_BODY_UNTIL_CLOSE && !framing.upgrade)
    framing.body = HN_HTTP_BODY_CHUNKED;
  hn_http_edit_response (head, &route, &framing, out);
  hn_route_clear (&route);
  must (hn_http_head_find_end ((const char *) out->data, out->len) == out->len);
  if (out->len > HN_LIMIT_HEAD_BYTES || head->fields->len + 4 > HN_LIMIT_HEAD_FIELDS)
    return;
  again = hn_http_head_parse_response ((const char *) out->data, out->len, NULL);
  must (again != NULL && again->status == head->status && again->minor == 1);
  must (count_fields (again, "referrer-policy") == 1);
  must (again->upgrade_websocket == head->upgrade_websocket);
  if (!framing.upgrade)
    must (again->body == framing.body && again->content_length == head->content_length && again->close);
}

static gboolean
try_response (const char *bytes, gsize end)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpHead) head = hn_http_head_parse_response (bytes, end, &error);

  must ((head == NULL) == (error != NULL));
  if (head == NULL)
    return FALSE;
  check_one_message (head, bytes, end);
  must (head->is_response && head->status >= 100 && head->status <= 999);
  check_sent_on (head);
  return TRUE;
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  gsize end = hn_http_head_find_end (bytes, length);
  guint status = 0;

  check_end (bytes, length, end);
  if (end == 0)
    return FALSE;
  if (end < length) /* a head and a part of the next message are never one head */
    must (hn_http_head_parse_request (bytes, length, &status, NULL) == NULL && hn_http_head_parse_response (bytes, length, NULL) == NULL);
  return try_request (bytes, end) | try_response (bytes, end);
}
