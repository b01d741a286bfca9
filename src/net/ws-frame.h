/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-head.h"

/* WebSocket frames (RFC 6455 section 5), pure: bytes in, messages out, with a cap over all fragments of one. Strict: reserved bits and opcodes, a wrong mask, a
 * length that is not in its shortest form, a control frame that is long or fragmented, a close body of one byte or with a code that may not be sent are 1002;
 * text that is not UTF-8 is 1007, at the first fragment in which it cannot become any; a message beyond its bounds is 1009; an empty fragment that is not the
 * last, which the RFC allows and nobody needs, is 1008. What is found first is said; nothing is read after it, nor after a close. */

#define HN_WS_CLOSE_NORMAL 1000
#define HN_WS_CLOSE_GOING_AWAY 1001
#define HN_WS_CLOSE_PROTOCOL 1002
#define HN_WS_CLOSE_UNSUPPORTED 1003
#define HN_WS_CLOSE_NO_CODE 1005 /* never sent */
#define HN_WS_CLOSE_LOST 1006    /* never sent */
#define HN_WS_CLOSE_NOT_UTF8 1007
#define HN_WS_CLOSE_POLICY 1008
#define HN_WS_CLOSE_TOO_BIG 1009
#define HN_WS_CLOSE_INTERNAL 1011
#define HN_WS_CLOSE_RESTART 1012
#define HN_WS_CLOSE_TRY_LATER 1013

#define HN_WS_HEADER_MAX 14
#define HN_WS_CONTROL_BYTES_MAX 125 /* payload of a ping, pong or close */
#define HN_WS_REASON_BYTES_MAX 123

typedef enum {
  HN_WS_NOTHING, /* feed more */
  HN_WS_TEXT,
  HN_WS_BINARY,
  HN_WS_PING,
  HN_WS_PONG,
  HN_WS_CLOSE,  /* @code is 1005 when the frame had none */
  HN_WS_BROKEN, /* @code is what the peer is to be closed with, @payload why, for it and the log */
} HnWsKind;

typedef struct {
  HnWsKind kind;
  HnSlice payload; /* unmasked; of a close: its reason */
  guint code;      /* CLOSE, BROKEN */
} HnWsEvent;

typedef struct {
  gsize message_bytes_max; /* over all fragments */
  guint fragments_max;     /* of one message */
  gboolean masked;         /* frames must be masked (we are the server), or must not be */
} HnWsReaderRules;

/* Text so far: what the next byte must be. Zeros: the begin of a character. */
typedef struct {
  guint8 missing; /* bytes of the character under way */
  guint8 low;     /* bounds of its next byte */
  guint8 high;
} HnWsUtf8;

/* Embedded, for its size matters: one for each idle socket. It holds memory only while a message is incomplete, and until the call behind its last fragment. */
typedef struct {
  GByteArray *message; /* (nullable): fragments of an unfinished message, unmasked */
  guint fragments;
  guint8 opcode; /* of the unfinished message, 0: none */
  HnWsUtf8 utf8;
  guint8 told;   /* @message went out as an event */
  guint8 ended;  /* by a close or a breach */
} HnWsReader;

/**
 * hn_ws_reader_init:
 * @self: uninitialised memory
 */
void hn_ws_reader_init (HnWsReader *self);

/**
 * hn_ws_reader_clear:
 * @self: a reader; its memory is freed
 */
void hn_ws_reader_clear (HnWsReader *self);

/**
 * hn_ws_reader_next:
 * @self: a reader
 * @rules: the same at every call
 * @bytes: (array length=length): what has arrived and is not consumed; unmasked in place
 * @length: bytes
 * @ret_consumed: (out): how many of them are done with when @ret_event is; may be more than 0 with HN_WS_NOTHING (fragments that were kept)
 * @ret_event: (out): what was found; its payload points into @bytes or into the reader, until the next call
 *
 * A frame whose header already breaks a rule is refused before its payload has come.
 */
void hn_ws_reader_next (HnWsReader *self, const HnWsReaderRules *rules, char *bytes, gsize length, gsize *ret_consumed, HnWsEvent *ret_event);

/**
 * hn_ws_reader_is_waiting:
 * @self: a reader
 *
 * Returns: whether a message has begun that has not ended, going by whole frames
 */
gboolean hn_ws_reader_is_waiting (const HnWsReader *self);

/**
 * hn_ws_write_header:
 * @ret_header: (out caller-allocates) (array fixed-size=14): the header
 * @kind: TEXT, BINARY, PING, PONG or CLOSE
 * @length: bytes of payload
 * @mask: (nullable) (array fixed-size=4): a client's
 *
 * Returns: bytes of header
 */
gsize hn_ws_write_header (guint8 *ret_header, HnWsKind kind, gsize length, const guint8 *mask);

/**
 * hn_ws_write_close:
 * @ret_body: (out caller-allocates) (array fixed-size=125): body of a close frame
 * @code: a code that may be sent, or 1005 for an empty body
 * @reason: UTF-8; cut at a character to 123 bytes
 *
 * Returns: bytes of body
 */
gsize hn_ws_write_close (char *ret_body, guint code, HnSlice reason);

/**
 * hn_ws_mask:
 * @bytes: (array length=length): masked or unmasked in place
 * @length: bytes
 * @mask: (array fixed-size=4): the mask
 */
void hn_ws_mask (char *bytes, gsize length, const guint8 *mask);

/**
 * hn_ws_code_may_be_sent:
 * @code: a close code
 *
 * Returns: whether it may stand in a close frame (RFC 6455 7.4 and the registry behind it)
 */
gboolean hn_ws_code_may_be_sent (guint code);
