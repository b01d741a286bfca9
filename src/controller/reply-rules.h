/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a worker's HTTP answer means for the caller of the controller. Pure. */

typedef enum {
  HN_REPLY_RULES_DONE,
  HN_REPLY_RULES_BUSY,      /* 503: it has not begun; another worker may be tried */
  HN_REPLY_RULES_STRANGER,  /* 401, 403: it does not know our token; likewise, and it is suspect until its next heartbeat */
  HN_REPLY_RULES_REFUSED,   /* its word is final and goes to the caller */
} HnReplyRulesMeaning;

/**
 * hn_reply_rules_meaning:
 * @status: HTTP status of a worker's answer
 *
 * Returns: what to do
 */
HnReplyRulesMeaning hn_reply_rules_meaning (guint status);

/**
 * hn_reply_rules_error:
 * @status: HTTP status of a worker's answer that is not 2xx, or that cannot be read
 * @body: (array length=length): the answer
 * @length: bytes
 * @worker_id: whose answer
 *
 * Returns: (transfer full): the worker's own error with its status and texts unchanged; UPSTREAM when it is not in the error shape, or
 *   when it is about our token, which is not the caller's
 */
GError *hn_reply_rules_error (guint status, const char *body, gsize length, const char *worker_id);
