/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/error.h"
#include "base/json-scan.h"
#include "base/json.h"
#include "base/limits.h"

/* Any text as somebody's JSON. What is taken can be walked through without a step beside it, each slice is JSON by itself, what is found by
 * its name is there; and where the other parser, which knows more than JSON, says no, so do we. */

#define NAMES_MAX 64 /* members that are looked up again */

static void walk (const HnJsonValue *value, guint depth);

static void
check_inside (const HnJsonValue *outer, const HnJsonValue *inner)
{
  HnJsonValue again;

  must (inner->text > outer->text && inner->text + inner->length < outer->text + outer->length && inner->length > 0);
  must (hn_json_scan (inner->text, inner->length, HN_LIMIT_JSON_DEPTH, &again, NULL));
  must (again.kind == inner->kind && again.text == inner->text && again.length == inner->length);
}

static void
walk_object (const HnJsonValue *object, guint depth)
{
  HnJsonMember member;
  gsize position = 0;
  guint n = 0;
  gboolean clear = hn_json_object_is_clear (object);

  while (hn_json_object_next (object, &position, &member)) {
    g_autofree char *name = NULL;
    HnJsonValue found;

    must (member.name.kind == HN_JSON_STRING);
    check_inside (object, &member.name);
    check_inside (object, &member.value);
    walk (&member.value, depth + 1);
    name = n++ < NAMES_MAX ? hn_json_value_dup_text (&member.name) : NULL;
    if (name == NULL)
      continue;
    must (hn_json_value_equals (&member.name, name));
    must (hn_json_object_find (object, name, &found));
    must (!clear || found.text == member.value.text);
  }
}

static void
walk_array (const HnJsonValue *array, guint depth)
{
  HnJsonValue value;
  gsize position = 0;

  while (hn_json_array_next (array, &position, &value)) {
    check_inside (array, &value);
    walk (&value, depth + 1);
  }
}

static void
walk_string (const HnJsonValue *string)
{
  g_autofree char *text = hn_json_value_dup_text (string);
  g_autofree char *again = NULL;
  g_autoptr (GString) written = NULL;
  HnJsonValue read;

  if (text == NULL)
    return;
  written = g_string_new (NULL);
  hn_json_append_string (written, text);
  must (hn_json_scan (written->str, written->len, 0, &read, NULL) && read.kind == HN_JSON_STRING);
  again = hn_json_value_dup_text (&read);
  must (again != NULL && strcmp (again, text) == 0);
}

static void
walk (const HnJsonValue *value, guint depth)
{
  gint64 number;

  must (depth <= HN_LIMIT_JSON_DEPTH);
  if (value->kind == HN_JSON_OBJECT)
    walk_object (value, depth);
  else if (value->kind == HN_JSON_ARRAY)
    walk_array (value, depth);
  else if (value->kind == HN_JSON_STRING)
    walk_string (value);
  else if (value->kind == HN_JSON_NUMBER)
    must (!hn_json_value_get_int (value, &number) || memchr (value->text, '.', value->length) == NULL);
}

/* hn_json_parse() takes more than JSON, but no NUL in a string and no half a pair. */
static gboolean
other_takes (const char *bytes, gsize length)
{
  JsonNode *node = hn_json_parse (bytes, length, NULL);

  if (node == NULL)
    return FALSE;
  json_node_unref (node);
  return TRUE;
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  GError *error = NULL;
  HnJsonValue value;
  gboolean taken = hn_json_scan (bytes, length, HN_LIMIT_JSON_DEPTH, &value, &error);

  must (taken == (error == NULL));
  if (!taken) {
    must (g_error_matches (error, HN_ERROR, HN_ERROR_PROTOCOL) && g_utf8_validate (error->message, -1, NULL));
    g_error_free (error);
    return FALSE;
  }
  must (value.text >= bytes && value.text + value.length <= bytes + length);
  walk (&value, 0);
  if (g_utf8_validate_len (bytes, length, NULL) && memchr (bytes, '\\', length) == NULL)
    must (other_takes (bytes, length));
  return TRUE;
}
