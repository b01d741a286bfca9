/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/swarm/place.h"

#include <string.h>

static gboolean
parse (const char *network, guint32 *ret_first, guint32 *ret_count)
{
  g_auto (GStrv) halves = g_strsplit (network, "/", 2);
  g_auto (GStrv) parts = halves[0] != NULL ? g_strsplit (halves[0], ".", 5) : NULL;
  guint64 bits = 32;
  guint32 value = 0;

  if (parts == NULL || g_strv_length (parts) != 4)
    return FALSE;
  for (guint i = 0; i < 4; i++) {
    guint64 byte = 0;

    if (!g_ascii_string_to_unsigned (parts[i], 10, 0, 255, &byte, NULL))
      return FALSE;
    value = value << 8 | (guint32)byte;
  }
  if (halves[1] != NULL && !g_ascii_string_to_unsigned (halves[1], 10, 8, 32, &bits, NULL))
    return FALSE;
  *ret_count = bits > 30 ? 1 : (guint32)((G_GUINT64_CONSTANT (1) << (32 - bits)) - 2);
  *ret_first = bits > 30 ? value : (value & ~(guint32)((G_GUINT64_CONSTANT (1) << (32 - bits)) - 1)) + 1;
  return TRUE;
}

static char *
to_text (guint32 value)
{
  return g_strdup_printf ("%u.%u.%u.%u", value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255);
}

gboolean
sim_place_check (const char *network)
{
  guint32 first = 0;
  guint32 count = 0;

  return parse (network, &first, &count);
}

char *
sim_place_address (const char *network, guint16 first_port, guint index, guint16 *ret_port)
{
  guint32 first = 0;
  guint32 count = 0;

  if (!parse (network, &first, &count) || first_port + index / count > 65535)
    return NULL;
  *ret_port = (guint16)(first_port + index / count);
  return to_text (first + index % count);
}

char *
sim_place_after (const char *address, guint steps)
{
  guint32 first = 0;
  guint32 count = 0;

  return strchr (address, '/') == NULL && parse (address, &first, &count) ? to_text (first + steps) : NULL;
}
