/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config-value.h"
#include "base/config-yaml.h"

/* A YAML document, and one node of it as the value of an option. */

/* @root: of the document that was parsed, never %NULL */
typedef gboolean (*HnConfigNodeRoot) (HnConfigYaml *yaml, yaml_node_t *root, gpointer data, GError **error);

/**
 * hn_config_node_parse:
 * @yaml: its file for messages; its document is there during @read_root
 * @text: (array length=length): YAML
 * @length: bytes
 * @read_root: is given the document, unless that is empty
 * @data: for @read_root
 * @error: CONFIG: `file:line:column: …`
 *
 * Returns: whether it is a document, and what @read_root said
 */
gboolean hn_config_node_parse (HnConfigYaml *yaml, const char *text, gsize length, HnConfigNodeRoot read_root, gpointer data, GError **error);

/**
 * hn_config_node_read:
 * @yaml: the document
 * @node: a node of it, not null
 * @config: where to put it
 * @option: which one
 * @error: CONFIG, naming the place, the option and, unless that is a secret, the value
 *
 * Returns: whether it is such a value
 */
gboolean hn_config_node_read (const HnConfigYaml *yaml, yaml_node_t *node, HnConfig *config, const HnConfigOption *option, GError **error);
