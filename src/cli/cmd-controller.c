/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cmd.h"
#include "cli/role.h"
#include "controller/controller-main.h"

static void
on_stopped (gpointer role)
{
  hn_role_stopped (role);
}

static gpointer
start (const HnConfig *config, HnRole *role, GError **error)
{
  static const HnControllerEvents events = { .stopped = on_stopped };

  return hn_controller_new (config, hn_role_get_service (role), &events, role, error);
}

static void
stop (gpointer controller)
{
  hn_controller_stop (controller);
}

static void
free_controller (gpointer controller)
{
  hn_controller_free (controller);
}

static guint
count_sessions (gpointer controller)
{
  return hn_controller_get_sessions (controller);
}

static void
publish (gpointer controller, const char *type, JsonObject *data)
{
  hn_controller_publish (controller, type, data);
}

static void
reload (gpointer controller, const HnConfig *fresh)
{
  hn_controller_reload (controller);
}

int
hn_cmd_controller (int argc, char **argv)
{
  static const HnRoleKind kind = { .mode = HN_MODE_CONTROLLER, .start = start, .stop = stop, .free = free_controller, .sessions = count_sessions,
                                   .publish = publish, .reload = reload };

  return hn_role_main (&kind, argc, argv);
}
