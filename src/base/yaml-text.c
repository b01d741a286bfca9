/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/yaml-text.h"

#include <string.h>
#include <yaml.h>

/* libyaml quotes what is no plain scalar; that a plain one would be read as a number, a boolean or null is for us to know. */

static int
on_bytes (void *data, unsigned char *bytes, size_t n_bytes)
{
  g_string_append_len (data, (const char *) bytes, (gssize) n_bytes);
  return 1;
}

static gboolean
reads_as_text (const char *text)
{
  static const char *const words[] = { "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", "-.inf", ".nan" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (text, words[i]) == 0)
      return FALSE;
  /* numbers, dates, base 60, and what else begins like them */
  return strchr ("0123456789+-.", text[0]) == NULL;
}

static void
emit_scalar (yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style)
{
  yaml_event_t event;

  if (yaml_scalar_event_initialize (&event, NULL, NULL, (const yaml_char_t *) text, (int) strlen (text), 1, 1, style))
    yaml_emitter_emit (emitter, &event);
}

static void
emit_text (yaml_emitter_t *emitter, const char *text)
{
  if (strchr (text, '\n') != NULL)
    emit_scalar (emitter, text, YAML_LITERAL_SCALAR_STYLE);
  else
    emit_scalar (emitter, text, reads_as_text (text) ? YAML_ANY_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

static void
emit_value (yaml_emitter_t *emitter, JsonNode *node)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (type == G_TYPE_STRING) {
    emit_text (emitter, json_node_get_string (node));
  } else if (type == G_TYPE_BOOLEAN) {
    emit_scalar (emitter, json_node_get_boolean (node) ? "true" : "false", YAML_PLAIN_SCALAR_STYLE);
  } else if (type == G_TYPE_INT64) {
    g_snprintf (number, sizeof number, "%" G_GINT64_FORMAT, json_node_get_int (node));
    emit_scalar (emitter, number, YAML_PLAIN_SCALAR_STYLE);
  } else if (type == G_TYPE_DOUBLE) {
    emit_scalar (emitter, g_ascii_dtostr (number, sizeof number, json_node_get_double (node)), YAML_PLAIN_SCALAR_STYLE);
  } else {
    emit_scalar (emitter, "null", YAML_PLAIN_SCALAR_STYLE);
  }
}

static void emit_node (yaml_emitter_t *emitter, JsonNode *node);

static void
emit_array (yaml_emitter_t *emitter, JsonArray *array)
{
  guint length = json_array_get_length (array);
  yaml_event_t event;

  yaml_sequence_start_event_initialize (&event, NULL, NULL, 1, length == 0 ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE);
  yaml_emitter_emit (emitter, &event);
  for (guint i = 0; i < length; i++)
    emit_node (emitter, json_array_get_element (array, i));
  yaml_sequence_end_event_initialize (&event);
  yaml_emitter_emit (emitter, &event);
}

static void
emit_object (yaml_emitter_t *emitter, JsonObject *object)
{
  yaml_event_t event;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  yaml_mapping_start_event_initialize (&event, NULL, NULL, 1,
                                       json_object_get_size (object) == 0 ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE);
  yaml_emitter_emit (emitter, &event);
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    emit_text (emitter, name);
    emit_node (emitter, node);
  }
  yaml_mapping_end_event_initialize (&event);
  yaml_emitter_emit (emitter, &event);
}

static void
emit_node (yaml_emitter_t *emitter, JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    emit_object (emitter, json_node_get_object (node));
  else if (JSON_NODE_HOLDS_ARRAY (node))
    emit_array (emitter, json_node_get_array (node));
  else
    emit_value (emitter, node);
}

char *
hn_yaml_text (JsonNode *node)
{
  GString *out = g_string_new (NULL);
  yaml_emitter_t emitter;
  yaml_event_t event;

  yaml_emitter_initialize (&emitter);
  yaml_emitter_set_output (&emitter, on_bytes, out);
  yaml_emitter_set_unicode (&emitter, 1);
  yaml_emitter_set_width (&emitter, -1);
  yaml_stream_start_event_initialize (&event, YAML_UTF8_ENCODING);
  yaml_emitter_emit (&emitter, &event);
  yaml_document_start_event_initialize (&event, NULL, NULL, NULL, 1);
  yaml_emitter_emit (&emitter, &event);
  emit_node (&emitter, node);
  yaml_document_end_event_initialize (&event, 1);
  yaml_emitter_emit (&emitter, &event);
  yaml_stream_end_event_initialize (&event);
  yaml_emitter_emit (&emitter, &event);
  yaml_emitter_delete (&emitter);
  return g_string_free (out, FALSE);
}
