/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: only what can be paired with our one UDP socket: component 1, UDP, an IP literal of a host, a real port. It is written again from
 * its numbers, so that nothing else of the stranger's line goes on. */
#include "rtc/sdp-candidate.h"

#include <string.h>

#include "base/address.h"

#define PREFIX "candidate:"
#define FOUNDATION_BYTES 32
#define ICE_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"
#define FIELDS 8

enum { FOUNDATION, COMPONENT, TRANSPORT, PRIORITY, ADDRESS, PORT, TYP, TYPE };

static gboolean
is_host (const char *text)
{
  static const char *const others[] = { "0.0.0.0/8", "224.0.0.0/3", "::/128", "ff00::/8" };
  HnAddress address;

  if (!hn_address_parse (text, &address))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autoptr (GArray) networks = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
    HnNetwork network;

    if (!hn_network_parse (others[i], &network))
      continue;
    g_array_append_val (networks, network);
    if (hn_networks_contain (networks, &address))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_number (const char *text, guint64 min, guint64 max)
{
  return g_ascii_string_to_unsigned (text, 10, min, max, NULL, NULL);
}

static gboolean
is_type (const char *text)
{
  static const char *const types[] = { "host", "srflx", "prflx", "relay", NULL };

  return g_strv_contains (types, text);
}

char *
hn_sdp_candidate (const char *value)
{
  g_auto (GStrv) fields = NULL;
  gsize foundation;

  if (!g_str_has_prefix (value, PREFIX))
    return NULL;
  fields = g_strsplit (value + strlen (PREFIX), " ", FIELDS + 1);
  if (g_strv_length (fields) < FIELDS)
    return NULL;
  foundation = strlen (fields[FOUNDATION]);
  if (foundation == 0 || foundation > FOUNDATION_BYTES || strspn (fields[FOUNDATION], ICE_CHARACTERS) != foundation)
    return NULL;
  if (!is_number (fields[COMPONENT], 1, 1) || g_ascii_strcasecmp (fields[TRANSPORT], "udp") != 0
      || !is_number (fields[PRIORITY], 1, G_MAXUINT32) || !is_host (fields[ADDRESS]) || !is_number (fields[PORT], 1, G_MAXUINT16)
      || strcmp (fields[TYP], "typ") != 0 || !is_type (fields[TYPE]))
    return NULL;
  return g_strdup_printf (PREFIX "%s 1 UDP %s %s %s typ %s", fields[FOUNDATION], fields[PRIORITY], fields[ADDRESS], fields[PORT],
                          fields[TYPE]);
}
