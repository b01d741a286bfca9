/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Somebody else's JSON (RFC 8259), looked at without a copy: checked strictly and iteratively, then read by slices of the original bytes, so
 * that what is passed on is what came. Strict: one value, no comments, no trailing commas, no NaN, no raw control characters, escapes well
 * formed. Whether it is UTF-8 is the caller's to check (a WebSocket does). Pure. */

#define HN_JSON_SCAN_DEPTH 64 /* no depth_max may be more */

typedef enum { HN_JSON_NULL, HN_JSON_FALSE, HN_JSON_TRUE, HN_JSON_NUMBER, HN_JSON_STRING, HN_JSON_ARRAY, HN_JSON_OBJECT } HnJsonKind;

typedef struct {
  HnJsonKind kind;
  const char *text; /* the value as it stands, quotes and brackets included; not NUL-terminated */
  gsize length;
} HnJsonValue;

typedef struct {
  HnJsonValue name; /* a string; compare by hn_json_value_equals(), which reads escapes */
  HnJsonValue value;
} HnJsonMember;

/**
 * hn_json_scan:
 * @text: (array length=length): one JSON text, white space around it allowed
 * @length: bytes
 * @depth_max: deepest nesting, a bare value has none; at most %HN_JSON_SCAN_DEPTH
 * @ret_value: (out): the value, without the white space
 * @error: PROTOCOL: what is wrong, and at which byte
 *
 * Returns: whether @text is JSON
 */
gboolean hn_json_scan (const char *text, gsize length, guint depth_max, HnJsonValue *ret_value, GError **error);

/**
 * hn_json_object_next:
 * @object: an object that hn_json_scan() found good
 * @position: (inout): 0 at first
 * @ret_member: (out): the next member, in order
 *
 * Returns: %FALSE after the last
 */
gboolean hn_json_object_next (const HnJsonValue *object, gsize *position, HnJsonMember *ret_member);

/**
 * hn_json_array_next:
 * @array: an array that hn_json_scan() found good
 * @position: (inout): 0 at first
 * @ret_value: (out): the next element, in order
 *
 * Returns: %FALSE after the last
 */
gboolean hn_json_array_next (const HnJsonValue *array, gsize *position, HnJsonValue *ret_value);

/**
 * hn_json_object_find:
 * @object: an object that hn_json_scan() found good
 * @name: member
 * @ret_value: (out): its value; of several with this name the last (hn_json_object_is_clear() refuses those)
 *
 * Returns: whether there is one
 */
gboolean hn_json_object_find (const HnJsonValue *object, const char *name, HnJsonValue *ret_value);

/**
 * hn_json_object_is_clear:
 * @object: an object that hn_json_scan() found good
 *
 * Whatever reads it then sees the same: of two members with one name some readers take the first, others the last.
 *
 * Returns: whether no two of its own members have the same name, escapes read
 */
gboolean hn_json_object_is_clear (const HnJsonValue *object);

/**
 * hn_json_value_equals:
 * @string: a string that hn_json_scan() found good
 * @text: what it is compared with
 *
 * Returns: whether @string is @text, escapes read
 */
gboolean hn_json_value_equals (const HnJsonValue *string, const char *text);

/**
 * hn_json_value_dup_text:
 * @string: a string that hn_json_scan() found good, of UTF-8
 *
 * Returns: (transfer full) (nullable): its text, escapes read, UTF-8; %NULL when it holds a NUL or half a surrogate pair
 */
char *hn_json_value_dup_text (const HnJsonValue *string);

/**
 * hn_json_value_get_int:
 * @number: a number that hn_json_scan() found good
 * @ret_value: (out): its value
 *
 * Returns: whether it is written as an integer, without fraction or exponent, of 64 bits
 */
gboolean hn_json_value_get_int (const HnJsonValue *number, gint64 *ret_value);

/**
 * hn_json_append_string:
 * @out: where to
 * @text: UTF-8
 *
 * Appends @text as a JSON string with its quotes; what is not ASCII stays as it is.
 */
void hn_json_append_string (GString *out, const char *text);
