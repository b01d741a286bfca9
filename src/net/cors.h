/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-server.h"

/* Which pages of other origins may read our answers (CORS, the Fetch standard). Nothing is allowed with cookies: tokens go in `Authorization`. */

/**
 * hn_cors_answer:
 * @origins: (nullable) (array zero-terminated=1): whose pages may; `*`: anybody's; %NULL or empty: none but ours
 * @request: any request; gets the fields that let a page read its answer
 * @methods: methods of its path, separated by `, `; empty: there is no such path
 *
 * Returns: whether it was a browser's question (a preflight) and is answered: 200, or 400 to a page that may not
 */
gboolean hn_cors_answer (const char *const *origins, HnHttpRequest *request, const char *methods);

/**
 * hn_cors_allows:
 * @origins: (nullable) (array zero-terminated=1): as above
 * @origin: value of a request's `Origin`
 *
 * Returns: (nullable): value of `Access-Control-Allow-Origin`: @origin, or `*`; %NULL: none
 */
const char *hn_cors_allows (const char *const *origins, const char *origin);
