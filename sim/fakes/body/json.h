/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON as the fakes need it: strict enough for what strangers send, total getters, one way to print. Pure. */
#pragma once

#include <json-glib/json-glib.h>

/**
 * sim_json_parse_object:
 * @text: bytes, need not end in NUL
 * @length: number of bytes
 * @error: G_IO-free domain of json-glib, or a nesting error
 *
 * Refuses text nested deeper than 32 and anything whose root is no object.
 *
 * Returns: (transfer full) (nullable): the object
 */
JsonObject *sim_json_parse_object (const char *text, gsize length, GError **error);

/**
 * sim_json_text:
 * @object: what to print
 *
 * Returns: (transfer full): compact JSON, ending in a newline as a Go encoder leaves it
 */
char *sim_json_text (JsonObject *object);

/**
 * sim_json_string:
 * @object: (nullable): where to look
 * @name: member
 *
 * Returns: (nullable): the member's text, or NULL when it is absent or no string
 */
const char *sim_json_string (JsonObject *object, const char *name);

/**
 * sim_json_int:
 * @object: (nullable): where to look
 * @name: member
 * @ret_value: (out): untouched unless the member is an integer
 *
 * Returns: whether the member is an integer
 */
gboolean sim_json_int (JsonObject *object, const char *name, gint64 *ret_value);
