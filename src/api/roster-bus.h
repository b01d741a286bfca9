/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-seat.h"

/* How rosters of one cluster write to each other through Redis. A message is one JSON object: first our member `roster`, a string of words, then
 * the members of what was said, or what stands BEFORE a card, and the card: so that somebody who is no roster reads it as what was said. Words are
 * percent-encoded. Pure.
 *
 * {"roster":"1 OFFSET EPOCH s PROCESS NUMBER CONNECTION MEMBER TO",…}                          said
 * {"roster":"1 OFFSET EPOCH c PROCESS CONNECTION MEMBER SINCE CAME REPLACES SKIP",BEFORE{…}}    came; SKIP: bytes of BEFORE
 * {"roster":"1 OFFSET EPOCH l PROCESS CONNECTION MEMBER SINCE CAUSE",BEFORE{…}}                 left; CAUSE: g l r
 *
 * In a group's history stands what follows the offset. */

typedef enum { HN_ROSTER_BUS_OURS, HN_ROSTER_BUS_FOREIGN, HN_ROSTER_BUS_BROKEN } HnRosterBusSort;

/**
 * HnRosterBusMessage:
 * @kind: CAME, LEFT or SAID
 * @cause: LEFT
 * @offset: in the group
 * @epoch: of @offset
 * @process: whose seat it is
 * @connection: the seat
 * @member: the seat's
 * @number: SAID: counted by the process
 * @to: (nullable): SAID
 * @since_utc_us: CAME, LEFT: when the member came
 * @came_utc_us: CAME: when the seat came
 * @replaces: (nullable): CAME: connection of the seat that it took
 * @text: SAID: what; CAME: the card; else empty
 * @length: of @text
 *
 * All texts lie in what was read.
 */
typedef struct {
  HnRosterKind kind;
  HnRosterCause cause;
  guint64 offset;
  const char *epoch;
  const char *process;
  const char *connection;
  const char *member;
  guint64 number;
  const char *to;
  gint64 since_utc_us;
  gint64 came_utc_us;
  const char *replaces;
  const char *text;
  gsize length;
} HnRosterBusMessage;

/**
 * hn_roster_bus_read:
 * @text: a message, NUL-terminated; it is changed if it is ours
 * @length: bytes
 * @ret_message: (out): what it says, if it is ours
 *
 * Returns: FOREIGN when it does not begin as ours do, BROKEN when it begins so and is none
 */
HnRosterBusSort hn_roster_bus_read (char *text, gsize length, HnRosterBusMessage *ret_message);

/**
 * hn_roster_bus_peek:
 * @text: a message, NUL-terminated
 * @ret_offset: (out): its offset, if it begins as ours do
 *
 * Returns: whether it does
 */
gboolean hn_roster_bus_peek (const char *text, guint64 *ret_offset);

/**
 * hn_roster_bus_read_kept:
 * @offset: of an event in a group's history
 * @text: what stands there, NUL-terminated; it is changed
 * @length: bytes
 * @ret_message: (out): what it says
 *
 * Returns: whether it says something
 */
gboolean hn_roster_bus_read_kept (guint64 offset, char *text, gsize length, HnRosterBusMessage *ret_message);

/**
 * hn_roster_bus_to_event:
 * @message: what was read
 *
 * Returns: it as an event of the past, with the texts of @message
 */
HnRosterEvent hn_roster_bus_to_event (const HnRosterBusMessage *message);

/**
 * hn_roster_bus_write_said:
 * @process: this one
 * @number: of this message
 * @connection: who says it
 * @member: the same
 * @to: (nullable): to whom
 * @text: (array length=length): one JSON object
 * @length: bytes
 *
 * Returns: (transfer full): what follows offset and epoch
 */
GString *hn_roster_bus_write_said (const char *process, guint64 number, const char *connection, const char *member, const char *to,
                                   const char *text, gsize length);

/**
 * hn_roster_bus_append_word:
 * @out: where to
 * @text: (nullable): any bytes
 *
 * Appends @text as one word.
 */
void hn_roster_bus_append_word (GString *out, const char *text);

/**
 * hn_roster_bus_word:
 * @text: (nullable): any bytes
 *
 * Returns: (transfer full): the same as one word
 */
char *hn_roster_bus_word (const char *text);

/**
 * hn_roster_bus_decode:
 * @word: a word; it becomes what it stands for
 *
 * Returns: whether it is one
 */
gboolean hn_roster_bus_decode (char *word);

/**
 * hn_roster_bus_read_seat:
 * @connection: a word; it is changed
 * @record: `PROCESS MEMBER SINCE CAME CARD`, NUL-terminated; it is changed
 *
 * Returns: (transfer full) (nullable): the seat; %NULL when it is none
 */
const HnRosterSeat *hn_roster_bus_read_seat (char *connection, char *record);

/**
 * hn_roster_bus_sort_seats:
 * @seats: (element-type HnRosterSeat): of one group, in order of coming afterwards: the same in every process
 */
void hn_roster_bus_sort_seats (GPtrArray *seats);
