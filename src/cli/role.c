/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/role.h"

#include <errno.h>
#include <gio/gio.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/config-live.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/config-files.h"
#include "cli/updates.h"
#include "net/service.h"

#define JOURNAL_SOCKET "HYDRANECK_JOURNAL_SOCKET" /* where tests listen instead */
#define JOURNAL_SOCKET_DEFAULT "/run/systemd/journal/socket"
#define TIME_SCALE "HYDRANECK_TIME_SCALE"
#define TIME_SCALE_MIN 1e-4
#define TIME_SCALE_MAX 1e3

/* Tests shorten long periods; a released program keeps the promised ones, whatever its environment says. */
#if defined(NDEBUG) || defined(HN_RELEASE)
#define TIME_SCALE_HONOURED FALSE
#else
#define TIME_SCALE_HONOURED TRUE
#endif

/* What the command line says. */
typedef struct {
  HnConfigFiles files;
  char *level; /* (nullable): stronger than `log.level` */
} Words;

struct _HnRole {
  const HnRoleKind *kind;
  const Words *words;
  HnConfig *config;
  GPtrArray *replaced; /* of HnConfig: values that the product may have borrowed */
  GMainLoop *loop;
  HnService *service;
  gpointer product;
  gboolean stopping;
  guint signal_ids[3];
  double time_scale;
};

static HnConfig *
read_config (HnMode mode, const Words *words, GError **error)
{
  HnConfig *config = hn_config_files_read (&words->files, mode, error);

  if (config != NULL && words->level != NULL) {
    g_free (config->log_level);
    config->log_level = g_strdup (words->level);
  }
  return config;
}

static void
apply_log_level (const HnConfig *config)
{
  HnLogLevel level = HN_LOG_INFO;

  if (hn_log_level_from_text (config->log_level, &level))
    hn_log_set_lowest (level);
}

/* ---- reloading ---- */

static void
on_changed (const char *path, const char *change, gboolean applied, gpointer unused)
{
  if (applied)
    hn_info ("config", NULL, "%s changed%s%s: applied", path, *change != '\0' ? " " : "", change);
  else
    hn_warning ("config", NULL, "%s changed%s%s: needs a restart", path, *change != '\0' ? " " : "", change);
}

/* At the start a pipe may bring the configuration; a process that serves must not wait for one. */
static HnConfig *
read_again (HnRole *self, GError **error)
{
  g_autofree char *path = hn_config_files_find (&self->words->files, self->kind->mode);

  if (path != NULL && g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'%s' is no regular file", path);
    return NULL;
  }
  return read_config (self->kind->mode, self->words, error);
}

/* A file that is wrong changes nothing. */
static gboolean
on_reload (gpointer data)
{
  HnRole *self = data;
  g_autoptr (GError) error = NULL;
  HnConfig *fresh;
  guint exchanged;

  if (self->stopping)
    return G_SOURCE_CONTINUE;
  fresh = read_again (self, &error);
  if (fresh == NULL) {
    hn_error ("config", NULL, "not reloaded, the old configuration stays: %s", error->message);
    return G_SOURCE_CONTINUE;
  }
  hn_info ("config", NULL, "reloading");
  hn_service_reloading (self->service);
  exchanged = hn_config_live_adopt (self->config, fresh, on_changed, self);
  if (exchanged > 0)
    g_ptr_array_add (self->replaced, fresh);
  else
    hn_config_free (fresh);
  apply_log_level (self->config);
  if (self->kind->reload != NULL)
    self->kind->reload (self->product, self->config);
  hn_info ("config", NULL, "reloaded applied=%u", exchanged);
  hn_service_ready (self->service);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer data)
{
  HnRole *self = data;

  if (self->stopping) {
    hn_warning (hn_config_mode_name (self->kind->mode), NULL, "second signal while stopping: ending at once");
    _exit (1);
  }
  self->stopping = TRUE;
  hn_service_stopping (self->service);
  self->kind->stop (self->product);
  return G_SOURCE_CONTINUE;
}

double
hn_role_get_time_scale (const HnRole *self)
{
  return self->time_scale;
}

HnService *
hn_role_get_service (const HnRole *self)
{
  return self->service;
}

void
hn_role_stopped (HnRole *self)
{
  g_main_loop_quit (self->loop);
}

/* Says aloud when time runs differently: nobody may wonder about it later. */
static gboolean
read_time_scale (HnMode mode, double *ret_scale, GError **error)
{
  const char *text = g_getenv (TIME_SCALE);
  char *end = NULL;
  double scale;

  *ret_scale = 1;
  if (text == NULL || *text == '\0')
    return TRUE;
  if (!TIME_SCALE_HONOURED) {
    hn_warning (hn_config_mode_name (mode), NULL, TIME_SCALE " is ignored: this is a release build");
    return TRUE;
  }
  scale = g_ascii_strtod (text, &end);
  if (*end != '\0' || !(scale >= TIME_SCALE_MIN && scale <= TIME_SCALE_MAX)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, TIME_SCALE "='%s' is not a number between %g and %g", text, TIME_SCALE_MIN, TIME_SCALE_MAX);
    return FALSE;
  }
  hn_info (hn_config_mode_name (mode), NULL, "long periods are scaled " TIME_SCALE "=%g", scale);
  *ret_scale = scale;
  return TRUE;
}

static gboolean
is_ignored (int number)
{
  struct sigaction action;

  return sigaction (number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* What a service manager said, taken out of the environment: it was meant for us and not for what we start. */
static HnService *
open_service (GError **error)
{
  static const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES" };
  HnServiceWords words = { g_getenv (names[0]), g_getenv (names[1]), g_getenv (names[2]),
                           g_getenv (names[3]), g_getenv (names[4]), g_getenv (names[5]) };
  HnService *service = hn_service_new (&words, error);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_unsetenv (names[i]);
  return service;
}

static void
warn_of_idle_sockets (HnRole *self)
{
  const char *name = hn_service_next_name (self->service);

  if (name != NULL)
    hn_warning (hn_config_mode_name (self->kind->mode), NULL,
                "the service manager listens as '%s' for us, which this configuration does not ask for: who connects there waits for ever; disable its .socket unit",
                name);
}

static gboolean
has_terminal (void)
{
  int fd = open ("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

/* SIGHUP comes from a terminal that is closed to those who have one: they end in order. Whoever has none, or was started with nohup and so wants to
 * stay, is told to read the configuration anew. Asked for before anything listens: whoever reads that line may send one; carried out by the loop. */
static void
watch_signals (HnRole *self)
{
  self->signal_ids[0] = g_unix_signal_add (SIGTERM, on_signal, self);
  self->signal_ids[1] = g_unix_signal_add (SIGINT, on_signal, self);
  self->signal_ids[2] = g_unix_signal_add (SIGHUP, has_terminal () && !is_ignored (SIGHUP) ? on_signal : on_reload, self);
}

static void
unwatch_signals (HnRole *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->signal_ids); i++)
    g_source_remove (self->signal_ids[i]);
}

/* ---- updates ---- */

static guint
count_sessions (gpointer data)
{
  const HnRole *self = data;

  return self->kind->sessions (self->product);
}

static void
hold_sessions (gboolean held, gpointer data)
{
  const HnRole *self = data;

  self->kind->hold (self->product, held);
}

static void
publish (const char *type, JsonObject *object, gpointer data)
{
  const HnRole *self = data;

  if (self->kind->publish != NULL)
    self->kind->publish (self->product, type, object);
  else
    json_object_unref (object);
}

static HnAutoIo *
start_updates (HnRole *self)
{
  static const HnAutoIoEvents patient = { count_sessions, NULL, publish };
  static const HnAutoIoEvents draining = { count_sessions, hold_sessions, publish };

  return hn_updates_start (self->config, self->time_scale, self->kind->hold != NULL ? &draining : &patient, self);
}

/* ---- running ---- */

static int
run (const HnRoleKind *kind, HnConfig *config, const Words *words, GError **error)
{
  g_autoptr (HnService) service = open_service (error);
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func ((GDestroyNotify) hn_config_free);
  HnRole self = { .kind = kind, .service = service, .words = words, .config = config, .replaced = replaced };
  HnAutoIo *updates;

  if (service == NULL || !read_time_scale (kind->mode, &self.time_scale, error))
    return hn_error_exit_status (*error);
  self.loop = g_main_loop_new (NULL, FALSE);
  watch_signals (&self);
  self.product = kind->start (config, &self, error);
  if (self.product == NULL) {
    unwatch_signals (&self);
    g_main_loop_unref (self.loop);
    /* what cannot be served as configured is the configuration's fault */
    return g_error_matches (*error, HN_ERROR, HN_ERROR_INVALID) ? EX_CONFIG : hn_error_exit_status (*error);
  }
  warn_of_idle_sockets (&self);
  updates = kind->sessions != NULL ? start_updates (&self) : NULL;
  hn_service_ready (service);
  g_main_loop_run (self.loop);
  unwatch_signals (&self);
  hn_auto_io_free (updates);
  kind->free (self.product);
  g_main_loop_unref (self.loop);
  /* GTask's idle threads, which have done TLS handshakes, would linger for 15 s: whoever looks for leaks now must not find half of one */
  g_thread_pool_stop_unused_threads ();
  return 0;
}

/* JOURNAL_STREAM is "device:inode" of what systemd connected: it stays in the environment when somebody redirects stderr. */
static gboolean
stderr_is_journal (void)
{
  const char *said = g_getenv ("JOURNAL_STREAM");
  g_autofree char *is = NULL;
  struct stat status;

  if (said == NULL || fstat (STDERR_FILENO, &status) != 0)
    return FALSE;
  is = g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64) status.st_dev, (guint64) status.st_ino);
  return strcmp (said, is) == 0;
}

static gboolean
parse_options (HnMode mode, int argc, char **argv, Words *words, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  HnLogLevel level;
  g_auto (GStrv) arguments = g_new0 (char *, (gsize) argc + 2);
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &words->files.file, "Configuration file", "FILE" },
    { "log-level", 0, 0, G_OPTION_ARG_STRING, &words->level, "debug, info, warning or error, whatever log.level says", "LEVEL" },
    { NULL },
  };
  const GOptionEntry alone[] = {
    { "host", 0, 0, G_OPTION_ARG_STRING, &words->files.host, "Where to listen: an IP address of this machine", "IP" },
    { "port", 0, 0, G_OPTION_ARG_STRING, &words->files.port, "Where to listen: a port", "PORT" },
    { "env-file", 0, 0, G_OPTION_ARG_FILENAME, &words->files.env_file, mode == HN_MODE_ROOMS ? "File of KEY=value lines; .sbd, if it is there" : "File of KEY=value lines", "FILE" },
    { NULL },
  };

  arguments[0] = g_strdup_printf ("hydraneckwebrtc %s", hn_config_mode_name (mode));
  for (int i = 0; i < argc; i++)
    arguments[i + 1] = g_strdup (argv[i]);
  g_set_prgname (arguments[0]);
  g_option_context_add_main_entries (context, entries, NULL);
  if (mode == HN_MODE_ROOMS || mode == HN_MODE_MESH)
    g_option_context_add_main_entries (context, alone, NULL);
  if (!g_option_context_parse_strv (context, &arguments, error))
    return FALSE;
  if (arguments[1] != NULL || (words->level != NULL && !hn_log_level_from_text (words->level, &level))) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, arguments[1] != NULL ? "unexpected argument '%s'" : "no such level: '%s'",
                 arguments[1] != NULL ? arguments[1] : words->level);
    return FALSE;
  }
  return TRUE;
}

static int
read_and_run (const HnRoleKind *kind, const Words *words, GError **error)
{
  g_autoptr (HnConfig) config = NULL;

  hn_log_open (HN_LOG_INFO);
  if (stderr_is_journal ())
    hn_log_to_journal (g_getenv (JOURNAL_SOCKET) != NULL ? g_getenv (JOURNAL_SOCKET) : JOURNAL_SOCKET_DEFAULT);
  config = read_config (kind->mode, words, error);
  if (config == NULL)
    return hn_error_exit_status (*error);
  apply_log_level (config);
  return run (kind, config, words, error);
}

/* The kernel's table of descriptors grows by doubling, and where threads share it it waits for all cores meanwhile: 10 to 25 ms in which nobody is served, at the 256th, 512th,
 * 1,024th socket. So it grows while there is one thread. */
static void
make_room_for_descriptors (void)
{
  struct rlimit files;
  int fd;

  if (getrlimit (RLIMIT_NOFILE, &files) != 0)
    return;
  fd = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, (int) MIN (files.rlim_cur, HN_LIMIT_DESCRIPTORS_AT_START) - 1);
  if (fd >= 0)
    close (fd);
}

int
hn_role_main (const HnRoleKind *kind, int argc, char **argv)
{
  Words words = { 0 };
  g_autoptr (GError) error = NULL;
  int status = EX_USAGE;

  make_room_for_descriptors ();
  if (parse_options (kind->mode, argc, argv, &words, &error))
    status = read_and_run (kind, &words, &error);
  if (error != NULL)
    fprintf (stderr, "hydraneckwebrtc %s: %s\n", hn_config_mode_name (kind->mode), error->message);
  if (hn_error_detail (error) != NULL)
    fprintf (stderr, "  %s\n", hn_error_detail (error));
  hn_config_files_clear (&words.files);
  g_free (words.level);
  return status;
}
