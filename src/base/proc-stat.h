/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What `/proc/self/stat` says of a process (proc(5)). Pure. */

typedef struct {
  guint64 cpu_ticks;   /* user and system */
  guint64 threads;
  guint64 start_ticks; /* after the machine's start */
  guint64 virtual_bytes;
  guint64 resident_pages;
} HnProcStat;

/**
 * hn_proc_stat_parse:
 * @text: the file's text
 * @ret_stat: (out): what it says
 *
 * Returns: whether it could be read
 */
gboolean hn_proc_stat_parse (const char *text, HnProcStat *ret_stat);
