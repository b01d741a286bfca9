/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* JSON from outside goes through here: depth checked before json-glib sees it (it recurses), one object and nothing after it, and
 * getters that name the field in their error and never trust a type. Errors are HN_ERROR_INVALID: `field 'body_ip' must be a string`. */

/**
 * hn_json_parse_object:
 * @text: (array length=length): UTF-8 text, need not be NUL-terminated
 * @length: bytes
 * @error: INVALID: empty, not UTF-8, too deep, not JSON, not an object
 *
 * Returns: (transfer full) (nullable): the object
 */
JsonObject *hn_json_parse_object (const char *text, gsize length, GError **error);

/**
 * hn_json_parse:
 * @text: (array length=length): UTF-8 text
 * @length: bytes
 * @error: as above, any value allowed
 *
 * Returns: (transfer full) (nullable): the value
 */
JsonNode *hn_json_parse (const char *text, gsize length, GError **error);

/**
 * hn_json_get_text:
 * @object: where to look
 * @name: member
 * @max_bytes: longest text allowed, usually %HN_LIMIT_TEXT_BYTES
 * @required: absent, null or empty is an error
 * @ret_text: (out): the text, owned by @object; %NULL when absent, null or empty
 * @error: INVALID naming the field: missing, not a string, too long, control characters
 *
 * Returns: whether the field is fine
 */
gboolean hn_json_get_text (JsonObject *object, const char *name, gsize max_bytes, gboolean required, const char **ret_text,
                           GError **error);

/**
 * hn_json_get_int:
 * @object: where to look
 * @name: member
 * @min: smallest allowed
 * @max: largest allowed
 * @required: absent or null is an error
 * @ret_value: (inout): untouched when absent
 * @error: INVALID naming the field
 *
 * Returns: whether the field is fine
 */
gboolean hn_json_get_int (JsonObject *object, const char *name, gint64 min, gint64 max, gboolean required, gint64 *ret_value,
                          GError **error);

/**
 * hn_json_get_bool:
 * @object: where to look
 * @name: member
 * @required: absent or null is an error
 * @ret_value: (inout): untouched when absent
 * @error: INVALID naming the field
 *
 * Returns: whether the field is fine
 */
gboolean hn_json_get_bool (JsonObject *object, const char *name, gboolean required, gboolean *ret_value, GError **error);

/**
 * hn_json_get_object:
 * @object: where to look
 * @name: member
 * @required: absent or null is an error
 * @ret_object: (out): owned by @object; %NULL when absent
 * @error: INVALID naming the field
 *
 * Returns: whether the field is fine
 */
gboolean hn_json_get_object (JsonObject *object, const char *name, gboolean required, JsonObject **ret_object, GError **error);

/**
 * hn_json_get_array:
 * @object: where to look
 * @name: member
 * @required: absent or null is an error
 * @ret_array: (out): owned by @object; %NULL when absent
 * @error: INVALID naming the field
 *
 * Returns: whether the field is fine
 */
gboolean hn_json_get_array (JsonObject *object, const char *name, gboolean required, JsonArray **ret_array, GError **error);

/**
 * hn_json_array_get_object:
 * @array: an array
 * @index: position, inside the array
 *
 * Returns: (transfer none) (nullable): the element if it is an object
 */
JsonObject *hn_json_array_get_object (JsonArray *array, guint index);

/**
 * hn_json_to_text:
 * @object: what to print
 *
 * Returns: (transfer full): one line of JSON with a newline at its end, as the neighbours' encoders write it
 */
char *hn_json_to_text (JsonObject *object);

/**
 * hn_json_set_text:
 * @object: where to put it
 * @name: member
 * @text: (nullable): value; %NULL leaves the member out
 */
void hn_json_set_text (JsonObject *object, const char *name, const char *text);
