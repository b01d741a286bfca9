/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/session-proc.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "worker/orphans-proc.h"

/* web-server takes options from the environment (LOG_LEVEL, BIND_ADDRESS, …): a clean one, or ours would leak in. */
static char **
environment_of (const HnSessionProcPlace *place)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *home = g_strconcat ("HOME=", g_get_home_dir (), NULL);
  g_autofree char *data_dir = g_path_get_dirname (place->directory);
  g_autofree char *mark = hn_orphans_proc_mark (data_dir);

  g_strv_builder_add_many (builder, "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", home, NULL);
  if (mark != NULL)
    g_strv_builder_add (builder, mark);
  for (gsize i = 0; place->more_environment != NULL && place->more_environment[i] != NULL; i++)
    g_strv_builder_add (builder, place->more_environment[i]);
  return g_strv_builder_end (builder);
}

HnProcess *
hn_session_proc_start (const HnSessionProcPlace *place, const HnProcessEvents *events, gpointer user_data, GError **error)
{
  g_autofree char *log = g_build_filename (place->directory, "web-server.log", NULL);
  g_auto (GStrv) environment = environment_of (place);
  g_autoptr (GError) local = NULL;
  const char *const argv[] = { place->program, "--config-path", "server/config.json", NULL };
  HnProcessOptions options = { .supervisor = place->supervisor, .argv = argv, .directory = place->directory, .output = log };
  HnProcess *process;

  options.environment = (const char *const *) environment;
  options.stop_timeout_us = hn_seconds (HN_LIMIT_STOP_SECONDS);
  process = hn_process_start (&options, events, user_data, &local);
  if (process != NULL)
    return process;
  if (g_error_matches (local, HN_ERROR, HN_ERROR_NOT_FOUND)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_LIMIT, "moonlight-web-stream not installed");
    if (error != NULL)
      hn_error_set_detail (*error, "%s; see moonlight.path", local->message);
  } else {
    g_propagate_error (error, g_steal_pointer (&local));
  }
  return NULL;
}

gboolean
hn_session_proc_is_running (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *stat = NULL;
  const char *state;

  if (kill (pid, 0) != 0)
    return FALSE;
  if (!g_file_get_contents (path, &stat, NULL, NULL))
    return TRUE; /* no /proc, no doubt */
  state = strrchr (stat, ')');
  return state == NULL || strncmp (state, ") Z", 3) != 0;
}
