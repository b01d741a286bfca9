/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/jwt.h"
#include "net/http-head.h"
#include "rooms/dialect.h"
#include "rooms/refusal.h"

/* What somebody who opens a socket on `/webrtc/ws/{room}` is let in with: which room, as whom, until when, and from where it wants to go on. Pure. */

typedef struct {
  HnJwtRules jwt;
  gboolean strict_ids;
  HnDialect dialect; /* of those who say none */
} HnAdmissionRules;

/**
 * HnAdmission:
 * @refusal: %HN_REFUSALS: it is let in
 * @room: (nullable): id of the room; %NULL when that was refused
 * @claims: (nullable): what its token says; %NULL when that was refused
 * @dialect: which names it hears
 * @comes_back: it says where it was: the three below
 * @offset: the last one that it has
 * @epoch: (nullable): of it
 * @connection: (nullable): which one it was
 */
typedef struct {
  HnRefusal refusal;
  char *room;
  HnJwtClaims *claims;
  HnDialect dialect;
  gboolean comes_back;
  guint64 offset;
  char *epoch;
  char *connection;
} HnAdmission;

/**
 * hn_admission_find_room:
 * @path: raw path of a request
 * @ret_segment: (out): its room, raw; untouched otherwise
 *
 * Returns: whether it is `/webrtc/ws/{room}`: one segment that is not empty
 */
gboolean hn_admission_find_room (HnSlice path, HnSlice *ret_segment);

/**
 * hn_admission_decide:
 * @rules: what is asked of everybody
 * @head: the request
 * @segment: from hn_admission_find_room()
 * @utc_us: now
 *
 * Returns: (transfer full) (nullable): what was decided; %NULL when there is no such path
 */
HnAdmission *hn_admission_decide (const HnAdmissionRules *rules, const HnHttpHead *head, HnSlice segment, gint64 utc_us);

/**
 * hn_admission_is_for_room:
 * @claims: of a token
 * @room: an id
 *
 * Returns: whether the token is good there: it names no room, this one, or the beginning of its name with a `*` behind it
 */
gboolean hn_admission_is_for_room (const HnJwtClaims *claims, const char *room);

/**
 * hn_admission_free:
 * @self: (nullable): what to free
 */
void hn_admission_free (HnAdmission *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnAdmission, hn_admission_free)
