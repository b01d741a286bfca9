/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * SimNvEndpoint:
 * @address: IP or name
 * @port: TCP
 * @certificate: (nullable): ours, PEM; with @key it makes the connection TLS
 * @key: (nullable): ours, PEM
 * @pinned: (nullable): the only server certificate that is accepted, PEM
 * @connect_seconds: limit for the TCP connect; there is none for the answer
 *
 * Where a request goes to.
 */
typedef struct {
  const char *address;
  guint16 port;
  const char *certificate;
  const char *key;
  const char *pinned;
  guint connect_seconds;
} SimNvEndpoint;

/**
 * sim_nvhttp_get:
 * @endpoint: where to
 * @target: path and query
 * @cancellable: aborts it at any moment
 * @error: #SIM_NV_ERROR or a GIO error
 *
 * One GET on a connection of its own. Blocks: call it off the main thread.
 *
 * Returns: (transfer full) (nullable): the body of a 200 answer, at most 8 MiB
 */
GBytes *sim_nvhttp_get (const SimNvEndpoint *endpoint, const char *target, GCancellable *cancellable, GError **error);
