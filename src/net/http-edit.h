/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-head.h"
#include "net/route.h"

/* What a head becomes on its way through the proxy, pure: hop-by-hop fields stay behind, the route's edits are made, and the framing is
 * ours. In names of edits `_` and `-` are the same, as for a CGI-like program behind us. */

typedef struct {
  HnHttpBodyKind body;   /* how we frame it */
  gint64 content_length; /* what to say, -1 to say nothing */
  gboolean close;        /* tell the client that this is the last answer */
  gboolean upgrade;      /* it is a 101 */
  gboolean filtered;     /* the body is edited: validators of the original do not hold */
} HnHttpFraming;

/**
 * hn_http_edit_request:
 * @head: from the client
 * @route: of kind PROXY
 * @out: where the head for the upstream is appended
 *
 * A route with a filter asks for the whole page, plain: without Range, If-* and Accept-Encoding.
 */
void hn_http_edit_request (const HnHttpHead *head, const HnRoute *route, GByteArray *out);

/**
 * hn_http_edit_response:
 * @head: from the upstream
 * @route: of kind PROXY
 * @framing: how we send it on
 * @out: where the head for the client is appended
 */
void hn_http_edit_response (const HnHttpHead *head, const HnRoute *route, const HnHttpFraming *framing, GByteArray *out);

typedef struct {
  guint status;
  const char *error;  /* static */
  const char *detail; /* static, nullable */
} HnHttpRefusal;

/**
 * hn_http_edit_check_api_request:
 * @head: from the client
 * @longest: bytes that its body may have
 * @ret_refusal: (out): what to answer when it is refused
 *
 * Returns: whether the API server may see it: a body by Content-Length within @longest, whole escapes in the target
 */
gboolean hn_http_edit_check_api_request (const HnHttpHead *head, gsize longest, HnHttpRefusal *ret_refusal);

/**
 * hn_http_edit_api_request:
 * @head: from the client, with a body by Content-Length or none
 * @close: whether the connection ends after it
 * @out: where the head for the API server is appended
 */
void hn_http_edit_api_request (const HnHttpHead *head, gboolean close, GByteArray *out);

typedef struct {
  guint status;
  const char *body;      /* (nullable): JSON, or a page */
  const char *page_policy; /* (nullable): the body is a page, and this its Content-Security-Policy */
  const char *content_type; /* (nullable): of @body; JSON if not given */
  const char *location;  /* (nullable) */
  guint retry_after_seconds;
  gboolean close;
  gboolean ask_for_websocket; /* 426: how it must be asked */
  gboolean head_only;    /* the request was HEAD */
} HnHttpAnswer;

/**
 * hn_http_edit_answer:
 * @answer: an answer of the front door itself
 * @out: where it is appended, head and body
 */
void hn_http_edit_answer (const HnHttpAnswer *answer, GByteArray *out);
