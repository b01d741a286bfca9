/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/turn-dialog.h"

#include <string.h>

#include "base/limits.h"
#include "net/stun-message.h"
#include "tests/support/unit.h"

#define USER "1700000000:0123456789abcdef"
#define WORD "a word"
#define REALM "turn.example"

/* A server that does what a test says. */
typedef struct {
  HnRandom *random;
  HnTurnDialog *dialog;
  GError *error;
} World;

static HnStunMessage
request_of (World *world)
{
  const GByteArray *bytes = hn_turn_dialog_get_request (world->dialog);
  HnStunMessage message;

  assert_true (hn_stun_message_parse (bytes->data, bytes->len, &message, NULL));
  assert_int_equal (message.class, HN_STUN_REQUEST);
  return message;
}

static GByteArray *
answer (World *world, HnStunClass class)
{
  HnStunMessage request = request_of (world);

  return hn_stun_message_begin ((HnStunMethod) request.method, class, request.transaction);
}

static HnTurnDialogStep
give (World *world, GByteArray *bytes)
{
  HnTurnDialogStep step = hn_turn_dialog_handle (world->dialog, bytes->data, bytes->len, &world->error);

  g_byte_array_unref (bytes);
  return step;
}

static GByteArray *
refusal (World *world, guint number)
{
  const guint8 value[4] = { 0, 0, (guint8) (number / 100), (guint8) (number % 100) };
  GByteArray *bytes = answer (world, HN_STUN_ERROR);

  hn_stun_message_add (bytes, HN_STUN_ERROR_CODE, value, sizeof value);
  return bytes;
}

static GByteArray *
challenge (World *world, guint number, const char *realm, const char *nonce)
{
  GByteArray *bytes = refusal (world, number);

  if (realm != NULL)
    hn_stun_message_add (bytes, HN_STUN_REALM, realm, strlen (realm));
  if (nonce != NULL)
    hn_stun_message_add (bytes, HN_STUN_NONCE, nonce, strlen (nonce));
  return bytes;
}

static GByteArray *
grant (World *world, const char *word)
{
  static const guint8 address[8] = { 0, 1, 0x21 ^ 0xc3, 0x12 ^ 0x50, 0x21 ^ 192, 0x12 ^ 0, 0xa4 ^ 2, 0x42 ^ 1 };
  GByteArray *bytes = answer (world, HN_STUN_SUCCESS);
  guint8 key[16];

  hn_stun_message_long_term_key (USER, REALM, word, key);
  hn_stun_message_add (bytes, HN_STUN_XOR_RELAYED_ADDRESS, address, sizeof address);
  hn_stun_message_add_integrity (bytes, key, sizeof key);
  return bytes;
}

static int
set_up (void **state)
{
  World *world = g_new0 (World, 1);

  world->random = hn_random_new_seeded (7);
  world->dialog = hn_turn_dialog_new (USER, WORD, world->random);
  *state = world;
  return 0;
}

static int
tear_down (void **state)
{
  World *world = *state;

  g_clear_error (&world->error);
  hn_turn_dialog_free (world->dialog);
  hn_random_free (world->random);
  g_free (world);
  return 0;
}

static void
renew (World *world, const char *username, const char *credential)
{
  g_clear_error (&world->error);
  hn_turn_dialog_free (world->dialog);
  world->dialog = hn_turn_dialog_new (username, credential, world->random);
}

static void
a_relay_is_asked_for_signed_and_given_back (void **state)
{
  World *world = *state;
  guint8 key[16];
  HnStunMessage message = request_of (world);
  gsize length = 0;
  guint16 port = 0;
  const guint8 *value;

  assert_int_equal (message.method, HN_STUN_ALLOCATE);
  assert_null (hn_stun_message_find (&message, HN_STUN_USERNAME, &length));
  value = hn_stun_message_find (&message, HN_STUN_REQUESTED_TRANSPORT, &length);
  assert_int_equal (length, 4);
  assert_int_equal (value[0], 17);

  assert_int_equal (give (world, challenge (world, 401, REALM, "n1")), HN_TURN_DIALOG_SEND);
  message = request_of (world);
  hn_stun_message_long_term_key (USER, REALM, WORD, key);
  assert_true (hn_stun_message_is_from (&message, key, sizeof key));
  assert_false (hn_turn_dialog_has_relay (world->dialog));

  assert_int_equal (give (world, grant (world, WORD)), HN_TURN_DIALOG_SEND);
  assert_true (hn_turn_dialog_has_relay (world->dialog));
  assert_string_equal (hn_turn_dialog_get_relayed (world->dialog, &port), "192.0.2.1");
  assert_int_equal (port, 50000);
  message = request_of (world);
  assert_int_equal (message.method, HN_STUN_REFRESH);
  value = hn_stun_message_find (&message, HN_STUN_LIFETIME, &length);
  assert_int_equal (length, 4);
  assert_memory_equal (value, "\0\0\0\0", 4);
  assert_true (hn_stun_message_is_from (&message, key, sizeof key));

  assert_int_equal (give (world, grant (world, WORD)), HN_TURN_DIALOG_DONE);
  assert_string_equal (hn_turn_dialog_get_realm (world->dialog), REALM);
}

static void
an_open_relay_is_known_by_its_missing_realm (void **state)
{
  World *world = *state;

  assert_int_equal (give (world, grant (world, "whatever")), HN_TURN_DIALOG_SEND);
  assert_int_equal (give (world, answer (world, HN_STUN_SUCCESS)), HN_TURN_DIALOG_DONE);
  assert_null (hn_turn_dialog_get_realm (world->dialog));
}

static void
each_refusal_is_said_in_words (void **state)
{
  static const struct {
    guint number;
    HnErrorCode code;
    const char *part;
  } rows[] = {
    { 300, HN_ERROR_UPSTREAM, "another server" },
    { 400, HN_ERROR_PROTOCOL, "does not understand" },
    { 401, HN_ERROR_UNAUTHENTICATED, "refuses user '" USER "' (401)" },
    { 403, HN_ERROR_DENIED, "forbids" },
    { 437, HN_ERROR_CONFLICT, "437" },
    { 441, HN_ERROR_UNAUTHENTICATED, "441" },
    { 442, HN_ERROR_UPSTREAM, "no UDP" },
    { 486, HN_ERROR_LIMIT, "user-quota" },
    { 508, HN_ERROR_LIMIT, "no relay port left" },
    { 500, HN_ERROR_UPSTREAM, "refuses (500)" },
  };
  World *world = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    renew (world, USER, WORD);
    assert_int_equal (give (world, challenge (world, 401, REALM, "n1")), HN_TURN_DIALOG_SEND);
    assert_int_equal (give (world, challenge (world, rows[i].number, REALM, "n2")), HN_TURN_DIALOG_FAILED);
    assert_true (g_error_matches (world->error, HN_ERROR, (int) rows[i].code));
    assert_non_null (strstr (world->error->message, rows[i].part));
    assert_null (strstr (world->error->message, WORD));
  }
}

static void
a_stale_nonce_is_taken_anew_but_not_for_ever (void **state)
{
  World *world = *state;

  assert_int_equal (give (world, challenge (world, 401, REALM, "n")), HN_TURN_DIALOG_SEND);
  for (guint i = 1; i < HN_LIMIT_STUN_ROUNDS; i++)
    assert_int_equal (give (world, challenge (world, 438, NULL, "n")), HN_TURN_DIALOG_SEND);
  assert_int_equal (give (world, challenge (world, 438, NULL, "n")), HN_TURN_DIALOG_FAILED);
  assert_hn_error (world->error, HN_ERROR_PROTOCOL, "it asks for credentials again and again");
}

static void
a_challenge_that_cannot_be_met_fails (void **state)
{
  static const struct {
    const char *realm, *nonce;
  } rows[] = { { NULL, "n" }, { REALM, NULL }, { "", "n" }, { REALM, "" }, { "a\nb", "n" }, { REALM, "a\rb" } };
  World *world = *state;
  g_autofree char *many = g_strnfill (764, 'x');
  g_autofree char *user = g_strnfill (509, 'u');

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    renew (world, USER, WORD);
    assert_int_equal (give (world, challenge (world, 401, rows[i].realm, rows[i].nonce)), HN_TURN_DIALOG_FAILED);
    assert_hn_error (world->error, HN_ERROR_PROTOCOL, "it asks for credentials without a realm or a nonce");
  }
  renew (world, USER, WORD);
  assert_int_equal (give (world, challenge (world, 401, many, "n")), HN_TURN_DIALOG_FAILED);
  renew (world, NULL, NULL);
  assert_int_equal (give (world, challenge (world, 401, REALM, "n")), HN_TURN_DIALOG_FAILED);
  assert_hn_error (world->error, HN_ERROR_UNAUTHENTICATED, "it asks for credentials (realm '" REALM "'), and none are configured");
  renew (world, user, WORD);
  assert_int_equal (give (world, challenge (world, 401, REALM, "n")), HN_TURN_DIALOG_FAILED);
  assert_hn_error (world->error, HN_ERROR_INVALID, "the user's name is longer than 508 bytes");
}

static void
what_is_no_answer_to_us_changes_nothing (void **state)
{
  World *world = *state;
  static const guint8 other[HN_STUN_TRANSACTION_BYTES] = { 9 };
  const GByteArray *own = hn_turn_dialog_get_request (world->dialog);

  assert_int_equal (hn_turn_dialog_handle (world->dialog, (const guint8 *) "HTTP/1.1 400", 12, &world->error), HN_TURN_DIALOG_WAIT);
  assert_non_null (strstr (hn_turn_dialog_get_odd (world->dialog), "no STUN message"));
  assert_int_equal (hn_turn_dialog_handle (world->dialog, own->data, own->len, &world->error), HN_TURN_DIALOG_WAIT);
  assert_non_null (strstr (hn_turn_dialog_get_odd (world->dialog), "repeats"));
  assert_int_equal (give (world, hn_stun_message_begin (HN_STUN_ALLOCATE, HN_STUN_SUCCESS, other)), HN_TURN_DIALOG_WAIT);
  assert_int_equal (give (world, challenge (world, 401, REALM, "n1")), HN_TURN_DIALOG_SEND);
  assert_int_equal (give (world, grant (world, "another word")), HN_TURN_DIALOG_WAIT);
  assert_false (hn_turn_dialog_has_relay (world->dialog));
  assert_non_null (strstr (hn_turn_dialog_get_odd (world->dialog), "not signed"));
  assert_null (world->error);
}

static void
a_grant_without_an_address_is_none_and_a_refused_return_is_no_matter (void **state)
{
  World *world = *state;

  assert_int_equal (give (world, answer (world, HN_STUN_SUCCESS)), HN_TURN_DIALOG_FAILED);
  assert_hn_error (world->error, HN_ERROR_PROTOCOL, "it grants a relay without an address");
  renew (world, USER, WORD);
  assert_int_equal (give (world, challenge (world, 401, REALM, "n1")), HN_TURN_DIALOG_SEND);
  assert_int_equal (give (world, grant (world, WORD)), HN_TURN_DIALOG_SEND);
  assert_int_equal (give (world, refusal (world, 437)), HN_TURN_DIALOG_DONE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (a_relay_is_asked_for_signed_and_given_back, set_up, tear_down),
    cmocka_unit_test_setup_teardown (an_open_relay_is_known_by_its_missing_realm, set_up, tear_down),
    cmocka_unit_test_setup_teardown (each_refusal_is_said_in_words, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_stale_nonce_is_taken_anew_but_not_for_ever, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_challenge_that_cannot_be_met_fails, set_up, tear_down),
    cmocka_unit_test_setup_teardown (what_is_no_answer_to_us_changes_nothing, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_grant_without_an_address_is_none_and_a_refused_return_is_no_matter, set_up, tear_down),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
