/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Sunshine's own API answers on 47990, as of v2025.628 and later. Pure. */
#pragma once

#include "sim/fakes/body/body.h"
#include "sim/fakes/body/message.h"

/**
 * sim_confighttp_answer:
 * @body: who is asked
 * @request: the question
 * @answer: an empty answer to fill; its @release says which held pairing request is now to be answered
 */
void sim_confighttp_answer (SimBody *body, const SimRequest *request, SimAnswer *answer);
