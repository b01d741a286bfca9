/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/**
 * hn_yaml_text:
 * @node: any JSON value
 *
 * Returns: (transfer full): the same as a YAML document in block style; texts that YAML would take for something else are quoted
 */
char *hn_yaml_text (JsonNode *node);
