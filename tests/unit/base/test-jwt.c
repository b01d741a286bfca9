/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/jwt.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "tests/support/unit.h"

#define SECRET "secret-of-tests"
#define NOW_S 2000000000
#define NOW_US (NOW_S * (gint64) G_USEC_PER_SEC)
#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

/* Made by another program. */
#define TOKEN_256                                                                                                                                            \
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJ1c2VyX2lkIjoiNTA3ZjFmNzdiY2Y4NmNkNzk5NDM5MDExIiwidXNlcm5hbWUiOiJBbm4iLCJleHAiOjIwMDAwMDAwMDAsIml" \
  "hdCI6MTk5OTk5OTEwMCwidHlwZSI6ImFjY2VzcyIsInRva2VuX3ZlcnNpb24iOjB9.UKRxcyPdMS0K8_tEIYINHYA7RnyWFYfz4TOvCalcUyA"
#define TOKEN_384 "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4ifQ.Uxxnx2kYwIADap5zcTm5neAMhntj03_lrCMxX9o6YYtsa5uF4qyZM2Q7t6QLkRzl"
#define TOKEN_512 \
  "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4ifQ.G6qyTdPoim7ohFCGFqAmNDAXUhTB6hYhUA0zjZ-2MXKae702X_7GDAS94zScR8HnVPKcYRiildq8VdRr4R-ymQ"

static const HnJwtRules plain = { HN_JWT_HS256, SECRET, NULL, NULL };

static char *
encode (const guint8 *bytes, gsize length)
{
  char *text = g_base64_encode (bytes, length);

  text[strcspn (text, "=")] = '\0';
  return g_strdelimit (g_strdelimit (text, "+", '-'), "/", '_');
}

/* Signed with HMAC-SHA256 whatever the header says, by other code than that under test. */
static char *
signed_as (const char *header, const char *claims, gsize length, const char *secret)
{
  g_autofree char *first = encode ((const guint8 *) header, strlen (header));
  g_autofree char *second = encode ((const guint8 *) claims, length);
  g_autofree char *text = g_strconcat (first, ".", second, NULL);
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guint8 *) secret, strlen (secret));
  g_autofree char *third = NULL;
  guint8 digest[32];
  gsize size = sizeof digest;

  g_hmac_update (hmac, (const guint8 *) text, -1);
  g_hmac_get_digest (hmac, digest, &size);
  third = encode (digest, size);
  return g_strconcat (text, ".", third, NULL);
}

static char *
token_of (const char *claims)
{
  return signed_as (HS256, claims, strlen (claims), SECRET);
}

static HnJwtClaims *
good (const char *token, const HnJwtRules *rules)
{
  g_autoptr (GError) error = NULL;
  HnJwtClaims *claims = hn_jwt_verify (token, rules, NOW_US, &error);

  if (error != NULL)
    print_message ("%s: %s\n", token, hn_error_detail (error) != NULL ? hn_error_detail (error) : error->message);
  assert_non_null (claims);
  return claims;
}

static void
assert_refused (const char *token, const HnJwtRules *rules, const char *why)
{
  GError *error = NULL;

  assert_null (hn_jwt_verify (token, rules, NOW_US, &error));
  assert_false (hn_jwt_is_expired (error));
  assert_string_equal (hn_error_detail (error), why);
  assert_hn_error (error, HN_ERROR_UNAUTHENTICATED, "Could not validate credentials");
  assert_null (hn_jwt_verify (token, rules, NOW_US, NULL));
}

static void
assert_claims_refused (const char *claims, const char *why)
{
  g_autofree char *token = token_of (claims);

  assert_refused (token, &plain, why);
}

static void
assert_good (const char *token, const HnJwtRules *rules)
{
  hn_jwt_claims_free (good (token, rules));
}

static void
assert_claims_good (const char *text)
{
  g_autofree char *token = token_of (text);
  g_autoptr (HnJwtClaims) claims = good (token, &plain);

  assert_string_equal (claims->subject, "a");
}

static void
a_token_of_another_program_is_accepted (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnJwtClaims) claims = hn_jwt_verify (TOKEN_256, &plain, NOW_US - 1, &error);

  assert_null (error);
  assert_string_equal (claims->subject, "ann");
  assert_string_equal (claims->user_id, "507f1f77bcf86cd799439011");
  assert_string_equal (claims->user_name, "Ann");
  assert_null (claims->room);
  assert_int_equal (claims->expires_us, NOW_US);
}

static void
longer_digests_are_accepted_where_they_are_configured (void **unused)
{
  const HnJwtRules rules_384 = { HN_JWT_HS384, SECRET, NULL, NULL }, rules_512 = { HN_JWT_HS512, SECRET, NULL, NULL };
  g_autoptr (HnJwtClaims) claims_384 = good (TOKEN_384, &rules_384);
  g_autoptr (HnJwtClaims) claims_512 = good (TOKEN_512, &rules_512);

  assert_string_equal (claims_384->user_id, "ann");
  assert_string_equal (claims_512->user_name, "ann");
  assert_int_equal (claims_512->expires_us, G_MAXINT64);
}

static void
another_algorithm_than_the_configured_one_is_refused (void **unused)
{
  static const char *const headers[] = {
    "{\"alg\":\"none\"}",  "{\"alg\":\"None\"}", "{\"alg\":\"nOnE\"}", "{\"alg\":\"HS384\"}", "{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"ES256\"}",
    "{\"alg\":\"hs256\"}", "{\"alg\":\"HS2566\"}", "{\"alg\":\"\"}",     "{\"alg\":null}",      "{\"alg\":256}",       "{\"alg\":[\"HS256\"]}", "{\"typ\":\"JWT\"}", "{}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++) {
    g_autofree char *token = signed_as (headers[i], "{\"sub\":\"a\"}", 11, SECRET);
    g_autofree char *unsigned_token = g_strndup (token, (gsize) (strrchr (token, '.') + 1 - token));

    assert_refused (token, &plain, "it is signed otherwise than configured");
    assert_refused (unsigned_token, &plain, "it is signed otherwise than configured");
  }
  assert_refused (TOKEN_512, &plain, "it is signed otherwise than configured");
}

static void
a_header_must_be_one_clear_object (void **unused)
{
  static const char *const headers[] = { "", "[]", "\"HS256\"", "{", "{\"alg\":\"HS256\",\"alg\":\"none\"}", "{\"alg\":\"none\",\"\\u0061lg\":\"HS256\"}", "{\"alg\":\"HS256\"}{}" };
  g_autofree char *crit = signed_as ("{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", "{\"sub\":\"a\"}", 11, SECRET);
  g_autofree char *escaped = signed_as ("{\"\\u0061lg\":\"\\u0048S256\"}", "{\"sub\":\"a\"}", 11, SECRET);

  assert_good (escaped, &plain);
  for (guint i = 0; i < G_N_ELEMENTS (headers); i++) {
    g_autofree char *token = signed_as (headers[i], "{\"sub\":\"a\"}", 11, SECRET);

    assert_refused (token, &plain, "its header is no JSON object");
  }
  assert_refused (crit, &plain, "its header wants what we do not know");
}

static void
a_wrong_signature_is_refused (void **unused)
{
  g_autofree char *foreign = signed_as (HS256, "{\"sub\":\"a\"}", 11, "another");
  g_autofree char *changed = g_strdup (TOKEN_256);
  g_autofree char *cut = g_strdup (TOKEN_256);
  g_autofree char *longer = g_strconcat (TOKEN_256, "AA", NULL);
  g_autofree char *none = g_strndup (TOKEN_256, (gsize) (strrchr (TOKEN_256, '.') + 1 - TOKEN_256));

  assert_refused (foreign, &plain, "its signature is wrong");
  changed[strlen (changed) - 4] ^= 1;
  assert_refused (changed, &plain, "its signature is wrong");
  cut[strlen (cut) - 3] = '\0';
  assert_refused (cut, &plain, "its signature is wrong");
  assert_refused (longer, &plain, "it has not the form of a token");
  assert_refused (none, &plain, "its signature is wrong");
}

static void
a_signature_with_something_behind_it_is_refused (void **unused)
{
  g_autofree char *text = signed_as (HS256, "{\"sub\":\"a\"}", 11, SECRET);
  char *third = strrchr (text, '.') + 1;
  g_autofree char *padded = g_strdelimit (g_strdelimit (g_strconcat (third, "=", NULL), "-", '+'), "_", '/');
  gsize length = 0;
  g_autofree guint8 *digest = g_base64_decode (padded, &length);
  guint8 longer[33] = { 0 };
  g_autofree char *encoded = NULL;
  g_autofree char *token = NULL;

  assert_int_equal (length, 32);
  memcpy (longer, digest, 32);
  encoded = encode (longer, sizeof longer);
  *third = '\0';
  token = g_strconcat (text, encoded, NULL);
  assert_refused (token, &plain, "its signature is wrong");
}

/* Of the claims that were signed no bit may be another. */
static void
changed_claims_are_refused (void **unused)
{
  g_autofree char *token = g_strdup (TOKEN_512);
  const HnJwtRules rules = { HN_JWT_HS512, SECRET, NULL, NULL };

  for (gsize i = 0; token[i] != '\0'; i++) {
    char was = token[i];

    token[i] = was == 'A' ? 'B' : 'A';
    assert_null (hn_jwt_verify (token, &rules, NOW_US, NULL));
    token[i] = was;
  }
}

static void
two_secrets_are_good_at_once (void **unused)
{
  const HnJwtRules both = { HN_JWT_HS256, "new", "old", NULL }, fresh = { HN_JWT_HS256, "new", NULL, NULL };
  g_autofree char *of_new = signed_as (HS256, "{\"sub\":\"a\"}", 11, "new");
  g_autofree char *of_old = signed_as (HS256, "{\"sub\":\"a\"}", 11, "old");
  g_autofree char *of_other = signed_as (HS256, "{\"sub\":\"a\"}", 11, "other");

  assert_good (of_new, &both);
  assert_good (of_old, &both);
  assert_refused (of_other, &both, "its signature is wrong");
  assert_refused (of_old, &fresh, "its signature is wrong");
}

static void
base64url_has_one_spelling (void **unused)
{
  static const char *const wrong[] = { "", ".", "..", "abc", "a.b", "a.b.c.d", "eyJhbGciOiJIUzI1NiJ9..", "....", " .a.b" };
  g_autofree char *text = signed_as ("{\"alg\":\"HS256\"}", "{\"sub\":\"a\"}", 11, SECRET);
  g_auto (GStrv) parts = g_strsplit (text, ".", -1);
  g_autofree char *padded = g_strconcat (parts[0], ".", parts[1], "=.", parts[2], NULL);
  g_autofree char *padded_signature = g_strconcat (text, "=", NULL);
  g_autofree char *spaced = g_strconcat (text, " ", NULL);
  g_autofree char *newline = g_strconcat (text, "\n", NULL);
  g_autofree char *left_over = g_strdup (text);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_null (hn_jwt_verify (wrong[i], &plain, NOW_US, NULL));
  assert_refused ("abc", &plain, "it has not the form of a token");
  assert_refused (padded, &plain, "it has not the form of a token");
  assert_refused (padded_signature, &plain, "it has not the form of a token");
  assert_refused (spaced, &plain, "it has not the form of a token");
  assert_refused (newline, &plain, "it has not the form of a token");
  /* 43 letters are 32 bytes and two bits that are 0 */
  left_over[strlen (left_over) - 1]++;
  assert_refused (left_over, &plain, "it has not the form of a token");
}

/* 62 and 63 of the other alphabet. */
static void
base64_is_not_base64url (void **unused)
{
  guint tried = 0;

  for (guint i = 0; i < 100 && tried < 2; i++) {
    g_autofree char *claims = g_strdup_printf ("{\"sub\":\"a\",\"n\":%u}", i);
    g_autofree char *text = token_of (claims);
    g_autofree char *plus = g_strdelimit (g_strdup (text), "-", '+');
    g_autofree char *slash = g_strdelimit (g_strdup (text), "_", '/');

    if (strchr (text, '-') == NULL || strchr (text, '_') == NULL)
      continue;
    assert_refused (plus, &plain, "it has not the form of a token");
    assert_refused (slash, &plain, "it has not the form of a token");
    tried++;
  }
  assert_int_equal (tried, 2);
}

static void
what_is_too_long_is_not_looked_at (void **unused)
{
  g_autofree char *filler = g_strnfill (65536, 'a');
  g_autofree char *long_name = g_strnfill (HN_LIMIT_USER_BYTES + 1, 'a');
  g_autofree char *claims = g_strdup_printf ("{\"sub\":\"a\",\"x\":\"%s\"}", filler);
  g_autofree char *token = token_of (claims);
  g_autofree char *named = g_strdup_printf ("{\"sub\":\"%s\"}", long_name);
  g_autofree char *named_right = g_strdup_printf ("{\"sub\":\"%s\"}", long_name + 1);
  g_autofree char *long_token = token_of (named_right);
  g_autoptr (HnJwtClaims) longest = good (long_token, &plain);

  assert_refused (token, &plain, "it has not the form of a token");
  assert_refused (filler, &plain, "it has not the form of a token");
  assert_claims_refused (named, "'sub' is missing or no name");
  assert_int_equal (strlen (longest->subject), HN_LIMIT_USER_BYTES);
}

static void
claims_must_be_one_clear_object (void **unused)
{
  static const char *const wrong[] = { "", "[]", "null", "\"sub\"", "{\"sub\":\"a\"", "{\"sub\":\"a\",\"sub\":\"b\"}", "{\"sub\":\"a\",\"s\\u0075b\":\"b\"}", "{\"sub\":\"a\",}",
                                       "{'sub':'a'}", "{\"sub\":\"\xff\"}" };
  g_autofree char *nul = signed_as (HS256, "{\"sub\":\"a\0\"}", 12, SECRET);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_claims_refused (wrong[i], "its claims are no JSON object");
  assert_refused (nul, &plain, "its claims are no JSON object");
}

static void
a_subject_is_a_name (void **unused)
{
  static const char *const wrong[] = { "{}", "{\"sub\":\"\"}", "{\"sub\":null}", "{\"sub\":5}", "{\"sub\":[\"a\"]}", "{\"sub\":{}}", "{\"sub\":true}", "{\"sub\":\"a\\u0000\"}",
                                       "{\"sub\":\"a\\n\"}", "{\"sub\":\"\\ud800\"}", "{\"Sub\":\"a\"}" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_claims_refused (wrong[i], "'sub' is missing or no name");
}

static void
names_are_taken_where_they_are (void **unused)
{
  static const char *const wrong[] = { "{\"sub\":\"a\",\"user_id\":5}", "{\"sub\":\"a\",\"username\":[]}", "{\"sub\":\"a\",\"room\":[\"r\"]}", "{\"sub\":\"a\",\"user_id\":\"\\u001b\"}" };
  g_autofree char *all = token_of ("{\"sub\":\"a\",\"user_id\":\"r\\u00e4u\",\"username\":\"B b\",\"room\":\"team-*\"}");
  g_autofree char *empty = token_of ("{\"sub\":\"a\",\"user_id\":\"\",\"username\":null,\"room\":\"\"}");
  g_autoptr (HnJwtClaims) claims = good (all, &plain);
  g_autoptr (HnJwtClaims) bare = good (empty, &plain);

  assert_string_equal (claims->user_id, "r\xc3\xa4u");
  assert_string_equal (claims->user_name, "B b");
  assert_string_equal (claims->room, "team-*");
  assert_string_equal (bare->user_id, "a");
  assert_string_equal (bare->user_name, "a");
  assert_null (bare->room);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_claims_refused (wrong[i], "'user_id', 'username' or 'room' is no name");
}

static void
a_refresh_token_is_none (void **unused)
{
  assert_claims_refused ("{\"sub\":\"a\",\"type\":\"refresh\"}", "it is a refresh token");
  assert_claims_refused ("{\"sub\":\"a\",\"type\":\"r\\u0065fresh\"}", "it is a refresh token");
  assert_claims_good ("{\"sub\":\"a\",\"type\":\"access\"}");
  assert_claims_good ("{\"sub\":\"a\",\"token_type\":\"permanent\"}");
}

static void
the_time_of_issue_is_a_whole_number (void **unused)
{
  static const char *const wrong[] = { "\"1\"", "1.5", "1e9", "null", "[]", "99999999999999999999" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *claims = g_strdup_printf ("{\"sub\":\"a\",\"iat\":%s}", wrong[i]);

    assert_claims_refused (claims, "'iat' is no whole number");
  }
  assert_claims_good ("{\"sub\":\"a\",\"iat\":1}");
  /* of somebody whose clock is ahead: nothing says that it must be in the past */
  assert_claims_good ("{\"sub\":\"a\",\"iat\":2000000500}");
}

static void
a_token_that_is_not_valid_yet_is_refused (void **unused)
{
  assert_claims_refused ("{\"sub\":\"a\",\"nbf\":2000000001}", "it is not valid yet");
  assert_claims_refused ("{\"sub\":\"a\",\"nbf\":2000000000.5}", "it is not valid yet");
  assert_claims_refused ("{\"sub\":\"a\",\"nbf\":1e300}", "it is not valid yet");
  assert_claims_refused ("{\"sub\":\"a\",\"nbf\":\"1\"}", "'exp' or 'nbf' is no number");
  assert_claims_refused ("{\"sub\":\"a\",\"exp\":\"2000000001\"}", "'exp' or 'nbf' is no number");
  assert_claims_refused ("{\"sub\":\"a\",\"exp\":null}", "'exp' or 'nbf' is no number");
  assert_claims_refused ("{\"sub\":\"a\",\"exp\":10000000000000000000000000000000000000000000000}", "'exp' or 'nbf' is no number");
  assert_claims_good ("{\"sub\":\"a\",\"nbf\":2000000000}");
  assert_claims_good ("{\"sub\":\"a\",\"nbf\":-1e300}");
}

static void
a_token_ends_at_its_second_without_leeway (void **unused)
{
  static const char *const over[] = { "1999999999", "2000000000", "2000000000.0", "0", "-1", "-1e300", "1.999999999e9" };

  for (guint i = 0; i < G_N_ELEMENTS (over); i++) {
    g_autofree char *claims = g_strdup_printf ("{\"sub\":\"a\",\"exp\":%s}", over[i]);
    g_autofree char *token = token_of (claims);
    GError *error = NULL;

    assert_null (hn_jwt_verify (token, &plain, NOW_US, &error));
    assert_true (hn_jwt_is_expired (error));
    assert_hn_error (error, HN_ERROR_UNAUTHENTICATED, "Token has expired");
  }
  assert_claims_good ("{\"sub\":\"a\",\"exp\":2000000000.5}");
  assert_claims_good ("{\"sub\":\"a\",\"exp\":2000000001}");
  assert_claims_good ("{\"sub\":\"a\",\"exp\":1e300}");
}

/* Whoever guesses is not told how old a token is. */
static void
only_a_good_token_is_told_that_it_has_expired (void **unused)
{
  g_autofree char *foreign = signed_as (HS256, "{\"sub\":\"a\",\"exp\":1}", 19, "another");

  assert_refused (foreign, &plain, "its signature is wrong");
  assert_claims_refused ("{\"exp\":1}", "'sub' is missing or no name");
  assert_claims_refused ("{\"sub\":\"a\",\"exp\":1,\"aud\":\"x\"}", "'aud' is not what is configured");
  assert_claims_refused ("{\"sub\":\"a\",\"exp\":1,\"type\":\"refresh\"}", "it is a refresh token");
}

static void
an_audience_must_be_the_configured_one (void **unused)
{
  static const char *const ours[] = { "\"rooms\"", "[\"rooms\"]", "[\"x\",\"r\\u006foms\"]", "[1,\"rooms\"]" };
  static const char *const others[] = { "\"room\"", "\"roomss\"", "[]", "[\"x\"]", "null", "5", "{\"rooms\":1}", "[[\"rooms\"]]" };
  const HnJwtRules rules = { HN_JWT_HS256, SECRET, NULL, "rooms" };
  g_autofree char *without = token_of ("{\"sub\":\"a\"}");

  for (guint i = 0; i < G_N_ELEMENTS (ours); i++) {
    g_autofree char *text = g_strdup_printf ("{\"sub\":\"a\",\"aud\":%s}", ours[i]);
    g_autofree char *token = token_of (text);

    assert_good (token, &rules);
    assert_refused (token, &plain, "'aud' is not what is configured");
  }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autofree char *text = g_strdup_printf ("{\"sub\":\"a\",\"aud\":%s}", others[i]);
    g_autofree char *token = token_of (text);

    assert_refused (token, &rules, "'aud' is not what is configured");
    assert_refused (token, &plain, "'aud' is not what is configured");
  }
  assert_refused (without, &rules, "'aud' is not what is configured");
}

static void
what_is_signed_here_is_accepted_here (void **unused)
{
  static const HnJwtAlgorithm algorithms[] = { HN_JWT_HS256, HN_JWT_HS384, HN_JWT_HS512 };
  g_autofree char *same = hn_jwt_sign ("{\"sub\":\"ann\"}", HN_JWT_HS512, SECRET);

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++) {
    const HnJwtRules rules = { algorithms[i], "r\xc3\xa4um", NULL, NULL };
    g_autofree char *token = hn_jwt_sign ("{\"sub\":\"ann\",\"x\":\"\xc3\xbf\xc3\xbe\xc3\xbd\"}", algorithms[i], "r\xc3\xa4um");

    assert_good (token, &rules);
    assert_null (strpbrk (token, "+/="));
  }
  assert_string_equal (same, TOKEN_512);
}

static void
rules_come_from_the_configuration (void **unused)
{
  const char *text = "tokens: {secret: a, secret_previous: b, algorithm: HS384, audience: c}";
  g_autoptr (HnConfig) config = hn_config_parse (text, strlen (text), "x", HN_MODE_ROOMS, NULL);
  HnJwtRules rules = hn_jwt_rules_of (config);

  assert_string_equal (rules.secret, "a");
  assert_string_equal (rules.previous_secret, "b");
  assert_string_equal (rules.audience, "c");
  assert_int_equal (rules.algorithm, HN_JWT_HS384);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_token_of_another_program_is_accepted),
    cmocka_unit_test (longer_digests_are_accepted_where_they_are_configured),
    cmocka_unit_test (another_algorithm_than_the_configured_one_is_refused),
    cmocka_unit_test (a_header_must_be_one_clear_object),
    cmocka_unit_test (a_wrong_signature_is_refused),
    cmocka_unit_test (a_signature_with_something_behind_it_is_refused),
    cmocka_unit_test (changed_claims_are_refused),
    cmocka_unit_test (two_secrets_are_good_at_once),
    cmocka_unit_test (base64url_has_one_spelling),
    cmocka_unit_test (base64_is_not_base64url),
    cmocka_unit_test (what_is_too_long_is_not_looked_at),
    cmocka_unit_test (claims_must_be_one_clear_object),
    cmocka_unit_test (a_subject_is_a_name),
    cmocka_unit_test (names_are_taken_where_they_are),
    cmocka_unit_test (a_refresh_token_is_none),
    cmocka_unit_test (the_time_of_issue_is_a_whole_number),
    cmocka_unit_test (a_token_that_is_not_valid_yet_is_refused),
    cmocka_unit_test (a_token_ends_at_its_second_without_leeway),
    cmocka_unit_test (only_a_good_token_is_told_that_it_has_expired),
    cmocka_unit_test (an_audience_must_be_the_configured_one),
    cmocka_unit_test (what_is_signed_here_is_accepted_here),
    cmocka_unit_test (rules_come_from_the_configuration),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
