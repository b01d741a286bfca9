/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneck-sim workers`: a swarm of fake workers in one process. */
#include <gio/gio.h>
#include <stdio.h>
#include <sys/resource.h>

#include "sim/fakes/body/run-main.h"
#include "sim/fakes/swarm/place.h"
#include "sim/fakes/swarm/run-swarm-main.h"
#include "sim/fakes/swarm/swarm-io.h"
#include "sim/fakes/swarm/worker.h"

#define MAX_WORKERS 4096
#define MAX_SLOTS 1000

typedef struct {
  int count, slots, port, heartbeat_ms, seed;
  char *controller;
  char *token;
  char *address;
  char *create_ms;
  char *control;
  gboolean die_with_parent;
} Options;

void
sim_swarm_raise_limits (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

gboolean
sim_swarm_read_range (const char *text, guint *ret_min, guint *ret_max)
{
  g_auto (GStrv) halves = g_strsplit (text, ":", 2);
  guint64 min = 0;
  guint64 max = 0;

  if (halves[0] == NULL || !g_ascii_string_to_unsigned (halves[0], 10, 0, 600000, &min, NULL))
    return FALSE;
  max = min;
  if (halves[1] != NULL && !g_ascii_string_to_unsigned (halves[1], 10, min, 600000, &max, NULL))
    return FALSE;
  *ret_min = (guint)min;
  *ret_max = (guint)max;
  return TRUE;
}

static int
run (const SimSwarmOptions *options, const char *control_at)
{
  g_autoptr (SimEvents) log = sim_events_new ();
  g_autoptr (HnPoller) poller = hn_poller_new (NULL);
  g_autoptr (SimSwarm) swarm = NULL;
  g_autoptr (SimControl) control = NULL;
  g_autoptr (GError) error = NULL;

  swarm = sim_swarm_new (poller, options, control_at != NULL ? log : NULL, &error);
  if (swarm != NULL)
    control = sim_control_new (control_at, log, sim_swarm_control (), swarm, &error);
  if (control == NULL) {
    fprintf (stderr, "hydraneck-sim workers: %s\n", error->message);
    return 1;
  }
  sim_run_until_signal ();
  return 0;
}

static const char *
read_options (const Options *from, SimSwarmOptions *options)
{
  *options = (SimSwarmOptions){
    .count = (guint)from->count,
    .slots = (guint)from->slots,
    .network = from->address != NULL ? from->address : (char *)"127.0.0.1",
    .port = (guint16)from->port,
    .token = from->token,
    .heartbeat_ms = (guint)from->heartbeat_ms,
    .seed = (guint32)from->seed,
  };
  if (from->count < 1 || from->count > MAX_WORKERS || from->slots < 0 || from->slots > MAX_SLOTS)
    return "--count must be 1 to 4096, --slots 0 to 1000";
  if (from->port < 1 || from->port > 65535 || !sim_place_check (options->network))
    return "--address must be an IPv4 address or network, --port 1 to 65535";
  if (from->heartbeat_ms < 10 || from->heartbeat_ms > 3600000)
    return "--heartbeat-ms must be 10 to 3600000";
  if (!sim_swarm_read_range (from->create_ms != NULL ? from->create_ms : "0", &options->create_ms_min, &options->create_ms_max))
    return "--create-ms must be MIN:MAX or one number";
  if (from->controller == NULL || from->token == NULL || !sim_target_parse (from->controller, &options->controller, NULL, NULL))
    return "--controller http://ADDRESS:PORT and --token are needed";
  return NULL;
}

static int
check_and_run (const Options *from)
{
  SimSwarmOptions options;
  const char *wrong = read_options (from, &options);
  int status = 0;

  if (wrong != NULL) {
    fprintf (stderr, "hydraneck-sim workers: %s\n", wrong);
    status = SIM_EXIT_USAGE;
  } else if (!from->die_with_parent || sim_run_die_with_parent ()) {
    sim_swarm_raise_limits ();
    status = run (&options, from->control);
  }
  sim_target_clear (&options.controller);
  return status;
}

static char *
notes (void)
{
  g_autofree char *faults = sim_faults_help (sim_swarm_faults, SIM_SWARM_FAULTS);

  return g_strconcat (
    "Worker N is `fake-N`. It registers with the controller by heartbeats (each period and on every change), answers\n"
    "the worker's session API to whoever has its token, and serves a stream page of some KB below /session/{id}/. Its\n"
    "stream socket, api/host/stream, echoes every message; with ?feed_kbit=N it sends a video-like feed besides.\n\n"
    "With --address NET/24 each worker has an address of its own, all with --port; with one address each has a port of\n"
    "its own, from --port on.\n\n"
    "Control address: GET /state, GET /events?since=N&wait_ms=MS, POST /fault {\"worker\":\"fake-N\" or \"*\",\"name\",\"value\"},\n"
    "POST /reset (no fault, no session, every worker started anew).\n"
    "Events: begin, create, cancelled, delete, refused, socket-open, socket-closed, heartbeat-refused, fault.\n\n",
    faults, NULL);
}

int
sim_workers_main (int argc, char **argv)
{
  Options options = { .count = 20, .slots = 10, .port = 47990, .heartbeat_ms = 30000 };
  const GOptionEntry entries[] = {
    { "count", 0, 0, G_OPTION_ARG_INT, &options.count, "Number of workers (20)", "N" },
    { "controller", 0, 0, G_OPTION_ARG_STRING, &options.controller, "Where the controller is", "URL" },
    { "token", 0, 0, G_OPTION_ARG_STRING, &options.token, "Its admin token", "TEXT" },
    { "slots", 0, 0, G_OPTION_ARG_INT, &options.slots, "Sessions that one worker takes (10)", "N" },
    { "address", 0, 0, G_OPTION_ARG_STRING, &options.address, "Address or network of the workers (127.0.0.1)", "IPV4[/BITS]" },
    { "port", 0, 0, G_OPTION_ARG_INT, &options.port, "Port of the first worker (47990)", "PORT" },
    { "create-ms", 0, 0, G_OPTION_ARG_STRING, &options.create_ms, "How long a create takes, chosen between both (0)", "MIN:MAX" },
    { "heartbeat-ms", 0, 0, G_OPTION_ARG_INT, &options.heartbeat_ms, "Period of heartbeats (30000)", "MS" },
    { "control", 0, 0, G_OPTION_ARG_STRING, &options.control, "Where to listen for control requests", "ADDRESS:PORT" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &options.seed, "Repeatable ids and times (0: from the kernel)", "N" },
    { "die-with-parent", 0, 0, G_OPTION_ARG_NONE, &options.die_with_parent, "End when the parent process ends", NULL },
    { NULL },
  };
  g_autofree char *text = notes ();
  int status = SIM_EXIT_USAGE;

  if (sim_run_parse ("Fake workers, hundreds in one process.", text, entries, argc, argv))
    status = check_and_run (&options);
  g_free (options.controller);
  g_free (options.token);
  g_free (options.address);
  g_free (options.create_ms);
  g_free (options.control);
  return status;
}
