/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment of a worker, read here and nowhere else:
 * HYDRANECK_WIREGUARD_DIR  where interfaces are looked for instead of /sys/class/net (simulated clusters have no WireGuard)
 * HYDRANECK_DOT_DIR        where graphs of the microphones' pipelines are written (for `dot -Tsvg`)
 * HYDRANECK_SIM_STATIC     handed on to web-server: the fake one then serves the real program's pages
 * …SAN_OPTIONS             handed on to web-server, so that a fake built with sanitizers behaves as the tests want */
#include <gio/gio.h>

#include "base/error.h"
#include "cli/cmd.h"
#include "cli/role.h"
#include "worker/worker-main.h"

typedef struct {
  HnWorkerPlace place;
  char *executable;
  char **more_environment;
} Surroundings;

static char **
environment_for_children (void)
{
  static const char *const names[] = { "HYDRANECK_SIM_STATIC", "HYDRANECK_SIM_FAULT", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS" };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *value = g_getenv (names[i]);
    g_autofree char *pair = g_strconcat (names[i], "=", value, NULL);

    if (value != NULL)
      g_strv_builder_add (builder, pair);
  }
  return g_strv_builder_end (builder);
}

static Surroundings *
surroundings_new (GError **error)
{
  g_autofree char *executable = g_file_read_link ("/proc/self/exe", error);
  const char *wireguard_dir = g_getenv ("HYDRANECK_WIREGUARD_DIR");
  Surroundings *self;

  if (executable == NULL)
    return NULL;
  self = g_new0 (Surroundings, 1);
  self->executable = g_steal_pointer (&executable);
  self->more_environment = environment_for_children ();
  self->place.executable = self->executable;
  self->place.wireguard_dir = wireguard_dir != NULL ? wireguard_dir : "/sys/class/net";
  self->place.dot_directory = g_getenv ("HYDRANECK_DOT_DIR");
  self->place.more_environment = (const char *const *) self->more_environment;
  return self;
}

static void
surroundings_free (Surroundings *self)
{
  g_free (self->executable);
  g_strfreev (self->more_environment);
  g_free (self);
}

/* What the role is given: the worker and where it lives. */
typedef struct {
  Surroundings *surroundings;
  HnWorker *worker;
} Running;

static void
on_stopped (gpointer role)
{
  hn_role_stopped (role);
}

static void
free_running (gpointer data)
{
  Running *self = data;

  hn_worker_free (self->worker);
  surroundings_free (self->surroundings);
  g_free (self);
}

static gpointer
start (const HnConfig *config, HnRole *role, GError **error)
{
  static const HnWorkerEvents events = { .stopped = on_stopped };
  Surroundings *surroundings = surroundings_new (error);
  Running *self;

  if (surroundings == NULL)
    return NULL;
  self = g_new0 (Running, 1);
  self->surroundings = surroundings;
  surroundings->place.service = hn_role_get_service (role);
  surroundings->place.time_scale = hn_role_get_time_scale (role);
  self->worker = hn_worker_new (config, &surroundings->place, &events, role, error);
  if (self->worker != NULL)
    return self;
  free_running (self);
  return NULL;
}

static void
stop (gpointer data)
{
  Running *self = data;

  hn_worker_stop (self->worker);
}

static guint
count_sessions (gpointer data)
{
  Running *self = data;

  return hn_worker_get_sessions (self->worker);
}

static void
hold (gpointer data, gboolean held)
{
  Running *self = data;

  hn_worker_hold (self->worker, held);
}

static void
publish (gpointer data, const char *type, JsonObject *object)
{
  Running *self = data;

  hn_worker_publish (self->worker, type, object);
}

static void
reload (gpointer data, const HnConfig *fresh)
{
  Running *self = data;

  hn_worker_reload (self->worker);
}

int
hn_cmd_worker (int argc, char **argv)
{
  static const HnRoleKind kind = { .mode = HN_MODE_WORKER, .start = start, .stop = stop, .free = free_running, .sessions = count_sessions,
                                   .hold = hold, .publish = publish, .reload = reload };

  return hn_role_main (&kind, argc, argv);
}
