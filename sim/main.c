/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hydraneck-sim: everything around the product, pretended, so that a whole cluster runs on one machine. */
#include <stdio.h>
#include <string.h>

#include "sim/fakes/body/run-main.h"
#include "sim/fakes/release/run-release-main.h"
#include "sim/fakes/swarm/run-swarm-main.h"

static const struct {
  const char *name;
  int (*run) (int argc, char **argv);
  const char *what;
} commands[] = {
  { "bodies", sim_bodies_main, "fake bodies: Sunshine, hydrabody and the voice port" },
  { "services", sim_services_main, "fake hydranps and experience library" },
  { "release-server", sim_release_server_main, "fake release server: lists, sums and signs a folder" },
  { "workers", sim_workers_main, "fake workers, hundreds in one process" },
  { "browsers", sim_browsers_main, "fake browsers: stream page, assets and socket, without media" },
  { "creates", sim_creates_main, "many creates at a controller, measured" },
  { "faults", sim_faults_main, "lists everything that the fakes can do wrong" },
};

static void
print_help (FILE *out)
{
  fprintf (out, "usage: hydraneck-sim COMMAND [OPTION...]\n\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (out, "  %-14s %s\n", commands[i].name, commands[i].what);
  fprintf (out, "\nhydraneck-sim COMMAND --help tells the options of one.\n");
}

int
main (int argc, char **argv)
{
  if (argc >= 2 && (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0)) {
    print_help (stdout);
    return 0;
  }
  if (argc >= 2 && strcmp (argv[1], "--version") == 0) {
    printf ("hydraneck-sim %s\n", HN_VERSION);
    return 0;
  }
  for (guint i = 0; argc >= 2 && i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0)
      return commands[i].run (argc - 1, argv + 1);
  if (argc >= 2)
    fprintf (stderr, "hydraneck-sim: unknown command '%s'\n", argv[1]);
  print_help (stderr);
  return SIM_EXIT_USAGE;
}
