/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole handshake against an independently written client, and every way it can fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/fakes/body/pairing-server.h"
#include "tests/unit/sim-body/client.h"

#define SALT_HEX "000102030405060708090a0b0c0d0e0f"

typedef struct {
  SimIdentity *identity;
  Client *client;
  Client *other;
  guint8 next; /* random: 20..2f is the first secret, 30..3f the first challenge */
  SimPairing *table;
  SimPairingFaults faults;
  char *plaincert;
} World;

static void
count_up (gpointer user, guint8 *bytes, gsize length)
{
  World *w = user;

  for (gsize i = 0; i < length; i++)
    bytes[i] = w->next++;
}

static int
make_world (void **state)
{
  World *w = g_new0 (World, 1);

  w->identity = sim_identity_new (NULL);
  w->client = client_new ();
  w->other = client_new ();
  *state = w;
  return 0;
}

static int
end_world (void **state)
{
  World *w = *state;

  sim_identity_free (w->identity);
  client_free (w->client);
  client_free (w->other);
  g_free (w);
  return 0;
}

static int
begin (void **state)
{
  World *w = *state;
  guint8 salt[16];

  for (guint8 i = 0; i < 16; i++)
    salt[i] = i;
  w->next = 0x20;
  w->table = sim_pairing_new (w->identity, count_up, w);
  memset (&w->faults, 0, sizeof w->faults);
  client_set_pin (w->client, salt, "1234");
  client_set_pin (w->other, salt, "1234");
  return 0;
}

static int
finish (void **state)
{
  World *w = *state;

  g_clear_pointer (&w->table, sim_pairing_free);
  g_clear_pointer (&w->plaincert, g_free);
  return 0;
}

static void
ask (World *w, const SimPairingCall *call, SimPairingAnswer *ret_answer)
{
  sim_pairing_handle (w->table, call, &w->faults, ret_answer);
}

static void
phase_1 (World *w, Client *client, const char *id, const char *salt)
{
  const SimPairingCall call = { .uniqueid = id, .phrase = "getservercert", .salt = salt, .clientcert = client->cert_hex };
  g_auto (SimPairingAnswer) answer = { 0 };

  ask (w, &call, &answer);
  assert_true (answer.held);
}

static void
give_pin (World *w, const char *id)
{
  g_autofree char *who = NULL;
  g_auto (SimPairingAnswer) answer = { 0 };

  assert_true (sim_pairing_pin (w->table, "1234", "roth", &w->faults, &who, &answer));
  assert_string_equal (who, id);
  assert_int_equal (answer.status_code, 200);
  assert_int_equal (answer.paired, 1);
  assert_string_equal (answer.child, "plaincert");
  g_free (w->plaincert);
  w->plaincert = g_strdup (answer.value);
}

static char *
phase_2 (World *w, Client *client, const char *id)
{
  g_autofree char *challenge = client_challenge (client);
  const SimPairingCall call = { .uniqueid = id, .clientchallenge = challenge };
  g_auto (SimPairingAnswer) answer = { 0 };

  ask (w, &call, &answer);
  assert_int_equal (answer.paired, 1);
  assert_string_equal (answer.child, "challengeresponse");
  assert_int_equal (strlen (answer.value), 96);
  return g_steal_pointer (&answer.value);
}

static char *
phase_3 (World *w, Client *client, const char *id, const char *challengeresponse)
{
  g_autofree char *response = client_response (client, challengeresponse);
  const SimPairingCall call = { .uniqueid = id, .serverchallengeresp = response };
  g_auto (SimPairingAnswer) answer = { 0 };

  ask (w, &call, &answer);
  assert_int_equal (answer.paired, 1);
  assert_string_equal (answer.child, "pairingsecret");
  return g_steal_pointer (&answer.value);
}

/* Returns: what phase 4 says in "paired" */
static int
phase_4 (World *w, Client *client, const char *id)
{
  g_autofree char *secret = client_secret (client);
  const SimPairingCall call = { .uniqueid = id, .clientpairingsecret = secret };
  g_auto (SimPairingAnswer) answer = { 0 };

  ask (w, &call, &answer);
  assert_int_equal (answer.status_code, 200);
  assert_true ((answer.client_cert != NULL) == (answer.paired == 1));
  assert_true (answer.failed == (answer.paired == 0));
  return answer.paired;
}

/* Does phases 2 to 4 as a client does. Returns: what phase 4 says */
static int
shake (World *w, Client *client, const char *id)
{
  g_autofree char *challengeresponse = phase_2 (w, client, id);
  g_autofree char *pairingsecret = phase_3 (w, client, id, challengeresponse);
  gboolean pin_right = FALSE;

  assert_true (client_trusts (client, w->plaincert, pairingsecret, &pin_right));
  assert_true (pin_right);
  return phase_4 (w, client, id);
}

static void
assert_refused (World *w, const SimPairingCall *call, int status_code, const char *message, gboolean failed)
{
  g_auto (SimPairingAnswer) answer = { 0 };

  ask (w, call, &answer);
  assert_int_equal (answer.status_code, status_code);
  assert_string_equal (answer.status_message, message);
  assert_int_equal (answer.failed, failed);
  assert_int_equal (answer.paired, failed ? 0 : -1);
}

/* The session is gone: the next call does not find it. */
static void
assert_gone (World *w, const char *id)
{
  const SimPairingCall call = { .uniqueid = id, .clientchallenge = "00" };

  assert_refused (w, &call, 400, "Invalid uniqueid", FALSE);
}

static void
a_client_with_the_right_pin_is_paired (void **state)
{
  World *w = *state;

  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  assert_int_equal (shake (w, w->client, "a"), 1);
  assert_gone (w, "a");
}

static void
a_paired_client_keeps_the_name_given_with_the_pin (void **state)
{
  World *w = *state;
  g_autofree char *challengeresponse = NULL;
  g_autofree char *pairingsecret = NULL;
  g_autofree char *secret = client_secret (w->client);
  const SimPairingCall call = { .uniqueid = "a", .clientpairingsecret = secret };
  g_auto (SimPairingAnswer) answer = { 0 };

  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  challengeresponse = phase_2 (w, w->client, "a");
  pairingsecret = phase_3 (w, w->client, "a", challengeresponse);
  ask (w, &call, &answer);
  assert_string_equal (answer.client_name, "roth");
  assert_true (g_str_has_prefix (answer.client_cert, "-----BEGIN CERTIFICATE-----"));
}

static void
the_pairing_secret_begins_with_the_server_secret (void **state)
{
  World *w = *state;
  g_autofree char *challengeresponse = NULL;
  g_autofree char *pairingsecret = NULL;

  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  challengeresponse = phase_2 (w, w->client, "a");
  pairingsecret = phase_3 (w, w->client, "a", challengeresponse);
  assert_int_equal (strlen (pairingsecret), 2 * (16 + 256));
  assert_true (g_str_has_prefix (pairingsecret, "202122232425262728292A2B2C2D2E2F"));
}

static void
a_wrong_pin_is_taken_and_only_the_client_finds_out (void **state)
{
  World *w = *state;
  g_autofree char *challengeresponse = NULL;
  g_autofree char *pairingsecret = NULL;
  gboolean pin_right = TRUE;

  w->faults.wrong_pin = TRUE;
  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  challengeresponse = phase_2 (w, w->client, "a");
  pairingsecret = phase_3 (w, w->client, "a", challengeresponse);
  assert_true (client_trusts (w->client, w->plaincert, pairingsecret, &pin_right));
  assert_false (pin_right);
  assert_int_equal (phase_4 (w, w->client, "a"), 0);
}

static void
a_bad_signature_is_seen_by_the_client (void **state)
{
  World *w = *state;
  g_autofree char *challengeresponse = NULL;
  g_autofree char *pairingsecret = NULL;
  gboolean pin_right = FALSE;

  w->faults.bad_signature = TRUE;
  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  challengeresponse = phase_2 (w, w->client, "a");
  pairingsecret = phase_3 (w, w->client, "a", challengeresponse);
  assert_false (client_trusts (w->client, w->plaincert, pairingsecret, &pin_right));
  assert_true (pin_right);
}

static void
a_stale_entry_lets_phase_4_fail (void **state)
{
  World *w = *state;

  w->faults.stale_entry = TRUE;
  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  assert_int_equal (shake (w, w->client, "a"), 0);
}

static void
an_abandoned_phase_1_poisons_the_same_id (void **state)
{
  World *w = *state;

  phase_1 (w, w->other, "a", "ffffffffffffffffffffffffffffffff");
  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  assert_int_equal (shake (w, w->client, "a"), 0);
}

static void
an_attempt_abandoned_after_phase_1_makes_the_next_pin_out_of_order (void **state)
{
  World *w = *state;
  g_autofree char *who = NULL;
  g_auto (SimPairingAnswer) answer = { 0 };

  phase_1 (w, w->other, "a", SALT_HEX);
  give_pin (w, "a");
  phase_1 (w, w->client, "a", SALT_HEX);
  assert_true (sim_pairing_pin (w->table, "1234", "roth", &w->faults, &who, &answer));
  assert_string_equal (who, "a");
  assert_int_equal (answer.status_code, 400);
  assert_int_equal (answer.paired, 0);
  assert_string_equal (answer.status_message, "Out of order call to getservercert");
  assert_gone (w, "a");
}

static void
a_fresh_id_dodges_what_another_left (void **state)
{
  World *w = *state;

  phase_1 (w, w->other, "left-behind", SALT_HEX);
  phase_1 (w, w->client, "fresh", SALT_HEX);
  give_pin (w, "fresh");
  assert_int_equal (shake (w, w->client, "fresh"), 1);
}

static void
the_oldest_session_gets_the_pin_when_told_so (void **state)
{
  World *w = *state;

  w->faults.pin_to_oldest = TRUE;
  phase_1 (w, w->other, "old", SALT_HEX);
  phase_1 (w, w->client, "new", SALT_HEX);
  give_pin (w, "old");
}

static void
a_rival_gets_the_pin_of_whoever_begins_while_it_waits (void **state)
{
  World *w = *state;

  w->faults.rival = TRUE;
  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "rival");
  w->faults.rival = FALSE;
  phase_1 (w, w->client, "b", SALT_HEX);
  give_pin (w, "b");
  assert_int_equal (shake (w, w->client, "b"), 1);
}

static void
an_answer_of_odd_length_is_shorter_than_any_client_expects (void **state)
{
  World *w = *state;
  g_autofree char *challenge = NULL;
  g_auto (SimPairingAnswer) answer = { 0 };

  w->faults.odd_lengths = TRUE;
  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  challenge = client_challenge (w->client);
  ask (w, &(SimPairingCall){ .uniqueid = "a", .clientchallenge = challenge }, &answer);
  assert_int_equal (strlen (answer.value), 62);
}

static void
another_identity_is_shown_from_then_on (void **state)
{
  World *w = *state;
  g_autoptr (SimIdentity) other = sim_identity_new (NULL);
  g_autofree char *first = NULL;

  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  first = g_strdup (w->plaincert);
  sim_pairing_set_identity (w->table, other);
  phase_1 (w, w->client, "b", SALT_HEX);
  give_pin (w, "b");
  assert_string_not_equal (first, w->plaincert);
  assert_int_equal (shake (w, w->client, "b"), 1);
}

static void
a_pin_without_a_pending_phase_1_is_false (void **state)
{
  World *w = *state;
  g_autofree char *who = NULL;
  g_auto (SimPairingAnswer) answer = { 0 };

  assert_false (sim_pairing_pin (w->table, "1234", "roth", &w->faults, &who, &answer));
  assert_null (who);
}

static void
a_pin_that_is_not_four_digits_is_false_and_harms_nothing (void **state)
{
  static const char *const pins[] = { "", "123", "12345", "12a4", " 123" };
  World *w = *state;

  phase_1 (w, w->client, "a", SALT_HEX);
  for (guint i = 0; i < G_N_ELEMENTS (pins); i++) {
    g_autofree char *who = NULL;
    g_auto (SimPairingAnswer) answer = { 0 };

    assert_false (sim_pairing_pin (w->table, pins[i], "roth", &w->faults, &who, &answer));
    assert_null (who);
  }
  give_pin (w, "a");
  assert_int_equal (shake (w, w->client, "a"), 1);
}

static void
a_second_pin_during_the_handshake_destroys_the_session (void **state)
{
  World *w = *state;
  g_autofree char *challengeresponse = NULL;
  g_autofree char *who = NULL;
  g_auto (SimPairingAnswer) answer = { 0 };

  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  challengeresponse = phase_2 (w, w->client, "a");
  assert_false (sim_pairing_pin (w->table, "1234", "roth", &w->faults, &who, &answer));
  assert_null (who);
  assert_true (answer.failed);
  assert_gone (w, "a");
}

static void
a_silent_server_takes_the_pin_and_answers_nobody (void **state)
{
  World *w = *state;
  g_autofree char *who = NULL;
  g_auto (SimPairingAnswer) answer = { 0 };

  w->faults.silent = TRUE;
  phase_1 (w, w->client, "a", SALT_HEX);
  assert_true (sim_pairing_pin (w->table, "1234", "roth", &w->faults, &who, &answer));
  assert_null (who);
}

static void
phases_out_of_order_are_refused_and_end_the_session (void **state)
{
  World *w = *state;
  const SimPairingCall two = { .uniqueid = "a", .clientchallenge = "00" };
  const SimPairingCall three = { .uniqueid = "a", .serverchallengeresp = "00" };
  const SimPairingCall four = { .uniqueid = "a", .clientpairingsecret = "00" };

  phase_1 (w, w->client, "a", SALT_HEX);
  assert_refused (w, &two, 400, "Out of order call to clientchallenge", TRUE);
  assert_gone (w, "a");
  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  assert_refused (w, &three, 400, "Out of order call to serverchallengeresp", TRUE);
  assert_gone (w, "a");
  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  assert_refused (w, &four, 400, "Out of order call to clientpairingsecret", TRUE);
  assert_gone (w, "a");
}

static void
a_short_salt_is_refused_when_the_pin_comes (void **state)
{
  World *w = *state;
  g_autofree char *who = NULL;
  g_auto (SimPairingAnswer) answer = { 0 };

  phase_1 (w, w->client, "a", "0001");
  assert_true (sim_pairing_pin (w->table, "1234", "roth", &w->faults, &who, &answer));
  assert_string_equal (who, "a");
  assert_string_equal (answer.status_message, "Salt too short");
  assert_int_equal (answer.status_code, 400);
  assert_gone (w, "a");
}

static void
a_pairing_secret_of_sixteen_bytes_is_too_short (void **state)
{
  World *w = *state;
  g_autofree char *challengeresponse = NULL;
  g_autofree char *pairingsecret = NULL;
  const SimPairingCall call = { .uniqueid = "a", .clientpairingsecret = "404142434445464748494A4B4C4D4E4F" };

  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  challengeresponse = phase_2 (w, w->client, "a");
  pairingsecret = phase_3 (w, w->client, "a", challengeresponse);
  assert_refused (w, &call, 400, "Client pairing secret too short", TRUE);
  assert_gone (w, "a");
}

static void
a_client_certificate_that_is_none_is_refused_in_phase_4 (void **state)
{
  World *w = *state;
  const SimPairingCall one = { .uniqueid = "a", .phrase = "getservercert", .salt = SALT_HEX, .clientcert = "00FF" };
  g_auto (SimPairingAnswer) answer = { 0 };
  g_autofree char *challengeresponse = NULL;
  g_autofree char *pairingsecret = NULL;
  g_autofree char *secret = client_secret (w->client);
  const SimPairingCall four = { .uniqueid = "a", .clientpairingsecret = secret };

  ask (w, &one, &answer);
  give_pin (w, "a");
  challengeresponse = phase_2 (w, w->client, "a");
  pairingsecret = phase_3 (w, w->client, "a", challengeresponse);
  assert_refused (w, &four, 400, "Invalid client certificate", TRUE);
}

static void
another_ones_signature_does_not_pair (void **state)
{
  World *w = *state;
  g_autofree char *challengeresponse = NULL;
  g_autofree char *pairingsecret = NULL;

  phase_1 (w, w->client, "a", SALT_HEX);
  give_pin (w, "a");
  challengeresponse = phase_2 (w, w->client, "a");
  pairingsecret = phase_3 (w, w->client, "a", challengeresponse);
  assert_int_equal (phase_4 (w, w->other, "a"), 0);
}

static void
requests_without_sense_are_refused_without_a_session (void **state)
{
  World *w = *state;
  const SimPairingCall no_id = { .phrase = "getservercert" };
  const SimPairingCall stranger = { .uniqueid = "x", .clientchallenge = "00" };
  const SimPairingCall nothing = { .uniqueid = "a" };

  assert_refused (w, &no_id, 400, "Missing uniqueid parameter", FALSE);
  assert_refused (w, &stranger, 400, "Invalid uniqueid", FALSE);
  phase_1 (w, w->client, "a", SALT_HEX);
  assert_refused (w, &nothing, 404, "Invalid pairing request", FALSE);
}

static void
the_pair_challenge_always_says_paired (void **state)
{
  World *w = *state;
  const SimPairingCall call = { .uniqueid = "x", .phrase = "pairchallenge" };
  g_auto (SimPairingAnswer) answer = { 0 };

  ask (w, &call, &answer);
  assert_int_equal (answer.status_code, 200);
  assert_int_equal (answer.paired, 1);
  assert_null (answer.child);
}

static void
the_table_has_an_end (void **state)
{
  World *w = *state;
  const SimPairingCall call = { .uniqueid = "one-more", .phrase = "getservercert", .salt = SALT_HEX, .clientcert = "00" };

  for (guint i = 0; i < SIM_PAIRING_MAX_SESSIONS; i++) {
    g_autofree char *id = g_strdup_printf ("%u", i);

    phase_1 (w, w->client, id, SALT_HEX);
  }
  assert_refused (w, &call, 503, "Too many pairing sessions", FALSE);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, begin, finish)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (a_client_with_the_right_pin_is_paired),
    TEST (a_paired_client_keeps_the_name_given_with_the_pin),
    TEST (the_pairing_secret_begins_with_the_server_secret),
    TEST (a_wrong_pin_is_taken_and_only_the_client_finds_out),
    TEST (a_bad_signature_is_seen_by_the_client),
    TEST (a_stale_entry_lets_phase_4_fail),
    TEST (an_abandoned_phase_1_poisons_the_same_id),
    TEST (an_attempt_abandoned_after_phase_1_makes_the_next_pin_out_of_order),
    TEST (a_fresh_id_dodges_what_another_left),
    TEST (the_oldest_session_gets_the_pin_when_told_so),
    TEST (a_rival_gets_the_pin_of_whoever_begins_while_it_waits),
    TEST (an_answer_of_odd_length_is_shorter_than_any_client_expects),
    TEST (another_identity_is_shown_from_then_on),
    TEST (a_pin_without_a_pending_phase_1_is_false),
    TEST (a_pin_that_is_not_four_digits_is_false_and_harms_nothing),
    TEST (a_second_pin_during_the_handshake_destroys_the_session),
    TEST (a_silent_server_takes_the_pin_and_answers_nobody),
    TEST (phases_out_of_order_are_refused_and_end_the_session),
    TEST (a_short_salt_is_refused_when_the_pin_comes),
    TEST (a_pairing_secret_of_sixteen_bytes_is_too_short),
    TEST (a_client_certificate_that_is_none_is_refused_in_phase_4),
    TEST (another_ones_signature_does_not_pair),
    TEST (requests_without_sense_are_refused_without_a_session),
    TEST (the_pair_challenge_always_says_paired),
    TEST (the_table_has_an_end),
  };

  return cmocka_run_group_tests (tests, make_world, end_world);
}
