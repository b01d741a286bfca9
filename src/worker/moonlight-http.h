/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/calls-http.h"

/* Calls to a session's own web-server, as the session's user. */

typedef struct {
  const char *session_id;
  const char *user;
  const char *host; /* IPv4 literal */
  guint16 port;
} HnMoonlightPlace;

/**
 * hn_moonlight_http_call:
 * @calls: bundle
 * @place: which web-server; copied
 * @method: method
 * @path: path behind the session's prefix, and query
 * @body: (nullable): JSON
 * @timeout_us: over all
 * @done: answer
 * @user_data: for @done
 */
void hn_moonlight_http_call (HnCallsHttp *calls, const HnMoonlightPlace *place, const char *method, const char *path,
                             const char *body, gint64 timeout_us, HnCallDone done, gpointer user_data);

/**
 * hn_moonlight_http_pair:
 * @client: outlives the stream
 * @place: which web-server; copied
 * @host_id: host to pair with
 * @timeout_us: over all
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): the lines of the pairing
 */
HnHttpStream *hn_moonlight_http_pair (HnHttpClient *client, const HnMoonlightPlace *place, guint32 host_id, gint64 timeout_us,
                                      const HnHttpStreamEvents *events, gpointer user_data);
