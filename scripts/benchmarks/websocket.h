/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sockets.h"

/* As much of RFC 6455 as a yardstick needs: heads of whole frames below 64 KiB that are sent, of any frame that is received. Not the product's code. */

#define WS_TEXT 1
#define WS_CLOSE 8
#define WS_PING 9
#define WS_PONG 10
#define WS_HEAD_MAX 14

typedef struct {
  unsigned opcode;
  bool last;
  size_t head_bytes; /* the key included */
  uint64_t bytes;
  const uint8_t *key; /* NULL: not masked */
} WsHead;

/* False: more bytes are needed. */
static inline bool
ws_parse (const uint8_t *in, size_t n_bytes, WsHead *ret_head)
{
  size_t extra, head_bytes;

  if (n_bytes < 2)
    return false;
  extra = (in[1] & 127) == 126 ? 2 : (in[1] & 127) == 127 ? 8 : 0;
  head_bytes = 2 + extra + (in[1] & 128 ? 4 : 0);
  if (n_bytes < head_bytes)
    return false;
  *ret_head = (WsHead){ in[0] & 15, in[0] & 128, head_bytes, extra == 0 ? in[1] & 127 : 0, in[1] & 128 ? in + 2 + extra : NULL };
  for (size_t i = 0; i < extra; i++)
    ret_head->bytes = ret_head->bytes << 8 | in[2 + i];
  return n_bytes - head_bytes >= ret_head->bytes;
}

/* Writes the head of one whole frame; returns its bytes. */
static inline size_t
ws_head (uint8_t *out, unsigned opcode, size_t n_bytes, const uint8_t *key)
{
  size_t n = 2;

  out[0] = (uint8_t) (128 | opcode);
  if (n_bytes < 126) {
    out[1] = (uint8_t) n_bytes;
  } else {
    out[1] = 126;
    out[n++] = (uint8_t) (n_bytes >> 8);
    out[n++] = (uint8_t) n_bytes;
  }
  if (key == NULL)
    return n;
  out[1] |= 128;
  memcpy (out + n, key, 4);
  return n + 4;
}

static inline void
ws_mask (uint8_t *bytes, size_t n_bytes, const uint8_t *key)
{
  for (size_t i = 0; i < n_bytes; i++)
    bytes[i] ^= key[i & 3];
}
