/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/lifeline.h"

/* The life of a session as `explain` tells it: each state with its time, what ended it, and what to do about that. Pure. */

typedef struct {
  const char *session_id;
  const char *worker_id; /* (nullable) */
  const char *body_ip;
  HnSessionState state;
  gint64 created_utc_us;
  const HnLifeline *history;
  guint connections;    /* stream sockets that are open */
  guint disconnects;    /* and those that were */
  const char *reason;   /* (nullable) why it ended */
  const char *message;  /* (nullable) what failed, or the reason in words */
  const char *detail;   /* (nullable) */
  const char *process_end; /* (nullable) how its process ended */
  const char *last_words;  /* (nullable) the last line of its log */
} HnExplain;

/**
 * hn_explain_json:
 * @self: what is known
 *
 * Returns: (transfer full): `{"session_id","worker_id","body_ip","status","created","history":[…],"end":{…}}`
 */
JsonObject *hn_explain_json (const HnExplain *self);
