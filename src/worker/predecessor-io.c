/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/predecessor-io.h"

#include "base/log.h"
#include "worker/ended-fs.h"
#include "worker/orphans-proc.h"
#include "worker/session-fs.h"

void
hn_predecessor_io_clean_up (const char *data_dir, HnUnpairHttp *unpair)
{
  guint killed = hn_orphans_proc_kill (data_dir);
  g_autoptr (GPtrArray) orphans = hn_session_fs_list_orphans (data_dir);
  guint removed = 0;

  if (killed > 0)
    hn_info ("cleanup", NULL, "killed orphaned processes count=%u", killed);
  for (guint i = 0; i < orphans->len; i++) {
    const char *directory = g_ptr_array_index (orphans, i);
    g_autofree char *note = hn_session_fs_read_note (directory);

    if (note != NULL)
      hn_unpair_http_put (unpair, note);
    hn_ended_fs_keep (data_dir, directory);
    removed += hn_session_fs_remove (directory);
  }
  if (removed > 0)
    hn_info ("cleanup", NULL, "removed orphaned session directories count=%u", removed);
}
