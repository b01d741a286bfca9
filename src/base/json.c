/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

/* The code unit of `\\uXXXX` at @text, or 0: that no text may hold either. */
static guint
unicode_escape (const char *text, gsize left)
{
  guint unit = 0;

  if (left < 6 || text[0] != '\\' || text[1] != 'u')
    return 0;
  for (gsize i = 2; i < 6; i++) {
    if (!g_ascii_isxdigit (text[i]))
      return 0;
    unit = unit * 16 + (guint) g_ascii_xdigit_value (text[i]);
  }
  return unit;
}

/* The bytes of the escape at @text (a backslash), or 0 if JSON knows no such escape; of half a surrogate pair json-glib makes no UTF-8. */
static gsize
escape_length (const char *text, gsize left)
{
  guint unit;

  if (left < 2 || text[1] == '\0' || strchr ("\"\\/bfnrtu", text[1]) == NULL)
    return 0;
  if (text[1] != 'u')
    return 2;
  unit = unicode_escape (text, left);
  if (unit == 0 || (unit & 0xfc00) == 0xdc00)
    return 0;
  if ((unit & 0xfc00) != 0xd800)
    return 6;
  return (unicode_escape (text + 6, left - 6) & 0xfc00) == 0xdc00 ? 12 : 0;
}

/* The bytes of a number or a word outside of brackets, or 0. */
static gsize
bare_length (const char *text, gsize left)
{
  gsize length = 0;

  while (length < left && text[length] != '\0' && strchr ("0123456789+-.eEtrufalsn", text[length]) != NULL)
    length++;
  return length;
}

static gboolean
unexpected (gsize at, GError **error)
{
  g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "malformed JSON: unexpected character at byte %" G_GSIZE_FORMAT, at);
  return FALSE;
}

/* json-glib recurses per bracket, leaks all but the last of several documents, and accepts comments and nothing at all: what it must not
 * see is refused first. */
static gboolean
check_shape (const char *text, gsize length, GError **error)
{
  guint depth = 0;
  gboolean in_string = FALSE, seen = FALSE, closed = FALSE;

  for (gsize i = 0; i < length; i++) {
    char c = text[i];

    if (in_string) {
      gsize escape = c == '\\' ? escape_length (text + i, length - i) : 1;

      if (escape == 0 || (guchar) c < 0x20)
        return unexpected (i, error);
      i += escape - 1;
      if (c == '"') {
        in_string = FALSE;
        closed = depth == 0;
      }
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
      continue;
    /* json-glib knows more than JSON: with its single quotes one could hide brackets from this very check */
    if (closed || c == '\0' || strchr ("{}[]:,\"0123456789+-.eEtrufalsn", c) == NULL)
      return unexpected (i, error);
    seen = TRUE;
    if (c == '"') {
      in_string = TRUE;
    } else if (c == '{' || c == '[') {
      if (++depth > HN_LIMIT_JSON_DEPTH) {
        g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "malformed JSON: nested deeper than %d", HN_LIMIT_JSON_DEPTH);
        return FALSE;
      }
    } else if (c == '}' || c == ']') {
      if (depth == 0 || --depth == 0)
        closed = TRUE;
    } else if (depth == 0) {
      gsize bare = bare_length (text + i, length - i);

      if (bare == 0)
        return unexpected (i, error);
      i += bare - 1;
      closed = TRUE;
    }
  }
  if (!seen || depth != 0 || in_string) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, seen ? "malformed JSON: it ends too early" : "malformed JSON: it is empty");
    return FALSE;
  }
  return TRUE;
}

JsonNode *
hn_json_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) local = NULL;

  if (!g_utf8_validate_len (text != NULL ? text : "", length, NULL)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "malformed JSON: not UTF-8");
    return NULL;
  }
  if (!check_shape (text, length, error))
    return NULL;
  if (!json_parser_load_from_data (parser, text, (gssize) length, &local)) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "malformed JSON: %s", local->message);
    return NULL;
  }
  return json_parser_steal_root (parser);
}

JsonObject *
hn_json_parse_object (const char *text, gsize length, GError **error)
{
  g_autoptr (JsonNode) root = hn_json_parse (text, length, error);

  if (root == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "malformed JSON: an object is expected");
    return NULL;
  }
  return json_node_dup_object (root);
}

static gboolean
refuse (GError **error, const char *name, const char *what)
{
  g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "field '%s' %s", name, what);
  return FALSE;
}

/* The member if present and not null. */
static gboolean
find (JsonObject *object, const char *name, gboolean required, JsonNode **ret_node, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && JSON_NODE_HOLDS_NULL (node))
    node = NULL;
  if (node == NULL && required)
    return refuse (error, name, "is required");
  *ret_node = node;
  return TRUE;
}

/* C0, DEL and C1, and what starts a new line or turns the direction of writing: none belongs into a name. */
static gboolean
has_controls (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    GUnicodeType type = g_unichar_type (g_utf8_get_char (p));

    if (type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR)
      return TRUE;
  }
  return FALSE;
}

gboolean
hn_json_get_text (JsonObject *object, const char *name, gsize max_bytes, gboolean required, const char **ret_text, GError **error)
{
  JsonNode *node = NULL;
  const char *text = NULL;

  if (!find (object, name, required, &node, error))
    return FALSE;
  if (node != NULL) {
    if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
      return refuse (error, name, "must be a string");
    text = json_node_get_string (node);
    if (strlen (text) > max_bytes) {
      g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "field '%s' is longer than %" G_GSIZE_FORMAT " bytes", name, max_bytes);
      return FALSE;
    }
    if (has_controls (text))
      return refuse (error, name, "must not contain control characters");
    if (*text == '\0')
      text = NULL;
    if (text == NULL && required)
      return refuse (error, name, "must not be empty");
  }
  *ret_text = text;
  return TRUE;
}

gboolean
hn_json_get_int (JsonObject *object, const char *name, gint64 min, gint64 max, gboolean required, gint64 *ret_value, GError **error)
{
  JsonNode *node = NULL;
  gint64 value;

  if (!find (object, name, required, &node, error))
    return FALSE;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return refuse (error, name, "must be a whole number");
  value = json_node_get_int (node);
  if (value < min || value > max) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "field '%s' must be within %" G_GINT64_FORMAT " … %" G_GINT64_FORMAT, name, min,
                 max);
    return FALSE;
  }
  *ret_value = value;
  return TRUE;
}

gboolean
hn_json_get_bool (JsonObject *object, const char *name, gboolean required, gboolean *ret_value, GError **error)
{
  JsonNode *node = NULL;

  if (!find (object, name, required, &node, error))
    return FALSE;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return refuse (error, name, "must be true or false");
  *ret_value = json_node_get_boolean (node);
  return TRUE;
}

gboolean
hn_json_get_object (JsonObject *object, const char *name, gboolean required, JsonObject **ret_object, GError **error)
{
  JsonNode *node = NULL;

  if (!find (object, name, required, &node, error))
    return FALSE;
  if (node != NULL && !JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, name, "must be an object");
  *ret_object = node != NULL ? json_node_get_object (node) : NULL;
  return TRUE;
}

gboolean
hn_json_get_array (JsonObject *object, const char *name, gboolean required, JsonArray **ret_array, GError **error)
{
  JsonNode *node = NULL;

  if (!find (object, name, required, &node, error))
    return FALSE;
  if (node != NULL && !JSON_NODE_HOLDS_ARRAY (node))
    return refuse (error, name, "must be a list");
  *ret_array = node != NULL ? json_node_get_array (node) : NULL;
  return TRUE;
}

JsonObject *
hn_json_array_get_object (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

char *
hn_json_to_text (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;

  json_node_set_object (node, object);
  text = json_to_string (node, FALSE);
  return g_strconcat (text, "\n", NULL);
}

void
hn_json_set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, name, text);
}
