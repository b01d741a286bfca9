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
#define BACKUP ".backup"
#define UNPROVEN ".unproven"
#define UNPROVEN_LINES 16

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

/* ---- what is not proved yet ---- */

void
hn_unproven_free (HnUnproven *self)
{
  if (self == NULL)
    return;
  g_free (self->from);
  g_free (self->to);
  g_strfreev (self->roles);
  g_free (self);
}

static gboolean
write_unproven (const char *program, const HnUnproven *unproven, GError **error)
{
  g_autofree char *path = hn_program_fs_path (program, UNPROVEN);
  g_autofree char *roles = g_strjoinv ("\n", unproven->roles);
  g_autofree char *text = g_strdup_printf ("%s\n%s\n%s\n", unproven->from, unproven->to, roles);

  g_autoptr (GError) local = NULL;

  if (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644, &local))
    return TRUE;
  g_set_error_literal (error, HN_ERROR, HN_ERROR_INTERNAL, local->message);
  return FALSE;
}

static HnUnproven *
read_unproven (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  HnUnproven *self;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (g_strchomp (text), "\n", UNPROVEN_LINES);
  if (g_strv_length (lines) < 2 || !hn_version_is_valid (lines[0]) || !hn_version_is_valid (lines[1]))
    return NULL;
  self = g_new0 (HnUnproven, 1);
  self->from = g_strdup (lines[0]);
  self->to = g_strdup (lines[1]);
  self->roles = g_strdupv (lines + 2);
  return self;
}

/* From the first link on, and again when it was put back, both are one file, or there is no other. */
static gboolean
is_swapped (const char *program)
{
  g_autofree char *kept = hn_program_fs_path (program, BACKUP);
  struct stat now, before;

  return stat (program, &now) == 0 && stat (kept, &before) == 0 && (now.st_ino != before.st_ino || now.st_dev != before.st_dev);
}

HnUnproven *
hn_program_fs_unproven (const char *program)
{
  g_autofree char *path = hn_program_fs_path (program, UNPROVEN);
  g_autoptr (HnUnproven) unproven = read_unproven (path);

  if (unproven != NULL && is_swapped (program))
    return g_steal_pointer (&unproven);
  unlink (path);
  return NULL;
}

void
hn_program_fs_proved (const char *program)
{
  g_autofree char *path = hn_program_fs_path (program, UNPROVEN);

  unlink (path);
}

char *
hn_program_fs_which (const char *self)
{
  g_autofree char *program = g_str_has_suffix (self, BACKUP) ? g_strndup (self, strlen (self) - strlen (BACKUP)) : NULL;
  g_autofree char *path = program != NULL ? hn_program_fs_path (program, UNPROVEN) : NULL;

  return path != NULL && access (path, F_OK) == 0 ? g_steal_pointer (&program) : g_strdup (self);
}

/* ---- the exchange ---- */

gboolean
hn_program_fs_swap (const char *program, const HnUnproven *unproven, GError **error)
{
  g_autofree char *fresh = hn_program_fs_path (program, ".update");
  g_autofree char *kept = hn_program_fs_path (program, BACKUP);
  g_autofree char *link_name = hn_program_fs_path (program, ".backup.new");

  unlink (link_name);
  if (link (program, link_name) != 0 || rename (link_name, kept) != 0)
    return fail (error, "keep a backup as", kept);
  unlink (link_name); /* it is still there if the backup was this very file: rename() leaves two names of one file alone */
  if (!write_unproven (program, unproven, error))
    return FALSE;
  if (rename (fresh, program) != 0) {
    fail (error, "replace", program);
    hn_program_fs_proved (program);
    return FALSE;
  }
  sync_folder (program);
  return TRUE;
}

gboolean
hn_program_fs_restore (const char *program, const char *version, GError **error)
{
  g_autofree char *kept = hn_program_fs_path (program, BACKUP);
  g_autofree char *rejected = hn_program_fs_path (program, ".rejected");
  g_autofree char *line = g_strconcat (version != NULL ? version : "", "\n", NULL);

  if (rename (kept, program) != 0)
    return fail (error, "put back", program);
  sync_folder (program);
  if (version != NULL)
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
