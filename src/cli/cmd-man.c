/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneckwebrtc man`: the manual page, from the tables of commands and options (man(7)). */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/config-alias.h"
#include "cli/cmd.h"

static const struct {
  const char *name;
  const char *arguments;
  const char *what;
} commands[] = {
#define GROUP(title) { title, NULL, NULL },
#define COMMAND(name, function, arguments, what) { name, arguments, what },
#include "cli/commands.h"
#undef COMMAND
};

static const struct {
  const char *path;
  const char *default_value;
  const char *doc;
} options[] = {
#define OPTION(path, type, field, default_value, min, max, doc) { path, default_value, doc },
#define OPTION_LIVE OPTION
#include "base/options.h"
#undef OPTION_LIVE
#undef OPTION
};

static const struct {
  const char *name;
  int status;
} errors[] = {
#define ROW(code, http, exit_status, name) { name, exit_status },
  HN_ERROR_TABLE (ROW)
#undef ROW
};

/* Text in roff: a minus is no hyphen, and neither a dot nor a quote at the beginning of a line is a request. */
static void
print_text (const char *text)
{
  gboolean begins = TRUE;
  gboolean bold = FALSE;

  for (; *text != '\0'; text++) {
    if (begins && (*text == '.' || *text == '\''))
      fputs ("\\&", stdout);
    begins = FALSE;
    if (*text == '-')
      fputs ("\\-", stdout);
    else if (*text == '\\')
      fputs ("\\e", stdout);
    else if (*text == '`')
      fputs ((bold = !bold) ? "\\fB" : "\\fR", stdout);
    else
      fputc (*text, stdout);
  }
}

static void
print_row (const char *term, const char *more, const char *text)
{
  printf (".TP\n\\fB");
  print_text (term);
  printf ("\\fR");
  if (*more != '\0')
    fputc (' ', stdout);
  print_text (more);
  fputc ('\n', stdout);
  print_text (text);
  fputc ('\n', stdout);
}

static void
print_exit_statuses (void)
{
  printf (".SH EXIT STATUS\n0 when all is well. Otherwise as in \\fBsysexits.h\\fR:\n");
  print_row ("64", "", "The command line is wrong.");
  for (int status = 65; status <= 78; status++) {
    g_autoptr (GString) names = g_string_new (NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
      if (errors[i].status == status)
        g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", errors[i].name);
    if (names->len > 0) {
      g_autofree char *number = g_strdup_printf ("%d", status);

      print_row (number, "", names->str);
    }
  }
}

/* What rooms and mesh know by the names of other programs. */
static void
print_aliases (void)
{
  const char *path = NULL;
  guint position = 0;
  gboolean in_rooms, in_mesh;

  for (const char *name = hn_config_alias_next (&position, &path, &in_rooms, &in_mesh); name != NULL;
       name = hn_config_alias_next (&position, &path, &in_rooms, &in_mesh)) {
    g_autofree char *what = g_strdup_printf ("%s, in %s.", path != NULL ? path : "A half of " HN_CONFIG_ALIAS_LISTEN,
                                             in_rooms && in_mesh ? "rooms and mesh" : in_rooms ? "rooms" : "mesh");

    print_row (name, "", what);
  }
}

int
hn_cmd_man (int argc, char **argv)
{
  if (argc > 0) {
    gboolean asked = g_str_equal (argv[0], "--help");

    fprintf (asked ? stdout : stderr, "usage: hydraneckwebrtc man\n\nPrints the manual page: `hydraneckwebrtc man | man -l -`.\n");
    return asked ? 0 : EX_USAGE;
  }
  printf (".TH HYDRANECKWEBRTC 1 \"\" \"hydraneckwebrtc " HN_VERSION "\" \"User Commands\"\n"
          ".SH NAME\nhydraneckwebrtc \\- puts a remote PC's 3D stream into any browser\n"
          ".SH SYNOPSIS\n\\fBhydraneckwebrtc\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n"
          ".SH DESCRIPTION\nA controller sends each session request to the least\\-loaded worker; the worker runs one moonlight\\-web\\-stream process for each "
          "session, pairs it with the Sunshine host, proxies its pages and sockets to the browser and relays the browser's microphone.\n"
          ".SH COMMANDS\n");
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].arguments == NULL)
      printf (".SS %s\n", commands[i].name);
    else if (commands[i].what != NULL)
      print_row (commands[i].name, commands[i].arguments, commands[i].what);
  printf (".PP\nCommands that ask a running controller or worker find it by \\fB\\-\\-server\\fR, else by \\fBHYDRANECK_URL\\fR, else by the configuration: a "
          "controller's leads to the controller, a worker's to that worker. The first characters of a session's id do.\n"
          ".SH CONFIGURATION\nA YAML file; each dot of a name below is a level. Every option may also be given in the environment: \\fBserver.listen\\fR as "
          "\\fBHYDRANECK_SERVER_LISTEN\\fR.\n");
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autofree char *more = options[i].default_value != NULL && *options[i].default_value != '\0' ? g_strdup_printf ("(%s)", options[i].default_value) : g_strdup ("");

    print_row (options[i].path, more, options[i].doc);
  }
  print_exit_statuses ();
  printf (".SH ENVIRONMENT\n");
  print_row ("HYDRANECK_URL", "", "Which controller or worker is asked, unless --server says it.");
  print_row ("HYDRANECK_TOKEN", "", "With which token, unless --token-file says it.");
  print_aliases ();
  printf (".SH FILES\n");
  print_row ("~/.hydraneckwebrtc/controller.yaml, ~/.hydraneckwebrtc/worker.yaml", "", "A role's configuration.");
  print_row ("~/.hydraneckwebrtc/rooms.yaml, ~/.hydraneckwebrtc/mesh.yaml", "", "Likewise; neither is needed where the environment says all.");
  print_row (".sbd", "", "In the working directory of rooms: KEY=value lines with the names above.");
  print_row ("~/.hydraneckwebrtc/config.yaml", "", "The same, where controller or worker has no file of its own.");
  printf (".SH SEE ALSO\n\\fBturnserver\\fR(1), \\fBgst\\-launch\\-1.0\\fR(1)\n");
  return fflush (stdout) == 0 ? 0 : EX_IOERR;
}
