/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/*
 * Strict JSON for what strangers send. json-glib alone accepts empty text, several documents and any depth; here the
 * grammar of RFC 8259 is checked first, with at most 32 levels, and only then is json-glib asked.
 */

/**
 * sim_json_parse:
 * @text: the bytes, not necessarily zero-terminated
 * @length_bytes: how many of them
 * @lenient: whether comments (`//`, `#`, block) and trailing commas are allowed
 * @error: what is wrong and at which line and column
 *
 * Pure, any thread.
 *
 * Returns: (transfer full) (nullable): the document
 */
JsonNode *sim_json_parse (const char *text, gsize length_bytes, gboolean lenient, GError **error);

/**
 * sim_json_string:
 * @object: (nullable): where to look
 * @name: the member
 *
 * Returns: (nullable): the text, or %NULL when absent or not a string
 */
const char *sim_json_string (JsonObject *object, const char *name);

/**
 * sim_json_uint:
 * @object: (nullable): where to look
 * @name: the member
 * @max: the largest number allowed
 * @ret_value: (out): the number; untouched on failure
 *
 * Returns: whether the member is an integer in 0..@max
 */
gboolean sim_json_uint (JsonObject *object, const char *name, guint64 max, guint64 *ret_value);

/**
 * sim_json_bool:
 * @object: (nullable): where to look
 * @name: the member
 * @fallback: what an absent or wrongly typed member means
 *
 * Returns: the truth value
 */
gboolean sim_json_bool (JsonObject *object, const char *name, gboolean fallback);

/**
 * sim_json_object:
 * @object: (nullable): where to look
 * @name: the member
 *
 * Returns: (nullable) (transfer none): the inner object, or %NULL when absent or of another type
 */
JsonObject *sim_json_object (JsonObject *object, const char *name);

/**
 * sim_json_text:
 * @object: (transfer full): what to print
 * @pretty: over several lines, two spaces each
 *
 * Returns: (transfer full): the text; @object is released
 */
char *sim_json_text (JsonObject *object, gboolean pretty);
