/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mesh/mesh-ws.h"
#include "net/http-server.h"

/* What a mesh answers to plain requests: is it there, who is in it, its figures. */

typedef struct _HnMeshHttp HnMeshHttp;

/**
 * hn_mesh_http_new:
 * @config: outlives this
 * @mesh: outlives this
 * @witness: (nullable): outlives this
 *
 * Returns: (transfer full): an API
 */
HnMeshHttp *hn_mesh_http_new (const HnConfig *config, HnMeshWs *mesh, HnWitnessHttp *witness);

/**
 * hn_mesh_http_free:
 * @self: (nullable): an API whose front door is gone
 */
void hn_mesh_http_free (HnMeshHttp *self);

/**
 * hn_mesh_http_get_server:
 * @self: an API
 *
 * Returns: (transfer none): its routes
 */
HnHttpServer *hn_mesh_http_get_server (HnMeshHttp *self);

/**
 * hn_mesh_http_has_path:
 * @path: raw path of a plain request
 *
 * Returns: whether it is one of the API's; on all others there are only sockets
 */
gboolean hn_mesh_http_has_path (HnSlice path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnMeshHttp, hn_mesh_http_free)
