/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The record of one session that goes to hydranps at its end. Pure. */

typedef struct {
  const char *record_id; /* the same at each try: hydranps can tell a second delivery from a second session */
  const char *session_id;
  const char *worker_id;
  const char *experience; /* (nullable), like the four that follow */
  const char *district;
  const char *body;
  const char *head;
  const char *body_ip;
  const char *end_reason;
  gint64 started_utc_us;
  gint64 ended_utc_us;
  gint64 duration_us;     /* monotonic */
  guint disconnect_count; /* stream sockets that closed before the end */
  guint rating;           /* 1 … 5, 0 for none */
} HnNpsRecord;

/**
 * hn_nps_json_record:
 * @record: a session that ended
 *
 * Returns: (transfer full): body of POST /api/v1/sessions
 */
char *hn_nps_json_record (const HnNpsRecord *record);

#define HN_NPS_PATH "/api/v1/sessions"
