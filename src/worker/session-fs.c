/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/session-fs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/id.h"

#define OPEN_DIRECTORIES 16
#define LAST_LINE_BYTES 300

gboolean
hn_session_fs_open (const char *data_dir, GError **error)
{
  if (g_mkdir_with_parents (data_dir, 0700) != 0 || access (data_dir, R_OK | W_OK | X_OK) != 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "cannot use sessions.data_dir '%s': %s", data_dir, g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

static int
remove_one (const char *path, const struct stat *status, int kind, struct FTW *walk)
{
  return remove (path) == 0 || errno == ENOENT ? 0 : -1;
}

gboolean
hn_session_fs_remove (const char *directory)
{
  return nftw (directory, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) == 0 || access (directory, F_OK) != 0;
}

guint
hn_session_fs_remove_orphans (const char *data_dir)
{
  g_autoptr (GDir) dir = g_dir_open (data_dir, 0, NULL);
  const char *name;
  guint removed = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (data_dir, name, NULL);
    struct stat status;

    if (hn_id_is_valid (name) && lstat (path, &status) == 0 && S_ISDIR (status.st_mode) && hn_session_fs_remove (path))
      removed++;
  }
  return removed;
}

static gboolean
write_config (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  gsize length = strlen (text);
  gboolean written;

  if (fd < 0)
    return FALSE;
  written = write (fd, text, length) == (ssize_t) length;
  return close (fd) == 0 && written;
}

char *
hn_session_fs_create (const char *data_dir, const char *session_id, const char *config, const char *program, GError **error)
{
  g_autofree char *directory = g_build_filename (data_dir, session_id, NULL);
  g_autofree char *server = g_build_filename (directory, "server", NULL);
  g_autofree char *file = g_build_filename (server, "config.json", NULL);
  g_autofree char *link = g_build_filename (directory, "static", NULL);
  g_autofree char *beside = g_path_get_dirname (program);
  g_autofree char *pages = g_build_filename (beside, "static", NULL);

  if (g_mkdir (directory, 0700) != 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "cannot make the session directory '%s': %s", directory, g_strerror (errno));
    return NULL;
  }
  if (g_mkdir (server, 0700) != 0 || !write_config (file, config) || symlink (pages, link) != 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "cannot fill the session directory '%s': %s", directory, g_strerror (errno));
    hn_session_fs_remove (directory);
    return NULL;
  }
  return g_steal_pointer (&directory);
}

gboolean
hn_session_fs_exists (const char *directory)
{
  g_autofree char *server = directory != NULL ? g_build_filename (directory, "server", NULL) : NULL;

  return server != NULL && g_file_test (server, G_FILE_TEST_IS_DIR);
}

char *
hn_session_fs_read_last_line (const char *directory)
{
  g_autofree char *path = directory != NULL ? g_build_filename (directory, "web-server.log", NULL) : NULL;
  int fd = path != NULL ? open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
  char tail[LAST_LINE_BYTES + 1] = "";
  struct stat status;
  ssize_t got = 0;
  char *newline;

  if (fd < 0)
    return g_strdup ("");
  if (fstat (fd, &status) == 0)
    got = pread (fd, tail, LAST_LINE_BYTES, MAX (status.st_size - LAST_LINE_BYTES, 0));
  close (fd);
  tail[MAX (got, 0)] = '\0';
  g_strchomp (tail);
  newline = strrchr (tail, '\n');
  return g_utf8_make_valid (newline != NULL ? newline + 1 : tail, -1);
}
