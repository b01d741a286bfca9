/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the hydrabody service on 47991 answers. Nothing public documents it; this is the shape the project chose. Pure. */
#pragma once

#include "sim/fakes/body/body.h"
#include "sim/fakes/body/message.h"

/**
 * sim_hydrabody_answer:
 * @body: who is asked
 * @request: the question
 * @answer: an empty answer to fill
 *
 * Returns: FALSE when the request must stay without an answer
 */
gboolean sim_hydrabody_answer (SimBody *body, const SimRequest *request, SimAnswer *answer);

/**
 * sim_hydra_bearer_error:
 * @request: a request
 * @token: (nullable): the only token that will do, NULL = any, "" = none is asked for
 * @answer: filled with a 401 in the hydra shape when it returns TRUE
 *
 * Returns: whether the request is refused
 */
gboolean sim_hydra_bearer_error (const SimRequest *request, const char *token, SimAnswer *answer);

/**
 * sim_hydra_health:
 * @service: name of it
 * @answer: filled with the health answer all hydra services share
 */
void sim_hydra_health (const char *service, SimAnswer *answer);
