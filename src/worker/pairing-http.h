/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/moonlight-http.h"
#include "worker/sunshine-http.h"

/* One pairing: web-server's lines on one side, the PIN to Sunshine on the other. */

typedef struct _HnPairingHttp HnPairingHttp;

typedef struct {
  /* Comes once, from the loop; @error is %NULL when paired, else borrowed. The pairing may be freed in it. */
  void (*done) (const GError *error, gpointer user_data);
} HnPairingHttpEvents;

/**
 * hn_pairing_http_start:
 * @client: outlives the pairing
 * @web_server: which web-server; copied
 * @host_id: host to pair with
 * @sunshine: which Sunshine; its texts outlive the pairing
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a pairing under way
 */
HnPairingHttp *hn_pairing_http_start (HnHttpClient *client, const HnMoonlightPlace *web_server, guint32 host_id,
                                      const HnSunshinePlace *sunshine, const HnPairingHttpEvents *events, gpointer user_data);

/**
 * hn_pairing_http_free:
 * @self: (nullable): a pairing; ends it if it is under way
 */
void hn_pairing_http_free (HnPairingHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPairingHttp, hn_pairing_http_free)
