/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* STUN messages (RFC 8489) with what TURN adds (RFC 8656), as bytes: read strictly, written once. Pure. */

#define HN_STUN_HEAD_BYTES 20
#define HN_STUN_TRANSACTION_BYTES 12

typedef enum {
  HN_STUN_BINDING = 0x001,
  HN_STUN_ALLOCATE = 0x003,
  HN_STUN_REFRESH = 0x004,
} HnStunMethod;

typedef enum { HN_STUN_REQUEST, HN_STUN_INDICATION, HN_STUN_SUCCESS, HN_STUN_ERROR } HnStunClass;

typedef enum {
  HN_STUN_USERNAME = 0x0006,
  HN_STUN_MESSAGE_INTEGRITY = 0x0008,
  HN_STUN_ERROR_CODE = 0x0009,
  HN_STUN_LIFETIME = 0x000d,
  HN_STUN_REALM = 0x0014,
  HN_STUN_NONCE = 0x0015,
  HN_STUN_XOR_RELAYED_ADDRESS = 0x0016,
  HN_STUN_REQUESTED_TRANSPORT = 0x0019,
  HN_STUN_XOR_MAPPED_ADDRESS = 0x0020,
  HN_STUN_SOFTWARE = 0x8022,
  HN_STUN_FINGERPRINT = 0x8028,
} HnStunAttribute;

/**
 * HnStunMessage:
 * @bytes: the whole message, borrowed
 *
 * A message whose length, cookie and attributes are in order.
 */
typedef struct {
  const guint8 *bytes;
  gsize length;
  guint method;
  HnStunClass class;
  const guint8 *transaction; /* HN_STUN_TRANSACTION_BYTES */
} HnStunMessage;

/**
 * hn_stun_message_length:
 * @bytes: (array length=length): the beginning of a stream of messages
 * @length: bytes that are there
 *
 * Returns: how long the first message is, 0 if that cannot be known yet, -1 if this is no STUN message or longer than
 *   HN_LIMIT_STUN_BYTES
 */
gssize hn_stun_message_length (const guint8 *bytes, gsize length);

/**
 * hn_stun_message_parse:
 * @bytes: (array length=length): one message; must outlive @ret_message
 * @length: bytes, exactly those of the message
 * @ret_message: (out): the message
 * @error: PROTOCOL
 *
 * A fingerprint that is there must be right and last; integrity is for [func@Hn.stun_message_is_from].
 *
 * Returns: whether it is a whole message
 */
gboolean hn_stun_message_parse (const guint8 *bytes, gsize length, HnStunMessage *ret_message, GError **error);

/**
 * hn_stun_message_find:
 * @self: a message
 * @kind: an attribute
 * @ret_length: (out): its bytes, without padding
 *
 * What follows MESSAGE-INTEGRITY is not looked at, FINGERPRINT excepted.
 *
 * Returns: (nullable): the first such attribute's value
 */
const guint8 *hn_stun_message_find (const HnStunMessage *self, HnStunAttribute kind, gsize *ret_length);

/**
 * hn_stun_message_find_text:
 * @self: a message
 * @kind: an attribute
 *
 * Returns: (transfer full) (nullable): its value; %NULL too for one with a NUL or not in UTF-8
 */
char *hn_stun_message_find_text (const HnStunMessage *self, HnStunAttribute kind);

/**
 * hn_stun_message_find_address:
 * @self: a message
 * @kind: an XOR'ed address
 * @ret_port: (out) (optional): its port
 *
 * Returns: (transfer full) (nullable): the address as a literal
 */
char *hn_stun_message_find_address (const HnStunMessage *self, HnStunAttribute kind, guint16 *ret_port);

/**
 * hn_stun_message_error:
 * @self: a message
 *
 * Returns: the number of its ERROR-CODE, 300 … 699, or 0
 */
guint hn_stun_message_error (const HnStunMessage *self);

/**
 * hn_stun_message_is_from:
 * @self: a message
 * @key: (array length=key_length): what both sides know
 * @key_length: bytes
 *
 * Returns: whether its MESSAGE-INTEGRITY is there and made with @key
 */
gboolean hn_stun_message_is_from (const HnStunMessage *self, const guint8 *key, gsize key_length);

/**
 * hn_stun_message_long_term_key:
 * @username: user
 * @realm: realm
 * @password: password
 * @ret_key: (out) (array fixed-size=16): MD5 of the three
 */
void hn_stun_message_long_term_key (const char *username, const char *realm, const char *password, guint8 ret_key[16]);

/**
 * hn_stun_message_begin:
 * @method: method
 * @class: class
 * @transaction: HN_STUN_TRANSACTION_BYTES
 *
 * Returns: (transfer full): a message without attributes
 */
GByteArray *hn_stun_message_begin (HnStunMethod method, HnStunClass class, const guint8 *transaction);

/**
 * hn_stun_message_add:
 * @message: what [func@Hn.stun_message_begin] began
 * @kind: an attribute
 * @value: (array length=length): its value
 * @length: bytes
 */
void hn_stun_message_add (GByteArray *message, HnStunAttribute kind, gconstpointer value, gsize length);

/**
 * hn_stun_message_add_integrity:
 * @message: what [func@Hn.stun_message_begin] began; only a fingerprint may follow
 * @key: (array length=key_length): what both sides know
 * @key_length: bytes
 */
void hn_stun_message_add_integrity (GByteArray *message, const guint8 *key, gsize key_length);

/**
 * hn_stun_message_add_fingerprint:
 * @message: what [func@Hn.stun_message_begin] began; nothing may follow
 */
void hn_stun_message_add_fingerprint (GByteArray *message);
