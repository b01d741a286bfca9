/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/mesh-main.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "mesh/mesh-http.h"
#include "mesh/mesh-ws.h"
#include "mesh/witness-event.h"
#include "mesh/witness-http.h"
#include "net/doors-http.h"

struct _HnMesh {
  const HnConfig *config;
  const HnMeshEvents *events;
  gpointer user_data;
  HnPoller *poller;
  HnWitnessHttp *witness; /* (nullable) */
  HnMeshWs *ws;
  HnMeshHttp *http;
  HnDoorsHttp *doors;
  gboolean stopping;
};

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer data)
{
  HnMesh *self = data;

  if (!head->upgrade_websocket && hn_mesh_http_has_path (head->path))
    ret_route->kind = HN_ROUTE_API;
  else
    hn_mesh_ws_route (self->ws, head, peer, ret_route);
}

static void
on_websocket (HnWire *wire, const HnPeer *peer, gpointer websocket_data, gpointer data)
{
  hn_mesh_ws_open (((HnMesh *) data)->ws, wire, websocket_data);
}

static const HnFrontEvents front_events = { .route = on_route, .websocket = on_websocket };

void
hn_mesh_reload (HnMesh *self)
{
  hn_doors_http_reload (self->doors);
}

/* ---- ending ---- */

static void
on_flushed (gpointer data)
{
  HnMesh *self = data;

  hn_info ("mesh", NULL, "stopped");
  self->events->stopped (self->user_data);
}

static void
on_ws_stopped (gpointer data)
{
  HnMesh *self = data;

  if (self->witness != NULL)
    hn_witness_http_flush (self->witness, on_flushed, self);
  else
    on_flushed (self);
}

void
hn_mesh_stop (HnMesh *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  hn_doors_http_stop_accepting (self->doors);
  hn_mesh_ws_stop (self->ws, on_ws_stopped, self);
}

/* ---- construction ---- */

static void
warn_of_open_door (HnMesh *self)
{
  const char *host = hn_doors_http_get_host (self->doors);
  HnAddress address;

  if (g_str_equal (self->config->mesh_auth, "none") && !(hn_address_parse (host, &address) && hn_address_is_loopback (&address)))
    hn_warning ("mesh", NULL, "anybody who reaches %s may register: 'mesh.auth' is none and this is no loopback address", *host != '\0' ? host : "this machine");
}

static void
witness_start (HnMesh *self)
{
  const char *host = hn_doors_http_get_host (self->doors);

  if (self->witness != NULL)
    hn_witness_http_add (self->witness, hn_witness_event_started (*host != '\0' ? host : "0.0.0.0", hn_doors_http_get_port (self->doors), hn_clock_utc_us ()));
}

HnMesh *
hn_mesh_new (const HnConfig *config, HnService *service, double time_scale, const HnMeshEvents *events, gpointer user_data, GError **error)
{
  g_autoptr (HnDoorsHttp) doors = hn_doors_http_bind (config, service, "mesh", error);
  HnFrontOptions options = { 0 };
  HnMesh *self;

  if (doors == NULL)
    return NULL;
  self = g_new0 (HnMesh, 1);
  self->config = config;
  self->events = events;
  self->user_data = user_data;
  self->poller = hn_poller_new (NULL);
  if (config->mesh_witness_url != NULL)
    self->witness = hn_witness_http_new (config, time_scale);
  self->ws = hn_mesh_ws_new (config, self->poller, self->witness);
  self->http = hn_mesh_http_new (config, self->ws, self->witness);
  options.api = hn_http_server_get_soup (hn_mesh_http_get_server (self->http));
  self->doors = g_steal_pointer (&doors);
  hn_doors_http_open (self->doors, self->poller, &options, &front_events, self);
  warn_of_open_door (self);
  witness_start (self);
  return self;
}

void
hn_mesh_free (HnMesh *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->doors, hn_doors_http_free);
  g_clear_pointer (&self->http, hn_mesh_http_free);
  g_clear_pointer (&self->ws, hn_mesh_ws_free);
  g_clear_pointer (&self->witness, hn_witness_http_free);
  g_clear_pointer (&self->poller, hn_poller_free);
  g_free (self);
}
