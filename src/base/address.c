/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

#define MAPPED_PREFIX_BITS 96

gboolean
hn_address_parse (const char *text, HnAddress *ret_address)
{
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  HnAddress address;

  if (inet_pton (AF_INET, text, address.bytes + 12) == 1)
    memcpy (address.bytes, mapped, sizeof mapped);
  else if (inet_pton (AF_INET6, text, address.bytes) != 1)
    return FALSE;
  *ret_address = address;
  return TRUE;
}

gboolean
hn_address_equal (const HnAddress *a, const HnAddress *b)
{
  return memcmp (a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static gboolean
is_v4 (const HnAddress *address)
{
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };

  return memcmp (address->bytes, mapped, sizeof mapped) == 0;
}

gboolean
hn_address_is_loopback (const HnAddress *address)
{
  static const guint8 one[16] = { [15] = 1 };

  if (is_v4 (address))
    return address->bytes[12] == 127;
  return memcmp (address->bytes, one, sizeof one) == 0;
}

gboolean
hn_network_parse (const char *text, HnNetwork *ret_network)
{
  const char *slash = strchr (text, '/');
  g_autofree char *host = slash != NULL ? g_strndup (text, (gsize) (slash - text)) : g_strdup (text);
  HnNetwork network = { .prefix = 128 };

  if (!hn_address_parse (host, &network.address))
    return FALSE;
  if (slash != NULL) {
    guint64 bits = 0;
    guint most = is_v4 (&network.address) ? 32 : 128;

    if (!g_ascii_string_to_unsigned (slash + 1, 10, 0, most, &bits, NULL))
      return FALSE;
    network.prefix = (guint) bits + (most == 32 ? MAPPED_PREFIX_BITS : 0);
  }
  *ret_network = network;
  return TRUE;
}

char *
hn_network_to_text (const HnNetwork *network)
{
  gboolean v4 = is_v4 (&network->address) && network->prefix >= MAPPED_PREFIX_BITS;
  guint prefix = v4 ? network->prefix - MAPPED_PREFIX_BITS : network->prefix;
  char text[INET6_ADDRSTRLEN] = "";

  inet_ntop (v4 ? AF_INET : AF_INET6, network->address.bytes + (v4 ? 12 : 0), text, sizeof text);
  return prefix == (v4 ? 32 : 128) ? g_strdup (text) : g_strdup_printf ("%s/%u", text, prefix);
}

gboolean
hn_networks_contain (GArray *networks, const HnAddress *address)
{
  for (guint i = 0; networks != NULL && i < networks->len; i++) {
    const HnNetwork *network = &g_array_index (networks, HnNetwork, i);
    guint whole = network->prefix / 8, rest = network->prefix % 8;

    if (memcmp (network->address.bytes, address->bytes, whole) != 0)
      continue;
    if (rest == 0 || (network->address.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
hn_address_split_listen (const char *text, char **ret_host, guint16 *ret_port)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *host = NULL;
  HnAddress ignored;
  guint64 port = 0;

  if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 1, 65535, &port, NULL))
    return FALSE;
  host = g_strndup (text, (gsize) (colon - text));
  if (host[0] == '[' && colon[-1] == ']') {
    host[strlen (host) - 1] = '\0';
    memmove (host, host + 1, strlen (host));
    if (strchr (host, ':') == NULL)
      return FALSE;
  } else if (strchr (host, ':') != NULL) {
    return FALSE;
  }
  if (*host != '\0' && !hn_address_parse (host, &ignored))
    return FALSE;
  *ret_host = g_steal_pointer (&host);
  *ret_port = (guint16) port;
  return TRUE;
}

#define NAME_BYTES_MAX 253
#define LABEL_BYTES_MAX 63

static gboolean
is_label (const char *text)
{
  gsize length = strlen (text);

  if (length == 0 || length > LABEL_BYTES_MAX || text[0] == '-' || text[length - 1] == '-')
    return FALSE;
  return strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

gboolean
hn_address_split_domain (const char *text, char **ret_host, guint16 *ret_port)
{
  const char *colon = strchr (text, ':');
  g_autofree char *given = g_strndup (text, colon != NULL ? (gsize) (colon - text) : strlen (text));
  g_autofree char *host = g_ascii_strdown (given, -1);
  g_auto (GStrv) labels = g_strsplit (host, ".", -1);
  guint64 port = 443;

  if (*host == '\0' || strlen (host) > NAME_BYTES_MAX)
    return FALSE;
  if (colon != NULL && !g_ascii_string_to_unsigned (colon + 1, 10, 1, 65535, &port, NULL))
    return FALSE;
  for (guint i = 0; labels[i] != NULL; i++)
    if (!is_label (labels[i]))
      return FALSE;
  *ret_host = g_steal_pointer (&host);
  *ret_port = (guint16) port;
  return TRUE;
}
