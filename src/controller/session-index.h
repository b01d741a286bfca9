/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/worker-api.h"
#include "base/address.h"

/* Session id → who holds it, and body → which session is on it. Pure; knows nothing of workers but that they are different owners. */

typedef struct _HnSessionIndex HnSessionIndex;

typedef struct {
  gpointer owner;
  const HnSessionReport *report; /* borrowed from its owner */
  guint64 born_round;            /* the owner's round that listed it first; 0: it was put before any list had it */
  guint64 seen_round;            /* the owner's last round that listed it */
  gboolean recognised;           /* its creation is known: no other one can be the one */
  gboolean holds_body;           /* it lives, so nobody else can stream from its body */
  HnAddress body;
} HnSessionIndexPlace;

/**
 * hn_session_index_new:
 *
 * Returns: (transfer full): an empty index
 */
HnSessionIndex *hn_session_index_new (void);

/**
 * hn_session_index_free:
 * @self: (nullable): what to free
 */
void hn_session_index_free (HnSessionIndex *self);

/**
 * hn_session_index_put:
 * @self: an index
 * @owner: who lists it
 * @report: its description; must stay valid while it is in the index
 * @round: the owner's count of lists
 *
 * An id that another owner holds stays there.
 */
void hn_session_index_put (HnSessionIndex *self, gpointer owner, const HnSessionReport *report, guint64 round);

/**
 * hn_session_index_remove:
 * @self: an index
 * @owner: who does not list it any more; others are not heard
 * @session_id: which; remembered as ended
 */
void hn_session_index_remove (HnSessionIndex *self, gconstpointer owner, const char *session_id);

/**
 * hn_session_index_find:
 * @self: an index
 * @session_id: any text
 *
 * Returns: (transfer none) (nullable): where it is
 */
HnSessionIndexPlace *hn_session_index_find (const HnSessionIndex *self, const char *session_id);

/**
 * hn_session_index_find_body:
 * @self: an index
 * @body: a body's address
 *
 * Returns: (transfer none) (nullable): the place of a living session on that body
 */
HnSessionIndexPlace *hn_session_index_find_body (const HnSessionIndex *self, const HnAddress *body);

/**
 * hn_session_index_has_ended:
 * @self: an index
 * @session_id: any text
 *
 * Returns: whether it was here and is not any more; a bounded number of the latest is remembered
 */
gboolean hn_session_index_has_ended (const HnSessionIndex *self, const char *session_id);

/**
 * hn_session_index_hash_body:
 * @address: (type HnAddress): a body's address
 *
 * Returns: its hash, for a table of bodies
 */
guint hn_session_index_hash_body (gconstpointer address);

/**
 * hn_session_index_equal_bodies:
 * @a: (type HnAddress): one
 * @b: (type HnAddress): the other
 *
 * Returns: whether both are one body
 */
gboolean hn_session_index_equal_bodies (gconstpointer a, gconstpointer b);
