/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/wireguard-fs.h"

#include <string.h>

gboolean
hn_wireguard_fs_detect (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (directory, name, "uevent", NULL);
    g_autofree char *text = NULL;

    if (g_file_get_contents (path, &text, NULL, NULL)
        && (g_str_has_prefix (text, "DEVTYPE=wireguard\n") || strstr (text, "\nDEVTYPE=wireguard\n") != NULL))
      return TRUE;
  }
  return FALSE;
}
