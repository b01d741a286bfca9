/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "net/service.h"

/* The whole signalling server of a mesh: one per process or more, on the thread's default main context, which somebody else runs. */

typedef struct _HnMesh HnMesh;

typedef struct {
  void (*stopped) (gpointer user_data); /* once, from the loop, after hn_mesh_stop() */
} HnMeshEvents;

/**
 * hn_mesh_new:
 * @config: outlives the mesh
 * @service: (nullable): may have a socket for it, named "listen"; outlives the mesh
 * @time_scale: long fixed periods are multiplied by it
 * @events: static
 * @user_data: for @events
 * @error: CONFLICT when its address is taken (`cannot bind — is another hydraneckwebrtc already running?`), CONFIG when its certificate cannot be used
 *
 * Binds and serves from the next turn of the loop on; logs its address.
 *
 * Returns: (transfer full) (nullable): a mesh
 */
HnMesh *hn_mesh_new (const HnConfig *config, HnService *service, double time_scale, const HnMeshEvents *events, gpointer user_data, GError **error);

/**
 * hn_mesh_free:
 * @self: (nullable): closes everything at once; no event comes after it
 */
void hn_mesh_free (HnMesh *self);

/**
 * hn_mesh_reload:
 * @self: a mesh
 *
 * The configuration given at construction was read anew, and the certificate may be a new one; nobody is cut.
 */
void hn_mesh_reload (HnMesh *self);

/**
 * hn_mesh_stop:
 * @self: a mesh; calling it again changes nothing
 *
 * Accepts nobody any more, tells all agents to go (1001), one after another, and other instances that they left; then `stopped` comes.
 */
void hn_mesh_stop (HnMesh *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnMesh, hn_mesh_free)
