/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules: the cookie, the length and every attribute's length must fit exactly, or the message is none; at most HN_LIMIT_STUN_ATTRIBUTES of
 * them. Whatever stands behind MESSAGE-INTEGRITY was not signed, so it is not found; behind a FINGERPRINT nothing may stand. Texts keep the
 * form in which they came: passwords and users outside ASCII would have to be prepared (SASLprep) by whoever configures them. */

#include "net/stun-message.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

#define COOKIE 0x2112a442u
#define FINGERPRINT_XOR 0x5354554eu
#define INTEGRITY_BYTES 20
#define ATTRIBUTE_HEAD_BYTES 4

static guint16
get16 (const guint8 *at)
{
  return (guint16) (at[0] << 8 | at[1]);
}

static guint32
get32 (const guint8 *at)
{
  return (guint32) get16 (at) << 16 | get16 (at + 2);
}

static void
put16 (guint8 *at, guint value)
{
  at[0] = (guint8) (value >> 8);
  at[1] = (guint8) value;
}

static void
put32 (guint8 *at, guint32 value)
{
  put16 (at, value >> 16);
  put16 (at + 2, value & 0xffff);
}

static gsize
padded (gsize length)
{
  return (length + 3) & ~(gsize) 3;
}

static guint32
crc32_of (const guint8 *bytes, gsize length)
{
  guint32 crc = 0xffffffffu;

  for (gsize i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (guint bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
  }
  return ~crc;
}

/* Over @length bytes of a message, with the length in its head as if @counted bytes followed the head. */
static void
sign (const guint8 *bytes, gsize length, gsize counted, const guint8 *key, gsize key_length, guint8 ret_digest[INTEGRITY_BYTES])
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA1, key, key_length);
  guint8 head[4];
  gsize size = INTEGRITY_BYTES;

  memcpy (head, bytes, 2);
  put16 (head + 2, (guint) counted);
  g_hmac_update (hmac, head, sizeof head);
  g_hmac_update (hmac, bytes + 4, (gssize) length - 4);
  g_hmac_get_digest (hmac, ret_digest, &size);
}

/* ---- reading ---- */

gssize
hn_stun_message_length (const guint8 *bytes, gsize length)
{
  gsize whole;

  if (length < HN_STUN_HEAD_BYTES)
    return length > 0 && bytes[0] > 0x3f ? -1 : 0;
  whole = HN_STUN_HEAD_BYTES + (gsize) get16 (bytes + 2);
  if (bytes[0] > 0x3f || whole % 4 != 0 || get32 (bytes + 4) != COOKIE || whole > HN_LIMIT_STUN_BYTES)
    return -1;
  return (gssize) whole;
}

static const char *
check_attributes (const guint8 *bytes, gsize length)
{
  guint count = 0;

  for (gsize at = HN_STUN_HEAD_BYTES; at < length; count++) {
    gsize size;

    if (count == HN_LIMIT_STUN_ATTRIBUTES)
      return "too many attributes";
    if (length - at < ATTRIBUTE_HEAD_BYTES)
      return "an attribute is cut";
    size = get16 (bytes + at + 2);
    if (padded (size) > length - at - ATTRIBUTE_HEAD_BYTES)
      return "an attribute is longer than the message";
    if (get16 (bytes + at) == HN_STUN_FINGERPRINT) {
      if (size != 4 || at + ATTRIBUTE_HEAD_BYTES + size != length)
        return "its fingerprint is not last";
      if (get32 (bytes + at + ATTRIBUTE_HEAD_BYTES) != (crc32_of (bytes, at) ^ FINGERPRINT_XOR))
        return "its fingerprint is wrong";
    }
    at += ATTRIBUTE_HEAD_BYTES + padded (size);
  }
  return NULL;
}

gboolean
hn_stun_message_parse (const guint8 *bytes, gsize length, HnStunMessage *ret_message, GError **error)
{
  const char *wrong = NULL;
  guint type;

  if (length < HN_STUN_HEAD_BYTES || hn_stun_message_length (bytes, length) != (gssize) length)
    wrong = "its head does not fit";
  else
    wrong = check_attributes (bytes, length);
  if (wrong != NULL) {
    g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, "no STUN message: %s", wrong);
    return FALSE;
  }
  type = get16 (bytes);
  *ret_message = (HnStunMessage){
    .bytes = bytes,
    .length = length,
    .method = (type & 0x000f) | (type & 0x00e0) >> 1 | (type & 0x3e00) >> 2,
    .class = (HnStunClass) ((type & 0x0010) >> 4 | (type & 0x0100) >> 7),
    .transaction = bytes + 8,
  };
  return TRUE;
}

/* Where an attribute's head is, 0 if it is not there. */
static gsize
place_of (const HnStunMessage *self, HnStunAttribute kind)
{
  gboolean was_signed = FALSE;

  for (gsize at = HN_STUN_HEAD_BYTES; at < self->length; at += ATTRIBUTE_HEAD_BYTES + padded (get16 (self->bytes + at + 2))) {
    guint found = get16 (self->bytes + at);

    if (found == (guint) kind && (!was_signed || kind == HN_STUN_FINGERPRINT))
      return at;
    was_signed = was_signed || found == HN_STUN_MESSAGE_INTEGRITY;
  }
  return 0;
}

const guint8 *
hn_stun_message_find (const HnStunMessage *self, HnStunAttribute kind, gsize *ret_length)
{
  gsize at = place_of (self, kind);

  if (at == 0)
    return NULL;
  *ret_length = get16 (self->bytes + at + 2);
  return self->bytes + at + ATTRIBUTE_HEAD_BYTES;
}

char *
hn_stun_message_find_text (const HnStunMessage *self, HnStunAttribute kind)
{
  gsize length = 0;
  const guint8 *value = hn_stun_message_find (self, kind, &length);

  if (value == NULL || !g_utf8_validate_len ((const char *) value, length, NULL))
    return NULL;
  return g_strndup ((const char *) value, length);
}

static char *
address_text (const guint8 *address, gsize length)
{
  GString *text;

  if (length == 4)
    return g_strdup_printf ("%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
  text = g_string_new (NULL);
  for (gsize i = 0; i < length; i += 2)
    g_string_append_printf (text, "%s%x", i > 0 ? ":" : "", get16 (address + i));
  return g_string_free (text, FALSE);
}

char *
hn_stun_message_find_address (const HnStunMessage *self, HnStunAttribute kind, guint16 *ret_port)
{
  gsize length = 0;
  const guint8 *value = hn_stun_message_find (self, kind, &length);
  guint8 address[16];
  gsize size;

  if (value == NULL || length < 4)
    return NULL;
  size = value[1] == 1 ? 4 : 16;
  if ((value[1] != 1 && value[1] != 2) || length != 4 + size)
    return NULL;
  for (gsize i = 0; i < size; i++)
    address[i] = value[4 + i] ^ self->bytes[4 + i]; /* the cookie and, behind it, the transaction */
  if (ret_port != NULL)
    *ret_port = get16 (value + 2) ^ (COOKIE >> 16);
  return address_text (address, size);
}

guint
hn_stun_message_error (const HnStunMessage *self)
{
  gsize length = 0;
  const guint8 *value = hn_stun_message_find (self, HN_STUN_ERROR_CODE, &length);

  if (value == NULL || length < 4 || (value[2] & 7) < 3 || (value[2] & 7) > 6 || value[3] > 99)
    return 0;
  return (value[2] & 7u) * 100 + value[3];
}

gboolean
hn_stun_message_is_from (const HnStunMessage *self, const guint8 *key, gsize key_length)
{
  gsize at = place_of (self, HN_STUN_MESSAGE_INTEGRITY);
  guint8 digest[INTEGRITY_BYTES];
  guint8 difference = 0;

  if (at == 0 || get16 (self->bytes + at + 2) != INTEGRITY_BYTES)
    return FALSE;
  sign (self->bytes, at, at + ATTRIBUTE_HEAD_BYTES + INTEGRITY_BYTES - HN_STUN_HEAD_BYTES, key, key_length, digest);
  for (gsize i = 0; i < INTEGRITY_BYTES; i++)
    difference |= digest[i] ^ self->bytes[at + ATTRIBUTE_HEAD_BYTES + i];
  return difference == 0;
}

/* ---- writing ---- */

void
hn_stun_message_long_term_key (const char *username, const char *realm, const char *password, guint8 ret_key[16])
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_MD5);
  g_autofree char *text = g_strdup_printf ("%s:%s:%s", username, realm, password);
  gsize size = 16;

  g_checksum_update (checksum, (const guchar *) text, -1);
  g_checksum_get_digest (checksum, ret_key, &size);
}

GByteArray *
hn_stun_message_begin (HnStunMethod method, HnStunClass class, const guint8 *transaction)
{
  GByteArray *message = g_byte_array_new ();
  guint8 head[8];

  put16 (head, ((guint) method & 0x00f) | ((guint) method & 0x070) << 1 | ((guint) method & 0xf80) << 2 | ((guint) class & 1) << 4
                   | ((guint) class & 2) << 7);
  put16 (head + 2, 0);
  put32 (head + 4, COOKIE);
  g_byte_array_append (message, head, sizeof head);
  return g_byte_array_append (message, transaction, HN_STUN_TRANSACTION_BYTES);
}

void
hn_stun_message_add (GByteArray *message, HnStunAttribute kind, gconstpointer value, gsize length)
{
  static const guint8 padding[4] = { 0 };
  guint8 head[ATTRIBUTE_HEAD_BYTES];

  g_return_if_fail (length <= HN_LIMIT_STUN_BYTES);
  put16 (head, (guint) kind);
  put16 (head + 2, (guint) length);
  g_byte_array_append (message, head, sizeof head);
  g_byte_array_append (message, value, (guint) length);
  g_byte_array_append (message, padding, (guint) (padded (length) - length));
  put16 (message->data + 2, message->len - HN_STUN_HEAD_BYTES);
}

void
hn_stun_message_add_integrity (GByteArray *message, const guint8 *key, gsize key_length)
{
  guint8 digest[INTEGRITY_BYTES];

  sign (message->data, message->len, message->len + ATTRIBUTE_HEAD_BYTES + INTEGRITY_BYTES - HN_STUN_HEAD_BYTES, key, key_length, digest);
  hn_stun_message_add (message, HN_STUN_MESSAGE_INTEGRITY, digest, sizeof digest);
}

void
hn_stun_message_add_fingerprint (GByteArray *message)
{
  guint8 value[4] = { 0 };

  hn_stun_message_add (message, HN_STUN_FINGERPRINT, value, sizeof value); /* so that the length counts it */
  put32 (message->data + message->len - 4, crc32_of (message->data, message->len - 8) ^ FINGERPRINT_XOR);
}
