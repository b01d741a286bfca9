/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-node.h"

#include <string.h>

#include "base/error.h"

static gboolean
read_text_list (const HnConfigYaml *yaml, yaml_node_t *node, HnConfig *config, const HnConfigOption *option, GError **error)
{
  g_autoptr (GString) joined = g_string_new (NULL);

  for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
    yaml_node_t *child = yaml_document_get_node (yaml->document, *item);
    const char *text = hn_config_yaml_text (child);

    if (text == NULL || *text == '\0' || strchr (text, ',') != NULL)
      return hn_config_yaml_refuse (yaml, child, error, "'%s' must be a list of texts without commas", option->path);
    g_string_append_printf (joined, "%s%s", joined->len > 0 ? "," : "", text);
  }
  return hn_config_value_from_text (config, option, joined->str) == NULL
         || hn_config_yaml_refuse (yaml, node, error, "'%s' must be a list of texts without commas", option->path);
}

static gboolean
read_network_list (const HnConfigYaml *yaml, yaml_node_t *node, HnConfig *config, const HnConfigOption *option, GError **error)
{
  GArray *networks = *(GArray **) hn_config_value_slot (config, option);

  g_array_set_size (networks, 0);
  for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
    yaml_node_t *child = yaml_document_get_node (yaml->document, *item);
    const char *wrong = hn_config_yaml_text (child) != NULL
                            ? hn_config_value_read_networks (hn_config_yaml_text (child), networks)
                            : "must be a list of networks";

    if (wrong != NULL)
      return hn_config_yaml_refuse (yaml, child, error, "'%s' %s", option->path, wrong);
  }
  return TRUE;
}

gboolean
hn_config_node_read (const HnConfigYaml *yaml, yaml_node_t *node, HnConfig *config, const HnConfigOption *option, GError **error)
{
  g_autofree char *range = hn_config_value_range (option);
  const char *wrong = NULL;

  if (option->type == HN_CONFIG_ICE)
    return hn_config_yaml_read_ice (yaml, node, hn_config_value_slot (config, option), error);
  if (option->type == HN_CONFIG_JSON) {
    JsonNode **target = hn_config_value_slot (config, option);

    if (node->type != YAML_MAPPING_NODE)
      return hn_config_yaml_refuse (yaml, node, error, "'%s' must be a mapping", option->path);
    g_clear_pointer (target, json_node_unref);
    *target = hn_config_yaml_to_json (yaml, node, error);
    return *target != NULL;
  }
  if (option->type == HN_CONFIG_TEXTS && node->type == YAML_SEQUENCE_NODE)
    return read_text_list (yaml, node, config, option, error);
  if (option->type == HN_CONFIG_NETWORKS && node->type == YAML_SEQUENCE_NODE)
    return read_network_list (yaml, node, config, option, error);
  if (hn_config_yaml_text (node) == NULL)
    wrong = option->type == HN_CONFIG_NETWORKS ? "must be a list of networks" : option->type == HN_CONFIG_TEXTS ? "must be a list of texts" : "must be a single value";
  else if ((option->type == HN_CONFIG_TEXT || option->type == HN_CONFIG_SECRET) && *hn_config_yaml_text (node) == '\0')
    wrong = "must not be empty";
  else
    wrong = hn_config_value_from_text (config, option, hn_config_yaml_text (node));
  if (wrong != NULL && option->type != HN_CONFIG_SECRET && hn_config_yaml_text (node) != NULL)
    return hn_config_yaml_refuse (yaml, node, error, "'%s' %s%s, not '%s'", option->path, wrong, range,
                                  hn_config_yaml_text (node));
  return wrong == NULL || hn_config_yaml_refuse (yaml, node, error, "'%s' %s", option->path, wrong);
}

gboolean
hn_config_node_parse (HnConfigYaml *yaml, const char *text, gsize length, HnConfigNodeRoot read_root, gpointer data, GError **error)
{
  yaml_parser_t parser;
  yaml_document_t document;
  gboolean ok = TRUE;

  if (!yaml_parser_initialize (&parser))
    g_error ("out of memory");
  yaml_parser_set_input_string (&parser, (const guint8 *) text, length);
  if (!yaml_parser_load (&parser, &document)) {
    const char *problem = parser.problem != NULL ? parser.problem : "not YAML";
    gboolean has_tab = memchr (text, '\t', length) != NULL && strstr (problem, "cannot start any token") != NULL;

    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s:%zu:%zu: %s%s", yaml->file, parser.problem_mark.line + 1,
                 parser.problem_mark.column + 1, problem, has_tab ? " (a tab? use spaces)" : "");
    yaml_parser_delete (&parser);
    return FALSE;
  }
  yaml->document = &document;
  if (yaml_document_get_root_node (&document) != NULL)
    ok = read_root (yaml, yaml_document_get_root_node (&document), data, error);
  yaml_document_delete (&document);
  yaml_parser_delete (&parser);
  return ok;
}
