/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The one error domain. A code is a decision for the caller, never a place in the code; what happened is in the text:
 * lower case, no full stop, naming the thing in ticks. Each code's HTTP status, exit status and name stand once, in the table. */

#define HN_ERROR (hn_error_quark ())

/* X (code, HTTP status, exit status per sysexits.h, name) */
#define HN_ERROR_TABLE(X)                                          \
  X (INVALID, 400, 65, "invalid")                                  \
  X (UNAUTHENTICATED, 401, 77, "unauthenticated")                  \
  X (DENIED, 403, 77, "denied")                                    \
  X (NOT_FOUND, 404, 66, "not-found")                              \
  X (METHOD, 405, 65, "method-not-allowed")                        \
  X (CONFLICT, 409, 75, "conflict")                                \
  X (TOO_LARGE, 413, 65, "too-large")                              \
  X (UNPROCESSABLE, 422, 65, "unprocessable")                      \
  X (INTERNAL, 500, 70, "internal")                                \
  X (UPSTREAM, 502, 69, "upstream")                                \
  X (PROTOCOL, 502, 76, "protocol")                                \
  X (LIMIT, 503, 75, "limit")                                      \
  X (CLOSED, 503, 75, "closed")                                    \
  X (TIMEOUT, 504, 75, "timeout")                                  \
  X (CONFIG, 500, 78, "config")

typedef enum {
#define HN_ERROR_ENUM(code, http, exit_status, name) HN_ERROR_##code,
  HN_ERROR_TABLE (HN_ERROR_ENUM)
#undef HN_ERROR_ENUM
} HnErrorCode;

/**
 * hn_error_quark:
 *
 * Returns: the domain
 */
GQuark hn_error_quark (void);

/**
 * hn_error_http_status:
 * @error: any error
 *
 * Returns: the HTTP status for @error; 500 for a foreign domain, 504 for a GIO time-out, 503 for a GIO cancellation
 */
guint hn_error_http_status (const GError *error);

/**
 * hn_error_exit_status:
 * @error: any error
 *
 * Returns: the exit status of a command that ends with @error (sysexits.h); 70 for a foreign domain
 */
int hn_error_exit_status (const GError *error);

/**
 * hn_error_from_status:
 * @status: an HTTP status that a peer answered
 *
 * Returns: the code that stands for @status, so that an error crosses from worker to controller unchanged;
 *   %HN_ERROR_UPSTREAM for a status that is in no row
 */
HnErrorCode hn_error_from_status (guint status);

/**
 * hn_error_detail:
 * @error: any error
 *
 * The second sentence of an API error (its `detail`): what to look at or how to mend it. Kept beside the error, so that the
 * first sentence stays exactly the runbook's.
 *
 * Returns: (nullable): the detail given to [func@Hn.error_set_detail], owned by @error
 */
const char *hn_error_detail (const GError *error);

/**
 * hn_error_set_detail:
 * @error: (nullable): an error of this domain; %NULL and foreign errors are left alone
 * @format: printf format
 */
void hn_error_set_detail (GError *error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * hn_error_set_status:
 * @error: (nullable): an error of this domain
 * @status: the exact HTTP status that a peer gave, where it is more exact than the code's
 */
void hn_error_set_status (GError *error, guint status);
