/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/session-fs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/id.h"

#define OPEN_DIRECTORIES 16
#define LAST_LINE_BYTES 300
#define PANIC_NOTE "note: run with `RUST_BACKTRACE" /* what a panic ends with: the line before it says why */
#define NOTE "session.json"
#define NOTE_BYTES 4096

/* It lies in /tmp by default, where anybody may make it before we do: who can write to it decides whom a worker kills and tells
 * Sunshine's password to. Returns: (nullable): why it is not ours alone */
static const char *
whose_is (const char *data_dir, int fd)
{
  g_autofree char *path = g_canonicalize_filename (data_dir, NULL); /* without a final slash: of a link, not of where it leads */
  struct stat status;

  if (lstat (path, &status) != 0)
    return g_strerror (errno);
  if (S_ISLNK (status.st_mode) && status.st_uid != geteuid () && status.st_uid != 0)
    return "it is a link that another user made";
  if (fstat (fd, &status) != 0)
    return g_strerror (errno);
  if (status.st_uid != geteuid ())
    return "it belongs to another user; remove it, or name another one";
  return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "others may write to it; remove it, or name another one" : NULL;
}

int
hn_session_fs_open (const char *data_dir, GError **error)
{
  const char *wrong = NULL;
  int fd = -1;

  if (g_mkdir_with_parents (data_dir, 0700) != 0 || access (data_dir, R_OK | W_OK | X_OK) != 0
      || (fd = open (data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
    wrong = g_strerror (errno);
  else if ((wrong = whose_is (data_dir, fd)) == NULL && flock (fd, LOCK_EX | LOCK_NB) != 0)
    wrong = errno == EWOULDBLOCK ? "another worker uses it" : g_strerror (errno);
  if (wrong == NULL)
    return fd;
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "cannot use sessions.data_dir '%s': %s", data_dir, wrong);
  if (fd >= 0)
    close (fd);
  return -1;
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

GPtrArray *
hn_session_fs_list_orphans (const char *data_dir)
{
  GPtrArray *orphans = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (data_dir, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (data_dir, name, NULL);
    struct stat status;

    if (hn_id_is_valid (name) && lstat (path, &status) == 0 && S_ISDIR (status.st_mode))
      g_ptr_array_add (orphans, g_steal_pointer (&path));
  }
  return orphans;
}

char *
hn_session_fs_read_note (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, NOTE, NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  char text[NOTE_BYTES + 1];
  ssize_t got;

  if (fd < 0)
    return NULL;
  got = read (fd, text, NOTE_BYTES);
  close (fd);
  return got > 0 ? g_strndup (text, (gsize) got) : NULL;
}

gboolean
hn_session_fs_is_full (int reason)
{
  return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

gboolean
hn_session_fs_write (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  gsize length = strlen (text);
  gsize written = 0;
  ssize_t part = 0;
  int reason;

  if (fd < 0)
    return FALSE;
  while (written < length && (part = write (fd, text + written, length - written)) > 0)
    written += (gsize) part;
  reason = part < 0 ? errno : ENOSPC;
  if (close (fd) == 0 && written == length)
    return TRUE;
  errno = reason;
  return FALSE;
}

/* A full disk is a matter of capacity: another worker may have room. The path ends in the session's key: it is not told. */
static void
set_error (GError **error, const char *data_dir, int reason)
{
  if (hn_session_fs_is_full (reason))
    g_set_error_literal (error, HN_ERROR, HN_ERROR_LIMIT, "no space left for the session's data");
  else
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INTERNAL, "cannot make the session's data directory");
  if (error != NULL)
    hn_error_set_detail (*error, "%s: %s; see sessions.data_dir", data_dir, g_strerror (reason));
}

/* A link to a program, not a script: it also works where nothing in the data directory may be executed. */
static gboolean
write_ticket (const char *directory, const HnSessionFsContent *content)
{
  g_autofree char *issuer = g_build_filename (directory, HN_SESSION_FS_ISSUER, NULL);
  g_autofree char *ticket = g_strconcat (issuer, ".json", NULL);

  return content->ticket == NULL || (hn_session_fs_write (ticket, content->ticket) && symlink (content->issuer, issuer) == 0);
}

char *
hn_session_fs_create (const char *data_dir, const HnSessionFsContent *content, GError **error)
{
  g_autofree char *directory = g_build_filename (data_dir, content->session_id, NULL);
  g_autofree char *server = g_build_filename (directory, "server", NULL);
  g_autofree char *file = g_build_filename (server, "config.json", NULL);
  g_autofree char *note = g_build_filename (directory, NOTE, NULL);
  g_autofree char *link = g_build_filename (directory, "static", NULL);
  g_autofree char *beside = g_path_get_dirname (content->program);
  g_autofree char *pages = g_build_filename (beside, "static", NULL);

  if (g_mkdir (directory, 0700) != 0) {
    set_error (error, data_dir, errno);
    return NULL;
  }
  if (g_mkdir (server, 0700) != 0 || !hn_session_fs_write (file, content->config) || !hn_session_fs_write (note, content->note)
      || symlink (pages, link) != 0 || !write_ticket (directory, content)) {
    set_error (error, data_dir, errno);
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
  if (newline != NULL && g_str_has_prefix (newline + 1, PANIC_NOTE)) {
    *newline = '\0';
    newline = strrchr (tail, '\n');
  }
  return g_utf8_make_valid (newline != NULL ? newline + 1 : tail, -1);
}
