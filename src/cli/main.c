/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hydraneckwebrtc: one binary, one subcommand for each thing it can be. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "net/supervisor.h"

static int
cmd_version (int argc, char **argv)
{
  printf ("hydraneckwebrtc %s\n", HN_VERSION);
  return 0;
}

static const struct {
  const char *name;
  int (*run) (int argc, char **argv); /* arguments after the subcommand */
  const char *what;                   /* NULL: not for people */
} commands[] = {
  { "controller", hn_cmd_controller, "send each session request to the least-loaded worker" },
  { "worker", hn_cmd_worker, "run sessions on this node" },
  { "worker-token", hn_cmd_worker_token, "print a token that lets one worker register" },
  { "mic-pipeline", hn_cmd_mic_pipeline, "print gst-launch-1.0 lines for either end of a microphone" },
  { "config-sample", hn_cmd_config_sample, "print every option with its default" },
  { "version", cmd_version, "print the version" },
  { "supervise", hn_supervisor_main, NULL },
};

static void
print_help (FILE *out)
{
  fprintf (out, "usage: hydraneckwebrtc COMMAND [OPTION...]\n\n");
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].what != NULL)
      fprintf (out, "  %-14s %s\n", commands[i].name, commands[i].what);
  fprintf (out, "\nhydraneckwebrtc COMMAND --help tells the options of one.\n");
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  if (argc >= 2 && (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0)) {
    print_help (stdout);
    return 0;
  }
  if (argc >= 2 && strcmp (argv[1], "--version") == 0)
    return cmd_version (0, NULL);
  for (gsize i = 0; argc >= 2 && i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0)
      return commands[i].run (argc - 2, argv + 2);
  if (argc >= 2)
    fprintf (stderr, "hydraneckwebrtc: unknown command '%s'\n", argv[1]);
  print_help (stderr);
  return 64;
}
