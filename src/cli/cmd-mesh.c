/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cmd.h"
#include "cli/role.h"
#include "mesh/mesh-main.h"

static void
on_stopped (gpointer role)
{
  hn_role_stopped (role);
}

static gpointer
start (const HnConfig *config, HnRole *role, GError **error)
{
  static const HnMeshEvents events = { .stopped = on_stopped };

  return hn_mesh_new (config, hn_role_get_service (role), hn_role_get_time_scale (role), &events, role, error);
}

static void
stop (gpointer mesh)
{
  hn_mesh_stop (mesh);
}

static void
free_mesh (gpointer mesh)
{
  hn_mesh_free (mesh);
}

static void
reload (gpointer mesh, const HnConfig *fresh)
{
  hn_mesh_reload (mesh);
}

int
hn_cmd_mesh (int argc, char **argv)
{
  static const HnRoleKind kind = { .mode = HN_MODE_MESH, .start = start, .stop = stop, .free = free_mesh, .reload = reload };

  return hn_role_main (&kind, argc, argv);
}
