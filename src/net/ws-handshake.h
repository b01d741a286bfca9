/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-head.h"

/* The opening handshake of a WebSocket as RFC 6455 (section 4) has it, both ends, pure. No extension is ever accepted or asked for. Who asks, and whether that is
 * welcome, is read by net/handshake. */

typedef struct {
  guint status; /* 101; else what to answer: 426 with `Sec-WebSocket-Version`, or 400 */
  const char *detail; /* static: what is wrong */
  HnSlice key;  /* 101 */
} HnWsUpgrade;

/**
 * hn_ws_accept_key:
 * @key: value of Sec-WebSocket-Key
 *
 * Returns: (transfer full) (nullable): value of Sec-WebSocket-Accept; %NULL when @key is not 16 bytes in base64
 */
char *hn_ws_accept_key (HnSlice key);

/**
 * hn_ws_check_upgrade:
 * @head: a request
 *
 * Returns: whether it may become a WebSocket. Who may come from where is not looked at.
 */
HnWsUpgrade hn_ws_check_upgrade (const HnHttpHead *head);

/**
 * hn_ws_write_switch:
 * @key: of hn_ws_check_upgrade()
 * @protocol: (nullable): the one of the client's that was chosen
 * @out: where the answer's head is appended
 */
void hn_ws_write_switch (HnSlice key, const char *protocol, GByteArray *out);

/**
 * hn_ws_write_request:
 * @target: path and query
 * @host: for `Host`
 * @key: 16 random bytes in base64
 * @fields: (nullable) (array zero-terminated=1): pairs of name and value
 * @out: where a client's request is appended
 */
void hn_ws_write_request (const char *target, const char *host, const char *key, const char *const *fields, GByteArray *out);

/**
 * hn_ws_check_switch:
 * @head: the answer to such a request
 * @key: as sent
 * @offered: (nullable): value of `Sec-WebSocket-Protocol`, as sent
 * @ret_protocol: (out): what was chosen of it, length 0: nothing
 *
 * Returns: (nullable): what is wrong, or %NULL when the connection is a WebSocket now
 */
const char *hn_ws_check_switch (const HnHttpHead *head, const char *key, const char *offered, HnSlice *ret_protocol);
