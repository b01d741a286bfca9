/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knobs are rows of a list file; a flag takes a boolean, a count takes a number, nothing else is understood. */
#include "sim/fakes/body/faults.h"

#define MAX_COUNT 10000

#define FAULT(NAME, name, kind, what) { #name, SIM_FAULT_##kind, what },
const SimFaultRow sim_body_faults[SIM_FAULTS] = {
#include "sim/fakes/body/faults-list.h"
};
const SimFaultRow sim_service_faults[SIM_SERVICE_FAULTS] = {
#include "sim/fakes/body/service-faults-list.h"
};
#undef FAULT

static gboolean
read_value (SimFaultKind kind, JsonNode *node, guint *ret_value)
{
  GType type = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_NONE;

  if (kind == SIM_FAULT_FLAG && type == G_TYPE_BOOLEAN) {
    *ret_value = json_node_get_boolean (node) ? 1 : 0;
    return TRUE;
  }
  if (kind == SIM_FAULT_COUNT && type == G_TYPE_INT64 && json_node_get_int (node) >= 0 && json_node_get_int (node) <= MAX_COUNT) {
    *ret_value = (guint)json_node_get_int (node);
    return TRUE;
  }
  return FALSE;
}

gboolean
sim_faults_read (const SimFaultRow *rows, guint n_rows, const char *name, JsonNode *value, guint *ret_index, guint *ret_value,
                 GError **error)
{
  for (guint i = 0; name != NULL && i < n_rows; i++) {
    if (!g_str_equal (rows[i].name, name))
      continue;
    if (!read_value (rows[i].kind, value, ret_value)) {
      g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_INVALID_DATA, "'value' of '%s' must be %s", name,
                   rows[i].kind == SIM_FAULT_FLAG ? "true or false" : "a number from 0 to 10000");
      return FALSE;
    }
    *ret_index = i;
    return TRUE;
  }
  g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_INVALID_DATA, "unknown fault '%s'", name != NULL ? name : "");
  return FALSE;
}

char *
sim_faults_help (const SimFaultRow *rows, guint n_rows)
{
  GString *text = g_string_new ("Faults, set by POST /fault on the control address:\n");

  for (guint i = 0; i < n_rows; i++)
    g_string_append_printf (text, "  %-22s %-6s %s\n", rows[i].name, rows[i].kind == SIM_FAULT_FLAG ? "flag" : "number",
                            rows[i].what);
  return g_string_free (text, FALSE);
}

JsonObject *
sim_faults_json (const SimFaultRow *rows, guint n_rows, const guint *values)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < n_rows; i++) {
    if (rows[i].kind == SIM_FAULT_FLAG)
      json_object_set_boolean_member (object, rows[i].name, values[i] != 0);
    else
      json_object_set_int_member (object, rows[i].name, values[i]);
  }
  return object;
}
