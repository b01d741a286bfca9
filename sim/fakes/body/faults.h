/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Named misbehaviour, set through the control address. Pure. */
#pragma once

#include <json-glib/json-glib.h>

typedef enum { SIM_FAULT_FLAG, SIM_FAULT_COUNT } SimFaultKind;

enum {
#define FAULT(NAME, name, kind, what) SIM_FAULT_##NAME,
#include "sim/fakes/body/faults-list.h"
#undef FAULT
  SIM_FAULTS
};

enum {
#define FAULT(NAME, name, kind, what) SIM_SERVICE_FAULT_##NAME,
#include "sim/fakes/body/service-faults-list.h"
#undef FAULT
  SIM_SERVICE_FAULTS
};

typedef struct {
  const char *name;
  SimFaultKind kind;
  const char *what;
} SimFaultRow;

extern const SimFaultRow sim_body_faults[SIM_FAULTS];
extern const SimFaultRow sim_service_faults[SIM_SERVICE_FAULTS];

/**
 * sim_faults_read:
 * @rows: the knobs there are
 * @n_rows: number of them
 * @name: (nullable): knob to set
 * @value: (nullable): true or false for a flag, 0 to 10000 for a count
 * @ret_index: (out): which knob it is
 * @ret_value: (out): what it is to be
 * @error: JSON_PARSER_ERROR naming the unknown knob or the wrong type
 *
 * Returns: FALSE when the knob is unknown or the value does not fit it
 */
gboolean sim_faults_read (const SimFaultRow *rows, guint n_rows, const char *name, JsonNode *value, guint *ret_index,
                          guint *ret_value, GError **error);

/**
 * sim_faults_help:
 * @rows: the knobs there are
 * @n_rows: number of them
 *
 * Returns: (transfer full): a line for each, for people
 */
char *sim_faults_help (const SimFaultRow *rows, guint n_rows);

/**
 * sim_faults_json:
 * @rows: the knobs there are
 * @n_rows: number of them
 * @values: their present values
 *
 * Returns: (transfer full): name to value
 */
JsonObject *sim_faults_json (const SimFaultRow *rows, guint n_rows, const guint *values);
