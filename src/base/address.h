/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* IP literals, networks and listen addresses as values; nothing here resolves a name. */

/**
 * HnAddress:
 * @bytes: network byte order; an IPv4 address is its IPv4-mapped form, so that no spelling of it walks past a rule
 */
typedef struct {
  guint8 bytes[16];
} HnAddress;

/**
 * hn_address_parse:
 * @text: an IPv4 or IPv6 literal, without brackets, port or zone
 * @ret_address: (out): the address
 *
 * Returns: whether @text is an IP literal (`010.0.0.1` and other odd spellings are not)
 */
gboolean hn_address_parse (const char *text, HnAddress *ret_address);

/**
 * hn_address_equal:
 * @a: one
 * @b: the other
 *
 * Returns: whether both are the same host
 */
gboolean hn_address_equal (const HnAddress *a, const HnAddress *b);

/**
 * hn_address_is_loopback:
 * @address: an address
 *
 * Returns: whether it is in 127.0.0.0/8 or ::1
 */
gboolean hn_address_is_loopback (const HnAddress *address);

typedef struct {
  HnAddress address;
  guint prefix; /* 0 … 128, of the mapped form */
} HnNetwork;

/**
 * hn_network_parse:
 * @text: `10.0.0.0/8`, `fd00::/8`, or an IP literal, which stands for itself alone
 * @ret_network: (out): the network
 *
 * Returns: whether @text is a network
 */
gboolean hn_network_parse (const char *text, HnNetwork *ret_network);

/**
 * hn_network_to_text:
 * @network: a network
 *
 * Returns: (transfer full): what hn_network_parse() reads as the same one
 */
char *hn_network_to_text (const HnNetwork *network);

/**
 * hn_address_split_domain:
 * @text: host name, or `host:port`
 * @ret_host: (out) (transfer full): the name, in lower case; untouched when it is none
 * @ret_port: (out): port, 443 if none is given; likewise
 *
 * Returns: whether @text is such: labels of letters, digits and inner hyphens, so that it can also be a file's name
 */
gboolean hn_address_split_domain (const char *text, char **ret_host, guint16 *ret_port);

/**
 * hn_networks_contain:
 * @networks: (element-type HnNetwork): networks
 * @address: an address
 *
 * Returns: whether one of @networks holds @address
 */
gboolean hn_networks_contain (GArray *networks, const HnAddress *address);

/**
 * hn_address_split_listen:
 * @text: `127.0.0.1:8080`, `[::1]:8080` or `:8080` (all IPv4 and IPv6 addresses)
 * @ret_host: (out) (transfer full): the literal, or "" for all addresses
 * @ret_port: (out): 1 … 65535
 *
 * Returns: whether @text is a listen address
 */
gboolean hn_address_split_listen (const char *text, char **ret_host, guint16 *ret_port);
