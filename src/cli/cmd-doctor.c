/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment of the doctor, for tests: HYDRANECK_WIREGUARD_DIR as for a worker, HYDRANECK_PROC_DIR instead of /proc (limits of the kernel only). */
#include <gio/gio.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/address.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/cmd.h"
#include "cli/config-files.h"
#include "cli/doctor.h"

typedef struct {
  HnConfigFiles files;
  char *role;
  char **bodies;
  gboolean json;
} Words;

static gboolean
parse (int argc, char **argv, Words *words, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) arguments = g_new0 (char *, (gsize) argc + 2);
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &words->files.file, "Configuration file", "FILE" },
    { "env-file", 0, 0, G_OPTION_ARG_FILENAME, &words->files.env_file, "File of KEY=value lines, for rooms and mesh", "FILE" },
    { "role", 0, 0, G_OPTION_ARG_STRING, &words->role, "controller, worker, rooms or mesh, when the file does not tell", "ROLE" },
    { "body", 0, 0, G_OPTION_ARG_STRING_ARRAY, &words->bodies, "A body to be reached besides those of running sessions; may be repeated", "IP" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &words->json, "Print the findings as JSON", NULL },
    { NULL },
  };
  HnAddress address;

  arguments[0] = g_strdup ("hydraneckwebrtc doctor");
  for (int i = 0; i < argc; i++)
    arguments[i + 1] = g_strdup (argv[i]);
  g_set_prgname (arguments[0]);
  g_option_context_set_summary (context, "Checks this node and whom it talks to, and prints the mend for each finding. Exit status 1: something has failed.\n"
                                         "It changes nothing. Run it as the user of the service, or as root to see who holds a port.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, &arguments, error))
    return FALSE;
  for (guint i = 0; words->bodies != NULL && words->bodies[i] != NULL; i++)
    if (!hn_address_parse (words->bodies[i], &address)) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' is no IP address", words->bodies[i]);
      return FALSE;
    }
  if (arguments[1] == NULL)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "unexpected argument '%s'", arguments[1]);
  return FALSE;
}

static const char *
from_environment (const char *name, const char *otherwise)
{
  const char *value = g_getenv (name);

  return value != NULL ? value : otherwise;
}

/* Without a configuration only little can be looked at. */
static void
look (HnDoctor *self)
{
  if (self->config != NULL) {
    hn_doctor_node (self);
    hn_doctor_net (self);
  }
  if (self->config != NULL && (self->mode == HN_MODE_ROOMS || self->mode == HN_MODE_MESH))
    hn_doctor_signalling (self);
  hn_doctor_clock (self);
}

static int
run (const Words *words, GError **error)
{
  g_autoptr (HnFindings) findings = hn_findings_new ();
  g_autoptr (HnHttpClient) client = hn_http_client_new ();
  g_autoptr (HnConfig) config = NULL;
  g_autoptr (GError) wrong = NULL;
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;
  HnDoctor self = { .mode = HN_MODE_WORKER, .bodies = (const char *const *) words->bodies, .client = client, .findings = findings,
                    .clock_offset_us = G_MAXINT64, .proc_dir = from_environment ("HYDRANECK_PROC_DIR", "/proc"),
                    .wireguard_dir = from_environment ("HYDRANECK_WIREGUARD_DIR", "/sys/class/net") };

  config = hn_config_files_read_any (&words->files, words->role, &file, &self.mode, &wrong);
  if (g_error_matches (wrong, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE)) {
    g_propagate_error (error, g_steal_pointer (&wrong));
    return EX_USAGE;
  }
  if (config != NULL)
    hn_findings_add (findings, HN_FINDING_OK, "config", NULL, "%s is right for %s%s", file, self.mode == HN_MODE_ROOMS || self.mode == HN_MODE_MESH ? "" : "a ",
                     hn_config_mode_name (self.mode));
  else
    hn_findings_add (findings, HN_FINDING_FAIL, "config", "correct it; hydraneckwebrtc config --sample names every key", "%s", wrong->message);
  self.config = config;
  look (&self);
  text = words->json ? hn_findings_to_json (findings) : hn_findings_to_text (findings);
  if (fputs (text, stdout) < 0)
    return EX_IOERR;
  return hn_findings_count (findings, HN_FINDING_FAIL) > 0 ? 1 : 0;
}

int
hn_cmd_doctor (int argc, char **argv)
{
  Words words = { 0 };
  g_autoptr (GError) error = NULL;
  int status = EX_USAGE;

  hn_log_open (HN_LOG_WARNING);
  if (parse (argc, argv, &words, &error))
    status = run (&words, &error);
  if (error != NULL)
    fprintf (stderr, "hydraneckwebrtc doctor: %s\n", error->message);
  hn_config_files_clear (&words.files);
  g_free (words.role);
  g_strfreev (words.bodies);
  return status;
}
