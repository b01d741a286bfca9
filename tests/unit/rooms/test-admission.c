/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/admission.h"

#include "tests/support/unit.h"

#define SECRET "a secret that nobody guesses at once"
#define UTC_US G_GINT64_CONSTANT (1762682400000000)
#define SECONDS "1762682400"
#define ID "0123456789abcdef0123456789abcdef"

static const HnAdmissionRules rules = { .jwt = { .algorithm = HN_JWT_HS256, .secret = SECRET } };

static HnAdmission *
decide (const HnAdmissionRules *how, const char *room, const char *query)
{
  g_autofree char *text = g_strdup_printf ("GET /webrtc/ws/%s%s HTTP/1.1\r\nHost: rooms.example\r\n\r\n", room, query);
  guint status = 0;
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (text, strlen (text), &status, NULL);
  HnSlice segment;

  assert_non_null (head);
  assert_true (hn_admission_find_room (head->path, &segment));
  return hn_admission_decide (how, head, segment, UTC_US);
}

/* With a token of these claims. */
static HnAdmission *
come (const char *room, const char *claims, const char *more)
{
  g_autofree char *token = hn_jwt_sign (claims, HN_JWT_HS256, SECRET);
  g_autofree char *query = g_strdup_printf ("?token=%s%s", token, more);

  return decide (&rules, room, query);
}

static void
assert_refusal (const char *room, const char *claims, HnRefusal expected)
{
  g_autoptr (HnAdmission) self = come (room, claims, "");

  assert_int_equal (self->refusal, expected);
}

static void
a_path_is_a_rooms_with_one_segment (void **unused)
{
  static const char *const others[] = { "", "/", "/webrtc/ws", "/webrtc/ws/", "/webrtc/wsx/r1", "/webrtc/ws/r1/", "/webrtc/ws/r1/x", "/webrtc/ws//r1", "/webrtc/rooms/r1", "webrtc/ws/r1" };
  HnSlice segment = { NULL };

  assert_true (hn_admission_find_room ((HnSlice){ "/webrtc/ws/r%201", 16 }, &segment));
  assert_true (hn_slice_equal (segment, "r%201"));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    assert_false (hn_admission_find_room ((HnSlice){ others[i], strlen (others[i]) }, &segment));
}

static void
a_good_token_and_a_good_name_are_let_in (void **unused)
{
  g_autoptr (HnAdmission) self = come ("my%20room", "{\"sub\":\"ann\",\"user_id\":\"u1\",\"username\":\"Ann\",\"exp\":1762682460}", "");

  assert_int_equal (self->refusal, HN_REFUSALS);
  assert_string_equal (self->room, "myroom");
  assert_string_equal (self->claims->user_id, "u1");
  assert_string_equal (self->claims->user_name, "Ann");
  assert_int_equal (self->claims->expires_us, UTC_US + 60 * G_USEC_PER_SEC);
  assert_int_equal (self->dialect, HN_DIALECT_UNDERSCORE);
  assert_false (self->comes_back);
  assert_null (self->connection);
}

static void
each_refusal_has_its_reason (void **unused)
{
  g_autoptr (HnAdmission) none = decide (&rules, "r1", "");
  g_autoptr (HnAdmission) bad = decide (&rules, "r1", "?token=abc");
  g_autoptr (HnAdmission) twice = decide (&rules, "r1", "?token=abc&token=abc");

  assert_int_equal (none->refusal, HN_REFUSAL_NO_TOKEN);
  assert_int_equal (bad->refusal, HN_REFUSAL_BAD_TOKEN);
  assert_int_equal (twice->refusal, HN_REFUSAL_BAD_TOKEN);
  assert_refusal ("r1", "{\"sub\":\"a\",\"exp\":" SECONDS "}", HN_REFUSAL_EXPIRED_TOKEN);
  assert_refusal ("%20", "{\"sub\":\"a\"}", HN_REFUSAL_BLANK_ROOM);
  assert_refusal ("!", "{\"sub\":\"a\"}", HN_REFUSAL_WRONG_ROOM);
  assert_null (come ("a%2fb", "{\"sub\":\"a\"}", ""));
}

static void
a_token_may_be_for_some_rooms_only (void **unused)
{
  assert_refusal ("r1", "{\"sub\":\"a\",\"room\":\"r1\"}", HN_REFUSALS);
  assert_refusal ("r1", "{\"sub\":\"a\",\"room\":\"r*\"}", HN_REFUSALS);
  assert_refusal ("r1", "{\"sub\":\"a\",\"room\":\"*\"}", HN_REFUSALS);
  assert_refusal ("r1", "{\"sub\":\"a\",\"room\":\"r\"}", HN_REFUSAL_OTHER_ROOM);
  assert_refusal ("r1", "{\"sub\":\"a\",\"room\":\"r11\"}", HN_REFUSAL_OTHER_ROOM);
  assert_refusal ("r1", "{\"sub\":\"a\",\"room\":\"r2*\"}", HN_REFUSAL_OTHER_ROOM);
  assert_refusal ("a.b", "{\"sub\":\"a\",\"room\":\"ab\"}", HN_REFUSALS);
}

static void
strict_rules_and_another_dialect_are_minded (void **unused)
{
  const HnAdmissionRules strict = { .jwt = rules.jwt, .strict_ids = TRUE, .dialect = HN_DIALECT_HYPHEN };
  g_autoptr (HnAdmission) odd = decide (&strict, "my%20room", "");
  g_autoptr (HnAdmission) plain = decide (&strict, "my-room", "");
  g_autoptr (HnAdmission) other = decide (&strict, "my-room", "?dialect=underscore");
  g_autoptr (HnAdmission) unknown = decide (&strict, "my-room", "?dialect=german");

  assert_int_equal (odd->refusal, HN_REFUSAL_WRONG_ROOM);
  assert_int_equal (plain->refusal, HN_REFUSAL_NO_TOKEN);
  assert_int_equal (plain->dialect, HN_DIALECT_HYPHEN);
  assert_int_equal (other->dialect, HN_DIALECT_UNDERSCORE);
  assert_int_equal (unknown->dialect, HN_DIALECT_HYPHEN);
}

static void
who_comes_back_says_where_it_was (void **unused)
{
  static const char *const odd[] = { "&offset=7", "&epoch=e-1", "&offset=-1&epoch=e", "&offset=x&epoch=e", "&offset=&epoch=e", "&offset=7&epoch=", "&offset=7&epoch=a%22b",
                                     "&offset=99999999999999999999&epoch=e", "&offset=7&epoch=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
  g_autoptr (HnAdmission) self = come ("r1", "{\"sub\":\"a\"}", "&offset=7&epoch=e-1&conn=" ID);
  g_autoptr (HnAdmission) first = come ("r1", "{\"sub\":\"a\"}", "&offset=0&epoch=e&conn=short");

  assert_true (self->comes_back);
  assert_int_equal (self->offset, 7);
  assert_string_equal (self->epoch, "e-1");
  assert_string_equal (self->connection, ID);
  assert_true (first->comes_back);
  assert_int_equal (first->offset, 0);
  assert_null (first->connection);
  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++) {
    g_autoptr (HnAdmission) other = come ("r1", "{\"sub\":\"a\"}", odd[i]);

    assert_int_equal (other->refusal, HN_REFUSALS);
    assert_false (other->comes_back);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_path_is_a_rooms_with_one_segment),
    cmocka_unit_test (a_good_token_and_a_good_name_are_let_in),
    cmocka_unit_test (each_refusal_has_its_reason),
    cmocka_unit_test (a_token_may_be_for_some_rooms_only),
    cmocka_unit_test (strict_rules_and_another_dialect_are_minded),
    cmocka_unit_test (who_comes_back_says_where_it_was),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
