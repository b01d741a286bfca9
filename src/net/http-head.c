/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/http-head.h"

#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "base/limits.h"

/* Rules (RFC 9112, read so that no second reading is left):
 *  - a line ends in CR LF; a bare LF, a bare CR, NUL and every other control character but a tab in a value are refused;
 *  - a request target is `/` and visible ASCII without `#`; CONNECT and TRACE are 405, absolute and asterisk forms 400;
 *  - the version is HTTP/1.0 or HTTP/1.1, else 505;
 *  - one Host (HTTP/1.1; at most one in 1.0), one Content-Length of digits, or one Transfer-Encoding `chunked`, never both,
 *    and no Transfer-Encoding in HTTP/1.0; another coding is 501;
 *  - a Connection option may not name what frames or addresses the message;
 *  - no field may be called like one that does with `_` for `-`: some programs take it for the same. */

#define METHOD_BYTES_MAX 32
#define CONTENT_LENGTH_DIGITS_MAX 15
#define FIELDS_USUAL 24

static const guint8 is_token_char[256] = {
  ['!'] = 1,  ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1,         ['\''] = 1,        ['*'] = 1,         ['+'] = 1, ['-'] = 1,
  ['.'] = 1,  ['^'] = 1, ['_'] = 1, ['`'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['|'] = 1, ['~'] = 1,
};

/* What the parser knows beyond the result while it reads. */
typedef struct {
  HnHttpHead *head;
  guint status; /* to answer when refused */
  guint hosts;
  guint codings;
  gboolean keep_alive;
  gboolean connection_upgrade;
  gboolean upgrade_is_websocket;
  gboolean connection_options; /* some option may name a field */
} Parser;

static gboolean
refuse (Parser *self, guint status, GError **error, const char *what)
{
  self->status = status;
  g_set_error_literal (error, HN_ERROR, status == 414 || status == 431 ? HN_ERROR_TOO_LARGE : HN_ERROR_PROTOCOL, what);
  return FALSE;
}

gboolean
hn_slice_has_prefix (HnSlice slice, const char *prefix)
{
  gsize length = strlen (prefix);

  return slice.length >= length && memcmp (slice.text, prefix, length) == 0;
}

char *
hn_slice_dup (HnSlice slice)
{
  return g_strndup (slice.text != NULL ? slice.text : "", slice.length);
}

static gboolean
is_token (HnSlice slice)
{
  for (gsize i = 0; i < slice.length; i++)
    if (!is_token_char[(guint8) slice.text[i]])
      return FALSE;
  return slice.length > 0;
}

static HnSlice
trim (HnSlice slice)
{
  while (slice.length > 0 && (slice.text[0] == ' ' || slice.text[0] == '\t')) {
    slice.text++;
    slice.length--;
  }
  while (slice.length > 0 && (slice.text[slice.length - 1] == ' ' || slice.text[slice.length - 1] == '\t'))
    slice.length--;
  return slice;
}

/* Cuts the next element off a comma list; FALSE at its end. */
static gboolean
next_element (HnSlice *rest, HnSlice *ret_element)
{
  const char *comma;
  gsize length;

  if (rest->length == 0)
    return FALSE;
  comma = memchr (rest->text, ',', rest->length);
  length = comma != NULL ? (gsize) (comma - rest->text) : rest->length;
  *ret_element = trim ((HnSlice){ rest->text, length });
  length += comma != NULL ? 1 : 0;
  rest->text += length;
  rest->length -= length;
  return TRUE;
}

gsize
hn_http_head_find_end (const char *bytes, gsize length)
{
  const char *at = bytes;
  const char *end = length > 0 ? bytes + length : bytes; /* no bytes may be no pointer either */

  /* Any empty line ends it, also one after a bare LF, which the parser then refuses at once instead of after a time-out. */
  while (at < end && (at = memchr (at, '\n', (gsize) (end - at))) != NULL) {
    at++;
    if (at < end && *at == '\n')
      return (gsize) (at + 1 - bytes);
    if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
      return (gsize) (at + 2 - bytes);
  }
  return 0;
}

/* Cuts a line without its CR LF off @rest. */
static gboolean
next_line (Parser *self, HnSlice *rest, HnSlice *ret_line, GError **error)
{
  const char *feed = rest->length > 0 ? memchr (rest->text, '\n', rest->length) : NULL;
  gsize length;

  if (feed == NULL || feed == rest->text || feed[-1] != '\r')
    return refuse (self, 400, error, "a line of the head does not end in CR LF");
  length = (gsize) (feed - rest->text) + 1;
  *ret_line = (HnSlice){ rest->text, length - 2 };
  rest->text += length;
  rest->length -= length;
  return TRUE;
}

static gboolean
parse_version (Parser *self, HnSlice text, GError **error)
{
  if (text.length != 8 || memcmp (text.text, "HTTP/", 5) != 0 || !g_ascii_isdigit (text.text[5]) || text.text[6] != '.'
      || !g_ascii_isdigit (text.text[7]))
    return refuse (self, 400, error, "the first line is not that of an HTTP message");
  if (text.text[5] != '1' || text.text[7] > '1')
    return refuse (self, 505, error, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  self->head->minor = text.text[7] - '0';
  return TRUE;
}

static gboolean
parse_target (Parser *self, HnSlice target, GError **error)
{
  const char *query;

  if (target.length > HN_LIMIT_TARGET_BYTES)
    return refuse (self, 414, error, "the request target is too long");
  if (target.length == 0 || target.text[0] != '/')
    return refuse (self, 400, error, "the request target must begin with a slash");
  for (gsize i = 0; i < target.length; i++)
    if ((guint8) target.text[i] <= 0x20 || (guint8) target.text[i] >= 0x7f || target.text[i] == '#')
      return refuse (self, 400, error, "the request target holds a character that must be encoded");
  query = memchr (target.text, '?', target.length);
  self->head->target = target;
  self->head->path = (HnSlice){ target.text, query != NULL ? (gsize) (query - target.text) : target.length };
  return TRUE;
}

static gboolean
parse_request_line (Parser *self, HnSlice line, GError **error)
{
  const char *first = memchr (line.text, ' ', line.length);
  const char *last = memrchr (line.text, ' ', line.length);
  HnSlice method = { line.text, first != NULL ? (gsize) (first - line.text) : 0 };

  if (first == NULL || last == first || !is_token (method) || method.length > METHOD_BYTES_MAX)
    return refuse (self, 400, error, "the first line is not `METHOD /target HTTP/1.1`");
  if (!parse_version (self, (HnSlice){ last + 1, line.length - (gsize) (last + 1 - line.text) }, error))
    return FALSE;
  if (hn_slice_equal (method, "CONNECT") || hn_slice_equal (method, "TRACE"))
    return refuse (self, 405, error, "this method is not offered here");
  self->head->method = method;
  return parse_target (self, (HnSlice){ first + 1, (gsize) (last - first - 1) }, error);
}

static gboolean
parse_status_line (Parser *self, HnSlice line, GError **error)
{
  const char *text = line.text;

  if (line.length < 12 || text[8] != ' ')
    return refuse (self, 502, error, "the answer has no status line");
  if (!parse_version (self, (HnSlice){ text, 8 }, error))
    return FALSE;
  for (int i = 9; i < 12; i++) {
    if (!g_ascii_isdigit (text[i]))
      return refuse (self, 502, error, "the answer's status is not a number");
    self->head->status = self->head->status * 10 + (guint) (text[i] - '0');
  }
  if (self->head->status < 100 || (line.length > 12 && text[12] != ' '))
    return refuse (self, 502, error, "the answer's status is not a number");
  self->head->reason = line.length > 13 ? (HnSlice){ text + 13, line.length - 13 } : (HnSlice){ text + 12, 0 };
  for (gsize i = 0; i < self->head->reason.length; i++)
    if (g_ascii_iscntrl (self->head->reason.text[i]))
      return refuse (self, 502, error, "the answer's status line holds a control character");
  return TRUE;
}

static gboolean
take_content_length (Parser *self, HnSlice value, GError **error)
{
  gint64 length = 0;

  if (self->head->content_length >= 0)
    return refuse (self, 400, error, "more than one `Content-Length`");
  if (value.length == 0 || value.length > CONTENT_LENGTH_DIGITS_MAX)
    return refuse (self, 400, error, "`Content-Length` is not a number");
  for (gsize i = 0; i < value.length; i++) {
    if (!g_ascii_isdigit (value.text[i]))
      return refuse (self, 400, error, "`Content-Length` is not a number");
    length = length * 10 + (value.text[i] - '0');
  }
  self->head->content_length = length;
  return TRUE;
}

static gboolean
take_transfer_encoding (Parser *self, HnSlice value, GError **error)
{
  HnSlice rest = value;
  HnSlice coding;

  if (self->codings++ > 0)
    return refuse (self, 400, error, "more than one `Transfer-Encoding`");
  if (hn_slice_equal_nocase (value, "chunked"))
    return TRUE;
  if (value.length == 0)
    return refuse (self, 400, error, "`Transfer-Encoding` is empty");
  while (next_element (&rest, &coding)) /* chunks within another coding, or nothing at all, are not merely unknown */
    if (coding.length == 0 || (hn_slice_equal_nocase (coding, "chunked") && rest.length > 0))
      return refuse (self, 400, error, "`Transfer-Encoding` must be `chunked` alone");
  return refuse (self, 501, error, "the only transfer coding known here is `chunked`");
}

/* A name or IPv4 address, or an IPv6 literal in brackets, and perhaps a port: what every reader of it understands alike. */
static gboolean
is_host (HnSlice value)
{
  g_autofree char *text = hn_slice_dup (value);
  char *end = text;
  guint64 port = 0;

  if (*text == '[') {
    HnAddress address;

    end = strchr (text, ']');
    if (end == NULL)
      return FALSE;
    *end++ = '\0';
    if (strchr (text + 1, ':') == NULL || !hn_address_parse (text + 1, &address))
      return FALSE;
  } else {
    while (g_ascii_isalnum (*end) || strchr ("-._~", *end) != NULL) {
      if (*end == '\0')
        return end > text;
      end++;
    }
    if (end == text)
      return FALSE;
  }
  return *end == '\0' || (*end == ':' && g_ascii_string_to_unsigned (end + 1, 10, 0, 65535, &port, NULL));
}

static gboolean
take_host (Parser *self, HnSlice value, GError **error)
{
  if (self->hosts++ > 0)
    return refuse (self, 400, error, "more than one `Host`");
  if (value.length == 0)
    return refuse (self, 400, error, "`Host` is empty");
  return is_host (value) || refuse (self, 400, error, "`Host` is not a host");
}

static gboolean
take_connection (Parser *self, HnSlice value, GError **error)
{
  HnSlice rest = value;
  HnSlice option;

  while (next_element (&rest, &option)) {
    if (hn_slice_equal_nocase (option, "close"))
      self->head->close = TRUE;
    else if (hn_slice_equal_nocase (option, "keep-alive"))
      self->keep_alive = TRUE;
    else if (hn_slice_equal_nocase (option, "upgrade"))
      self->connection_upgrade = TRUE;
    else if (hn_slice_equal_nocase (option, "host") || hn_slice_equal_nocase (option, "content-length")
             || hn_slice_equal_nocase (option, "transfer-encoding"))
      return refuse (self, 400, error, "`Connection` names a field that frames or addresses the message");
    else if (option.length > 0)
      self->connection_options = TRUE;
  }
  return TRUE;
}

static gboolean
take_expect (Parser *self, HnSlice value, GError **error)
{
  if (!hn_slice_equal_nocase (value, "100-continue"))
    return refuse (self, 417, error, "the only expectation known here is `100-continue`");
  self->head->expect_continue = self->head->minor > 0;
  return TRUE;
}

static gboolean
take_upgrade (Parser *self, HnSlice value, GError **error)
{
  self->upgrade_is_websocket = hn_slice_equal_nocase (value, "websocket");
  return TRUE;
}

static gboolean
take_nothing (Parser *self, HnSlice value, GError **error)
{
  return TRUE;
}

/* Fields that the head itself understands. */
static const struct {
  const char *name;
  gboolean hop_by_hop;
  gboolean in_requests_only;
  gboolean (*take) (Parser *self, HnSlice value, GError **error);
} known_fields[] = {
  { "connection", TRUE, FALSE, take_connection },
  { "content-length", FALSE, FALSE, take_content_length },
  { "expect", FALSE, TRUE, take_expect },
  { "host", FALSE, TRUE, take_host },
  { "http2-settings", TRUE, FALSE, take_nothing },
  { "keep-alive", TRUE, FALSE, take_nothing },
  { "proxy-connection", TRUE, FALSE, take_nothing },
  { "te", TRUE, FALSE, take_nothing },
  { "trailer", TRUE, FALSE, take_nothing },
  { "transfer-encoding", FALSE, FALSE, take_transfer_encoding },
  { "upgrade", TRUE, FALSE, take_upgrade },
};

/* `Content_Length` and the like: one name for CGI and its heirs, two for the rest. */
static gboolean
imitates_framing (HnSlice name)
{
  g_autofree char *plain = NULL;

  if (memchr (name.text, '_', name.length) == NULL)
    return FALSE;
  plain = g_strdelimit (hn_slice_dup (name), "_", '-');
  return g_ascii_strcasecmp (plain, "content-length") == 0 || g_ascii_strcasecmp (plain, "transfer-encoding") == 0;
}

static gboolean
take_field (Parser *self, HnHttpField *field, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (known_fields); i++) {
    if (g_ascii_tolower (field->name.text[0]) != known_fields[i].name[0] || !hn_slice_equal_nocase (field->name, known_fields[i].name))
      continue;
    field->hop_by_hop = known_fields[i].hop_by_hop;
    if (known_fields[i].in_requests_only && self->head->is_response)
      return TRUE;
    return known_fields[i].take (self, field->value, error);
  }
  return self->head->is_response || !imitates_framing (field->name)
         || refuse (self, 400, error, "a field imitates one that frames the message");
}

static gboolean
parse_field (Parser *self, HnSlice line, GError **error)
{
  const char *colon = memchr (line.text, ':', line.length);
  HnHttpField field = { 0 };

  if (line.text[0] == ' ' || line.text[0] == '\t')
    return refuse (self, 400, error, "a field continues on a second line");
  if (colon == NULL)
    return refuse (self, 400, error, "a line of the head is not `name: value`");
  field.name = (HnSlice){ line.text, (gsize) (colon - line.text) };
  if (!is_token (field.name))
    return refuse (self, 400, error, "a field name holds a character that does not belong there");
  field.value = trim ((HnSlice){ colon + 1, line.length - field.name.length - 1 });
  for (gsize i = 0; i < field.value.length; i++)
    if (((guint8) field.value.text[i] < 0x20 && field.value.text[i] != '\t') || field.value.text[i] == 0x7f)
      return refuse (self, 400, error, "a field value holds a control character");
  if (self->head->fields->len >= HN_LIMIT_HEAD_FIELDS)
    return refuse (self, 431, error, "the head has too many fields");
  if (!take_field (self, &field, error))
    return FALSE;
  g_array_append_val (self->head->fields, field);
  return TRUE;
}

static gboolean
parse_fields (Parser *self, HnSlice rest, GError **error)
{
  HnSlice line;

  for (;;) {
    if (!next_line (self, &rest, &line, error))
      return FALSE;
    if (line.length == 0)
      return rest.length == 0 || refuse (self, 400, error, "the head goes on after its empty line");
    if (!parse_field (self, line, error))
      return FALSE;
  }
}

/* Marks what a Connection option names, so that it goes no further than here. */
static void
mark_named_fields (HnHttpHead *head)
{
  for (guint i = 0; i < head->fields->len; i++) {
    HnSlice rest = g_array_index (head->fields, HnHttpField, i).value;
    HnSlice option;

    if (!hn_slice_equal_nocase (g_array_index (head->fields, HnHttpField, i).name, "connection"))
      continue;
    while (next_element (&rest, &option))
      for (guint k = 0; k < head->fields->len; k++) {
        HnHttpField *field = &g_array_index (head->fields, HnHttpField, k);

        if (field->name.length == option.length && g_ascii_strncasecmp (field->name.text, option.text, option.length) == 0)
          field->hop_by_hop = TRUE;
      }
  }
}

static gboolean
conclude_framing (Parser *self, GError **error)
{
  HnHttpHead *head = self->head;

  if (self->codings > 0 && head->minor == 0)
    return refuse (self, 400, error, "HTTP/1.0 knows no `Transfer-Encoding`");
  if (self->codings > 0 && head->content_length >= 0)
    return refuse (self, 400, error, "both `Transfer-Encoding` and `Content-Length`");
  if (self->codings > 0)
    head->body = HN_HTTP_BODY_CHUNKED;
  else if (head->content_length >= 0)
    head->body = head->content_length > 0 ? HN_HTTP_BODY_LENGTH : HN_HTTP_BODY_NONE;
  else
    head->body = head->is_response ? HN_HTTP_BODY_UNTIL_CLOSE : HN_HTTP_BODY_NONE;
  return TRUE;
}

static gboolean
conclude (Parser *self, GError **error)
{
  HnHttpHead *head = self->head;

  if (!head->is_response && self->hosts == 0 && head->minor > 0)
    return refuse (self, 400, error, "no `Host`");
  if (!conclude_framing (self, error))
    return FALSE;
  if (head->minor == 0 && !self->keep_alive)
    head->close = TRUE;
  if (head->is_response)
    head->upgrade_websocket = head->status == 101 && self->connection_upgrade && self->upgrade_is_websocket;
  else
    head->upgrade_websocket = head->minor > 0 && head->body == HN_HTTP_BODY_NONE && self->connection_upgrade
                              && self->upgrade_is_websocket && hn_slice_equal (head->method, "GET");
  if (self->connection_options)
    mark_named_fields (head);
  return TRUE;
}

static gboolean
parse (Parser *self, const char *bytes, gsize length, GError **error)
{
  HnSlice rest = { bytes, length };
  HnSlice line;

  if (length > HN_LIMIT_HEAD_BYTES)
    return refuse (self, 431, error, "the head is too long");
  if (!next_line (self, &rest, &line, error))
    return FALSE;
  if (self->head->is_response ? !parse_status_line (self, line, error) : !parse_request_line (self, line, error))
    return FALSE;
  return parse_fields (self, rest, error) && conclude (self, error);
}

static HnHttpHead *
head_new (gboolean is_response)
{
  HnHttpHead *head = g_new0 (HnHttpHead, 1);

  head->is_response = is_response;
  head->content_length = -1;
  head->fields = g_array_sized_new (FALSE, FALSE, sizeof (HnHttpField), FIELDS_USUAL);
  return head;
}

HnHttpHead *
hn_http_head_parse_request (const char *bytes, gsize length, guint *ret_status, GError **error)
{
  g_autoptr (HnHttpHead) head = head_new (FALSE);
  Parser parser = { .head = head };

  if (!parse (&parser, bytes, length, error)) {
    *ret_status = parser.status;
    return NULL;
  }
  return g_steal_pointer (&head);
}

HnHttpHead *
hn_http_head_parse_response (const char *bytes, gsize length, GError **error)
{
  g_autoptr (HnHttpHead) head = head_new (TRUE);
  Parser parser = { .head = head };

  return parse (&parser, bytes, length, error) ? g_steal_pointer (&head) : NULL;
}

const HnHttpField *
hn_http_head_find (const HnHttpHead *self, const char *name)
{
  for (guint i = 0; i < self->fields->len; i++)
    if (hn_slice_equal_nocase (g_array_index (self->fields, HnHttpField, i).name, name))
      return &g_array_index (self->fields, HnHttpField, i);
  return NULL;
}

void
hn_http_head_free (HnHttpHead *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->fields);
  g_free (self);
}
