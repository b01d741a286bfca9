/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-head.h"
#include "net/route.h"

/* What the request that opens a WebSocket says of who sends it, and where from. Pure. */

typedef enum {
  HN_HANDSHAKE_NO_TOKEN,
  HN_HANDSHAKE_TOKEN,
  HN_HANDSHAKE_ODD_TOKEN, /* said twice, or not text: good for nobody */
} HnHandshakeToken;

/**
 * hn_handshake_find_token:
 * @head: a request
 * @ret_token: (out) (transfer full) (nullable): the token
 *
 * Looked for in this order: `?token=`, `Authorization: Bearer`, and the item `bearer.TOKEN` of `Sec-WebSocket-Protocol`, which is the only one of
 * them that a page can set without writing the token into a URL.
 *
 * Returns: what was found
 */
HnHandshakeToken hn_handshake_find_token (const HnHttpHead *head, char **ret_token);

/**
 * hn_handshake_offers:
 * @head: a request
 * @protocol: name
 *
 * Returns: whether it is among those of `Sec-WebSocket-Protocol`
 */
gboolean hn_handshake_offers (const HnHttpHead *head, const char *protocol);

/**
 * hn_handshake_dup_query:
 * @head: a request
 * @name: parameter
 * @ret_count: (out) (optional): how often it is there
 *
 * Returns: (transfer full) (nullable): its first value, escapes read (a `+` stays one); %NULL when it is not there, or no UTF-8 text without NUL
 */
char *hn_handshake_dup_query (const HnHttpHead *head, const char *name, guint *ret_count);

/**
 * hn_handshake_check_origin:
 * @head: a request
 * @allowed: (nullable): `https://app.example.com`, or `*`; %NULL or empty: everybody
 *
 * Returns: whether the page that opens the socket may: programs, which send no `Origin`, and our own pages always
 */
gboolean hn_handshake_check_origin (const HnHttpHead *head, const char *const *allowed);

/**
 * hn_handshake_get_client:
 * @head: a request
 * @peer: who is connected to us
 * @trusted: (nullable) (element-type HnNetwork): whose `X-Forwarded-For` counts
 *
 * Returns: whom it is from
 */
HnAddress hn_handshake_get_client (const HnHttpHead *head, const HnPeer *peer, GArray *trusted);
