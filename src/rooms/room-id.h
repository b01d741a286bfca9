/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-head.h"

/* Names of rooms as a path says them. Pure. */

#define HN_ROOM_ID_MAX 100

typedef enum {
  HN_ROOM_ID_GOOD,
  HN_ROOM_ID_BLANK,   /* nothing but white space: `Invalid room ID` */
  HN_ROOM_ID_WRONG,   /* nothing is left of it, too long, not ASCII, or odd and we are strict */
  HN_ROOM_ID_NOWHERE, /* no one segment, or it would be another one after decoding: there is no such path, 404 */
} HnRoomIdVerdict;

/**
 * hn_room_id_decide:
 * @segment: of the raw path, before any decoding
 * @strict: refuse what would have to be dropped
 * @ret_id: (out) (transfer full) (nullable): the id when it is good, else %NULL
 *
 * An id is 1 to 100 of `A-Z a-z 0-9 - _`. Other ASCII is dropped, as the first servers of this protocol did (`my room!` is `myroom`), so two names may be one room: strict
 * is the safer rule. What is not ASCII is refused either way: two spellings of one `ä` would be two rooms.
 *
 * Returns: what it is
 */
HnRoomIdVerdict hn_room_id_decide (HnSlice segment, gboolean strict, char **ret_id);
