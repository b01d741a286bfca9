/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/fault.h"

#include <string.h>

static const struct {
  const char *name;
  gsize offset;
} knobs[] = {
#define FAULT(field, name, value, what) { name, G_STRUCT_OFFSET (SimFaults, field) },
#include "sim/fakes/web-server/faults-list.h"
#undef FAULT
};

static gboolean
turn (SimFaults *faults, const char *word)
{
  g_auto (GStrv) pair = g_strsplit (word, "=", 2);
  guint64 value = 1;

  if (pair[1] && !g_ascii_string_to_unsigned (pair[1], 10, 0, 3600000, &value, NULL))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (knobs); i++)
    if (g_strcmp0 (pair[0], knobs[i].name) == 0) {
      G_STRUCT_MEMBER (guint, faults, knobs[i].offset) = value;
      return TRUE;
    }
  return FALSE;
}

gboolean
sim_faults_parse (const char *text, SimFaults *ret_faults, char **ret_unknown)
{
  g_auto (GStrv) words = g_strsplit (text ? text : "", ",", -1);

  *ret_faults = (SimFaults){
#define FAULT(field, name, value, what) .field = value,
#include "sim/fakes/web-server/faults-list.h"
#undef FAULT
  };
  for (guint i = 0; words[i]; i++)
    if (*g_strstrip (words[i]) && !turn (ret_faults, words[i])) {
      if (ret_unknown)
        *ret_unknown = g_strdup (words[i]);
      return FALSE;
    }
  return TRUE;
}
