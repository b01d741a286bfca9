/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-update: exit status 0 when this is the latest version, 1 when a newer one is there; else what hindered it (sysexits.h).
 * update: 0 when a newer version runs, or there is none; 70 when one was rolled back, 71 when neither came up; 75 when sessions would be cut or
 * another update is under way; else what hindered it.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/address.h"
#include "base/build.h"
#include "base/error.h"
#include "cli/cmd.h"
#include "cli/config-files.h"
#include "cli/updates.h"
#include "net/http-client.h"
#include "update/install-io.h"
#include "update/program-fs.h"
#include "update/release-http.h"
#include "update/release.h"
#include "update/version.h"

#define STATUS_NEWER 1
#define HEALTHY_SECONDS 60
#define TOKEN "HYDRANECK_SERVER_ADMIN_TOKEN"
#define NO_CONFIG "server: {listen: \"127.0.0.1:1\", admin_token: none}" /* nothing but defaults */

/* What is known of this machine's roles. */
typedef struct {
  GPtrArray *configs; /* of HnConfig; the first one says where releases come from */
  GPtrArray *health;  /* of texts */
  GPtrArray *units;   /* of texts: names of their services */
  char *untrusted;    /* (nullable) a file among them that others than root or we may change */
} Place;

typedef struct {
  char **files;
  char *restart;
  int healthy_seconds;
  gboolean force;
  gboolean now;
} Words;

/* ---- the roles of this machine ---- */

static void
place_clear (Place *place)
{
  g_clear_pointer (&place->configs, g_ptr_array_unref);
  g_clear_pointer (&place->health, g_ptr_array_unref);
  g_clear_pointer (&place->units, g_ptr_array_unref);
  g_clear_pointer (&place->untrusted, g_free);
}

/* How this machine reaches a role: a wildcard is there on loopback. */
static char *
health_url (const HnConfig *config)
{
  gboolean tls = config->server_domain != NULL || config->server_tls_cert != NULL;
  g_autofree char *host = NULL;
  guint16 port = 443;
  const char *shown;

  if (config->server_listen == NULL || !hn_address_split_listen (config->server_listen, &host, &port))
    host = g_strdup ("");
  shown = *host == '\0' || strcmp (host, "0.0.0.0") == 0 || strcmp (host, "::") == 0 ? "127.0.0.1" : host;
  return g_strdup_printf (strchr (shown, ':') != NULL ? "%s://[%s]:%u" : "%s://%s:%u", tls ? "https" : "http", shown, port);
}

static gboolean
is_worker (const HnConfig *config, const char *file)
{
  g_autofree char *name = g_path_get_basename (file);

  if (config->mode != NULL)
    return strcmp (config->mode, "worker") == 0;
  return strcmp (name, "worker.yaml") == 0 || (strcmp (name, "controller.yaml") != 0 && config->controller_url != NULL);
}

static gboolean
may_be_changed_by_others (const char *file)
{
  struct stat status;

  return stat (file, &status) == 0 && ((status.st_mode & 022) != 0 || (status.st_uid != 0 && status.st_uid != geteuid ()));
}

static gboolean
add_config (Place *place, char *file, GError **error)
{
  const HnConfigFiles files = { .file = file };
  g_autoptr (GError) as_worker = NULL;
  HnConfig *config = hn_config_files_read (&files, HN_MODE_WORKER, &as_worker);

  if (config == NULL)
    config = hn_config_files_read (&files, HN_MODE_CONTROLLER, NULL);
  if (config == NULL) {
    g_propagate_error (error, g_steal_pointer (&as_worker));
    return FALSE;
  }
  if (config->update_public_key != NULL && may_be_changed_by_others (file) && place->untrusted == NULL)
    place->untrusted = g_strdup (file);
  g_ptr_array_add (place->configs, config);
  g_ptr_array_add (place->health, health_url (config));
  g_ptr_array_add (place->units, g_strdup (is_worker (config, file) ? "hydraneckwebrtc.service" : "hydraneckwebrtc-controller.service"));
  return TRUE;
}

/* Of a machine without a configuration: what the environment says counts all the same. */
static gboolean
add_defaults (Place *place, GError **error)
{
  g_auto (GStrv) environment = g_get_environ ();
  const HnConfigSources sources = { .file = "defaults", .text = NO_CONFIG, .length = strlen (NO_CONFIG), .environment = (const char *const *) environment };
  HnConfig *config = hn_config_read (&sources, HN_MODE_WORKER, error);

  if (config != NULL)
    g_ptr_array_add (place->configs, config);
  return config != NULL;
}

/* A role's token may lie with systemd, for that role alone; nothing here needs it. */
static void
do_without_token (void)
{
  if (g_getenv (TOKEN) == NULL && g_getenv (TOKEN "_FILE") == NULL)
    g_setenv (TOKEN, "unused", TRUE);
}

/* The files that were named, else those that are found where the roles look for them. */
static gboolean
find_place (Place *place, char **files, GError **error)
{
  static const char *const names[] = { "worker.yaml", "controller.yaml", "config.yaml" };

  do_without_token ();
  place->configs = g_ptr_array_new_with_free_func ((GDestroyNotify) hn_config_free);
  place->health = g_ptr_array_new_with_free_func (g_free);
  place->units = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    if (!add_config (place, files[i], error))
      return FALSE;
  for (guint i = 0; files == NULL && i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (g_get_home_dir (), ".hydraneckwebrtc", names[i], NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS) && !add_config (place, path, error))
      return FALSE;
  }
  if (place->configs->len == 0 && !add_defaults (place, error))
    return FALSE;
  g_ptr_array_add (place->health, NULL);
  g_ptr_array_add (place->units, NULL);
  return TRUE;
}

/* ---- the command line ---- */

static gboolean
parse (const char *name, const char *summary, const GOptionEntry *entries, int argc, char **argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) arguments = g_new0 (char *, (gsize) argc + 2);

  arguments[0] = g_strdup_printf ("hydraneckwebrtc %s", name);
  for (int i = 0; i < argc; i++)
    arguments[i + 1] = g_strdup (argv[i]);
  g_set_prgname (arguments[0]);
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, &arguments, error))
    return FALSE;
  if (arguments[1] != NULL)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "unexpected argument '%s'", arguments[1]);
  return arguments[1] == NULL;
}

static int
complain (const char *name, const GError *error)
{
  fprintf (stderr, "hydraneckwebrtc %s: %s\n", name, error->message);
  if (hn_error_detail (error) != NULL)
    fprintf (stderr, "  %s\n", hn_error_detail (error));
  return error->domain == G_OPTION_ERROR ? EX_USAGE : hn_error_exit_status (error);
}

/* ---- check-update ---- */

typedef struct {
  GMainLoop *loop;
  char *version;
  GError *error;
} Latest;

static void
on_latest (GObject *source, GAsyncResult *result, gpointer data)
{
  Latest *self = data;

  self->version = hn_release_http_text_finish (result, &self->error);
  g_main_loop_quit (self->loop);
}

static char *
ask_latest (const HnConfig *config, GError **error)
{
  g_autoptr (HnHttpClient) client = hn_http_client_new ();
  g_autoptr (HnReleaseHttp) releases = hn_release_http_new (client, config->update_url, config->update_channel, NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Latest latest = { loop, NULL, NULL };

  hn_release_http_latest_async (releases, NULL, on_latest, &latest);
  g_main_loop_run (loop);
  if (latest.error != NULL)
    g_propagate_error (error, latest.error);
  return latest.version;
}

static int
check (const HnConfig *config, GError **error)
{
  g_autofree char *why_off = hn_updates_why_off (config);
  g_autofree char *version = NULL;

  printf ("Current version: %s\n", hn_build_version ());
  if (hn_release_check_place (config->update_url, config->update_channel, error))
    version = ask_latest (config, error);
  if (version != NULL)
    printf ("Latest version: %s\n", version);
  printf ("Automatic update: %s%s\n", why_off != NULL ? "off, " : "on", why_off != NULL ? why_off : "");
  if (version == NULL)
    return hn_error_exit_status (*error);
  return hn_version_compare (version, hn_build_version ()) > 0 ? STATUS_NEWER : 0;
}

int
hn_cmd_check_update (int argc, char **argv)
{
  g_auto (GStrv) files = NULL;
  g_autoptr (GError) error = NULL;
  Place place = { NULL };
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME_ARRAY, &files, "A role's configuration; may be given twice", "FILE" },
    { NULL },
  };
  int status = 0;

  if (parse ("check-update", "Exit status: 0 this is the latest version, 1 a newer one is there.", entries, argc, argv, &error)
      && find_place (&place, files, &error))
    status = check (g_ptr_array_index (place.configs, 0), &error);
  if (error != NULL)
    status = complain ("check-update", error);
  place_clear (&place);
  return status;
}

/* ---- update ---- */

typedef struct {
  GMainLoop *loop;
  int status;
} Ending;

static void
on_progress (HnUpdateState state, const char *text, gpointer data)
{
  printf ("%s\n", text);
  fflush (stdout);
}

static void
on_ended (HnUpdateState state, const char *from, const char *version, const GError *error, gpointer data)
{
  Ending *self = data;

  if (state == HN_UPDATE_CURRENT) {
    printf ("up to date: version %s%s%s\n", hn_build_version (), strcmp (version, hn_build_version ()) != 0 ? "; the server has " : "",
            strcmp (version, hn_build_version ()) != 0 ? version : "");
  } else if (state == HN_UPDATE_KEPT) {
    printf ("updated: version %s → %s\n", from, version);
  } else if (state == HN_UPDATE_ABORTED) {
    fprintf (stderr, "hydraneckwebrtc update: nothing was changed: %s\n", error->message);
    if (hn_error_detail (error) != NULL)
      fprintf (stderr, "  %s\n", hn_error_detail (error));
    self->status = hn_error_exit_status (error);
  } else {
    gboolean lost = state == HN_UPDATE_LOST;

    fprintf (stderr, "hydraneckwebrtc update: version %s was rolled back: %s\n  version %s %s\n", version, error->message, from,
             lost ? "did not come up either: look at its log (journalctl -u hydraneckwebrtc)" : "runs again");
    self->status = lost ? EX_OSERR : EX_SOFTWARE;
  }
  g_main_loop_quit (self->loop);
}

static gboolean
is_confirmed (const HnConfig *config)
{
  char answer[16] = "";

  printf ("Replace version %s by what %s has in '%s', and restart? Type yes: ", hn_build_version (), config->update_url, config->update_channel);
  fflush (stdout);
  return fgets (answer, sizeof answer, stdin) != NULL && strcmp (g_strchomp (answer), "yes") == 0;
}

static GStrv
restart_command (const Place *place, const char *given, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GStrv parsed = NULL;

  if (given != NULL) {
    g_shell_parse_argv (given, NULL, &parsed, error);
    return parsed;
  }
  g_strv_builder_add_many (builder, "systemctl", "try-restart", NULL);
  for (guint i = 0; g_ptr_array_index (place->units, i) != NULL; i++)
    g_strv_builder_add (builder, g_ptr_array_index (place->units, i));
  return g_strv_builder_end (builder);
}

static int
install (const Place *place, const Words *words, GError **error)
{
  static const HnInstallIoEvents events = { on_progress, on_ended };
  const HnConfig *config = g_ptr_array_index (place->configs, 0);
  g_autofree char *self = g_file_read_link ("/proc/self/exe", error);
  g_autofree char *program = self != NULL ? hn_program_fs_which (self) : NULL;
  g_auto (GStrv) restart = program != NULL ? restart_command (place, words->restart, error) : NULL;
  g_autoptr (GMainLoop) loop = NULL;
  g_autoptr (HnInstallIo) update = NULL;
  Ending ending = { NULL, 0 };
  HnMinisignKey key;
  HnInstallIoOptions options = { program, hn_build_version (), config->update_url, config->update_channel, &key, (const char *const *) place->health->pdata,
                                 (const char *const *) restart, words->healthy_seconds, words->now };

  if (restart == NULL || !hn_updates_read_key (config, &key, error) || !hn_release_check_place (config->update_url, config->update_channel, error))
    return EX_CONFIG;
  if (place->untrusted != NULL && geteuid () == 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'%s' sets update.public_key and may be changed by others than root", place->untrusted);
    hn_error_set_detail (error != NULL ? *error : NULL, "whoever changes it decides what runs here: chown root it, chmod go-w it");
    return EX_CONFIG;
  }
  if (!words->force && !is_confirmed (config)) {
    printf ("nothing was done\n");
    return 0;
  }
  loop = ending.loop = g_main_loop_new (NULL, FALSE);
  update = hn_install_io_new (&options, &events, &ending);
  g_main_loop_run (loop);
  return ending.status;
}

int
hn_cmd_update (int argc, char **argv)
{
  Words words = { .healthy_seconds = HEALTHY_SECONDS };
  g_autoptr (GError) error = NULL;
  Place place = { NULL };
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME_ARRAY, &words.files, "A role's configuration; may be given twice", "FILE" },
    { "force", 0, 0, G_OPTION_ARG_NONE, &words.force, "Do not ask for a yes", NULL },
    { "now", 0, 0, G_OPTION_ARG_NONE, &words.now, "Even if sessions are cut", NULL },
    { "restart", 0, 0, G_OPTION_ARG_STRING, &words.restart, "Instead of `systemctl try-restart` of the roles' units", "COMMAND" },
    { "healthy", 0, 0, G_OPTION_ARG_INT, &words.healthy_seconds, "How long a restarted role may take to be healthy (60)", "SECONDS" },
    { NULL },
  };
  int status = 0;

  if (parse ("update", "Fetches the latest release, verifies and tries it, swaps it in, restarts, and rolls back what does not come up healthy.", entries, argc,
             argv, &error)
      && find_place (&place, words.files, &error))
    status = install (&place, &words, &error);
  if (error != NULL)
    status = complain ("update", error);
  place_clear (&place);
  g_strfreev (words.files);
  g_free (words.restart);
  /* as in role.c: threads that have done TLS handshakes */
  g_thread_pool_stop_unused_threads ();
  return status;
}
