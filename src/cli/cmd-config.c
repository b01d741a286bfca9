/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gio.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/config-print.h"
#include "base/config-sample.h"
#include "base/error.h"
#include "cli/cmd.h"
#include "cli/config-files.h"

typedef struct {
  gboolean check, print, sample;
  HnConfigFiles files;
  char *role;
} Words;

static gboolean
parse (int argc, char **argv, Words *words, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) arguments = g_new0 (char *, (gsize) argc + 2);
  const GOptionEntry entries[] = {
    { "check", 0, 0, G_OPTION_ARG_NONE, &words->check, "Say whether the configuration is right; exit status 78: it is not", NULL },
    { "print", 0, 0, G_OPTION_ARG_NONE, &words->print, "Print every value that counts and where it came from", NULL },
    { "sample", 0, 0, G_OPTION_ARG_NONE, &words->sample, "Print every option with its meaning and default", NULL },
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &words->files.file, "Configuration file", "FILE" },
    { "env-file", 0, 0, G_OPTION_ARG_FILENAME, &words->files.env_file, "File of KEY=value lines, for rooms and mesh", "FILE" },
    { "role", 0, 0, G_OPTION_ARG_STRING, &words->role, "controller, worker, rooms or mesh, when the file does not tell", "ROLE" },
    { NULL },
  };

  arguments[0] = g_strdup ("hydraneckwebrtc config");
  for (int i = 0; i < argc; i++)
    arguments[i + 1] = g_strdup (argv[i]);
  g_set_prgname (arguments[0]);
  g_option_context_set_summary (context, "Checks or prints the configuration that a controller, worker, rooms or mesh would be started with, environment included.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, &arguments, error))
    return FALSE;
  if (arguments[1] == NULL && words->check + words->print + words->sample == 1)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s",
               arguments[1] != NULL ? "unexpected argument" : "one of --check, --print and --sample is wanted");
  return FALSE;
}

static int
run (const Words *words, GError **error)
{
  g_autoptr (HnConfig) config = NULL;
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;
  HnMode mode = HN_MODE_WORKER;

  if (words->sample) {
    text = hn_config_sample ();
    return fputs (text, stdout) < 0 ? EX_IOERR : 0;
  }
  config = hn_config_files_read_any (&words->files, words->role, &file, &mode, error);
  if (config == NULL)
    return g_error_matches (*error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE) ? EX_USAGE : hn_error_exit_status (*error);
  text = hn_config_print (config);
  if (words->print)
    return fputs (text, stdout) < 0 ? EX_IOERR : 0;
  return printf ("%s: right for %s%s\n", file, mode == HN_MODE_ROOMS || mode == HN_MODE_MESH ? "" : "a ", hn_config_mode_name (mode)) < 0 ? EX_IOERR : 0;
}

int
hn_cmd_config (int argc, char **argv)
{
  Words words = { 0 };
  g_autoptr (GError) error = NULL;
  int status = EX_USAGE;

  if (parse (argc, argv, &words, &error))
    status = run (&words, &error);
  if (error != NULL)
    fprintf (stderr, "hydraneckwebrtc config: %s\n", error->message);
  hn_config_files_clear (&words.files);
  g_free (words.role);
  return status;
}

/* The name that it had. */
int
hn_cmd_config_sample (int argc, char **argv)
{
  char sample[] = "--sample";
  char *words[] = { sample, argc > 0 ? argv[0] : NULL };

  return hn_cmd_config (argc > 0 ? 2 : 1, words);
}
