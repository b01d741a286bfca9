/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneck-sim creates`: many creates at a controller, measured, and their deletion. */
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>

#include "sim/fakes/body/json.h"
#include "sim/fakes/body/run-main.h"
#include "sim/fakes/swarm/crowd-io.h"
#include "sim/fakes/swarm/place.h"
#include "sim/fakes/swarm/run-swarm-main.h"

#define MAX_COUNT 1000000

typedef struct {
  int count, at_once;
  double rate;
  char *controller;
  char *token;
  char *body;
  gboolean keep;
} Options;

typedef struct {
  const Options *options;
  SimTarget target;
  HnPoller *poller;
  SimAgenda *agenda;
  GMainLoop *loop;
  SimCrowd *creating;
  SimCrowd *deleting;
  GPtrArray *session_ids;
  GHashTable *workers;  /* id to count of sessions */
  GHashTable *failures; /* "STATUS error" to count */
  guint created, deleted, failed;
} Run;

static void
count_in (GHashTable *table, const char *name)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (table, name));

  g_hash_table_insert (table, g_strdup (name), GUINT_TO_POINTER (n + 1));
}

static void
count_failure (Run *self, guint status, JsonObject *answer)
{
  const char *what = sim_json_string (answer, "error");
  g_autofree char *name = g_strdup_printf ("%u %s", status, what != NULL ? what : status == 0 ? "no answer" : "");

  self->failed++;
  count_in (self->failures, name);
}

static SimCrowdCall
on_create (guint index, gpointer user)
{
  return sim_crowd_create_call (((Run *)user)->options->body, index);
}

static void
on_created (guint index, guint status, const char *body, gsize length, gpointer user)
{
  Run *self = user;
  g_autoptr (JsonObject) answer = sim_json_parse_object (body, length, NULL);
  const char *session_id = sim_json_string (answer, "session_id");
  const char *worker_id = sim_json_string (answer, "worker_id");

  if (status != 201 || session_id == NULL || worker_id == NULL) {
    count_failure (self, status, answer);
    return;
  }
  self->created++;
  g_ptr_array_add (self->session_ids, g_strdup (session_id));
  count_in (self->workers, worker_id);
}

static SimCrowdCall
on_delete (guint index, gpointer user)
{
  return sim_crowd_delete_call (g_ptr_array_index (((Run *)user)->session_ids, index));
}

static void
on_deleted (guint index, guint status, const char *body, gsize length, gpointer user)
{
  Run *self = user;

  if (status == 200) {
    self->deleted++;
  } else {
    g_autoptr (JsonObject) answer = sim_json_parse_object (body, length, NULL);

    count_failure (self, status, answer);
  }
}

static void
on_deletes_finished (gpointer user)
{
  g_main_loop_quit (((Run *)user)->loop);
}

static void
on_creates_finished (gpointer user)
{
  Run *self = user;
  SimCrowdPlan plan = {
    .count = self->session_ids->len,
    .lanes = (guint)self->options->at_once,
    .token = self->options->token,
    .call = on_delete,
    .answered = on_deleted,
    .finished = on_deletes_finished,
    .user = self,
  };

  if (self->options->keep || plan.count == 0)
    g_main_loop_quit (self->loop);
  else
    self->deleting = sim_crowd_new (self->poller, self->agenda, &self->target, &plan);
}

/* ---- the result ---- */

static JsonObject *
phase_json (SimCrowd *crowd, guint good)
{
  JsonObject *object = json_object_new ();
  double seconds = sim_crowd_seconds (crowd);

  json_object_set_double_member (object, "seconds", seconds);
  json_object_set_double_member (object, "per_second", seconds > 0 ? good / seconds : 0);
  json_object_set_object_member (object, "us", sim_stats_json (sim_crowd_times (crowd)));
  return object;
}

static JsonObject *
table_json (GHashTable *table)
{
  JsonObject *object = json_object_new ();
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &key, &value))
    json_object_set_int_member (object, key, GPOINTER_TO_UINT (value));
  return object;
}

static void
print_result (Run *self)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *text = NULL;

  json_object_set_int_member (object, "asked", self->options->count);
  json_object_set_int_member (object, "created", self->created);
  json_object_set_int_member (object, "deleted", self->deleted);
  json_object_set_int_member (object, "failed", self->failed);
  json_object_set_object_member (object, "failures", table_json (self->failures));
  json_object_set_object_member (object, "workers", table_json (self->workers));
  json_object_set_object_member (object, "create", phase_json (self->creating, self->created));
  if (self->deleting != NULL)
    json_object_set_object_member (object, "delete", phase_json (self->deleting, self->deleted));
  text = sim_json_text (object);
  fputs (text, stdout);
}

/* ---- life ---- */

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static int
run (Run *self)
{
  SimCrowdPlan plan = {
    .count = (guint)self->options->count,
    .lanes = self->options->rate > 0 ? SIM_CROWD_LANES_MAX : (guint)self->options->at_once,
    .rate = self->options->rate,
    .token = self->options->token,
    .call = on_create,
    .answered = on_created,
    .finished = on_creates_finished,
    .user = self,
  };
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, self->loop);
  guint terminate = g_unix_signal_add (SIGTERM, on_signal, self->loop);

  self->creating = sim_crowd_new (self->poller, self->agenda, &self->target, &plan);
  g_main_loop_run (self->loop);
  print_result (self);
  g_source_remove (interrupt);
  g_source_remove (terminate);
  return self->failed == 0 && self->created == (guint)self->options->count ? 0 : 1;
}

static int
start (const Options *options, const SimTarget *target)
{
  Run self = {
    .options = options,
    .target = *target,
    .poller = hn_poller_new (NULL),
    .agenda = sim_agenda_new (),
    .loop = g_main_loop_new (NULL, FALSE),
    .session_ids = g_ptr_array_new_with_free_func (g_free),
    .workers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .failures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };
  int status;

  sim_swarm_raise_limits ();
  status = run (&self);
  sim_crowd_free (self.creating);
  sim_crowd_free (self.deleting);
  sim_agenda_free (self.agenda);
  hn_poller_free (self.poller);
  g_main_loop_unref (self.loop);
  g_ptr_array_unref (self.session_ids);
  g_hash_table_unref (self.workers);
  g_hash_table_unref (self.failures);
  return status;
}

static int
check_and_start (Options *options)
{
  SimTarget target = { NULL };
  const char *wrong = NULL;
  int status;

  if (options->body == NULL)
    options->body = g_strdup ("10.200.0.1");
  if (options->count < 1 || options->count > MAX_COUNT || options->at_once < 1 || options->at_once > SIM_CROWD_LANES_MAX)
    wrong = "--count must be 1 to 1000000, --at-once 1 to 4096";
  else if (!(options->rate >= 0) || !sim_place_check (options->body))
    wrong = "--rate must not be negative, --body must be an IPv4 address";
  else if (options->controller == NULL || options->token == NULL || !sim_target_parse (options->controller, &target, NULL, NULL))
    wrong = "--controller http://ADDRESS:PORT and --token are needed";
  if (wrong != NULL)
    fprintf (stderr, "hydraneck-sim creates: %s\n", wrong);
  status = wrong != NULL ? SIM_EXIT_USAGE : start (options, &target);
  sim_target_clear (&target);
  return status;
}

int
sim_creates_main (int argc, char **argv)
{
  Options options = { .count = 200, .at_once = 16 };
  const GOptionEntry entries[] = {
    { "controller", 0, 0, G_OPTION_ARG_STRING, &options.controller, "Controller (or worker) to ask", "URL" },
    { "token", 0, 0, G_OPTION_ARG_STRING, &options.token, "Its token", "TEXT" },
    { "count", 0, 0, G_OPTION_ARG_INT, &options.count, "Sessions to create (200)", "N" },
    { "at-once", 0, 0, G_OPTION_ARG_INT, &options.at_once, "Calls under way at once (16)", "N" },
    { "rate", 0, 0, G_OPTION_ARG_DOUBLE, &options.rate, "Creates a second, whatever the answers take (0: as --at-once allows)", "N" },
    { "body", 0, 0, G_OPTION_ARG_STRING, &options.body, "Body of the first session, the others follow (10.200.0.1)", "IPV4" },
    { "keep", 0, 0, G_OPTION_ARG_NONE, &options.keep, "Do not delete them afterwards", NULL },
    { NULL },
  };
  int status = SIM_EXIT_USAGE;

  if (sim_run_parse ("Many creates at a controller, each on a body of its own; then their deletion.",
                     "Prints one line of JSON: asked, created, deleted, failed, failures (by answer), workers (sessions of each), and for\n"
                     "`create` and `delete` seconds, per_second and us (count, p50, p99, max). With --rate a time counts from when the call\n"
                     "was due. Exit status 1 when anything failed.\n",
                     entries, argc, argv))
    status = check_and_start (&options);
  g_free (options.controller);
  g_free (options.token);
  g_free (options.body);
  return status;
}
