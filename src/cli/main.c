/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hydraneckwebrtc: one binary, one subcommand for each thing it can be. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/build.h"
#include "cli/cmd.h"
#include "net/supervisor.h"

#define TURN_LINK "turn-credentials"

static const struct {
  const char *name;
  int (*run) (int argc, char **argv); /* arguments after the subcommand; NULL: a title of the help */
  const char *what;                   /* NULL: not for people */
} commands[] = {
#define GROUP(title) { title, NULL, NULL },
#define COMMAND(name, function, arguments, what) { name, function, what },
#include "cli/commands.h"
#undef COMMAND
};

static void
print_help (FILE *out)
{
  fprintf (out, "usage: hydraneckwebrtc COMMAND [OPTION...]\n");
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].run == NULL)
      fprintf (out, "\n%s:\n", commands[i].name);
    else if (commands[i].what != NULL)
      fprintf (out, "  %-14s %s\n", commands[i].name, commands[i].what);
  fprintf (out, "\nhydraneckwebrtc COMMAND --help tells the options of one.\n");
}

int
hn_cmd_version (int argc, char **argv)
{
  gboolean verbose = argc == 1 && strcmp (argv[0], "--verbose") == 0;

  if (argc > 0 && !verbose) {
    FILE *out = strcmp (argv[0], "--help") == 0 ? stdout : stderr;

    fprintf (out, "usage: hydraneckwebrtc version [--verbose]\n\n--verbose tells the key that updates must be signed with as well.\n");
    return out == stdout ? 0 : 64;
  }
  printf ("hydraneckwebrtc %s\n", hn_build_version ());
  if (verbose)
    printf ("update key: %s\n", hn_build_update_key () != NULL ? hn_build_update_key () : "none is built in: automatic update is off unless update.public_key is set");
  return 0;
}

/* web-server runs its script without arguments: through this link, beside which lies what is wanted. */
static int
run_as_link (const char *path)
{
  g_autofree char *ticket = g_strconcat (path, ".json", NULL);
  char *words[] = { ticket, NULL };

  return hn_cmd_turn_credentials (1, words);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  if (argc == 1 && g_str_has_suffix (argv[0], "/" TURN_LINK))
    return run_as_link (argv[0]);
  if (argc >= 2 && (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0)) {
    print_help (stdout);
    return 0;
  }
  if (argc >= 2 && strcmp (argv[1], "--version") == 0)
    return hn_cmd_version (0, NULL);
  for (gsize i = 0; argc >= 2 && i < G_N_ELEMENTS (commands); i++)
    if (commands[i].run != NULL && strcmp (argv[1], commands[i].name) == 0)
      return commands[i].run (argc - 2, argv + 2);
  if (argc >= 2)
    fprintf (stderr, "hydraneckwebrtc: unknown command '%s'\n", argv[1]);
  print_help (stderr);
  return 64;
}
