/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneck-sim services`: the fake session-record service and the fake experience library. */
#include <stdio.h>

#include "sim/fakes/body/control-http.h"
#include "sim/fakes/body/json.h"
#include "sim/fakes/body/run-main.h"
#include "sim/fakes/body/services.h"

typedef struct {
  char *nps;
  char *library;
  char *control;
  char *nps_token;
  char *library_token;
  gboolean die_with_parent;
} Options;

typedef struct {
  SimServices *services;
  GPtrArray *silent; /* of SimCall: never answered */
} Shell;

static void
on_nps (gpointer user, SimCall *call, const SimRequest *request)
{
  Shell *shell = user;
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  if (sim_services_nps (shell->services, request, answer))
    sim_call_answer (call, answer);
  else
    g_ptr_array_add (shell->silent, call);
}

static void
on_library (gpointer user, SimCall *call, const SimRequest *request)
{
  Shell *shell = user;
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  if (sim_services_library (shell->services, request, answer))
    sim_call_answer (call, answer);
  else
    g_ptr_array_add (shell->silent, call);
}

static JsonObject *
on_state (gpointer user)
{
  Shell *shell = user;

  return sim_services_json (shell->services);
}

static gboolean
on_fault (gpointer user, JsonObject *input, GError **error)
{
  Shell *shell = user;
  guint fault = 0;
  guint value = 0;

  if (!sim_faults_read (sim_service_faults, SIM_SERVICE_FAULTS, sim_json_string (input, "name"),
                        json_object_get_member (input, "value"), &fault, &value, error))
    return FALSE;
  shell->services->faults[fault] = value;
  return TRUE;
}

static gboolean
on_reset (gpointer user, GError **error)
{
  Shell *shell = user;

  g_ptr_array_set_size (shell->silent, 0);
  sim_services_reset (shell->services);
  return TRUE;
}

static SimListener *
serve (const char *where, void (*handle) (gpointer, SimCall *, const SimRequest *), Shell *shell, GError **error)
{
  const SimListenerEvents events = { .handle = handle };
  g_autofree char *address = NULL;
  guint16 port = 0;

  if (!sim_control_split (where, &address, &port, error))
    return NULL;
  return sim_listener_new (address, port, NULL, &events, shell, error);
}

static int
run (const Options *options)
{
  static const SimControlEvents events = { on_state, on_fault, on_reset };
  /* Freed from the last to the first: listeners, then the calls that are held, then what they are about. */
  g_autoptr (SimEvents) log = sim_events_new ();
  g_autoptr (SimServices) services = sim_services_new (log);
  g_autoptr (GPtrArray) silent = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_call_drop);
  Shell shell = { services, silent };
  g_autoptr (SimListener) nps = NULL;
  g_autoptr (SimListener) library = NULL;
  g_autoptr (SimControl) control = NULL;
  g_autoptr (GError) error = NULL;

  services->nps_token = options->nps_token;
  services->library_token = options->library_token;
  nps = serve (options->nps, on_nps, &shell, &error);
  if (nps != NULL)
    library = serve (options->library, on_library, &shell, &error);
  if (library != NULL)
    control = sim_control_new (options->control, log, &events, &shell, &error);
  if (control == NULL) {
    fprintf (stderr, "hydraneck-sim services: %s\n", error->message);
    return 1;
  }
  sim_run_until_signal ();
  return 0;
}

static void
options_clear (Options *options)
{
  g_free (options->nps);
  g_free (options->library);
  g_free (options->control);
  g_free (options->nps_token);
  g_free (options->library_token);
}

static int
check_and_run (Options *options)
{
  if (options->nps == NULL || options->library == NULL) {
    fprintf (stderr, "hydraneck-sim services: --nps and --library are needed, each ADDRESS:PORT\n");
    return SIM_EXIT_USAGE;
  }
  if (options->die_with_parent && !sim_run_die_with_parent ())
    return 0;
  return run (options);
}

int
sim_services_main (int argc, char **argv)
{
  Options options = { NULL };
  const GOptionEntry entries[] = {
    { "nps", 0, 0, G_OPTION_ARG_STRING, &options.nps, "Where the session-record service listens", "ADDRESS:PORT" },
    { "library", 0, 0, G_OPTION_ARG_STRING, &options.library, "Where the experience library listens", "ADDRESS:PORT" },
    { "control", 0, 0, G_OPTION_ARG_STRING, &options.control, "Where to listen for control requests", "ADDRESS:PORT" },
    { "nps-token", 0, 0, G_OPTION_ARG_STRING, &options.nps_token, "The only token hydranps takes (any)", "TEXT" },
    { "library-token", 0, 0, G_OPTION_ARG_STRING, &options.library_token, "The only token the library takes (any)", "TEXT" },
    { "die-with-parent", 0, 0, G_OPTION_ARG_NONE, &options.die_with_parent, "End when the parent process ends", NULL },
    { NULL },
  };
  g_autofree char *notes = sim_faults_help (sim_service_faults, SIM_SERVICE_FAULTS);
  int status = SIM_EXIT_USAGE;

  if (sim_run_parse ("Fake hydranps and experience library.", notes, entries, argc, argv))
    status = check_and_run (&options);
  options_clear (&options);
  return status;
}
