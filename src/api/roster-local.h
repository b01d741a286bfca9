/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-group.h"
#include "api/roster-queue.h"

/* What seats of one process do among themselves, carried out on the mirror that they share: all there is without Redis, and what goes on
 * while Redis is away. Pure. */

/**
 * HnRosterTell:
 * @event: the mirror holds it already; an offset may be given to it; @seat is the event's, of hn_roster_seat_new()
 * @user_data: for @event
 */
typedef struct {
  void (*event) (HnRosterGroup *group, HnRosterEvent *event, const HnRosterSeat *seat, gpointer user_data);
  gpointer user_data;
} HnRosterTell;

/**
 * hn_roster_local_join:
 * @group: the mirror
 * @command: JOIN; it is answered
 * @process: this one
 * @utc_us: now
 * @tell: hears of it
 */
void hn_roster_local_join (HnRosterGroup *group, const HnRosterCommand *command, const char *process, gint64 utc_us,
                           const HnRosterTell *tell);

/**
 * hn_roster_local_leave:
 * @group: the mirror
 * @connection: a seat; unknown ones are ignored
 * @cause: why
 * @tell: hears of it
 */
void hn_roster_local_leave (HnRosterGroup *group, const char *connection, HnRosterCause cause, const HnRosterTell *tell);

/**
 * hn_roster_local_say:
 * @group: the mirror
 * @command: SAY; of a connection without a seat it is ignored
 * @tell: hears of it
 */
void hn_roster_local_say (HnRosterGroup *group, const HnRosterCommand *command, const HnRosterTell *tell);

/**
 * hn_roster_local_remove:
 * @group: the mirror
 * @member: all its seats leave
 * @connection: (nullable): only this one, if it is @member's; it counts as GONE then
 * @tell: hears of it
 */
void hn_roster_local_remove (HnRosterGroup *group, const char *member, const char *connection, const HnRosterTell *tell);

/**
 * hn_roster_local_look:
 * @group: (nullable): the mirror; %NULL: nobody is there
 * @command: LOOK; it is answered
 */
void hn_roster_local_look (HnRosterGroup *group, const HnRosterCommand *command);

/**
 * hn_roster_local_list:
 * @groups: (element-type utf8 HnRosterGroup): mirrors by their names
 * @command: LIST; it is answered
 */
void hn_roster_local_list (GHashTable *groups, const HnRosterCommand *command);
