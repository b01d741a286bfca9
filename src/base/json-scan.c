/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json-scan.h"

#include <string.h>

#include "base/error.h"

/* One pass tells whether a text is JSON; brackets are remembered as bits, so nesting costs no stack. Everything else walks over text that
 * passed, and may therefore look for nothing but the next quote or bracket. */

#define MEMBERS_COMPARED 16 /* so many names are compared with each other; more are put into a table */

typedef enum {
  WANT_VALUE,
  WANT_VALUE_OR_END, /* after [ */
  WANT_NAME,
  WANT_NAME_OR_END, /* after { */
  WANT_MORE,        /* a value has ended */
} Want;

typedef struct {
  const char *at, *end;
  guint depth, depth_max;
  guint64 objects; /* a bit for each open bracket, the innermost lowest: it is an object's */
  Want want;
  const char *wrong; /* what is, at @at */
} Scan;

static gboolean
refuse (Scan *self, const char *wrong)
{
  self->wrong = wrong;
  return FALSE;
}

static const char *
skip_space (const char *at, const char *end)
{
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
    at++;
  return at;
}

static gboolean
scan_escape (Scan *self)
{
  const char *at = self->at;

  if (self->end - at < 2 || at[1] == '\0' || strchr ("\"\\/bfnrtu", at[1]) == NULL)
    return refuse (self, "an escape that is none");
  self->at += 2;
  if (at[1] != 'u')
    return TRUE;
  for (guint i = 0; i < 4; i++, self->at++)
    if (self->at == self->end || !g_ascii_isxdigit (*self->at))
      return refuse (self, "an escape without four digits");
  return TRUE;
}

static gboolean
scan_string (Scan *self)
{
  for (self->at++; self->at < self->end && *self->at != '"';) {
    if (*self->at == '\\') {
      if (!scan_escape (self))
        return FALSE;
    } else if ((guchar) *self->at < 0x20) {
      return refuse (self, "a control character in a string");
    } else {
      self->at++;
    }
  }
  if (self->at == self->end)
    return refuse (self, "a string without its end");
  self->at++;
  return TRUE;
}

static gboolean
scan_digits (Scan *self)
{
  const char *first = self->at;

  while (self->at < self->end && g_ascii_isdigit (*self->at))
    self->at++;
  return self->at > first || refuse (self, "a digit is missing");
}

static gboolean
scan_number (Scan *self)
{
  if (*self->at == '-')
    self->at++;
  if (self->at < self->end && *self->at == '0')
    self->at++;
  else if (!scan_digits (self))
    return FALSE;
  if (self->at < self->end && *self->at == '.') {
    self->at++;
    if (!scan_digits (self))
      return FALSE;
  }
  if (self->at < self->end && (*self->at == 'e' || *self->at == 'E')) {
    self->at++;
    if (self->at < self->end && (*self->at == '+' || *self->at == '-'))
      self->at++;
    return scan_digits (self);
  }
  return TRUE;
}

static gboolean
scan_word (Scan *self, const char *word)
{
  gsize length = strlen (word);

  if ((gsize) (self->end - self->at) < length || memcmp (self->at, word, length) != 0)
    return refuse (self, "a value is expected");
  self->at += length;
  return TRUE;
}

static gboolean
scan_open (Scan *self, gboolean is_object)
{
  if (self->depth == self->depth_max)
    return refuse (self, "nested too deeply");
  self->depth++;
  self->objects = self->objects << 1 | (is_object ? 1 : 0);
  self->at++;
  self->want = is_object ? WANT_NAME_OR_END : WANT_VALUE_OR_END;
  return TRUE;
}

static gboolean
scan_close (Scan *self)
{
  self->depth--;
  self->objects >>= 1;
  self->at++;
  self->want = WANT_MORE;
  return TRUE;
}

static gboolean
scan_value (Scan *self)
{
  char c = *self->at;

  if (c == '{' || c == '[')
    return scan_open (self, c == '{');
  self->want = WANT_MORE;
  if (c == '"')
    return scan_string (self);
  if (c == '-' || g_ascii_isdigit (c))
    return scan_number (self);
  return scan_word (self, c == 't' ? "true" : c == 'f' ? "false" : "null");
}

static gboolean
scan_name (Scan *self)
{
  if (*self->at != '"')
    return refuse (self, "a name is expected");
  if (!scan_string (self))
    return FALSE;
  self->at = skip_space (self->at, self->end);
  if (self->at == self->end || *self->at != ':')
    return refuse (self, "a colon is expected");
  self->at++;
  self->want = WANT_VALUE;
  return TRUE;
}

static gboolean
scan_more (Scan *self)
{
  gboolean in_object = (self->objects & 1) != 0;

  if (*self->at == (in_object ? '}' : ']'))
    return scan_close (self);
  if (*self->at != ',')
    return refuse (self, in_object ? "a comma or } is expected" : "a comma or ] is expected");
  self->at++;
  self->want = in_object ? WANT_NAME : WANT_VALUE;
  return TRUE;
}

static gboolean
scan_step (Scan *self)
{
  self->at = skip_space (self->at, self->end);
  if (self->at == self->end)
    return refuse (self, "it ends too early");
  switch (self->want) {
  case WANT_VALUE_OR_END:
    return *self->at == ']' ? scan_close (self) : scan_value (self);
  case WANT_VALUE:
    return scan_value (self);
  case WANT_NAME_OR_END:
    return *self->at == '}' ? scan_close (self) : scan_name (self);
  case WANT_NAME:
    return scan_name (self);
  case WANT_MORE:
    return scan_more (self);
  }
  return FALSE;
}

static HnJsonKind
kind_of (char first)
{
  switch (first) {
  case '{':
    return HN_JSON_OBJECT;
  case '[':
    return HN_JSON_ARRAY;
  case '"':
    return HN_JSON_STRING;
  case 't':
    return HN_JSON_TRUE;
  case 'f':
    return HN_JSON_FALSE;
  case 'n':
    return HN_JSON_NULL;
  default:
    return HN_JSON_NUMBER;
  }
}

gboolean
hn_json_scan (const char *text, gsize length, guint depth_max, HnJsonValue *ret_value, GError **error)
{
  const char *first = skip_space (text, text + length), *last;
  Scan scan = { .at = first, .end = text + length, .depth_max = MIN (depth_max, HN_JSON_SCAN_DEPTH) };
  gboolean good = TRUE;

  while (good && (scan.want != WANT_MORE || scan.depth > 0))
    good = scan_step (&scan);
  last = scan.at;
  if (good) {
    scan.at = skip_space (scan.at, scan.end);
    good = scan.at == scan.end || refuse (&scan, "something follows it");
  }
  if (!good) {
    g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, "not JSON: %s at byte %" G_GSIZE_FORMAT, scan.wrong, (gsize) (scan.at - text));
    return FALSE;
  }
  *ret_value = (HnJsonValue){ kind_of (*first), first, (gsize) (last - first) };
  return TRUE;
}

/* From here on: text that passed. */

/* Its end is the first quote with an even number of backslashes before it: a session description is long and has few of either. */
static const char *
after_string (const char *at)
{
  const char *quote = at, *before;

  do {
    quote = rawmemchr (quote + 1, '"');
    for (before = quote; before[-1] == '\\';)
      before--;
  } while ((quote - before) % 2 != 0);
  return quote + 1;
}

static const char *
after_brackets (const char *at)
{
  guint depth = 0;

  do {
    if (*at == '"') {
      at = after_string (at);
      continue;
    }
    if (*at == '{' || *at == '[')
      depth++;
    else if (*at == '}' || *at == ']')
      depth--;
    at++;
  } while (depth > 0);
  return at;
}

/* The value at @at, which ends before @end (the bracket that closes what it is in). */
static HnJsonValue
value_at (const char *at, const char *end)
{
  const char *after = at;

  if (*at == '"')
    after = after_string (at);
  else if (*at == '{' || *at == '[')
    after = after_brackets (at);
  else
    while (after < end && strchr (", \n\r\t", *after) == NULL)
      after++;
  return (HnJsonValue){ kind_of (*at), at, (gsize) (after - at) };
}

/* The next value in brackets: past the bracket or the comma before it. */
static gboolean
next_in (const HnJsonValue *brackets, gsize position, HnJsonValue *ret_value)
{
  const char *end = brackets->text + brackets->length - 1;
  const char *at = skip_space (brackets->text + MAX (position, 1), end);

  if (at < end && *at == ',')
    at = skip_space (at + 1, end);
  if (at >= end)
    return FALSE;
  *ret_value = value_at (at, end);
  return TRUE;
}

static gsize
position_after (const HnJsonValue *brackets, const HnJsonValue *value)
{
  return (gsize) (value->text + value->length - brackets->text);
}

gboolean
hn_json_object_next (const HnJsonValue *object, gsize *position, HnJsonMember *ret_member)
{
  const char *end, *at;

  g_return_val_if_fail (object->kind == HN_JSON_OBJECT, FALSE);
  if (!next_in (object, *position, &ret_member->name))
    return FALSE;
  end = object->text + object->length - 1;
  at = skip_space (ret_member->name.text + ret_member->name.length, end);
  ret_member->value = value_at (skip_space (at + 1, end), end); /* past the colon */
  *position = position_after (object, &ret_member->value);
  return TRUE;
}

gboolean
hn_json_array_next (const HnJsonValue *array, gsize *position, HnJsonValue *ret_value)
{
  g_return_val_if_fail (array->kind == HN_JSON_ARRAY, FALSE);
  if (!next_in (array, *position, ret_value))
    return FALSE;
  *position = position_after (array, ret_value);
  return TRUE;
}

gboolean
hn_json_object_find (const HnJsonValue *object, const char *name, HnJsonValue *ret_value)
{
  HnJsonMember member;
  gsize position = 0;
  gboolean found = FALSE;

  while (hn_json_object_next (object, &position, &member)) {
    if (!hn_json_value_equals (&member.name, name))
      continue;
    *ret_value = member.value;
    found = TRUE;
  }
  return found;
}

static gunichar
code_unit (const char *digits)
{
  gunichar unit = 0;

  for (guint i = 0; i < 4; i++)
    unit = unit * 16 + (gunichar) g_ascii_xdigit_value (digits[i]);
  return unit;
}

/* The character of the escape at *@at, which moves past it; of two that are a pair the one that they mean. */
static gunichar
read_escape (const char **at)
{
  static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  char letter = (*at)[1];
  gunichar high, low;

  *at += 2;
  if (letter != 'u')
    return (gunichar) meant[strchr (letters, letter) - letters];
  high = code_unit (*at);
  *at += 4;
  if ((high & 0xfc00) != 0xd800 || (*at)[0] != '\\' || (*at)[1] != 'u')
    return high;
  low = code_unit (*at + 2);
  if ((low & 0xfc00) != 0xdc00)
    return high;
  *at += 6;
  return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
}

/* The bytes that the text at *@at stands for, which moves on: one, or those of an escape. Half a pair gets three bytes that are no UTF-8, so
 * it is equal to itself and to nothing else. */
static guint
read_bytes (const char **at, char *ret_bytes)
{
  if (**at != '\\') {
    ret_bytes[0] = *(*at)++;
    return 1;
  }
  return (guint) g_unichar_to_utf8 (read_escape (at), ret_bytes);
}

static void
append_text (GString *out, const HnJsonValue *string)
{
  const char *at = string->text + 1, *end = string->text + string->length - 1;
  char bytes[6];

  while (at < end) {
    guint n_bytes = read_bytes (&at, bytes);

    g_string_append_len (out, bytes, n_bytes);
  }
}

gboolean
hn_json_value_equals (const HnJsonValue *string, const char *text)
{
  const char *at = string->text + 1, *end = string->text + string->length - 1;
  gsize left = strlen (text);
  char bytes[6];

  g_return_val_if_fail (string->kind == HN_JSON_STRING, FALSE);
  while (at < end) {
    guint n_bytes = read_bytes (&at, bytes);

    if (n_bytes > left || memcmp (bytes, text, n_bytes) != 0)
      return FALSE;
    text += n_bytes;
    left -= n_bytes;
  }
  return left == 0;
}

static GBytes *
bytes_of (const HnJsonValue *string)
{
  GString *text = g_string_sized_new (string->length);

  append_text (text, string);
  return g_string_free_to_bytes (text);
}

/* Whether both strings are the same, escapes read. */
static gboolean
are_equal (const HnJsonValue *a, const HnJsonValue *b)
{
  g_autoptr (GBytes) a_bytes = NULL;
  g_autoptr (GBytes) b_bytes = NULL;

  if (memchr (a->text, '\\', a->length) == NULL && memchr (b->text, '\\', b->length) == NULL)
    return a->length == b->length && memcmp (a->text, b->text, a->length) == 0;
  a_bytes = bytes_of (a);
  b_bytes = bytes_of (b);
  return g_bytes_equal (a_bytes, b_bytes);
}

/* Of an object with many members: comparing each with each would cost its sender nothing and us a second. */
static gboolean
is_clear_by_table (const HnJsonValue *object)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  HnJsonMember member;
  gsize position = 0;

  while (hn_json_object_next (object, &position, &member))
    if (!g_hash_table_add (names, bytes_of (&member.name)))
      return FALSE;
  return TRUE;
}

gboolean
hn_json_object_is_clear (const HnJsonValue *object)
{
  HnJsonValue names[MEMBERS_COMPARED];
  HnJsonMember member;
  guint n_names = 0;
  gsize position = 0;

  while (hn_json_object_next (object, &position, &member)) {
    if (n_names == MEMBERS_COMPARED)
      return is_clear_by_table (object);
    for (guint i = 0; i < n_names; i++)
      if (are_equal (&names[i], &member.name))
        return FALSE;
    names[n_names++] = member.name;
  }
  return TRUE;
}

char *
hn_json_value_dup_text (const HnJsonValue *string)
{
  GString *text;

  g_return_val_if_fail (string->kind == HN_JSON_STRING, NULL);
  text = g_string_sized_new (string->length);
  append_text (text, string);
  /* NUL and half a pair are what is not UTF-8 here */
  return g_string_free (text, !g_utf8_validate_len (text->str, text->len, NULL));
}

gboolean
hn_json_value_get_int (const HnJsonValue *number, gint64 *ret_value)
{
  char text[24];
  gint64 value;

  g_return_val_if_fail (number->kind == HN_JSON_NUMBER, FALSE);
  if (number->length >= sizeof text)
    return FALSE;
  memcpy (text, number->text, number->length);
  text[number->length] = '\0';
  if (!g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &value, NULL))
    return FALSE;
  *ret_value = value;
  return TRUE;
}

void
hn_json_append_string (GString *out, const char *text)
{
  static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";

  g_string_append_c (out, '"');
  for (const char *at = text; *at != '\0'; at++) {
    const char *found = strchr (special, *at);

    if (found != NULL)
      g_string_append_printf (out, "\\%c", letters[found - special]);
    else if ((guchar) *at < 0x20)
      g_string_append_printf (out, "\\u%04x", (guint) (guchar) *at);
    else
      g_string_append_c (out, *at);
  }
  g_string_append_c (out, '"');
}
