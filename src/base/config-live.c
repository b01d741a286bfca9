/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-live.h"

#include <string.h>

#include "base/config-table.h"

#define SHOWN_BYTES 200 /* of a value; more would be no line */

static void
exchange (HnConfig *self, HnConfig *fresh, const HnConfigOption *option)
{
  guint i = hn_config_table_index (option);
  guint8 *a = hn_config_value_slot (self, option);
  guint8 *b = hn_config_value_slot (fresh, option);
  gboolean is_int = option->type == HN_CONFIG_UINT || option->type == HN_CONFIG_BOOL;
  gsize size = is_int ? sizeof (HnConfigUINT) : option->type == HN_CONFIG_DURATION || option->type == HN_CONFIG_PERIOD ? sizeof (HnConfigDURATION) : sizeof (gpointer);
  guint8 kept[sizeof (gint64)];
  char *origin = self->origins[i];

  memcpy (kept, a, size);
  memcpy (a, b, size);
  memcpy (b, kept, size);
  self->origins[i] = fresh->origins[i];
  fresh->origins[i] = origin;
}

static gboolean
may_be_shown (const HnConfigOption *option, const char *from, const char *to)
{
  return option->type != HN_CONFIG_SECRET && option->type != HN_CONFIG_ICE && option->type != HN_CONFIG_JSON && strlen (from) <= SHOWN_BYTES
         && strlen (to) <= SHOWN_BYTES;
}

static char *
describe (const HnConfigOption *option, const char *from, const char *to)
{
  const char *before = from != NULL ? from : "nothing";
  const char *after = to != NULL ? to : "nothing";

  return may_be_shown (option, before, after) ? g_strdup_printf ("from %s to %s", before, after) : g_strdup ("");
}

guint
hn_config_live_adopt (HnConfig *self, HnConfig *fresh, HnConfigLiveChanged changed, gpointer user_data)
{
  guint count = 0, exchanged = 0;
  const HnConfigOption *options = hn_config_table_rows (&count);

  for (guint i = 0; i < count; i++) {
    g_autofree char *from = hn_config_value_to_text (self, &options[i]);
    g_autofree char *to = hn_config_value_to_text (fresh, &options[i]);
    g_autofree char *change = NULL;

    if (g_strcmp0 (from, to) == 0)
      continue;
    change = describe (&options[i], from, to);
    if (options[i].live) {
      exchange (self, fresh, &options[i]);
      exchanged++;
    }
    if (changed != NULL)
      changed (options[i].path, change, options[i].live, user_data);
  }
  return exchanged;
}
