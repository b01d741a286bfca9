/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/ended-fs.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "worker/ended.h"
#include "worker/session-fs.h"

#define FOLDER "ended"
#define LOG "web-server.log"

void
hn_ended_fs_keep (const char *data_dir, const char *directory)
{
  g_autofree char *id = g_path_get_basename (directory);
  g_autofree char *name = hn_ended_name (id, hn_clock_utc_us ());
  g_autofree char *folder = g_build_filename (data_dir, FOLDER, name, NULL);
  g_autofree char *from = g_build_filename (directory, LOG, NULL);
  g_autofree char *to = g_build_filename (folder, LOG, NULL);
  struct stat status;

  /* what is no plain file was made by somebody else */
  if (lstat (from, &status) != 0 || !S_ISREG (status.st_mode) || g_mkdir_with_parents (folder, 0700) != 0)
    return;
  if (chmod (from, 0600) != 0 || rename (from, to) != 0)
    g_rmdir (folder);
}

static GPtrArray *
list (const char *folder)
{
  GPtrArray *logs = g_ptr_array_new_with_free_func ((GDestroyNotify) hn_ended_log_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, LOG, NULL);
    HnEndedLog *log = hn_ended_parse (name);
    struct stat status;

    if (log == NULL)
      continue;
    log->bytes = lstat (path, &status) == 0 ? (gsize) status.st_size : 0;
    g_ptr_array_add (logs, log);
  }
  return logs;
}

guint
hn_ended_fs_prune (const char *data_dir, gint64 max_age_us)
{
  g_autofree char *folder = g_build_filename (data_dir, FOLDER, NULL);
  g_autoptr (GPtrArray) logs = list (folder);
  guint first = hn_ended_surplus (logs, hn_clock_utc_us (), max_age_us);

  for (guint i = first; i < logs->len; i++) {
    g_autofree char *path = g_build_filename (folder, ((HnEndedLog *) g_ptr_array_index (logs, i))->name, NULL);

    hn_session_fs_remove (path);
  }
  return logs->len - first;
}

/* The youngest folder of @session_id, of which the name holds the beginning only. */
static char *
find_folder (const char *data_dir, const char *session_id)
{
  g_autofree char *folder = g_build_filename (data_dir, FOLDER, NULL);
  g_autoptr (GPtrArray) logs = list (folder);
  HnIdShort beginning = hn_id_short (session_id);
  const HnEndedLog *youngest = NULL;

  for (guint i = 0; i < logs->len; i++) {
    const HnEndedLog *log = g_ptr_array_index (logs, i);

    if (g_str_has_prefix (log->name, beginning.text) && (youngest == NULL || log->ended_us > youngest->ended_us))
      youngest = log;
  }
  return youngest != NULL ? g_build_filename (folder, youngest->name, NULL) : NULL;
}

static char *
read_end (int fd, gsize max_bytes, gsize *ret_length, gboolean *ret_is_whole)
{
  struct stat status;
  char *bytes;
  ssize_t got;
  goffset from;

  if (fstat (fd, &status) != 0 || !S_ISREG (status.st_mode))
    return NULL;
  from = MAX (status.st_size - (goffset) max_bytes, 0);
  bytes = g_malloc (max_bytes + 1);
  got = pread (fd, bytes, max_bytes, from);
  *ret_length = (gsize) MAX (got, 0);
  *ret_is_whole = from == 0;
  bytes[*ret_length] = '\0';
  return bytes;
}

char *
hn_ended_fs_read_log (const char *data_dir, const char *session_id, gsize max_bytes, gsize *ret_length, gboolean *ret_is_whole)
{
  g_autofree char *living = g_build_filename (data_dir, session_id, LOG, NULL);
  g_autofree char *folder = NULL;
  g_autofree char *ended = NULL;
  int fd = open (living, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  char *bytes;

  if (fd < 0 && (folder = find_folder (data_dir, session_id)) != NULL) {
    ended = g_build_filename (folder, LOG, NULL);
    fd = open (ended, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  }
  if (fd < 0)
    return NULL;
  bytes = read_end (fd, max_bytes, ret_length, ret_is_whole);
  close (fd);
  return bytes;
}
