/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cmd.h"
#include "cli/role.h"
#include "rooms/rooms-main.h"

static void
on_stopped (gpointer role)
{
  hn_role_stopped (role);
}

static gpointer
start (const HnConfig *config, HnRole *role, GError **error)
{
  static const HnRoomsEvents events = { .stopped = on_stopped };

  return hn_rooms_new (config, hn_role_get_service (role), &events, role, error);
}

static void
stop (gpointer rooms)
{
  hn_rooms_stop (rooms);
}

static void
free_rooms (gpointer rooms)
{
  hn_rooms_free (rooms);
}

static guint
count_visits (gpointer rooms)
{
  return hn_rooms_get_visits (rooms);
}

static void
reload (gpointer rooms, const HnConfig *fresh)
{
  hn_rooms_reload (rooms);
}

int
hn_cmd_rooms (int argc, char **argv)
{
  static const HnRoleKind kind = { .mode = HN_MODE_ROOMS, .start = start, .stop = stop, .free = free_rooms, .sessions = count_visits, .reload = reload };

  return hn_role_main (&kind, argc, argv);
}
