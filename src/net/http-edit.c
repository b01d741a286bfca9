/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/http-edit.h"

#include <string.h>

static const struct {
  guint status;
  const char *reason;
} reasons[] = {
  { 308, "Permanent Redirect" },
  { 400, "Bad Request" },
  { 401, "Unauthorized" },
  { 403, "Forbidden" },
  { 404, "Not Found" },
  { 405, "Method Not Allowed" },
  { 408, "Request Timeout" },
  { 409, "Conflict" },
  { 410, "Gone" },
  { 411, "Length Required" },
  { 413, "Content Too Large" },
  { 414, "URI Too Long" },
  { 417, "Expectation Failed" },
  { 426, "Upgrade Required" },
  { 429, "Too Many Requests" },
  { 431, "Request Header Fields Too Large" },
  { 500, "Internal Server Error" },
  { 501, "Not Implemented" },
  { 502, "Bad Gateway" },
  { 503, "Service Unavailable" },
  { 504, "Gateway Timeout" },
  { 505, "HTTP Version Not Supported" },
};

/* Of the request, when the answer is to be edited: a part, a 304 or a compressed page cannot be. */
static const char *const unwanted_by_filter[] = {
  "accept-encoding", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range", NULL,
};

/* Of the response, when it was edited: they describe the original. */
static const char *const untrue_after_filter[] = {
  "accept-ranges", "content-digest", "content-encoding", "content-md5", "digest", "etag", "last-modified", "repr-digest", NULL,
};

static void
put (GByteArray *out, const char *text)
{
  g_byte_array_append (out, (const guint8 *) text, (guint) strlen (text));
}

static void
put_slice (GByteArray *out, HnSlice slice)
{
  g_byte_array_append (out, (const guint8 *) slice.text, (guint) slice.length);
}

/* `name: value` in one step: an append of GLib's costs more than the copying. */
static void
put_pair (GByteArray *out, HnSlice name, HnSlice value)
{
  guint start = out->len;
  guint8 *at;

  g_byte_array_set_size (out, start + (guint) (name.length + value.length + 4));
  at = out->data + start;
  memcpy (at, name.text, name.length);
  at += name.length;
  *at++ = ':';
  *at++ = ' ';
  memcpy (at, value.text, value.length);
  at += value.length;
  *at++ = '\r';
  *at = '\n';
}

static void
put_field (GByteArray *out, const char *name, const char *value)
{
  put_pair (out, (HnSlice){ name, strlen (name) }, (HnSlice){ value, strlen (value) });
}

/* @value is not negative. */
static void
put_number (GByteArray *out, const char *name, gint64 value)
{
  char text[32];
  char *at = text + sizeof text;

  do
    *--at = (char) ('0' + value % 10);
  while ((value /= 10) > 0);
  put_pair (out, (HnSlice){ name, strlen (name) }, (HnSlice){ at, (gsize) (text + sizeof text - at) });
}

static gboolean
is_name (HnSlice name, const char *text)
{
  if (strlen (text) != name.length)
    return FALSE;
  for (gsize i = 0; i < name.length; i++) {
    char ours = name.text[i] == '_' ? '-' : g_ascii_tolower (name.text[i]);
    char theirs = text[i] == '_' ? '-' : g_ascii_tolower (text[i]);

    if (ours != theirs)
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_in_list (HnSlice name, const char *const *list)
{
  for (; *list != NULL; list++)
    if (hn_slice_equal_nocase (name, *list))
      return TRUE;
  return FALSE;
}

static gboolean
is_set (HnSlice name, GArray *fields)
{
  for (guint i = 0; fields != NULL && i < fields->len; i++)
    if (is_name (name, g_array_index (fields, HnRouteField, i).name))
      return TRUE;
  return FALSE;
}

static gboolean
is_dropped (HnSlice name, GPtrArray *names)
{
  for (guint i = 0; names != NULL && i < names->len; i++)
    if (is_name (name, g_ptr_array_index (names, i)))
      return TRUE;
  return FALSE;
}

static void
put_set_fields (GByteArray *out, GArray *fields)
{
  for (guint i = 0; fields != NULL && i < fields->len; i++)
    put_field (out, g_array_index (fields, HnRouteField, i).name, g_array_index (fields, HnRouteField, i).value);
}

/* Fields that say how the message is framed: always ours. */
static gboolean
is_framing (HnSlice name)
{
  return hn_slice_equal_nocase (name, "content-length") || hn_slice_equal_nocase (name, "transfer-encoding")
         || hn_slice_equal_nocase (name, "expect");
}

static void
put_one (GByteArray *out, const HnHttpField *field)
{
  put_pair (out, field->name, field->value);
}

void
hn_http_edit_request (const HnHttpHead *head, const HnRoute *route, GByteArray *out)
{
  put_slice (out, head->method);
  put (out, " ");
  put_slice (out, head->target);
  put (out, " HTTP/1.1\r\n");
  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);

    if (field->hop_by_hop || is_framing (field->name) || is_set (field->name, route->request_set)
        || is_dropped (field->name, route->request_drop) || (route->filter != NULL && is_in_list (field->name, unwanted_by_filter)))
      continue;
    put_one (out, field);
  }
  if (hn_http_head_find (head, "Host") == NULL) {
    put (out, "Host: "); /* an HTTP/1.0 client may send none; what we send is HTTP/1.1 */
    put (out, route->upstream_host);
    put (out, "\r\n");
  }
  put_set_fields (out, route->request_set);
  if (head->upgrade_websocket)
    put (out, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
  if (head->body == HN_HTTP_BODY_CHUNKED)
    put_field (out, "Transfer-Encoding", "chunked");
  else if (head->content_length >= 0)
    put_number (out, "Content-Length", head->content_length);
  put (out, "\r\n");
}

static void
put_framing (GByteArray *out, const HnHttpFraming *framing)
{
  if (framing->upgrade) {
    put (out, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    return;
  }
  if (framing->body == HN_HTTP_BODY_CHUNKED)
    put_field (out, "Transfer-Encoding", "chunked");
  else if (framing->content_length >= 0)
    put_number (out, "Content-Length", framing->content_length);
  if (framing->close)
    put_field (out, "Connection", "close");
}

void
hn_http_edit_response (const HnHttpHead *head, const HnRoute *route, const HnHttpFraming *framing, GByteArray *out)
{
  char line[] = "HTTP/1.1 000 ";

  line[9] = (char) ('0' + head->status / 100); /* three digits, the parser says */
  line[10] = (char) ('0' + head->status / 10 % 10);
  line[11] = (char) ('0' + head->status % 10);
  put (out, line);
  put_slice (out, head->reason);
  put (out, "\r\n");
  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);

    if (field->hop_by_hop || is_framing (field->name) || is_set (field->name, route->response_set)
        || (framing->filtered && is_in_list (field->name, untrue_after_filter)))
      continue;
    put_one (out, field);
  }
  put_set_fields (out, route->response_set);
  put_framing (out, framing);
  put (out, "\r\n");
}

/* SoupServer would answer a target with broken escapes by itself, without our error shape. */
static gboolean
escapes_are_whole (HnSlice target)
{
  for (gsize i = 0; i < target.length; i++) {
    if (target.text[i] != '%')
      continue;
    if (i + 2 >= target.length || !g_ascii_isxdigit (target.text[i + 1]) || !g_ascii_isxdigit (target.text[i + 2])
        || (target.text[i + 1] == '0' && target.text[i + 2] == '0'))
      return FALSE;
    i += 2;
  }
  return TRUE;
}

gboolean
hn_http_edit_check_api_request (const HnHttpHead *head, gsize longest, HnHttpRefusal *ret_refusal)
{
  if (head->body == HN_HTTP_BODY_CHUNKED) {
    *ret_refusal = (HnHttpRefusal){ 411, "content length required", "an API request says `Content-Length`; chunks are not taken here" };
    return FALSE;
  }
  if (!escapes_are_whole (head->target)) {
    *ret_refusal = (HnHttpRefusal){ 400, "malformed request target", "a `%` is not followed by two hex digits, or stands for NUL" };
    return FALSE;
  }
  if (head->content_length > 0 && (guint64) head->content_length > longest) {
    *ret_refusal = (HnHttpRefusal){ 413, "request body too large", NULL };
    return FALSE;
  }
  return TRUE;
}

void
hn_http_edit_api_request (const HnHttpHead *head, gboolean close, GByteArray *out)
{
  put_slice (out, head->method);
  put (out, " ");
  put_slice (out, head->target);
  put (out, head->minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);

    if (!field->hop_by_hop && !hn_slice_equal_nocase (field->name, "expect"))
      put_one (out, field);
  }
  if (hn_http_head_find (head, "Host") == NULL)
    put_field (out, "Host", "localhost"); /* SoupServer finds no path without one */
  put (out, close ? "Connection: close\r\n\r\n" : "\r\n");
}

static const char *
reason_of (guint status)
{
  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (reasons[i].status == status)
      return reasons[i].reason;
  return "Error";
}

static const char *
type_of (const HnHttpAnswer *answer)
{
  if (answer->page_policy != NULL)
    return "text/html; charset=utf-8";
  return answer->content_type != NULL ? answer->content_type : "application/json";
}

void
hn_http_edit_answer (const HnHttpAnswer *answer, GByteArray *out)
{
  gsize length = answer->body != NULL ? strlen (answer->body) : 0;
  g_autofree char *line = g_strdup_printf ("HTTP/1.1 %u %s\r\n", answer->status, reason_of (answer->status));

  put (out, line);
  if (answer->body != NULL)
    put_field (out, "Content-Type", type_of (answer));
  if (answer->page_policy != NULL) {
    put_field (out, "Content-Security-Policy", answer->page_policy);
    put_field (out, "Referrer-Policy", "no-referrer");
    put_field (out, "X-Content-Type-Options", "nosniff");
  }
  if (answer->location != NULL)
    put_field (out, "Location", answer->location);
  if (answer->status == 405)
    put_field (out, "Allow", "GET, HEAD, OPTIONS, POST, PATCH, DELETE"); /* CONNECT and TRACE are nowhere (RFC 9110, 15.5.6) */
  if (answer->retry_after_seconds > 0)
    put_number (out, "Retry-After", answer->retry_after_seconds);
  put_field (out, "Cache-Control", "no-store");
  put_number (out, "Content-Length", (gint64) length);
  if (answer->ask_for_websocket)
    put (out, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
  if (answer->close || answer->ask_for_websocket)
    put_field (out, "Connection", !answer->ask_for_websocket ? "close" : answer->close ? "close, Upgrade" : "Upgrade");
  put (out, "\r\n");
  if (answer->body != NULL && !answer->head_only)
    put (out, answer->body);
}
