/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/port-ranges.h"

#include <string.h>

static void
add_range (GArray *ranges, const char *first, const char *last)
{
  guint64 a = 0, b = 0;
  HnPortRange range;

  if (!g_ascii_string_to_unsigned (first, 10, 0, G_MAXUINT16, &a, NULL) || !g_ascii_string_to_unsigned (last, 10, a, G_MAXUINT16, &b, NULL))
    return;
  range = (HnPortRange){ (guint) a, (guint) b };
  g_array_append_val (ranges, range);
}

GArray *
hn_port_ranges_parse (const char *text)
{
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (HnPortRange));
  g_autofree char *copy = g_strstrip (g_strdup (text));
  g_auto (GStrv) parts = NULL;

  if (strpbrk (copy, " \t") != NULL) /* the kernel puts a tab between the two */
    g_strdelimit (copy, " \t", '-');
  parts = g_strsplit (copy, ",", -1);
  for (guint i = 0; parts[i] != NULL; i++) {
    g_auto (GStrv) ends = g_strsplit (parts[i], "-", 2);

    if (ends[0] != NULL)
      add_range (ranges, ends[0], ends[1] != NULL ? ends[1] : ends[0]);
  }
  return ranges;
}

static gboolean
contains (GArray *ranges, guint port)
{
  for (guint i = 0; i < ranges->len; i++)
    if (port >= g_array_index (ranges, HnPortRange, i).first && port <= g_array_index (ranges, HnPortRange, i).last)
      return TRUE;
  return FALSE;
}

guint
hn_port_ranges_exposed (HnPortRange wanted, GArray *ephemeral, GArray *reserved)
{
  guint count = 0;

  for (guint port = wanted.first; port <= MIN (wanted.last, G_MAXUINT16); port++)
    count += contains (ephemeral, port) && !contains (reserved, port);
  return count;
}
