/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file gets its final name only when it is written to its end, so that a killed process leaves a whole one or none. Making it safe
 * against a cut of the power may take a disk long: a thread does that, nobody waits for it. What a cut leaves in pieces is no JSON
 * and is put aside by whoever reads it. */

#include "worker/outbox-fs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "worker/session-fs.h"

#define TIME_DIGITS 20
#define ID_DIGITS 32
#define SUFFIX ".json"
#define UNFINISHED ".unfinished"
#define REJECTED "rejected"

struct _HnOutboxFs {
  char *directory;
  GThreadPool *safe; /* one thread: paths to make safe */
  gint ending;       /* atomic: nobody waits for a slow disk at the end */
};

static char *
path_of (HnOutboxFs *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

/* ---- names ---- */

char *
hn_outbox_fs_name (gint64 utc_us, const char *id, const char *group)
{
  return g_strdup_printf ("%0*" G_GINT64_FORMAT "-%s%s%s" SUFFIX, TIME_DIGITS, MAX (utc_us, 0), id, *group != '\0' ? "-" : "", group);
}

gint64
hn_outbox_fs_time (const char *name)
{
  return g_ascii_strtoll (name, NULL, 10);
}

char *
hn_outbox_fs_id (const char *name)
{
  return g_strndup (name + TIME_DIGITS + 1, ID_DIGITS);
}

/* Returns: (transfer full) (nullable): the group, %NULL when it is no name of ours */
static char *
group_of (const char *name)
{
  const gsize head = TIME_DIGITS + 1 + ID_DIGITS;
  const char *rest = name + head;

  if (strlen (name) < head + strlen (SUFFIX) || !g_str_has_suffix (name, SUFFIX) || name[TIME_DIGITS] != '-')
    return NULL;
  if (strspn (name, "0123456789") != TIME_DIGITS || strspn (name + TIME_DIGITS + 1, "0123456789abcdef") < ID_DIGITS)
    return NULL;
  if (strcmp (rest, SUFFIX) == 0)
    return g_strdup ("");
  if (*rest != '-' || rest[1 + strspn (rest + 1, "0123456789abcdefABCDEF:.")] != 'j')
    return NULL;
  return g_strndup (rest + 1, strlen (rest + 1) - strlen (SUFFIX));
}

static void
file_free (gpointer data)
{
  HnOutboxFile *file = data;

  g_free (file->name);
  g_free (file->group);
  g_free (file);
}

static int
compare_files (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(HnOutboxFile *const *) a)->name, (*(HnOutboxFile *const *) b)->name);
}

GPtrArray *
hn_outbox_fs_list (HnOutboxFs *self)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (file_free);
  g_autoptr (GDir) dir = g_dir_open (self->directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = path_of (self, name);
    g_autofree char *group = group_of (name);
    HnOutboxFile *file;
    struct stat status;

    if (g_str_has_suffix (name, UNFINISHED))
      g_unlink (path);
    if (group == NULL || lstat (path, &status) != 0 || !S_ISREG (status.st_mode))
      continue;
    file = g_new0 (HnOutboxFile, 1);
    file->name = g_strdup (name);
    file->group = g_steal_pointer (&group);
    file->bytes = (gsize) status.st_size;
    g_ptr_array_add (files, file);
  }
  g_ptr_array_sort (files, compare_files);
  return files;
}

/* ---- writing ---- */

static void
sync_path (const char *path, int flags)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);

  if (fd < 0)
    return; /* sent and removed meanwhile */
  if (fsync (fd) != 0)
    g_debug ("cannot make '%s' safe: %s", path, g_strerror (errno));
  close (fd);
}

static void
make_safe (gpointer data, gpointer user_data)
{
  g_autofree char *path = data;
  g_autofree char *directory = g_path_get_dirname (path);
  HnOutboxFs *self = user_data;

  if (g_atomic_int_get (&self->ending))
    return;
  sync_path (path, 0);
  sync_path (directory, O_DIRECTORY);
}

static gboolean
fail (GError **error, const char *what)
{
  int reason = errno;
  gboolean full = hn_session_fs_is_full (reason);

  g_set_error (error, HN_ERROR, full ? HN_ERROR_LIMIT : HN_ERROR_INTERNAL, "cannot write '%s': %s", what, g_strerror (reason));
  return FALSE;
}

gboolean
hn_outbox_fs_write (HnOutboxFs *self, const char *name, const char *text, GError **error)
{
  g_autofree char *path = path_of (self, name);
  g_autofree char *unfinished = g_strconcat (path, UNFINISHED, NULL);

  if (g_mkdir_with_parents (self->directory, 0700) != 0)
    return fail (error, self->directory);
  if (!hn_session_fs_write (unfinished, text) || rename (unfinished, path) != 0) {
    fail (error, self->directory);
    g_unlink (unfinished);
    return FALSE;
  }
  g_thread_pool_push (self->safe, g_steal_pointer (&path), NULL);
  return TRUE;
}

char *
hn_outbox_fs_read (HnOutboxFs *self, const char *name)
{
  g_autofree char *path = path_of (self, name);
  g_autofree char *text = g_malloc (HN_LIMIT_SPOOL_REQUEST_BYTES + 1);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  ssize_t got;

  if (fd < 0)
    return NULL;
  got = read (fd, text, HN_LIMIT_SPOOL_REQUEST_BYTES + 1);
  close (fd);
  if (got < 0 || got > HN_LIMIT_SPOOL_REQUEST_BYTES)
    return NULL;
  text[got] = '\0';
  return g_steal_pointer (&text);
}

void
hn_outbox_fs_remove (HnOutboxFs *self, const char *name)
{
  g_autofree char *path = path_of (self, name);

  g_unlink (path);
}

void
hn_outbox_fs_reject (HnOutboxFs *self, const char *name)
{
  g_autofree char *path = path_of (self, name);
  g_autofree char *aside = path_of (self, REJECTED);
  g_autofree char *target = g_build_filename (aside, name, NULL);
  g_autoptr (HnOutboxFs) rejected = hn_outbox_fs_new (aside);
  g_autoptr (GPtrArray) files = NULL;

  if (g_mkdir_with_parents (aside, 0700) != 0 || rename (path, target) != 0)
    g_unlink (path);
  files = hn_outbox_fs_list (rejected);
  for (guint i = 0; i + HN_LIMIT_SPOOL_REJECTED < files->len; i++)
    hn_outbox_fs_remove (rejected, ((HnOutboxFile *) g_ptr_array_index (files, i))->name);
}

HnOutboxFs *
hn_outbox_fs_new (const char *directory)
{
  HnOutboxFs *self = g_new0 (HnOutboxFs, 1);

  self->directory = g_strdup (directory);
  self->safe = g_thread_pool_new (make_safe, self, 1, FALSE, NULL);
  return self;
}

void
hn_outbox_fs_free (HnOutboxFs *self)
{
  if (self == NULL)
    return;
  g_atomic_int_set (&self->ending, TRUE);
  g_thread_pool_free (self->safe, FALSE, TRUE);
  g_free (self->directory);
  g_free (self);
}
