/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/route.h"

/* What the port for plain HTTP answers when there is a domain: ACME's http-01 challenges (RFC 8555, 8.3), and the way to HTTPS. Pure. */

/**
 * hn_acme_token_of:
 * @path: a raw path
 *
 * Returns: (transfer full) (nullable): the token of a challenge: letters, digits, `-` and `_` only, so that it can be nothing but a name
 */
char *hn_acme_token_of (HnSlice path);

/**
 * hn_acme_is_answer:
 * @text: (array length=length): a challenge's file
 * @length: bytes
 * @token: whose
 *
 * Returns: whether it is a key authorization for @token, and nothing else that lay there by mistake
 */
gboolean hn_acme_is_answer (const char *text, gsize length, const char *token);

/**
 * hn_acme_redirect:
 * @head: a request
 * @domain: where to, with its port if it is not 443
 * @ret_route: (out): initialised; becomes a redirect to the same target there, whatever host was asked for
 */
void hn_acme_redirect (const HnHttpHead *head, const char *domain, HnRoute *ret_route);
