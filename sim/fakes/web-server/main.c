/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stand-in for moonlight-web-stream's `web-server`. Like the original it ends with status 0 when its port is taken or its
 * data cannot be read, and with 101 when the configuration does not fit: "has it exited" is the only verdict.
 */
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/fakes/web-server/idle.h"
#include "sim/fakes/web-server/log.h"
#include "sim/fakes/web-server/options.h"
#include "sim/fakes/web-server/web.h"

#define EXIT_PANIC 101
#define TERM_SECONDS 30
#define QUIT_MS 2000

typedef struct {
  SimWeb web;
  SoupServer *server;
  GMainLoop *loop;
  GSocket *thief; /* (nullable): holds our port */
  guint save_id;
  guint term_id;
  gint64 term_deadline_us; /* 0: nobody asked */
} Program;

static int
panic (const char *what, const char *why)
{
  fprintf (stderr, "\nthread 'main' panicked at moonlight-web/web-server/src/main.rs:\n%s: %s\n"
                   "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n", what, why);
  return EXIT_PANIC;
}

/* ---- configuration ---- */

static gboolean
write_file (const char *path, const char *text, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_mkdir_with_parents (folder, 0755);
  return g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, error);
}

static SimConfig *
load_config (const SimOptions *options, const SimFaults *faults, int *ret_status)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  if (faults->no_config)
    g_unlink (options->config_path);
  if (!g_file_get_contents (options->config_path, &text, &length, &error) &&
      !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
    fprintf (stderr, "fatal: failed to read config file: %s\n", error->message);
    *ret_status = 1;
    return NULL;
  }
  g_clear_error (&error);
  if (faults->bad_config) {
    *ret_status = panic ("invalid file", "missing field `first_login_assign_global_hosts` at line 1 column 64");
    return NULL;
  }
  g_autoptr (SimConfig) config = sim_config_new (text, length, sim_options_no_stun (options), &error);
  if (config && !text) {
    g_autofree char *first = sim_config_print (config);
    if (!write_file (options->config_path, first, &error)) {
      fprintf (stderr, "fatal: failed to write config file: %s\n", error->message);
      *ret_status = 1;
      return NULL;
    }
  }
  if (!config || !sim_options_apply (options, config, &error)) {
    *ret_status = panic ("invalid file", error->message);
    return NULL;
  }
  return g_steal_pointer (&config);
}

/* ---- data ---- */

static gboolean
save (gpointer data)
{
  Program *self = data;
  g_autofree char *text = sim_store_text (self->web.store);
  g_autoptr (GError) error = NULL;

  self->save_id = 0;
  if (!write_file (sim_config_string (self->web.config, "data_storage", "path"), text, &error))
    sim_log (SIM_LOG_ERROR, "web_server::app::storage::json", "Failed to write data: %s", error->message);
  return G_SOURCE_REMOVE;
}

static void
on_data_changed (gpointer data)
{
  Program *self = data;

  if (self->save_id == 0)
    self->save_id = g_idle_add_full (G_PRIORITY_DEFAULT, save, self, NULL);
}

static SimStore *
load_store (const SimConfig *config)
{
  const char *path = sim_config_string (config, "data_storage", "path");
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &text, &length, &error) &&
      !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
    sim_log (SIM_LOG_ERROR, "web_server", "Failed to read data: %s", error->message);
    return NULL;
  }
  g_clear_error (&error);
  SimStore *store = sim_store_new (text, length, &error);
  if (!store)
    sim_log (SIM_LOG_ERROR, "web_server", "Failed to deserialize data as json: %s", error->message);
  return store;
}

/* ---- listening ---- */

/* (transfer full) (nullable): the other program's listener */
static GSocket *
take_port (GSocketAddress *address, GError **error)
{
  g_autoptr (GSocket) socket =
      g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  return socket && g_socket_bind (socket, address, TRUE, error) && g_socket_listen (socket, error)
             ? g_steal_pointer (&socket)
             : NULL;
}

static gboolean
listen_there (Program *self, GError **error)
{
  SimFaults faults = sim_web_faults (&self->web);
  /* The default is 0.0.0.0:8080, which is nobody's in a test. */
  const char *where =
      faults.no_config ? "127.0.0.1:0" : sim_config_string (self->web.config, "web_server", "bind_address");
  JsonNode *certificate = sim_config_get (self->web.config, "web_server", "certificate");
  const char *colon = strrchr (where, ':');
  g_autofree char *host = *where == '[' ? g_strndup (where + 1, colon - where - 2) : g_strndup (where, colon - where);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (host, atoi (colon + 1));

  if (faults.port_taken && !(self->thief = take_port (address, error)))
    return FALSE;
  if (certificate) {
    JsonObject *o = json_node_get_object (certificate);
    g_autoptr (GTlsCertificate) tls =
        g_tls_certificate_new_from_files (json_object_get_string_member (o, "certificate_pem"),
                                          json_object_get_string_member (o, "private_key_pem"), error);
    if (!tls)
      return FALSE;
    soup_server_set_tls_certificate (self->server, tls);
  }
  if (!soup_server_listen (self->server, address, certificate ? SOUP_SERVER_LISTEN_HTTPS : 0, error))
    return FALSE;
  sim_log (SIM_LOG_INFO, "actix_server::builder", "starting %u workers", g_get_num_processors ());
  sim_log (SIM_LOG_INFO, "actix_server::server", "Actix runtime found; starting in Actix runtime");
  sim_log (SIM_LOG_INFO, "actix_server::server",
           "starting service: \"actix-web-service-%s\", workers: %u, listening on: %s", where,
           g_get_num_processors (), where);
  return TRUE;
}

/* ---- signals ---- */

static gboolean
on_quit (gpointer data)
{
  Program *self = data;

  sim_log (SIM_LOG_INFO, "actix_server::server", "SIGINT received; starting forced shutdown");
  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
check_term (gpointer data)
{
  Program *self = data;
  gboolean idle = sim_stream_sockets (&self->web) == 0 && self->web.pending == 0;

  if (idle || g_get_monotonic_time () >= self->term_deadline_us)
    g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_term (gpointer data)
{
  Program *self = data;

  if (sim_web_faults (&self->web).ignore_term || self->term_deadline_us)
    return G_SOURCE_CONTINUE;
  sim_log (SIM_LOG_INFO, "actix_server::server", "SIGTERM received; starting graceful shutdown");
  self->term_deadline_us = g_get_monotonic_time () + (gint64) TERM_SECONDS * G_USEC_PER_SEC;
  g_autoptr (GSList) listeners = soup_server_get_listeners (self->server);
  for (GSList *l = listeners; l; l = l->next)
    shutdown (g_socket_get_fd (l->data), SHUT_RDWR); /* the requests under way go on */
  self->term_id = g_timeout_add (50, check_term, self);
  return G_SOURCE_CONTINUE;
}

/* ---- life ---- */

static gboolean
on_timeout (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Calls to hosts run in threads: they are cancelled and waited for, but not for ever. */
static void
settle (Program *self)
{
  gboolean late = FALSE;
  guint id = g_timeout_add (QUIT_MS, on_timeout, &late);

  g_cancellable_cancel (self->web.quit);
  sim_stream_free_all (&self->web);
  sim_whep_free_all (&self->web);
  while (self->web.pending > 0 && !late)
    g_main_context_iteration (NULL, TRUE);
  if (!late)
    g_source_remove (id);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
serve (Program *self)
{
  g_autoptr (GError) error = NULL;
  guint ids[2];

  self->server = soup_server_new (NULL, NULL);
  self->loop = g_main_loop_new (NULL, FALSE);
  soup_server_add_handler (self->server, NULL, sim_web_handle, &self->web, NULL);
  SimIdle *idle = sim_idle_new (self->server);
  ids[0] = g_unix_signal_add (SIGINT, on_quit, self);
  ids[1] = g_unix_signal_add (SIGTERM, on_term, self);
  if (sim_web_faults (&self->web).hang_before_listen || listen_there (self, &error))
    g_main_loop_run (self->loop);
  else
    sim_log (SIM_LOG_ERROR, "web_server", "Os { code: %s }", error->message);
  settle (self);
  sim_idle_free (idle);
  soup_server_disconnect (self->server);
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    g_source_remove (ids[i]);
  g_clear_handle_id (&self->term_id, g_source_remove);
  g_object_unref (self->server);
  g_clear_object (&self->thief);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_main_loop_unref (self->loop);
}

/* GLib has no source for SIGQUIT, which means the same as SIGINT here. */
static void
as_interrupt (int signal_number)
{
  kill (getpid (), SIGINT);
}

static gboolean
open_log (const SimConfig *config)
{
  SimLogLevel level = SIM_LOG_INFO;

  sim_log_level (g_getenv ("RUST_LOG"), &level);
  sim_log_level (sim_config_string (config, "log", "level_filter"), &level);
  return sim_log_open (level, sim_config_string (config, "log", "file_path"));
}

static int
run (SimConfig *config, const char *program)
{
  Program self = { .web = { .config = config, .program = program } };

  self.web.store = load_store (config);
  if (!self.web.store)
    return 0;
  self.web.prefix = sim_config_string (config, "web_server", "url_path_prefix");
  self.web.logins = sim_logins_new ();
  self.web.quit = g_cancellable_new ();
  self.web.images = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  self.web.streams = sim_stream_table_new ();
  self.web.wheps = sim_whep_table_new ();
  sim_store_watch (self.web.store, on_data_changed, &self);
  serve (&self);
  g_hash_table_unref (self.web.streams);
  g_hash_table_unref (self.web.wheps);
  g_hash_table_unref (self.web.images);
  g_object_unref (self.web.quit);
  sim_logins_free (self.web.logins);
  sim_store_free (self.web.store);
  return 0;
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) variables = g_get_environ ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SimOptions) options = sim_options_parse ((const char *const *) argv, (const char *const *) variables, &error);
  g_autofree char *unknown = NULL;
  SimFaults faults = sim_fault_fs_read (argv[0], &unknown);
  int status = 0;

  signal (SIGPIPE, SIG_IGN);
  signal (SIGQUIT, as_interrupt);
  if (!options) {
    fprintf (stderr, "%s\n", error->message);
    return 2;
  }
  if (unknown) {
    fprintf (stderr, "HYDRANECK_SIM_FAULT: unknown fault '%s'\n", unknown);
    return 2;
  }
  g_autoptr (SimConfig) config = load_config (options, &faults, &status);
  if (!config)
    return status;
  if (options->print_config) {
    g_autofree char *text = sim_config_print (config);
    puts (text);
    return 0;
  }
  if (!open_log (config))
    return panic ("failed to open log file", sim_config_string (config, "log", "file_path"));
  status = run (config, argv[0]);
  sim_log_close ();
  return status;
}
