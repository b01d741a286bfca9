/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/json.h"

#include <string.h>

#define DEPTH_MAX 32

/* One pass over the text: checks the grammar and copies it to `out` without comments and trailing commas. */
typedef struct {
  const char *start;
  const char *at;
  const char *end;
  GString *out;
  gboolean lenient;
  guint depth;
  const char *expected;
} Scan;

static gboolean scan_value (Scan *scan);

static gboolean
fail (Scan *scan, const char *expected)
{
  scan->expected = expected;
  return FALSE;
}

static gboolean
skip_comment (Scan *scan)
{
  gsize left = scan->end - scan->at;

  if (*scan->at == '#' || (left > 1 && scan->at[0] == '/' && scan->at[1] == '/')) {
    while (scan->at < scan->end && *scan->at != '\n')
      scan->at++;
    return TRUE;
  }
  if (left > 3 && scan->at[0] == '/' && scan->at[1] == '*') {
    const char *close = g_strstr_len (scan->at + 2, left - 2, "*/");
    if (!close)
      return FALSE;
    scan->at = close + 2;
    return TRUE;
  }
  return FALSE;
}

static void
skip_space (Scan *scan)
{
  while (scan->at < scan->end) {
    if (strchr (" \t\r\n", *scan->at) && *scan->at)
      scan->at++;
    else if (!scan->lenient || !skip_comment (scan))
      return;
  }
}

static gboolean
take (Scan *scan, char c)
{
  if (scan->at >= scan->end || *scan->at != c)
    return FALSE;
  g_string_append_c (scan->out, c);
  scan->at++;
  return TRUE;
}

static gboolean
scan_escape (Scan *scan)
{
  if (scan->at >= scan->end || !*scan->at || !strchr ("\"\\/bfnrtu", *scan->at))
    return fail (scan, "invalid escape");
  gboolean hex = *scan->at == 'u';
  g_string_append_c (scan->out, *scan->at++);
  for (guint i = 0; hex && i < 4; i++) {
    if (scan->at >= scan->end || !g_ascii_isxdigit (*scan->at))
      return fail (scan, "invalid escape");
    g_string_append_c (scan->out, *scan->at++);
  }
  return TRUE;
}

static gboolean
scan_string (Scan *scan)
{
  if (!take (scan, '"'))
    return fail (scan, "expected a string");
  while (scan->at < scan->end && *scan->at != '"') {
    if ((guchar) *scan->at < 0x20)
      return fail (scan, "control character in a string");
    gboolean escape = *scan->at == '\\';
    g_string_append_c (scan->out, *scan->at++);
    if (escape && !scan_escape (scan))
      return FALSE;
  }
  return take (scan, '"') || fail (scan, "EOF while parsing a string");
}

static guint
take_digits (Scan *scan)
{
  guint n = 0;

  for (; scan->at < scan->end && g_ascii_isdigit (*scan->at); n++)
    g_string_append_c (scan->out, *scan->at++);
  return n;
}

static gboolean
scan_number (Scan *scan)
{
  take (scan, '-');
  const char *first = scan->at;
  guint digits = take_digits (scan);
  if (digits == 0 || (digits > 1 && *first == '0') || digits > 19)
    return fail (scan, "invalid number");
  if (take (scan, '.') && take_digits (scan) == 0)
    return fail (scan, "invalid number");
  if (take (scan, 'e') || take (scan, 'E')) {
    if (!take (scan, '+'))
      take (scan, '-');
    if (take_digits (scan) == 0)
      return fail (scan, "invalid number");
  }
  return TRUE;
}

static gboolean
scan_word (Scan *scan, const char *word)
{
  gsize length = strlen (word);

  if ((gsize) (scan->end - scan->at) < length || memcmp (scan->at, word, length) != 0)
    return fail (scan, "expected value");
  g_string_append (scan->out, word);
  scan->at += length;
  return TRUE;
}

static gboolean
scan_member (Scan *scan, gboolean keyed)
{
  if (keyed) {
    if (!scan_string (scan))
      return FALSE;
    skip_space (scan);
    if (!take (scan, ':'))
      return fail (scan, "expected `:`");
    skip_space (scan);
  }
  return scan_value (scan);
}

static gboolean
scan_container (Scan *scan, char open, char close)
{
  if (++scan->depth > DEPTH_MAX)
    return fail (scan, "recursion limit exceeded");
  take (scan, open);
  skip_space (scan);
  while (!take (scan, close)) {
    if (!scan_member (scan, open == '{'))
      return FALSE;
    skip_space (scan);
    if (scan->at < scan->end && *scan->at == ',') {
      scan->at++;
      skip_space (scan);
      gboolean last = scan->at < scan->end && *scan->at == close;
      if (last && !scan->lenient)
        return fail (scan, "trailing comma");
      if (!last)
        g_string_append_c (scan->out, ',');
      if (scan->at >= scan->end)
        return fail (scan, "EOF while parsing");
    } else if (scan->at >= scan->end || *scan->at != close) {
      return fail (scan, open == '{' ? "expected `,` or `}`" : "expected `,` or `]`");
    }
  }
  scan->depth--;
  return TRUE;
}

static gboolean
scan_value (Scan *scan)
{
  if (scan->at >= scan->end)
    return fail (scan, "EOF while parsing a value");
  switch (*scan->at) {
  case '{':
    return scan_container (scan, '{', '}');
  case '[':
    return scan_container (scan, '[', ']');
  case '"':
    return scan_string (scan);
  case 't':
    return scan_word (scan, "true");
  case 'f':
    return scan_word (scan, "false");
  case 'n':
    return scan_word (scan, "null");
  default:
    if (*scan->at == '-' || g_ascii_isdigit (*scan->at))
      return scan_number (scan);
    return fail (scan, "expected value");
  }
}

static void
set_error (const Scan *scan, GError **error)
{
  guint line = 1, column = 1;

  for (const char *p = scan->start; p < scan->at; p++) {
    column = *p == '\n' ? 1 : column + 1;
    line += *p == '\n';
  }
  g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE, "%s at line %u column %u", scan->expected, line,
               column);
}

JsonNode *
sim_json_parse (const char *text, gsize length_bytes, gboolean lenient, GError **error)
{
  g_autoptr (GString) out = g_string_sized_new (length_bytes + 1);
  Scan scan = { .start = text, .at = text, .end = text + length_bytes, .out = out, .lenient = lenient };

  if (!g_utf8_validate (text, length_bytes, NULL)) {
    fail (&scan, "invalid UTF-8");
    set_error (&scan, error);
    return NULL;
  }
  skip_space (&scan);
  gboolean good = scan_value (&scan);
  if (good)
    skip_space (&scan);
  if (good && scan.at < scan.end)
    good = fail (&scan, "trailing characters");
  if (!good) {
    set_error (&scan, error);
    return NULL;
  }
  return json_from_string (out->str, error);
}

static JsonNode *
member (JsonObject *object, const char *name)
{
  return object ? json_object_get_member (object, name) : NULL;
}

const char *
sim_json_string (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
}

gboolean
sim_json_uint (JsonObject *object, const char *name, guint64 max, guint64 *ret_value)
{
  JsonNode *node = member (object, name);

  if (!node || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  gint64 value = json_node_get_int (node);
  if (value < 0 || (guint64) value > max)
    return FALSE;
  *ret_value = value;
  return TRUE;
}

gboolean
sim_json_bool (JsonObject *object, const char *name, gboolean fallback)
{
  JsonNode *node = member (object, name);

  return node && json_node_get_value_type (node) == G_TYPE_BOOLEAN ? json_node_get_boolean (node) : fallback;
}

JsonObject *
sim_json_object (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

char *
sim_json_text (JsonObject *object, gboolean pretty)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  return json_to_string (node, pretty);
}
