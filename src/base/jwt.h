/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"

/* JSON web tokens (RFC 7519, RFC 7515 compact form), HMAC only, the algorithm pinned by whoever verifies: what the token's header says is compared, never
 * obeyed. Pure. */

typedef enum { HN_JWT_HS256, HN_JWT_HS384, HN_JWT_HS512 } HnJwtAlgorithm;

typedef struct {
  HnJwtAlgorithm algorithm;
  const char *secret;
  const char *previous_secret; /* (nullable): accepted beside it for as long as it is configured */
  const char *audience;        /* (nullable): `aud` must be or hold it; without it a token with `aud` is refused */
} HnJwtRules;

typedef struct {
  char *subject;     /* `sub`, never empty */
  char *user_id;     /* `user_id`, else `sub` */
  char *user_name;   /* `username`, else `sub` */
  char *room;        /* (nullable) `room`: a name, or a prefix that ends in `*` */
  gint64 expires_us; /* utc; %G_MAXINT64: never */
} HnJwtClaims;

/* The two messages of a refusal: nothing else is told to whoever brings a token. */
#define HN_JWT_EXPIRED "Token has expired"
#define HN_JWT_INVALID "Could not validate credentials"

/**
 * hn_jwt_rules_of:
 * @config: of rooms, or of mesh with tokens; outlives the rules, whose texts are its own: ask again when it was read anew
 *
 * Returns: what it accepts
 */
HnJwtRules hn_jwt_rules_of (const HnConfig *config);

/**
 * hn_jwt_verify:
 * @token: as it came
 * @rules: what is accepted
 * @utc_us: now
 * @error: UNAUTHENTICATED with one of two messages, %HN_JWT_EXPIRED (only of a token that is good but for its time) and %HN_JWT_INVALID; its detail, for the
 *   log, says why and never holds a part of the token
 *
 * Zero leeway. `nbf` is checked, `iat` must be an integer, `type` = `refresh` is refused, `exp` may be absent. At most %HN_LIMIT_TOKEN_BYTES are looked at.
 *
 * Returns: (transfer full) (nullable): what it claims; its texts are UTF-8 without control characters, at most %HN_LIMIT_USER_BYTES each
 */
HnJwtClaims *hn_jwt_verify (const char *token, const HnJwtRules *rules, gint64 utc_us, GError **error);

/**
 * hn_jwt_is_expired:
 * @error: of hn_jwt_verify()
 *
 * Returns: whether it says that the token is good but for its time
 */
gboolean hn_jwt_is_expired (const GError *error);

/**
 * hn_jwt_sign:
 * @claims: a JSON object
 * @algorithm: which
 * @secret: key
 *
 * Returns: (transfer full): the token
 */
char *hn_jwt_sign (const char *claims, HnJwtAlgorithm algorithm, const char *secret);

/**
 * hn_jwt_claims_free:
 * @self: (nullable): what to free
 */
void hn_jwt_claims_free (HnJwtClaims *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnJwtClaims, hn_jwt_claims_free)
