/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `ready` means: every socket listens. Nothing else is ever printed on stdout. */
#include "sim/fakes/body/run-main.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

gboolean
sim_run_die_with_parent (void)
{
  pid_t parent = getppid ();

  return prctl (PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid () == parent;
}

static gboolean
on_signal (gpointer user)
{
  g_main_loop_quit (user);
  return G_SOURCE_CONTINUE;
}

void
sim_run_until_signal (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, loop);
  guint terminate = g_unix_signal_add (SIGTERM, on_signal, loop);

  /* OpenSSL writes to sockets without MSG_NOSIGNAL. */
  signal (SIGPIPE, SIG_IGN);
  puts ("ready");
  fflush (stdout);
  g_main_loop_run (loop);
  g_source_remove (interrupt);
  g_source_remove (terminate);
}

gboolean
sim_run_parse (const char *summary, const char *notes, const GOptionEntry *entries, int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) copy = g_new0 (char *, argc + 1);

  for (int i = 0; i < argc; i++)
    copy[i] = g_strdup (argv[i]);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, notes);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, &copy, &error)) {
    fprintf (stderr, "hydraneck-sim %s: %s\n", argv[0], error->message);
    return FALSE;
  }
  if (copy[0] != NULL && copy[1] != NULL) {
    fprintf (stderr, "hydraneck-sim %s: unexpected argument '%s'\n", argv[0], copy[1]);
    return FALSE;
  }
  return TRUE;
}
