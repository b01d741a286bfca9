/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fake session-record service (hydranps) and the fake experience library. Pure. */
#pragma once

#include "sim/fakes/body/events.h"
#include "sim/fakes/body/faults.h"
#include "sim/fakes/body/message.h"

#define SIM_SERVICES_MAX_RECORDS 1024

typedef struct {
  const char *nps_token;     /* (nullable): NULL = any bearer token will do */
  const char *library_token; /* (nullable) */
  SimEvents *events;
  GQueue records; /* JsonObjects as they came */
  GQueue ratings; /* the same, plus "experience" */
  guint faults[SIM_SERVICE_FAULTS];
} SimServices;

/**
 * sim_services_new:
 * @events: where to tell what happens; outlives the services
 *
 * Returns: (transfer full): services without a record
 */
SimServices *sim_services_new (SimEvents *events);

/**
 * sim_services_free:
 * @self: (nullable) (transfer full): services
 */
void sim_services_free (SimServices *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimServices, sim_services_free)

/**
 * sim_services_reset:
 * @self: services
 *
 * Forgets records, ratings and faults.
 */
void sim_services_reset (SimServices *self);

/**
 * sim_services_nps:
 * @self: services
 * @request: a question to hydranps
 * @answer: an empty answer to fill
 *
 * Returns: FALSE when the request must stay without an answer
 */
gboolean sim_services_nps (SimServices *self, const SimRequest *request, SimAnswer *answer);

/**
 * sim_services_library:
 * @self: services
 * @request: a question to the experience library
 * @answer: an empty answer to fill
 *
 * Returns: FALSE when the request must stay without an answer
 */
gboolean sim_services_library (SimServices *self, const SimRequest *request, SimAnswer *answer);

/**
 * sim_services_json:
 * @self: services
 *
 * Returns: (transfer full): everything a test may want to know
 */
JsonObject *sim_services_json (const SimServices *self);
