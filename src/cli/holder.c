/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/holder.h"

#include <string.h>
#include <unistd.h>

#include "base/proc-net.h"

#define TABLE_BYTES_MAX 67108864

static guint64
find_inode (HnHolderKind kind, const HnAddress *address, guint16 port)
{
  static const char *const tables[2][2] = { { "/proc/net/tcp", "/proc/net/tcp6" }, { "/proc/net/udp", "/proc/net/udp6" } };

  for (guint i = 0; i < 2; i++) {
    g_autofree char *text = NULL;
    gsize length = 0;
    guint64 inode;

    if (!g_file_get_contents (tables[kind][i], &text, &length, NULL) || length > TABLE_BYTES_MAX)
      continue;
    inode = hn_proc_net_find (text, address, port, kind == HN_HOLDER_TCP);
    if (inode != 0)
      return inode;
  }
  return 0;
}

static gboolean
has_socket (const char *pid, const char *wanted)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%s/fd", pid);
  g_autoptr (GDir) fds = g_dir_open (folder, 0, NULL);
  const char *name;

  while (fds != NULL && (name = g_dir_read_name (fds)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autofree char *target = g_file_read_link (path, NULL);

    if (g_strcmp0 (target, wanted) == 0)
      return TRUE;
  }
  return FALSE;
}

static char *
name_of (const char *pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/comm", pid);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? g_strchomp (text) : NULL;
}

static void
find_process (guint64 inode, HnHolder *holder)
{
  g_autofree char *wanted = g_strdup_printf ("socket:[%" G_GUINT64_FORMAT "]", inode);
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while (holder->pid == 0 && processes != NULL && (name = g_dir_read_name (processes)) != NULL) {
    if (!g_ascii_isdigit (*name) || !has_socket (name, wanted))
      continue;
    holder->pid = g_ascii_strtoull (name, NULL, 10);
    holder->command = name_of (name);
  }
}

HnHolder *
hn_holder_find (HnHolderKind kind, const char *host, guint16 port)
{
  HnAddress address;
  gboolean exact = host != NULL && *host != '\0' && hn_address_parse (host, &address);
  guint64 inode = find_inode (kind, exact ? &address : NULL, port);
  HnHolder *self;

  if (inode == 0)
    return NULL;
  self = g_new0 (HnHolder, 1);
  find_process (inode, self);
  if (self->pid == 0 && geteuid () == 0) {
    hn_holder_free (self); /* root sees every process: this one went while we looked */
    return NULL;
  }
  return self;
}

void
hn_holder_free (HnHolder *self)
{
  if (self == NULL)
    return;
  g_free (self->command);
  g_free (self);
}

char *
hn_holder_describe (const HnHolder *self)
{
  if (self->pid == 0)
    return g_strdup ("a process that only root can see");
  return g_strdup_printf ("%s (pid %" G_GUINT64_FORMAT ")", self->command != NULL ? self->command : "?", self->pid);
}

gboolean
hn_holder_is_session (const HnHolder *self)
{
  static const char *const names[] = { "web-server", "streamer", "hydraneckwebrtc", "hydraneckwebrt" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (self->command, names[i]) == 0)
      return TRUE;
  return FALSE;
}
