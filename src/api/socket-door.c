/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a page of a foreign origin is refused before the handshake, so that nothing of it is counted; a third of a minute's sockets may come at once, as with requests of the API. */
#include "api/socket-door.h"

#include "base/limits.h"
#include "net/handshake.h"

#define FULL_RETRY_SECONDS 5

gboolean
hn_socket_door_admit (const HnSocketDoorRules *rules, HnRateLimit *rates, const HnHttpHead *head, const HnPeer *peer, guint open, gint64 now_us,
                      HnRoute *ret_route)
{
  HnAddress client = hn_handshake_get_client (head, peer, rules->trusted);
  guint per_minute = rules->per_minute * (hn_address_is_loopback (&client) ? HN_LIMIT_RATE_LOCAL_FACTOR : 1);
  const HnRate rate = { per_minute, MAX (per_minute / 3, 1) };
  g_autofree char *key = NULL;
  guint wait;

  if (!head->upgrade_websocket)
    return TRUE;
  if (!hn_handshake_check_origin (head, rules->origins)) {
    hn_route_refuse (ret_route, 403, "this page may not open a socket here", "its origin is not in 'websocket.allowed_origins'");
    return FALSE;
  }
  if (open >= rules->sockets_max) {
    hn_route_refuse (ret_route, 503, "too many sockets are open", "see 'websocket.sockets'");
    ret_route->retry_after_seconds = FULL_RETRY_SECONDS;
    return FALSE;
  }
  key = hn_rate_limit_key ("socket", &client);
  wait = hn_rate_limit_take (rates, key, &rate, now_us);
  if (wait == 0)
    return TRUE;
  hn_route_refuse (ret_route, 429, "too many sockets are opened from this address", "see 'websocket.connects_address'");
  ret_route->retry_after_seconds = wait;
  return FALSE;
}
