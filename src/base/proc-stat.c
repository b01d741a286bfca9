/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/proc-stat.h"

#include <string.h>

/* Fields as proc(5) numbers them. The second one is the program's name in brackets, which may hold anything: what follows its last bracket is counted. */
enum { FIRST = 3, UTIME = 14, STIME = 15, THREADS = 20, START = 22, VSIZE = 23, RSS = 24 };

gboolean
hn_proc_stat_parse (const char *text, HnProcStat *ret_stat)
{
  const char *end_of_name = strrchr (text, ')');
  g_auto (GStrv) fields = NULL;
  guint64 values[RSS + 1] = { 0 };

  if (end_of_name == NULL || end_of_name[1] != ' ')
    return FALSE;
  fields = g_strsplit (end_of_name + 2, " ", RSS - FIRST + 2);
  if (g_strv_length (fields) < RSS - FIRST + 1)
    return FALSE;
  for (guint i = UTIME; i <= RSS; i++)
    values[i] = g_ascii_strtoull (fields[i - FIRST], NULL, 10);
  *ret_stat = (HnProcStat){ values[UTIME] + values[STIME], values[THREADS], values[START], values[VSIZE], values[RSS] };
  return TRUE;
}
