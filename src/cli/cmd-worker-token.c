/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "api/worker-token.h"
#include "base/error.h"
#include "base/id.h"
#include "cli/cmd.h"
#include "cli/config-files.h"

static void
print_usage (FILE *out)
{
  fprintf (out, "usage: hydraneckwebrtc worker-token [--config FILE] WORKER_ID\n\n"
                "Prints a token for `controller.token` of the worker with that `worker.id`: with it heartbeats of this worker can be sent,\n"
                "and nothing else be done. FILE is the controller's configuration; a new `server.admin_token` there takes all tokens back.\n");
}

static gboolean
is_config_option (const char *text)
{
  return g_str_equal (text, "--config") || g_str_equal (text, "-c");
}

static gboolean
is_id (const char *text)
{
  return *text != '-' && hn_worker_id_is_valid (text);
}

static void
print_what_is_wrong (int argc, char **argv)
{
  if (argc == 0 || (argc == 2 && is_config_option (argv[0])))
    fprintf (stderr, "hydraneckwebrtc worker-token: WORKER_ID is missing\n\n");
  else if (argc != 2 && !is_id (argv[argc - 1]))
    fprintf (stderr, "hydraneckwebrtc worker-token: '%s' is no worker id: it " HN_WORKER_ID_RULE "\n\n", argv[argc - 1]);
}

int
hn_cmd_worker_token (int argc, char **argv)
{
  const HnConfigFiles files = { .file = argc == 3 && is_config_option (argv[0]) ? argv[1] : NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = NULL;
  g_autofree char *token = NULL;

  if (argc == 1 && g_str_equal (argv[0], "--help")) {
    print_usage (stdout);
    return 0;
  }
  if ((argc != 1 && files.file == NULL) || !is_id (argv[argc - 1])) {
    print_what_is_wrong (argc, argv);
    print_usage (stderr);
    return 64;
  }
  config = hn_config_files_read (&files, HN_MODE_CONTROLLER, &error);
  if (config == NULL) {
    fprintf (stderr, "hydraneckwebrtc worker-token: %s\n", error->message);
    return hn_error_exit_status (error);
  }
  token = hn_worker_token_new (config->server_admin_token, argv[argc - 1]);
  return printf ("%s\n", token) < 0 ? 74 : 0;
}
