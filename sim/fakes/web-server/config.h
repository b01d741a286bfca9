/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/**
 * SimConfig:
 *
 * The effective `config.json`: every known key present, unknown keys dropped. Pure; one thread.
 */
typedef struct SimConfig SimConfig;

/**
 * sim_config_new:
 * @text: (nullable): the file's text, or %NULL when there is no file
 * @length_bytes: length of @text
 * @no_stun: without a file, leave out the built-in STUN servers
 * @error: the text after `invalid file: `
 *
 * Returns: (transfer full) (nullable): the configuration
 */
SimConfig *sim_config_new (const char *text, gsize length_bytes, gboolean no_stun, GError **error);

/** sim_config_free: (nullable) @self: released */
void sim_config_free (SimConfig *self);

/**
 * sim_config_set:
 * @self: the configuration
 * @section: (nullable): `web_server` and the like; %NULL for a top-level key
 * @key: the key
 * @value: (transfer full): the new value
 * @error: the value has the wrong type
 *
 * An override by option or environment.
 *
 * Returns: whether it was taken
 */
gboolean sim_config_set (SimConfig *self, const char *section, const char *key, JsonNode *value, GError **error);

/**
 * sim_config_get:
 * @self: the configuration
 * @section: (nullable): as in [func@sim_config_set]
 * @key: a known key
 *
 * Returns: (transfer none) (nullable): the value; %NULL also for JSON null
 */
JsonNode *sim_config_get (const SimConfig *self, const char *section, const char *key);

/**
 * sim_config_string:
 * @self: the configuration
 * @section: (nullable): as in [func@sim_config_set]
 * @key: a key whose value is a string or null
 *
 * Returns: (nullable): the text
 */
const char *sim_config_string (const SimConfig *self, const char *section, const char *key);

/**
 * sim_config_section:
 * @self: the configuration
 * @section: one of the sections
 *
 * Returns: (transfer none): all its keys
 */
JsonObject *sim_config_section (const SimConfig *self, const char *section);

/**
 * sim_config_print:
 * @self: the configuration
 *
 * Returns: (transfer full): pretty JSON, as `print-config` shows and a first start writes it
 */
char *sim_config_print (const SimConfig *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimConfig, sim_config_free)
