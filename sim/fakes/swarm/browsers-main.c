/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneck-sim browsers`: many fake browsers, on sessions that exist or that it creates. */
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "sim/fakes/body/json.h"
#include "sim/fakes/body/run-main.h"
#include "sim/fakes/swarm/browser-tcp.h"
#include "sim/fakes/swarm/crowd-io.h"
#include "sim/fakes/swarm/place.h"
#include "sim/fakes/swarm/run-swarm-main.h"

#define MAX_BROWSERS 10000

typedef struct {
  int count, up_kbit, down_kbit, ping_ms;
  double seconds, timeout;
  char *url_file;
  char *controller;
  char *token;
  char *body;
  gboolean create;
  gboolean keep;
  gboolean need_pong;
} Options;

/* Its life: create (if asked), open all, keep them for some seconds from when the last one is open or has failed, close, delete. */
typedef struct {
  const Options *options;
  SimTarget target;
  HnPoller *poller;
  SimAgenda *agenda;
  GMainLoop *loop;
  SimCrowd *creating;
  SimCrowd *deleting;
  SimBrowserShared shared;
  GPtrArray *urls;
  GPtrArray *session_ids; /* what we created */
  GPtrArray *browsers;
  GPtrArray *live;
  GHashTable *failures; /* text to count */
  SimTask *hold;
  guint opened, failed, ended;
} Run;

static void
count_failure (Run *self, const char *what)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->failures, what));

  g_hash_table_insert (self->failures, g_strdup (what), GUINT_TO_POINTER (n + 1));
  self->failed++;
}

/* ---- the end ---- */

static SimCrowdCall
on_delete (guint index, gpointer user)
{
  return sim_crowd_delete_call (g_ptr_array_index (((Run *)user)->session_ids, index));
}

static void
on_deleted (guint index, guint status, const char *body, gsize length, gpointer user)
{
  if (status != 200)
    count_failure (user, "session could not be deleted");
}

static void
on_finished (gpointer user)
{
  g_main_loop_quit (((Run *)user)->loop);
}

static void
clean_up (Run *self)
{
  SimCrowdPlan plan = {
    .count = self->session_ids->len,
    .lanes = MIN (16, MAX (1, self->session_ids->len)),
    .token = self->options->token,
    .call = on_delete,
    .answered = on_deleted,
    .finished = on_finished,
    .user = self,
  };

  if (plan.count == 0 || self->options->keep)
    g_main_loop_quit (self->loop);
  else
    self->deleting = sim_crowd_new (self->poller, self->agenda, &self->target, &plan);
}

/* ---- browsing ---- */

static void
on_held (gpointer user)
{
  Run *self = user;

  self->hold = NULL;
  for (guint i = 0; i < self->live->len; i++)
    sim_browser_close (g_ptr_array_index (self->live, i));
}

static void
hold_if_all_are_there (Run *self)
{
  if (self->hold == NULL && self->live->len > 0 && self->live->len + self->ended == self->browsers->len)
    self->hold = sim_agenda_in (self->agenda, hn_seconds (self->options->seconds), on_held, self);
}

static void
on_live (SimBrowser *browser, gpointer user)
{
  Run *self = user;

  self->opened++;
  g_ptr_array_add (self->live, browser);
  hold_if_all_are_there (self);
}

static void
on_ended (SimBrowser *browser, gpointer user)
{
  Run *self = user;

  self->ended++;
  g_ptr_array_remove_fast (self->live, browser);
  if (sim_browser_failure (browser) != NULL)
    count_failure (self, sim_browser_failure (browser));
  if (self->ended == self->browsers->len)
    clean_up (self);
  else
    hold_if_all_are_there (self);
}

static void
browse (Run *self)
{
  for (guint i = 0; i < self->urls->len; i++) {
    g_autoptr (GError) error = NULL;
    SimBrowser *browser = sim_browser_new (&self->shared, g_ptr_array_index (self->urls, i), &error);

    if (browser == NULL)
      count_failure (self, error->message);
    else
      g_ptr_array_add (self->browsers, browser);
  }
  if (self->browsers->len == 0)
    clean_up (self);
}

/* ---- creating ---- */

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
  const char *url = sim_json_string (answer, "stream_url");

  if (status != 201 || session_id == NULL || url == NULL) {
    g_autofree char *what = g_strdup_printf ("create answered %u", status);

    count_failure (self, what);
    return;
  }
  g_ptr_array_add (self->session_ids, g_strdup (session_id));
  g_ptr_array_add (self->urls, g_strdup (url));
}

static void
on_all_created (gpointer user)
{
  browse (user);
}

static gboolean
on_start (gpointer user)
{
  Run *self = user;
  SimCrowdPlan plan = {
    .count = (guint)self->options->count,
    .lanes = MIN (SIM_CROWD_LANES_MAX, (guint)self->options->count),
    .token = self->options->token,
    .call = on_create,
    .answered = on_created,
    .finished = on_all_created,
    .user = self,
  };

  if (self->options->create)
    self->creating = sim_crowd_new (self->poller, self->agenda, &self->target, &plan);
  else
    browse (self);
  return G_SOURCE_REMOVE;
}

/* ---- the result ---- */

static JsonObject *
failures_json (GHashTable *table)
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
  SimBrowserCounts sum = { 0 };

  for (guint i = 0; i < self->browsers->len; i++) {
    SimBrowserCounts one = sim_browser_counts (g_ptr_array_index (self->browsers, i));

    sum.requests += one.requests;
    sum.bytes_down += one.bytes_down;
    sum.bytes_up += one.bytes_up;
    sum.messages += one.messages;
  }
  json_object_set_int_member (object, "browsers", self->browsers->len);
  json_object_set_int_member (object, "opened", self->opened);
  json_object_set_int_member (object, "failed", self->failed);
  json_object_set_object_member (object, "failures", failures_json (self->failures));
  json_object_set_int_member (object, "requests", (gint64)sum.requests);
  json_object_set_int_member (object, "messages", (gint64)sum.messages);
  json_object_set_int_member (object, "bytes_down", (gint64)sum.bytes_down);
  json_object_set_int_member (object, "bytes_up", (gint64)sum.bytes_up);
  json_object_set_object_member (object, "open_us", sim_stats_json (self->shared.opening));
  json_object_set_object_member (object, "rtt_us", sim_stats_json (self->shared.rtt));
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
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, self->loop);
  guint terminate = g_unix_signal_add (SIGTERM, on_signal, self->loop);

  g_idle_add (on_start, self);
  g_main_loop_run (self->loop);
  print_result (self);
  g_source_remove (interrupt);
  g_source_remove (terminate);
  return self->failed == 0 && self->opened > 0 && self->ended == self->browsers->len ? 0 : 1;
}

static int
start (const Options *options, const SimTarget *target, GPtrArray *urls)
{
  Run self = {
    .options = options,
    .target = *target,
    .poller = hn_poller_new (NULL),
    .agenda = sim_agenda_new (),
    .loop = g_main_loop_new (NULL, FALSE),
    .urls = urls,
    .session_ids = g_ptr_array_new_with_free_func (g_free),
    .browsers = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_browser_free),
    .live = g_ptr_array_new (),
    .failures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };
  int status;

  self.shared = (SimBrowserShared){
    .poller = self.poller, .agenda = self.agenda, .rtt = sim_stats_new (), .opening = sim_stats_new (),
    .up_kbit = (guint)options->up_kbit, .down_kbit = (guint)options->down_kbit, .ping_ms = (guint)options->ping_ms,
    .need_pong = options->need_pong,
    .timeout_us = hn_seconds (options->timeout), .live = on_live, .ended = on_ended, .user = &self,
  };
  sim_swarm_raise_limits ();
  status = run (&self);
  g_ptr_array_unref (self.browsers);
  g_ptr_array_unref (self.live);
  sim_crowd_free (self.creating);
  sim_crowd_free (self.deleting);
  sim_stats_free (self.shared.rtt);
  sim_stats_free (self.shared.opening);
  sim_agenda_free (self.agenda);
  hn_poller_free (self.poller);
  g_main_loop_unref (self.loop);
  g_ptr_array_unref (self.session_ids);
  g_hash_table_unref (self.failures);
  return status;
}

/* One URL a line; with --count more browsers than lines go round. */
static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
  return FALSE;
}

static gboolean
read_urls (const Options *options, GPtrArray *urls, GError **error)
{
  g_autoptr (GIOChannel) input = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint have;

  if (options->url_file == NULL)
    return options->create || refuse (error, "--url-file with a stream URL a line is needed, or --create");
  input = g_str_equal (options->url_file, "-") ? g_io_channel_unix_new (0) : g_io_channel_new_file (options->url_file, "r", error);
  if (input == NULL || g_io_channel_read_to_end (input, &text, NULL, error) != G_IO_STATUS_NORMAL) {
    g_prefix_error (error, "cannot read '%s': ", options->url_file);
    return FALSE;
  }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (*g_strstrip (lines[i]) != '\0')
      g_ptr_array_add (urls, g_strdup (lines[i]));
  have = urls->len;
  for (guint i = have; have > 0 && i < (guint)options->count; i++)
    g_ptr_array_add (urls, g_strdup (g_ptr_array_index (urls, i % have)));
  return have > 0 || refuse (error, "--url-file has no stream URL in any line");
}

static const char *
check (Options *options, SimTarget *target)
{
  if (options->body == NULL)
    options->body = g_strdup ("10.201.0.1");
  if (options->count < 1 || options->count > MAX_BROWSERS || !sim_place_check (options->body))
    return "--count must be 1 to 10000, --body an IPv4 address";
  if (options->up_kbit < 0 || options->down_kbit < 0 || options->up_kbit > 100000 || options->down_kbit > 100000
      || options->ping_ms < 1 || !(options->seconds >= 0) || !(options->timeout > 0))
    return "--up-kbit and --down-kbit must be 0 to 100000, --ping-ms, --seconds and --timeout positive";
  if (options->create
      && (options->controller == NULL || options->token == NULL || !sim_target_parse (options->controller, target, NULL, NULL)))
    return "--create needs --controller http://ADDRESS:PORT and --token";
  return NULL;
}

static int
check_and_start (Options *options)
{
  g_autoptr (GPtrArray) urls = g_ptr_array_new_with_free_func (g_free);
  SimTarget target = { NULL };
  const char *wrong = check (options, &target);
  g_autoptr (GError) error = NULL;
  int status = SIM_EXIT_USAGE;

  if (wrong == NULL && !read_urls (options, urls, &error))
    wrong = error->message;
  if (wrong != NULL)
    fprintf (stderr, "hydraneck-sim browsers: %s\n", wrong);
  else
    status = start (options, &target, urls);
  sim_target_clear (&target);
  return status;
}

int
sim_browsers_main (int argc, char **argv)
{
  Options options = { .count = 10, .ping_ms = 100, .seconds = 2, .timeout = 30 };
  const GOptionEntry entries[] = {
    { "count", 0, 0, G_OPTION_ARG_INT, &options.count, "Number of browsers (10)", "N" },
    { "url-file", 0, 0, G_OPTION_ARG_STRING, &options.url_file, "File of stream URLs, one a line; - for stdin", "FILE" },
    { "create", 0, 0, G_OPTION_ARG_NONE, &options.create, "Create a session for each, and delete it afterwards", NULL },
    { "controller", 0, 0, G_OPTION_ARG_STRING, &options.controller, "Where to create them", "URL" },
    { "token", 0, 0, G_OPTION_ARG_STRING, &options.token, "Its admin token", "TEXT" },
    { "body", 0, 0, G_OPTION_ARG_STRING, &options.body, "Body of the first session, the others follow (10.201.0.1)", "IPV4" },
    { "keep", 0, 0, G_OPTION_ARG_NONE, &options.keep, "Do not delete the sessions afterwards", NULL },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options.seconds, "How long all are kept open together (2)", "S" },
    { "ping-ms", 0, 0, G_OPTION_ARG_INT, &options.ping_ms, "Each sends a ping so often (100)", "MS" },
    { "need-pong", 0, 0, G_OPTION_ARG_NONE, &options.need_pong, "A browser whose first ping is not answered has failed", NULL },
    { "up-kbit", 0, 0, G_OPTION_ARG_INT, &options.up_kbit, "Each sends so much besides (0)", "KBIT" },
    { "down-kbit", 0, 0, G_OPTION_ARG_INT, &options.down_kbit, "Each asks for such a feed; fake workers only (0)", "KBIT" },
    { "timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options.timeout, "Longest wait for an answer (30)", "S" },
    { NULL },
  };
  int status = SIM_EXIT_USAGE;

  if (sim_run_parse ("Fake browsers: the stream page, its assets and its socket, without media.",
                     "Prints one line of JSON: browsers, opened (page, assets and socket there), failed, failures (by\n"
                     "cause), requests, messages (from the other side over the socket, besides pongs and its close), bytes_down, bytes_up,\n"
                     "open_us and rtt_us (count, p50, p99, max). Exit status 1 when any failed.\n",
                     entries, argc, argv))
    status = check_and_start (&options);
  g_free (options.url_file);
  g_free (options.controller);
  g_free (options.token);
  g_free (options.body);
  return status;
}
