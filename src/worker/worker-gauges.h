/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/worker-api.h"

/* What a worker's metrics say of now rather than of what happened. Pure. */

/**
 * hn_worker_gauges_set:
 * @report: what the worker says of itself
 *
 * Sets sessions by state, capacity, microphones and WireGuard.
 */
void hn_worker_gauges_set (const HnWorkerReport *report);
