/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: nothing of a token counts before its signature does; the header is compared with what is configured and decides nothing; each part has one spelling
 * (base64url without padding, no bit left over; no name twice in an object), so that two readers of a token cannot see two things. Time comes last: only a token
 * that is good in all else is told that it has expired. */
#include "base/jwt.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error.h"
#include "base/json-scan.h"
#include "base/limits.h"

#define NUMBER_BYTES 40 /* of a time: longer ones mean nothing */
#define MICROSECONDS 1e6
#define LATEST 9e12 /* seconds: beyond, microseconds do not fit */

static const char *const algorithm_names[] = { [HN_JWT_HS256] = "HS256", [HN_JWT_HS384] = "HS384", [HN_JWT_HS512] = "HS512" };

typedef struct {
  GByteArray *header, *claims, *signature;
  gsize signed_bytes; /* of the token: both parts that are signed, and the point between them */
} Parts;

static void
parts_clear (Parts *self)
{
  g_clear_pointer (&self->header, g_byte_array_unref);
  g_clear_pointer (&self->claims, g_byte_array_unref);
  g_clear_pointer (&self->signature, g_byte_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parts, parts_clear)

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, HN_ERROR, HN_ERROR_UNAUTHENTICATED, HN_JWT_INVALID);
  if (error != NULL)
    hn_error_set_detail (*error, "%s", why);
  return FALSE;
}

/* ---- base64url ---- */

static int
value_of (char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (g_ascii_isdigit (c))
    return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* NULL: not base64url in its one spelling. */
static GByteArray *
decode (const char *text, gsize length)
{
  g_autoptr (GByteArray) bytes = g_byte_array_sized_new ((guint) length);
  guint32 bits = 0;
  guint n_bits = 0;

  for (gsize i = 0; i < length; i++) {
    int value = value_of (text[i]);
    guint8 byte;

    if (value < 0)
      return NULL;
    bits = bits << 6 | (guint32) value;
    n_bits += 6;
    if (n_bits < 8)
      continue;
    n_bits -= 8;
    byte = (guint8) (bits >> n_bits);
    g_byte_array_append (bytes, &byte, 1);
  }
  if (n_bits == 6 || (bits & ((1u << n_bits) - 1)) != 0)
    return NULL;
  return g_steal_pointer (&bytes);
}

static void
append_encoded (GString *out, const guint8 *bytes, gsize length)
{
  g_autofree char *text = g_base64_encode (bytes, length);

  text[strcspn (text, "=")] = '\0';
  g_string_append (out, g_strdelimit (g_strdelimit (text, "+", '-'), "/", '_'));
}

/* ---- the three parts ---- */

static gboolean
split (const char *token, Parts *parts)
{
  const char *first = strchr (token, '.');
  const char *second = first != NULL ? strchr (first + 1, '.') : NULL;

  if (second == NULL)
    return FALSE;
  parts->header = decode (token, (gsize) (first - token));
  parts->claims = decode (first + 1, (gsize) (second - first) - 1);
  parts->signature = decode (second + 1, strlen (second + 1));
  parts->signed_bytes = (gsize) (second - token);
  return parts->header != NULL && parts->claims != NULL && parts->signature != NULL;
}

static gboolean
read_object (const GByteArray *bytes, HnJsonValue *ret_object)
{
  const char *text = (const char *) bytes->data;

  return bytes->len > 0 && g_utf8_validate_len (text, bytes->len, NULL) && hn_json_scan (text, bytes->len, HN_LIMIT_JSON_DEPTH, ret_object, NULL)
         && ret_object->kind == HN_JSON_OBJECT && hn_json_object_is_clear (ret_object);
}

static gboolean
check_header (const GByteArray *bytes, HnJwtAlgorithm algorithm, GError **error)
{
  HnJsonValue header, value;

  if (!read_object (bytes, &header))
    return refuse (error, "its header is no JSON object");
  if (!hn_json_object_find (&header, "alg", &value) || value.kind != HN_JSON_STRING || !hn_json_value_equals (&value, algorithm_names[algorithm]))
    return refuse (error, "it is signed otherwise than configured");
  /* what must be understood (RFC 7515 section 4.1.11) */
  return !hn_json_object_find (&header, "crit", &value) || refuse (error, "its header wants what we do not know");
}

static guint
sign (HnJwtAlgorithm algorithm, const char *secret, const char *text, gsize length, guint8 *ret_signature)
{
  const EVP_MD *digest = algorithm == HN_JWT_HS256 ? EVP_sha256 () : algorithm == HN_JWT_HS384 ? EVP_sha384 () : EVP_sha512 ();
  guint size = 0;

  if (HMAC (digest, secret, (int) strlen (secret), (const guint8 *) text, length, ret_signature, &size) == NULL)
    g_error ("out of memory");
  return size;
}

static gboolean
is_signed_by (const char *secret, HnJwtAlgorithm algorithm, const char *token, const Parts *parts)
{
  guint8 expected[EVP_MAX_MD_SIZE];
  guint size = sign (algorithm, secret, token, parts->signed_bytes, expected);

  return parts->signature->len == size && CRYPTO_memcmp (parts->signature->data, expected, size) == 0;
}

/* ---- claims ---- */

static gboolean
is_line (const char *text)
{
  for (; *text != '\0'; text++)
    if (g_ascii_iscntrl (*text))
      return FALSE;
  return TRUE;
}

/* A claim that is absent, null or empty leaves @ret_text as it is. */
static gboolean
read_text (const HnJsonValue *claims, const char *name, char **ret_text)
{
  HnJsonValue value;
  g_autofree char *text = NULL;

  if (!hn_json_object_find (claims, name, &value) || value.kind == HN_JSON_NULL)
    return TRUE;
  text = value.kind == HN_JSON_STRING ? hn_json_value_dup_text (&value) : NULL;
  if (text == NULL || !is_line (text) || strlen (text) > HN_LIMIT_USER_BYTES)
    return FALSE;
  if (*text != '\0')
    *ret_text = g_steal_pointer (&text);
  return TRUE;
}

/* Seconds since 1970, which may have a fraction; absent leaves @ret_utc_us as it is. */
static gboolean
read_time (const HnJsonValue *claims, const char *name, gint64 *ret_utc_us)
{
  char text[NUMBER_BYTES + 1];
  HnJsonValue value;
  double seconds;

  if (!hn_json_object_find (claims, name, &value))
    return TRUE;
  if (value.kind != HN_JSON_NUMBER || value.length > NUMBER_BYTES)
    return FALSE;
  memcpy (text, value.text, value.length);
  text[value.length] = '\0';
  seconds = g_ascii_strtod (text, NULL);
  *ret_utc_us = seconds >= LATEST ? G_MAXINT64 : seconds <= -LATEST ? G_MININT64 : (gint64) (seconds * MICROSECONDS);
  return TRUE;
}

static gboolean
is_for (const HnJsonValue *claims, const char *audience)
{
  HnJsonValue aud, one;
  gsize position = 0;

  if (!hn_json_object_find (claims, "aud", &aud))
    return audience == NULL;
  if (audience == NULL)
    return FALSE;
  if (aud.kind == HN_JSON_STRING)
    return hn_json_value_equals (&aud, audience);
  while (aud.kind == HN_JSON_ARRAY && hn_json_array_next (&aud, &position, &one))
    if (one.kind == HN_JSON_STRING && hn_json_value_equals (&one, audience))
      return TRUE;
  return FALSE;
}

static gboolean
read_names (const HnJsonValue *claims, HnJwtClaims *ret_claims, GError **error)
{
  if (!read_text (claims, "sub", &ret_claims->subject) || ret_claims->subject == NULL)
    return refuse (error, "'sub' is missing or no name");
  if (!read_text (claims, "user_id", &ret_claims->user_id) || !read_text (claims, "username", &ret_claims->user_name)
      || !read_text (claims, "room", &ret_claims->room))
    return refuse (error, "'user_id', 'username' or 'room' is no name");
  if (ret_claims->user_id == NULL)
    ret_claims->user_id = g_strdup (ret_claims->subject);
  if (ret_claims->user_name == NULL)
    ret_claims->user_name = g_strdup (ret_claims->subject);
  return TRUE;
}

static gboolean
check_use (const HnJsonValue *claims, const HnJwtRules *rules, GError **error)
{
  HnJsonValue value;
  gint64 number;

  if (!is_for (claims, rules->audience))
    return refuse (error, "'aud' is not what is configured");
  if (hn_json_object_find (claims, "type", &value) && value.kind == HN_JSON_STRING && hn_json_value_equals (&value, "refresh"))
    return refuse (error, "it is a refresh token");
  return !hn_json_object_find (claims, "iat", &value) || (value.kind == HN_JSON_NUMBER && hn_json_value_get_int (&value, &number))
         || refuse (error, "'iat' is no whole number");
}

static gboolean
check_time (const HnJsonValue *claims, gint64 utc_us, HnJwtClaims *ret_claims, GError **error)
{
  gint64 not_before_us = G_MININT64;

  ret_claims->expires_us = G_MAXINT64;
  if (!read_time (claims, "nbf", &not_before_us) || !read_time (claims, "exp", &ret_claims->expires_us))
    return refuse (error, "'exp' or 'nbf' is no number");
  if (utc_us < not_before_us)
    return refuse (error, "it is not valid yet");
  if (utc_us < ret_claims->expires_us)
    return TRUE;
  g_set_error_literal (error, HN_ERROR, HN_ERROR_UNAUTHENTICATED, HN_JWT_EXPIRED);
  return FALSE;
}

HnJwtClaims *
hn_jwt_verify (const char *token, const HnJwtRules *rules, gint64 utc_us, GError **error)
{
  g_autoptr (HnJwtClaims) claims = g_new0 (HnJwtClaims, 1);
  g_auto (Parts) parts = { NULL };
  HnJsonValue object;
  gboolean is_good;

  if (strnlen (token, HN_LIMIT_TOKEN_BYTES + 1) > HN_LIMIT_TOKEN_BYTES || !split (token, &parts))
    is_good = refuse (error, "it has not the form of a token");
  else if (!check_header (parts.header, rules->algorithm, error))
    is_good = FALSE;
  else if (!is_signed_by (rules->secret, rules->algorithm, token, &parts)
           && (rules->previous_secret == NULL || !is_signed_by (rules->previous_secret, rules->algorithm, token, &parts)))
    is_good = refuse (error, "its signature is wrong");
  else if (!read_object (parts.claims, &object))
    is_good = refuse (error, "its claims are no JSON object");
  else
    is_good = read_names (&object, claims, error) && check_use (&object, rules, error) && check_time (&object, utc_us, claims, error);
  return is_good ? g_steal_pointer (&claims) : NULL;
}

gboolean
hn_jwt_is_expired (const GError *error)
{
  return g_error_matches (error, HN_ERROR, HN_ERROR_UNAUTHENTICATED) && g_str_equal (error->message, HN_JWT_EXPIRED);
}

char *
hn_jwt_sign (const char *claims, HnJwtAlgorithm algorithm, const char *secret)
{
  g_autofree char *header = g_strdup_printf ("{\"alg\":\"%s\",\"typ\":\"JWT\"}", algorithm_names[algorithm]);
  GString *token = g_string_new (NULL);
  guint8 signature[EVP_MAX_MD_SIZE];
  guint size;

  append_encoded (token, (const guint8 *) header, strlen (header));
  g_string_append_c (token, '.');
  append_encoded (token, (const guint8 *) claims, strlen (claims));
  size = sign (algorithm, secret, token->str, token->len, signature);
  g_string_append_c (token, '.');
  append_encoded (token, signature, size);
  return g_string_free (token, FALSE);
}

HnJwtRules
hn_jwt_rules_of (const HnConfig *config)
{
  HnJwtRules rules = { .secret = config->tokens_secret, .previous_secret = config->tokens_secret_previous, .audience = config->tokens_audience };

  for (guint i = 0; i < G_N_ELEMENTS (algorithm_names); i++)
    if (g_str_equal (config->tokens_algorithm, algorithm_names[i]))
      rules.algorithm = (HnJwtAlgorithm) i;
  return rules;
}

void
hn_jwt_claims_free (HnJwtClaims *self)
{
  if (self == NULL)
    return;
  g_free (self->subject);
  g_free (self->user_id);
  g_free (self->user_name);
  g_free (self->room);
  g_free (self);
}
