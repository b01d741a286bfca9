/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By itself libnice gathers on every address, IPv6 included, with TCP and UPnP, sends a check each 20 ms, and never notices that a connected peer
 * has died. */
#include "rtc/ice-settings.h"

#include <nice/agent.h>

#include "base/error.h"

#define PACING_MS 5u

gboolean
hn_ice_settings_apply (GstElement *webrtc, const HnAudioReceiverOptions *options, GError **error)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;
  NiceAddress address;

  nice_address_init (&address);
  if (!nice_address_set_from_string (&address, options->local_address)) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "'%s' is no IP address", options->local_address);
    return FALSE;
  }
  g_object_get (webrtc, "ice-agent", &ice, NULL);
  if (options->port_min > 0)
    g_object_set (ice, "min-rtp-port", (guint) options->port_min, "max-rtp-port", (guint) options->port_max, NULL);
  g_object_get (ice, "agent", &agent, NULL);
  g_object_set (agent, "upnp", FALSE, "ice-tcp", FALSE, "stun-pacing-timer", PACING_MS, "keepalive-conncheck", TRUE, NULL);
  nice_agent_add_local_address (NICE_AGENT (agent), &address);
  return TRUE;
}
