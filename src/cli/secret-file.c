/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/secret-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"

/* A pipe or a terminal would make us wait. */
static int
open_regular (const char *path, GError **error)
{
  struct stat facts;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

  if (fd < 0) {
    g_set_error (error, HN_ERROR, errno == ENOENT ? HN_ERROR_NOT_FOUND : HN_ERROR_CONFIG, "cannot read '%s': %s", path, g_strerror (errno));
    return -1;
  }
  if (fstat (fd, &facts) != 0 || !S_ISREG (facts.st_mode)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'%s' is not a regular file", path);
    close (fd);
    return -1;
  }
  if ((facts.st_mode & S_IROTH) != 0)
    hn_warning ("config", NULL, "others may read the secret in '%s': chmod o-r '%s'", path, path);
  return fd;
}

static gssize
read_all (int fd, char *into, gsize size)
{
  gsize length = 0;

  while (length < size) {
    gssize n = read (fd, into + length, size - length);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    length += (gsize) n;
  }
  return (gssize) length;
}

static gboolean
is_plain (const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return FALSE;
  return g_utf8_validate (text, -1, NULL);
}

char *
hn_secret_file_read (const char *path, gpointer unused, GError **error)
{
  g_autofree char *line = g_malloc0 (HN_LIMIT_SECRET_FILE_BYTES + 2);
  int fd = open_regular (path, error);
  gssize length;

  if (fd < 0)
    return NULL;
  length = read_all (fd, line, HN_LIMIT_SECRET_FILE_BYTES + 1);
  close (fd);
  if (length < 0)
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "cannot read '%s': %s", path, g_strerror (errno));
  else if (length > HN_LIMIT_SECRET_FILE_BYTES)
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'%s' is longer than %d bytes", path, HN_LIMIT_SECRET_FILE_BYTES);
  else if (memchr (line, '\0', (gsize) length) != NULL)
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "the first line of '%s' is no plain text", path);
  else {
    line[strcspn (line, "\n")] = '\0';
    if (*line != '\0' && line[strlen (line) - 1] == '\r')
      line[strlen (line) - 1] = '\0';
    if (*line != '\0' && is_plain (line))
      return g_steal_pointer (&line);
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, *line == '\0' ? "'%s' is empty" : "the first line of '%s' is no plain text", path);
  }
  return NULL;
}
