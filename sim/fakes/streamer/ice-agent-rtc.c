/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the ICE agent inside webrtcbin may use.
 *
 * By itself it would gather on every address, IPv6 included, with TCP and UPnP. `network_types` and
 * `include_loopback_candidates` choose the addresses here; `port_range` the ports. `relay_only` gives it the TURN servers and
 * takes everything else away.
 */
#include "sim/fakes/streamer/ice-agent-rtc.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <nice/agent.h>
#include <string.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>

#define MAX_ADDRESSES 8

static gboolean
is_wanted (const struct ifaddrs *interface, const SimInit *init)
{
  const struct sockaddr *address = interface->ifa_addr;

  if (address == NULL || (interface->ifa_flags & IFF_UP) == 0)
    return FALSE;
  if ((interface->ifa_flags & IFF_LOOPBACK) != 0 && !init->loopback)
    return FALSE;
  if (address->sa_family == AF_INET)
    return init->udp4;
  if (address->sa_family == AF_INET6)
    return init->udp6 && !IN6_IS_ADDR_LINKLOCAL (&((const struct sockaddr_in6 *)address)->sin6_addr);
  return FALSE;
}

static void
add_local_addresses (NiceAgent *agent, const SimInit *init)
{
  struct ifaddrs *interfaces = NULL;
  int added = 0;

  if (getifaddrs (&interfaces) != 0)
    return;
  for (struct ifaddrs *each = interfaces; each != NULL && added < MAX_ADDRESSES; each = each->ifa_next) {
    NiceAddress address;

    if (!is_wanted (each, init))
      continue;
    nice_address_init (&address);
    nice_address_set_from_sockaddr (&address, each->ifa_addr);
    nice_address_set_port (&address, 0);
    if (nice_agent_add_local_address (agent, &address))
      added++;
  }
  freeifaddrs (interfaces);
}

/* `turn:host:port?transport=udp` with its credentials → `turn://user:pass@host:port`, as webrtcbin wants it. */
static void
add_turn_server (GstElement *webrtc, JsonObject *server)
{
  const char *url = json_array_get_string_element (json_object_get_array_member (server, "urls"), 0);
  g_autofree char *user = g_uri_escape_string (json_object_get_string_member_with_default (server, "username", ""), NULL, FALSE);
  g_autofree char *word =
      g_uri_escape_string (json_object_get_string_member_with_default (server, "credential", ""), NULL, FALSE);
  g_autofree char *uri = NULL;
  gboolean added = FALSE;

  if (url == NULL || !g_str_has_prefix (url, "turn:"))
    return;
  uri = g_strdup_printf ("turn://%s:%s@%s", user, word, url + strlen ("turn:"));
  g_signal_emit_by_name (webrtc, "add-turn-server", uri, &added);
}

static void
use_relay_only (GstElement *webrtc, const SimInit *init)
{
  JsonArray *servers = init->ice_servers != NULL ? json_node_get_array (init->ice_servers) : NULL;

  g_object_set (webrtc, "ice-transport-policy", GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY, NULL);
  for (guint i = 0; servers != NULL && i < json_array_get_length (servers); i++) {
    JsonNode *element = json_array_get_element (servers, i);
    JsonNode *urls = JSON_NODE_HOLDS_OBJECT (element) ? json_object_get_member (json_node_get_object (element), "urls") : NULL;

    if (urls != NULL && JSON_NODE_HOLDS_ARRAY (urls) && json_array_get_length (json_node_get_array (urls)) > 0)
      add_turn_server (webrtc, json_node_get_object (element));
  }
}

void
sim_ice_agent_configure (GstElement *webrtc, const SimInit *init)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;

  g_object_get (webrtc, "ice-agent", &ice, NULL);
  if (init->port_min > 0 && init->port_max >= init->port_min)
    g_object_set (ice, "min-rtp-port", (guint)init->port_min, "max-rtp-port", (guint)init->port_max, NULL);
  g_object_get (ice, "agent", &agent, NULL);
  g_object_set (agent, "upnp", FALSE, "ice-tcp", FALSE, "stun-pacing-timer", 5u, "keepalive-conncheck", TRUE, NULL);
  add_local_addresses (NICE_AGENT (agent), init);
  if (init->relay_only)
    use_relay_only (webrtc, init);
}
