/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneck-sim release-server`: the fake release server. */
#include <stdio.h>
#include <string.h>

#include "sim/fakes/body/control-http.h"
#include "sim/fakes/body/json.h"
#include "sim/fakes/body/run-main.h"
#include "sim/fakes/release/releases-fs.h"
#include "sim/fakes/release/run-release-main.h"

typedef struct {
  char *listen;
  char *root;
  char *channel;
  char *control;
  gboolean die_with_parent;
} Options;

typedef struct {
  SimReleases *releases;
  SimEvents *log;
  GPtrArray *silent; /* of SimCall: never answered */
} Shell;

static void
on_request (gpointer user, SimCall *call, const SimRequest *request)
{
  Shell *shell = user;
  g_autoptr (SimAnswer) answer = sim_answer_new ();
  SimReleasesManner manner = sim_releases_fs_answer (shell->releases, request, answer);

  sim_events_add (shell->log, "release_request", NULL, "path", request->path, "file", strrchr (request->path, '/') + 1, NULL);
  switch (manner) {
  case SIM_RELEASES_WHOLE:
    sim_call_answer (call, answer);
    break;
  case SIM_RELEASES_CUT:
    sim_call_answer_cut (call, answer);
    break;
  case SIM_RELEASES_ENDLESS:
    sim_call_answer_endless (call, answer);
    break;
  case SIM_RELEASES_NEVER:
    g_ptr_array_add (shell->silent, call);
    break;
  }
}

static JsonObject *
on_state (gpointer user)
{
  Shell *shell = user;
  JsonObject *object = json_object_new ();
  g_autofree char *key = sim_releases_fs_get_key (shell->releases);

  json_object_set_string_member (object, "public_key", key);
  json_object_set_object_member (object, "faults", sim_faults_json (sim_release_faults, SIM_RELEASE_FAULTS, sim_releases_fs_get_faults (shell->releases)));
  return object;
}

static gboolean
on_fault (gpointer user, JsonObject *input, GError **error)
{
  Shell *shell = user;
  guint fault = 0;
  guint value = 0;

  if (!sim_faults_read (sim_release_faults, SIM_RELEASE_FAULTS, sim_json_string (input, "name"), json_object_get_member (input, "value"), &fault, &value,
                        error))
    return FALSE;
  sim_releases_fs_get_faults (shell->releases)[fault] = value;
  return TRUE;
}

static gboolean
on_reset (gpointer user, GError **error)
{
  Shell *shell = user;

  g_ptr_array_set_size (shell->silent, 0);
  memset (sim_releases_fs_get_faults (shell->releases), 0, SIM_RELEASE_FAULTS * sizeof (guint));
  return TRUE;
}

static int
run (const Options *options)
{
  static const SimControlEvents events = { on_state, on_fault, on_reset };
  static const SimListenerEvents listening = { .handle = on_request };
  g_autoptr (SimEvents) log = sim_events_new ();
  g_autoptr (SimReleases) releases = sim_releases_fs_new (options->root, options->channel != NULL ? options->channel : "production");
  g_autoptr (GPtrArray) silent = g_ptr_array_new_with_free_func ((GDestroyNotify) sim_call_drop);
  Shell shell = { releases, log, silent };
  g_autoptr (SimListener) listener = NULL;
  g_autoptr (SimControl) control = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *address = NULL;
  guint16 port = 0;

  if (sim_control_split (options->listen, &address, &port, &error))
    listener = sim_listener_new (address, port, NULL, &listening, &shell, &error);
  if (listener != NULL)
    control = sim_control_new (options->control, log, &events, &shell, &error);
  if (control == NULL) {
    fprintf (stderr, "hydraneck-sim release-server: %s\n", error->message);
    return 1;
  }
  sim_run_until_signal ();
  return 0;
}

static int
check_and_run (Options *options)
{
  if (options->listen == NULL || options->root == NULL) {
    fprintf (stderr, "hydraneck-sim release-server: --listen ADDRESS:PORT and --root FOLDER are needed\n");
    return SIM_EXIT_USAGE;
  }
  if (options->die_with_parent && !sim_run_die_with_parent ())
    return 0;
  return run (options);
}

int
sim_release_server_main (int argc, char **argv)
{
  Options options = { NULL };
  const GOptionEntry entries[] = {
    { "listen", 0, 0, G_OPTION_ARG_STRING, &options.listen, "Where it listens", "ADDRESS:PORT" },
    { "root", 0, 0, G_OPTION_ARG_FILENAME, &options.root, "Releases: latest.json, and a folder for each version", "FOLDER" },
    { "channel", 0, 0, G_OPTION_ARG_STRING, &options.channel, "Whose they are (production)", "NAME" },
    { "control", 0, 0, G_OPTION_ARG_STRING, &options.control, "Where to listen for control requests; /state tells the public key", "ADDRESS:PORT" },
    { "die-with-parent", 0, 0, G_OPTION_ARG_NONE, &options.die_with_parent, "End when the parent process ends", NULL },
    { NULL },
  };
  g_autofree char *notes = sim_faults_help (sim_release_faults, SIM_RELEASE_FAULTS);
  int status = SIM_EXIT_USAGE;

  if (sim_run_parse ("Fake release server: lists and signs what is in a folder.", notes, entries, argc, argv))
    status = check_and_run (&options);
  g_free (options.listen);
  g_free (options.root);
  g_free (options.channel);
  g_free (options.control);
  return status;
}
