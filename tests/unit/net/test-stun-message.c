/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/stun-message.h"

#include <string.h>

#include "base/limits.h"
#include "tests/support/unit.h"

/* The test vectors of RFC 5769: 2.1 to 2.4. */
#define SHORT_TERM_PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

static const guint8 request[] = {
  0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22,
  0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04,
  0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76,
  0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56,
  0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};
static const guint8 response4[] = {
  0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
  0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08,
  0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43, 0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3,
  0x8c, 0x74, 0x89, 0xf9, 0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};
static const guint8 response6[] = {
  0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00,
  0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13,
  0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14, 0xa3, 0x82, 0x95, 0x4e, 0x4b,
  0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75, 0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};
static const guint8 long_term[] = {
  0x00, 0x01, 0x00, 0x60, 0x21, 0x12, 0xa4, 0x42, 0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e,
  0x00, 0x06, 0x00, 0x12, 0xe3, 0x83, 0x9e, 0xe3, 0x83, 0x88, 0xe3, 0x83, 0xaa, 0xe3, 0x83, 0x83, 0xe3, 0x82, 0xaf, 0xe3,
  0x82, 0xb9, 0x00, 0x00, 0x00, 0x15, 0x00, 0x1c, 0x66, 0x2f, 0x2f, 0x34, 0x39, 0x39, 0x6b, 0x39, 0x35, 0x34, 0x64, 0x36,
  0x4f, 0x4c, 0x33, 0x34, 0x6f, 0x4c, 0x39, 0x46, 0x53, 0x54, 0x76, 0x79, 0x36, 0x34, 0x73, 0x41, 0x00, 0x14, 0x00, 0x0b,
  0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72, 0x67, 0x00, 0x00, 0x08, 0x00, 0x14, 0xf6, 0x70, 0x24, 0x65,
  0x6d, 0xd6, 0x4a, 0x3e, 0x02, 0xb8, 0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2, 0x8c, 0xa8, 0x96, 0x66,
};

static HnStunMessage
parsed (const guint8 *bytes, gsize length)
{
  HnStunMessage message;
  g_autoptr (GError) error = NULL;

  if (!hn_stun_message_parse (bytes, length, &message, &error))
    fail_msg ("%s", error->message);
  return message;
}

static void
assert_text (const HnStunMessage *message, HnStunAttribute kind, const char *expected)
{
  g_autofree char *text = hn_stun_message_find_text (message, kind);

  assert_non_null (text);
  assert_string_equal (text, expected);
}

static void
the_request_of_rfc_5769_is_read_and_its_signature_holds (void **unused)
{
  HnStunMessage message = parsed (request, sizeof request);

  assert_int_equal (message.method, HN_STUN_BINDING);
  assert_int_equal (message.class, HN_STUN_REQUEST);
  assert_text (&message, HN_STUN_USERNAME, "evtj:h6vY");
  assert_text (&message, HN_STUN_SOFTWARE, "STUN test client");
  assert_true (hn_stun_message_is_from (&message, (const guint8 *) SHORT_TERM_PASSWORD, strlen (SHORT_TERM_PASSWORD)));
  assert_false (hn_stun_message_is_from (&message, (const guint8 *) "another", 7));
}

static void
both_responses_of_rfc_5769_carry_their_addresses (void **unused)
{
  static const struct {
    const guint8 *bytes;
    gsize length;
    const char *address;
  } rows[] = {
    { response4, sizeof response4, "192.0.2.1" },
    { response6, sizeof response6, "2001:db8:1234:5678:11:2233:4455:6677" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    HnStunMessage message = parsed (rows[i].bytes, rows[i].length);
    guint16 port = 0;
    g_autofree char *address = hn_stun_message_find_address (&message, HN_STUN_XOR_MAPPED_ADDRESS, &port);

    assert_int_equal (message.class, HN_STUN_SUCCESS);
    assert_string_equal (address, rows[i].address);
    assert_int_equal (port, 32853);
    assert_true (hn_stun_message_is_from (&message, (const guint8 *) SHORT_TERM_PASSWORD, strlen (SHORT_TERM_PASSWORD)));
    assert_null (hn_stun_message_find_address (&message, HN_STUN_XOR_RELAYED_ADDRESS, NULL));
    assert_null (hn_stun_message_find_address (&message, HN_STUN_SOFTWARE, NULL));
  }
}

static void
the_long_term_request_of_rfc_5769_is_written_byte_by_byte (void **unused)
{
  guint8 key[16];
  HnStunMessage read_message = parsed (long_term, sizeof long_term);
  GByteArray *message = hn_stun_message_begin (HN_STUN_BINDING, HN_STUN_REQUEST, long_term + 8);

  hn_stun_message_long_term_key ("マトリックス", "example.org", "TheMatrIX", key);
  hn_stun_message_add (message, HN_STUN_USERNAME, "マトリックス", 18);
  hn_stun_message_add (message, HN_STUN_NONCE, "f//499k954d6OL34oL9FSTvy64sA", 28);
  hn_stun_message_add (message, HN_STUN_REALM, "example.org", 11);
  hn_stun_message_add_integrity (message, key, sizeof key);
  assert_int_equal (message->len, sizeof long_term);
  assert_memory_equal (message->data, long_term, sizeof long_term);
  assert_true (hn_stun_message_is_from (&read_message, key, sizeof key));
  g_byte_array_unref (message);
}

static void
a_message_that_we_write_is_one_that_we_read (void **unused)
{
  static const HnStunMethod methods[] = { HN_STUN_BINDING, HN_STUN_ALLOCATE, HN_STUN_REFRESH };
  static const guint8 transaction[HN_STUN_TRANSACTION_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    for (guint class = HN_STUN_REQUEST; class <= HN_STUN_ERROR; class ++) {
      GByteArray *bytes = hn_stun_message_begin (methods[i], (HnStunClass) class, transaction);
      HnStunMessage message;

      hn_stun_message_add (bytes, HN_STUN_REALM, "r", 1);
      hn_stun_message_add_integrity (bytes, (const guint8 *) "key", 3);
      hn_stun_message_add_fingerprint (bytes);
      message = parsed (bytes->data, bytes->len);
      assert_int_equal (message.method, methods[i]);
      assert_int_equal (message.class, class);
      assert_memory_equal (message.transaction, transaction, sizeof transaction);
      assert_text (&message, HN_STUN_REALM, "r");
      assert_true (hn_stun_message_is_from (&message, (const guint8 *) "key", 3));
      g_byte_array_unref (bytes);
    }
}

static void
no_byte_of_a_fingerprinted_message_may_change (void **unused)
{
  for (gsize i = 0; i < sizeof request; i++) {
    guint8 changed[sizeof request];
    HnStunMessage message;

    memcpy (changed, request, sizeof request);
    changed[i] ^= 0x01;
    /* a changed kind of the last attribute makes it another one, and the signature is behind nothing then */
    if (hn_stun_message_parse (changed, sizeof changed, &message, NULL) && i != sizeof request - 7 && i != sizeof request - 8)
      fail_msg ("byte %zu changed and nobody saw", i);
  }
}

static void
every_cut_of_a_message_is_none (void **unused)
{
  for (gsize i = 0; i < sizeof request; i++) {
    g_autofree guint8 *cut = g_memdup2 (request, MAX (i, 1)); /* so that a byte too far is seen */
    HnStunMessage message;
    g_autoptr (GError) error = NULL;

    assert_false (hn_stun_message_parse (cut, i, &message, &error));
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_PROTOCOL));
  }
}

static void
a_stream_is_cut_where_a_message_ends (void **unused)
{
  guint8 bytes[HN_STUN_HEAD_BYTES];

  assert_int_equal (hn_stun_message_length (request, 0), 0);
  assert_int_equal (hn_stun_message_length (request, HN_STUN_HEAD_BYTES - 1), 0);
  assert_int_equal (hn_stun_message_length (request, HN_STUN_HEAD_BYTES), sizeof request);
  assert_int_equal (hn_stun_message_length ((const guint8 *) "HTTP/1.1 400", 12), -1);
  assert_int_equal (hn_stun_message_length ((const guint8 *) "HTTP/1.1 400 Bad Request", 24), -1);
  memcpy (bytes, request, sizeof bytes);
  bytes[3] = 0x59; /* not a multiple of four */
  assert_int_equal (hn_stun_message_length (bytes, sizeof bytes), -1);
  bytes[2] = 0x06; /* longer than any that we take */
  bytes[3] = 0x00;
  assert_int_equal (hn_stun_message_length (bytes, sizeof bytes), -1);
  memcpy (bytes, request, sizeof bytes);
  bytes[4] = 0; /* the cookie */
  assert_int_equal (hn_stun_message_length (bytes, sizeof bytes), -1);
}

static gboolean
is_read (GByteArray *bytes)
{
  HnStunMessage message;
  gboolean whole = hn_stun_message_parse (bytes->data, bytes->len, &message, NULL);

  g_byte_array_unref (bytes);
  return whole;
}

static void
attributes_must_fit (void **unused)
{
  static const guint8 transaction[HN_STUN_TRANSACTION_BYTES] = { 0 };
  GByteArray *bytes = hn_stun_message_begin (HN_STUN_BINDING, HN_STUN_REQUEST, transaction);

  hn_stun_message_add (bytes, HN_STUN_REALM, "four", 4);
  bytes->data[HN_STUN_HEAD_BYTES + 3] = 5; /* pads to eight, four are there */
  assert_false (is_read (bytes));

  bytes = hn_stun_message_begin (HN_STUN_BINDING, HN_STUN_REQUEST, transaction);
  hn_stun_message_add_fingerprint (bytes);
  hn_stun_message_add (bytes, HN_STUN_REALM, "four", 4);
  assert_false (is_read (bytes)); /* behind a fingerprint */

  for (guint count = HN_LIMIT_STUN_ATTRIBUTES; count <= HN_LIMIT_STUN_ATTRIBUTES + 1; count++) {
    bytes = hn_stun_message_begin (HN_STUN_BINDING, HN_STUN_REQUEST, transaction);
    for (guint i = 0; i < count; i++)
      hn_stun_message_add (bytes, HN_STUN_REALM, "", 0);
    assert_int_equal (is_read (bytes), count == HN_LIMIT_STUN_ATTRIBUTES);
  }
}

static void
what_stands_behind_the_signature_is_not_found (void **unused)
{
  static const guint8 transaction[HN_STUN_TRANSACTION_BYTES] = { 0 };
  GByteArray *bytes = hn_stun_message_begin (HN_STUN_BINDING, HN_STUN_SUCCESS, transaction);
  HnStunMessage message;
  gsize length = 0;

  hn_stun_message_add (bytes, HN_STUN_NONCE, "n", 1);
  hn_stun_message_add_integrity (bytes, (const guint8 *) "key", 3);
  hn_stun_message_add (bytes, HN_STUN_REALM, "slipped in", 10);
  hn_stun_message_add_fingerprint (bytes);
  message = parsed (bytes->data, bytes->len);
  assert_true (hn_stun_message_is_from (&message, (const guint8 *) "key", 3));
  assert_non_null (hn_stun_message_find (&message, HN_STUN_NONCE, &length));
  assert_null (hn_stun_message_find (&message, HN_STUN_REALM, &length));
  assert_non_null (hn_stun_message_find (&message, HN_STUN_FINGERPRINT, &length));
  g_byte_array_unref (bytes);
}

static void
an_error_code_is_a_number_from_300_to_699_or_none (void **unused)
{
  static const struct {
    guint8 value[5];
    gsize length;
    guint expected;
  } rows[] = {
    { { 0, 0, 4, 1, 'x' }, 5, 401 }, { { 0, 0, 3, 0 }, 4, 300 },  { { 0, 0, 6, 99 }, 4, 699 }, { { 0, 0, 0xf8 | 5, 8 }, 4, 508 },
    { { 0, 0, 2, 0 }, 4, 0 },        { { 0, 0, 7, 0 }, 4, 0 },    { { 0, 0, 4, 100 }, 4, 0 },  { { 0, 0, 4 }, 3, 0 },
  };
  static const guint8 transaction[HN_STUN_TRANSACTION_BYTES] = { 0 };
  HnStunMessage message = parsed (request, sizeof request);

  assert_int_equal (hn_stun_message_error (&message), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    GByteArray *bytes = hn_stun_message_begin (HN_STUN_ALLOCATE, HN_STUN_ERROR, transaction);

    hn_stun_message_add (bytes, HN_STUN_ERROR_CODE, rows[i].value, rows[i].length);
    message = parsed (bytes->data, bytes->len);
    assert_int_equal (hn_stun_message_error (&message), rows[i].expected);
    g_byte_array_unref (bytes);
  }
}

static void
an_address_of_another_form_and_a_text_with_a_nul_are_none (void **unused)
{
  static const struct {
    guint8 value[21];
    gsize length;
  } rows[] = {
    { { 0, 1, 0, 0, 1, 2, 3, 4, 5 }, 9 }, { { 0, 1, 0, 0, 1, 2, 3 }, 7 }, { { 0, 2, 0, 0, 1, 2, 3, 4 }, 8 }, { { 0, 3, 0, 0, 1, 2, 3, 4 }, 8 },
    { { 0 }, 0 },                         { { 0, 1, 0 }, 3 },
  };
  static const guint8 transaction[HN_STUN_TRANSACTION_BYTES] = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    GByteArray *bytes = hn_stun_message_begin (HN_STUN_ALLOCATE, HN_STUN_SUCCESS, transaction);
    HnStunMessage message;

    hn_stun_message_add (bytes, HN_STUN_XOR_RELAYED_ADDRESS, rows[i].value, rows[i].length);
    hn_stun_message_add (bytes, HN_STUN_REALM, "a\0b", 3);
    hn_stun_message_add (bytes, HN_STUN_NONCE, "\xff", 1);
    message = parsed (bytes->data, bytes->len);
    assert_null (hn_stun_message_find_address (&message, HN_STUN_XOR_RELAYED_ADDRESS, NULL));
    assert_null (hn_stun_message_find_text (&message, HN_STUN_REALM));
    assert_null (hn_stun_message_find_text (&message, HN_STUN_NONCE));
    assert_null (hn_stun_message_find_text (&message, HN_STUN_USERNAME));
    g_byte_array_unref (bytes);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_request_of_rfc_5769_is_read_and_its_signature_holds),
    cmocka_unit_test (both_responses_of_rfc_5769_carry_their_addresses),
    cmocka_unit_test (the_long_term_request_of_rfc_5769_is_written_byte_by_byte),
    cmocka_unit_test (a_message_that_we_write_is_one_that_we_read),
    cmocka_unit_test (no_byte_of_a_fingerprinted_message_may_change),
    cmocka_unit_test (every_cut_of_a_message_is_none),
    cmocka_unit_test (a_stream_is_cut_where_a_message_ends),
    cmocka_unit_test (attributes_must_fit),
    cmocka_unit_test (what_stands_behind_the_signature_is_not_found),
    cmocka_unit_test (an_error_code_is_a_number_from_300_to_699_or_none),
    cmocka_unit_test (an_address_of_another_form_and_a_text_with_a_nul_are_none),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
