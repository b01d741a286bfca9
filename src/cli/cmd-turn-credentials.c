/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the ICE servers of one session as a JSON array, with a credential that is fresh: web-server's `webrtc.ice_server_script`. It is run without
 * arguments, through a link named `turn-credentials` in the session's directory; what it needs lies beside that link. */
#include <glib/gstdio.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/cmd.h"
#include "worker/ice-servers-json.h"

static int
fail (GError *error)
{
  g_autoptr (GError) owned G_GNUC_UNUSED = error;

  fprintf (stderr, "turn-credentials: %s\n", error->message);
  return 65;
}

int
hn_cmd_turn_credentials (int argc, char **argv)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  GError *error = NULL;
  g_autoptr (HnIceTicket) ticket = NULL;
  g_autoptr (JsonArray) servers = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *out = NULL;

  if (argc != 1) {
    fprintf (stderr, "usage: hydraneckwebrtc turn-credentials FILE\n");
    return 64;
  }
  if (!g_file_get_contents (argv[0], &text, &length, &error) || (ticket = hn_ice_servers_json_read_ticket (text, length, &error)) == NULL)
    return fail (error);
  servers = hn_ice_servers_json_issue (ticket, hn_clock_utc_us ());
  node = json_node_init_array (json_node_alloc (), servers);
  out = json_to_string (node, FALSE);
  printf ("%s\n", out);
  return 0;
}
