/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/fault-fs.h"

static char *
content_of (const char *path)
{
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

SimFaults
sim_fault_fs_read (const char *program, char **ret_unknown)
{
  const char *variable = g_getenv ("HYDRANECK_SIM_FAULT");
  g_autofree char *path = g_strconcat (program, ".fault", NULL);
  g_autofree char *all = content_of (path), *own = content_of ("web-server.fault");
  g_autofree char *text = g_strjoin (",", all ? all : "", own ? own : "", NULL);
  SimFaults faults;

  sim_faults_parse (variable ? variable : text, &faults, ret_unknown);
  return faults;
}
