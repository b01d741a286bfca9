/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/registry.h"

/* What a controller's metrics say of now rather than of what happened. Pure. */

/**
 * hn_cluster_gauges_set:
 * @registry: what is known of the cluster
 *
 * Sets workers by state, those that drain, sessions by state and capacity.
 */
void hn_cluster_gauges_set (const HnRegistry *registry);
