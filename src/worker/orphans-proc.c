/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/orphans-proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "HYDRANECK_SESSION_OF"
#define ROUNDS 20 /* what forks faster than that is somebody else's problem */
#define ENVIRONMENT_BYTES 131072

char *
hn_orphans_proc_mark (const char *data_dir)
{
  char *path = realpath (data_dir, NULL);
  char *mark = path != NULL ? g_strconcat (MARK "=", path, NULL) : NULL;

  free (path);
  return mark;
}

static gboolean
has_mark (const char *pid, const char *mark)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "environ", NULL);
  g_autofree char *text = g_malloc (ENVIRONMENT_BYTES + 1);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gssize got = 0, part;
  struct stat status;

  if (fd < 0)
    return FALSE;
  if (fstat (fd, &status) == 0 && status.st_uid == geteuid ())
    while (got < ENVIRONMENT_BYTES && (part = read (fd, text + got, (gsize) (ENVIRONMENT_BYTES - got))) > 0)
      got += part;
  close (fd);
  text[got] = '\0';
  for (gssize at = 0; at < got; at += (gssize) strlen (text + at) + 1)
    if (strcmp (text + at, mark) == 0)
      return TRUE;
  return FALSE;
}

/* The descriptor is taken first: the process that is looked at is the one that is killed, though its number be given away meanwhile. */
static gboolean
kill_if_marked (const char *pid, const char *mark)
{
  int fd = pidfd_open (atoi (pid), 0);
  gboolean killed;

  if (fd < 0)
    return FALSE;
  killed = has_mark (pid, mark) && pidfd_send_signal (fd, SIGKILL, NULL, 0) == 0;
  close (fd);
  return killed;
}

static guint
kill_all (const char *mark)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name;
  guint killed = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_ascii_isdigit (*name) && atoi (name) != getpid ())
      killed += kill_if_marked (name, mark);
  return killed;
}

guint
hn_orphans_proc_kill (const char *data_dir)
{
  g_autofree char *mark = hn_orphans_proc_mark (data_dir);
  guint killed = 0, now;

  for (guint round = 0; mark != NULL && round < ROUNDS; round++) {
    now = kill_all (mark);
    if (now == 0)
      break;
    killed = MAX (killed, now); /* a killed one may be seen again before it is gone */
  }
  return killed;
}
