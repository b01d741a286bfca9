/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/cors.h"

#include <string.h>

#define MAX_AGE "600"
#define HEADERS_BYTES 1024 /* of names that a page wants to send */

const char *
hn_cors_allows (const char *const *origins, const char *origin)
{
  for (guint i = 0; origins != NULL && origins[i] != NULL; i++) {
    if (g_str_equal (origins[i], "*"))
      return "*";
    if (g_ascii_strcasecmp (origins[i], origin) == 0)
      return origin;
  }
  return NULL;
}

static gboolean
are_names (const char *text)
{
  return strlen (text) <= HEADERS_BYTES && strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_, ") == strlen (text);
}

static void
answer_preflight (HnHttpRequest *request, const char *allowed, const char *methods)
{
  const char *wanted = hn_http_request_get_header (request, "Access-Control-Request-Headers");

  if (allowed == NULL) {
    hn_http_request_reply_text (request, 400, "text/plain; charset=utf-8", "Disallowed CORS origin");
    return;
  }
  hn_http_request_set_header (request, "Access-Control-Allow-Methods", methods);
  if (wanted != NULL && are_names (wanted))
    hn_http_request_set_header (request, "Access-Control-Allow-Headers", wanted);
  hn_http_request_set_header (request, "Access-Control-Max-Age", MAX_AGE);
  hn_http_request_reply_text (request, 200, "text/plain; charset=utf-8", "OK");
}

gboolean
hn_cors_answer (const char *const *origins, HnHttpRequest *request, const char *methods)
{
  const char *origin = hn_http_request_get_header (request, "Origin");
  const char *allowed = origin != NULL ? hn_cors_allows (origins, origin) : NULL;

  if (origins == NULL || origins[0] == NULL)
    return FALSE;
  /* whoever keeps an answer must not show it to another page */
  if (allowed == NULL || *allowed != '*')
    hn_http_request_set_header (request, "Vary", "Origin");
  if (allowed != NULL)
    hn_http_request_set_header (request, "Access-Control-Allow-Origin", allowed);
  if (origin == NULL || *methods == '\0' || !g_str_equal (hn_http_request_get_method (request), "OPTIONS")
      || hn_http_request_get_header (request, "Access-Control-Request-Method") == NULL)
    return FALSE;
  answer_preflight (request, allowed, methods);
  return TRUE;
}
