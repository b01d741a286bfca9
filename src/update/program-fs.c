/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/program-fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "update/version.h"

#define REJECTED_BYTES 128

char *
hn_program_fs_path (const char *program, const char *ending)
{
  return g_strconcat (program, ending, NULL);
}

static gboolean
fail (GError **error, const char *what, const char *path)
{
  int number = errno;

  g_set_error (error, HN_ERROR, number == EACCES || number == EROFS || number == EPERM ? HN_ERROR_DENIED : HN_ERROR_INTERNAL, "cannot %s '%s': %s", what,
               path, g_strerror (number));
  return FALSE;
}

static int
open_folder (const char *program)
{
  g_autofree char *folder = g_path_get_dirname (program);

  return open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
sync_folder (const char *program)
{
  int fd = open_folder (program);

  if (fd < 0)
    return;
  fsync (fd);
  close (fd);
}

int
hn_program_fs_lock (const char *program, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (program);
  int fd;

  if (access (folder, W_OK) != 0) {
    fail (error, "replace files in", folder);
    return -1;
  }
  fd = open_folder (program);
  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  g_set_error (error, HN_ERROR, HN_ERROR_CONFLICT, "another update of '%s' is under way", program);
  if (fd >= 0)
    close (fd);
  return -1;
}

int
hn_program_fs_create (const char *program, GError **error)
{
  g_autofree char *path = hn_program_fs_path (program, ".update");
  int fd;

  unlink (path);
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    fail (error, "create", path);
  return fd;
}

gboolean
hn_program_fs_finish (const char *program, int fd, GError **error)
{
  g_autofree char *path = hn_program_fs_path (program, ".update");
  gboolean good = fchmod (fd, 0755) == 0 && fsync (fd) == 0;

  if (!good)
    fail (error, "finish", path);
  /* whoever has it open for writing keeps it from being run */
  if (close (fd) != 0 && good)
    good = fail (error, "finish", path);
  return good;
}

gboolean
hn_program_fs_swap (const char *program, GError **error)
{
  g_autofree char *fresh = hn_program_fs_path (program, ".update");
  g_autofree char *kept = hn_program_fs_path (program, ".backup");
  g_autofree char *link_name = hn_program_fs_path (program, ".backup.new");

  unlink (link_name);
  if (link (program, link_name) != 0 || rename (link_name, kept) != 0)
    return fail (error, "keep a backup as", kept);
  if (rename (fresh, program) != 0)
    return fail (error, "replace", program);
  sync_folder (program);
  return TRUE;
}

gboolean
hn_program_fs_restore (const char *program, const char *version, GError **error)
{
  g_autofree char *kept = hn_program_fs_path (program, ".backup");
  g_autofree char *rejected = hn_program_fs_path (program, ".rejected");
  g_autofree char *line = g_strconcat (version, "\n", NULL);

  if (rename (kept, program) != 0)
    return fail (error, "put back", program);
  sync_folder (program);
  g_file_set_contents_full (rejected, line, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL);
  return TRUE;
}

void
hn_program_fs_discard (const char *program)
{
  g_autofree char *path = hn_program_fs_path (program, ".update");

  unlink (path);
}

char *
hn_program_fs_rejected (const char *program)
{
  g_autofree char *path = hn_program_fs_path (program, ".rejected");
  FILE *file = fopen (path, "re");
  char line[REJECTED_BYTES] = "";

  if (file == NULL)
    return NULL;
  if (fgets (line, sizeof line, file) == NULL)
    *line = '\0';
  fclose (file);
  line[strcspn (line, "\n")] = '\0';
  return hn_version_is_valid (line) ? g_strdup (line) : NULL;
}
