/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Sunshine answers Moonlight on 47989 (HTTP) and 47984 (HTTPS). Pure. */
#pragma once

#include "sim/fakes/body/body.h"
#include "sim/fakes/body/message.h"

/**
 * sim_nvhttp_answer:
 * @body: who is asked
 * @request: the question
 * @https: whether it came over 47984
 * @answer: an empty answer to fill; its @hold names the pairing session that must wait for its PIN
 */
void sim_nvhttp_answer (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer);

/**
 * sim_nvhttp_greet:
 * @body: who is asked
 * @client_cert: (nullable): DER of the TLS client's certificate
 * @answer: an empty answer to fill
 *
 * 47984 looks at the certificate before it reads the request.
 *
 * Returns: TRUE when @answer (status_code 401) is all the client gets
 */
gboolean sim_nvhttp_greet (SimBody *body, GBytes *client_cert, SimAnswer *answer);

/**
 * sim_nvhttp_pairing_xml:
 * @pairing: a decision of the session table
 * @text: where to append
 */
void sim_nvhttp_pairing_xml (const SimPairingAnswer *pairing, GString *text);

/**
 * sim_nvhttp_pairing_faults:
 * @body: a body
 *
 * Returns: its knobs as the session table takes them
 */
SimPairingFaults sim_nvhttp_pairing_faults (const SimBody *body);
