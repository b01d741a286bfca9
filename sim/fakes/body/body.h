/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One fake body: what Sunshine, hydrabody and hydravoice on it remember. Pure. The record is open to the protocol
 * files of this folder, which answer requests from it; everybody else asks sim_body_json(). */
#pragma once

#include "sim/fakes/body/events.h"
#include "sim/fakes/body/faults.h"
#include "sim/fakes/body/pairing-server.h"
#include "sim/fakes/body/voice.h"

#define SIM_BODY_MAX_CLIENTS 1024
#define SIM_BODY_MAX_APPS 256
#define SIM_BODY_MAX_CALLS 1024

typedef struct {
  const char *user;
  const char *password;
  const char *hydrabody_token; /* (nullable): NULL = nobody is asked */
} SimBodyOptions;

typedef struct {
  char *name;
  char *uuid;
  GBytes *der;
  gboolean enabled;
} SimClient;

typedef struct {
  char *address;
  char *host_name;
  char *host_uuid;
  char *csrf_token;
  const SimIdentity *identity;
  const SimBodyOptions *options;
  SimEvents *events;
  SimPairing *pairing;
  GPtrArray *clients; /* of SimClient */
  GPtrArray *apps;    /* of JsonObject, sorted by name */
  gint64 running;     /* app id, 0 = none */
  GQueue launches;    /* JsonObjects hydrabody was asked to launch */
  GQueue stops;
  guint processes; /* launched and not stopped */
  SimVoice voice;
  guint faults[SIM_FAULTS];
} SimBody;

/**
 * sim_body_new:
 * @address: IPv4 address of the body
 * @identity: key and certificate; outlives the body
 * @options: outlive the body
 * @events: where to tell what happens; outlives the body
 *
 * Returns: (transfer full): a body with Sunshine's two default apps
 */
SimBody *sim_body_new (const char *address, const SimIdentity *identity, const SimBodyOptions *options, SimEvents *events);

/**
 * sim_body_free:
 * @self: (nullable) (transfer full): a body
 */
void sim_body_free (SimBody *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimBody, sim_body_free)

/**
 * sim_body_reset:
 * @self: a body
 *
 * As freshly installed: no client, no pairing session, the default apps, no counters, no faults.
 */
void sim_body_reset (SimBody *self);

/**
 * sim_body_knows:
 * @self: a body
 * @der: (nullable): a client's certificate
 *
 * Returns: whether an enabled client with that certificate is paired
 */
gboolean sim_body_knows (const SimBody *self, GBytes *der);

/**
 * sim_body_add_client:
 * @self: a body
 * @name: as given with the PIN
 * @cert_pem: its certificate
 *
 * Returns: uuid of the new client, NULL when there are too many
 */
const char *sim_body_add_client (SimBody *self, const char *name, const char *cert_pem);

/**
 * sim_body_remove_client:
 * @self: a body
 * @uuid: (nullable): whom, NULL = all
 *
 * The app ends with the last client.
 *
 * Returns: whether anybody was removed
 */
gboolean sim_body_remove_client (SimBody *self, const char *uuid);

/**
 * sim_body_put_app:
 * @self: a body
 * @app: (transfer full): what to keep
 * @index: position to replace, -1 = add
 *
 * Sorts by name afterwards and ends the running app, as Sunshine's reload does.
 *
 * Returns: FALSE when there are too many
 */
gboolean sim_body_put_app (SimBody *self, JsonObject *app, gint64 index);

/**
 * sim_body_app_id:
 * @self: a body
 * @index: position in the list
 *
 * Returns: the id Moonlight knows it by; with equal names the position is part of it
 */
gint64 sim_body_app_id (const SimBody *self, guint index);

/**
 * sim_body_json:
 * @self: a body
 *
 * Returns: (transfer full): everything a test may want to know
 */
JsonObject *sim_body_json (const SimBody *self);
