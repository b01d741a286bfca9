/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <yaml.h>

#include "base/config.h"

/* A YAML node as text, as JSON, and the refusal of one with its place. */

typedef struct {
  yaml_document_t *document;
  const char *file; /* for messages */
  const HnConfigSources *sources;
} HnConfigYaml;

/**
 * hn_config_yaml_refuse:
 * @self: the document
 * @node: what is wrong
 * @error: CONFIG: `file:line:column: …`
 * @format: printf format
 *
 * Returns: %FALSE
 */
gboolean hn_config_yaml_refuse (const HnConfigYaml *self, const yaml_node_t *node, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/**
 * hn_config_yaml_text:
 * @node: a node
 *
 * Returns: (nullable): the text of a scalar
 */
const char *hn_config_yaml_text (const yaml_node_t *node);

/**
 * hn_config_yaml_is_null:
 * @node: a node
 *
 * Returns: whether it is nothing: empty, `~` or `null`, not quoted
 */
gboolean hn_config_yaml_is_null (const yaml_node_t *node);

/**
 * hn_config_yaml_secret:
 * @self: the document
 * @node: the value: a path
 * @what: its name, for messages
 * @error: CONFIG
 *
 * Returns: (transfer full) (nullable): the secret in that file
 */
char *hn_config_yaml_secret (const HnConfigYaml *self, const yaml_node_t *node, const char *what, GError **error);

/**
 * hn_config_yaml_to_json:
 * @self: the document
 * @node: a node of it
 * @error: CONFIG: nested too deep (aliases can loop), a key that is no text
 *
 * Returns: (transfer full) (nullable): the same as JSON
 */
JsonNode *hn_config_yaml_to_json (const HnConfigYaml *self, yaml_node_t *node, GError **error);

/**
 * hn_config_yaml_read_ice:
 * @self: the document
 * @node: the value of `ice_servers`
 * @target: (inout): replaced by the list
 * @error: CONFIG, naming the entry
 *
 * Returns: whether it is a list of servers
 */
gboolean hn_config_yaml_read_ice (const HnConfigYaml *self, yaml_node_t *node, JsonArray **target, GError **error);
