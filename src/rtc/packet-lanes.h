/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Threads with a main context, shared by those who read packets: up to HN_PACKET_LANE_SHARED on one, which ends with the last of them. A set belongs to one thread. */

#define HN_PACKET_LANE_SHARED 16

typedef struct _HnPacketLanes HnPacketLanes;
typedef struct _HnPacketLane HnPacketLane;

/**
 * hn_packet_lanes_new:
 *
 * Returns: (transfer full): no thread yet
 */
HnPacketLanes *hn_packet_lanes_new (void);

/**
 * hn_packet_lanes_free:
 * @self: (nullable): lanes that were all given back
 */
void hn_packet_lanes_free (HnPacketLanes *self);

/**
 * hn_packet_lanes_take:
 * @self: lanes
 *
 * Returns: (transfer none): one with room, until hn_packet_lanes_give_back()
 */
HnPacketLane *hn_packet_lanes_take (HnPacketLanes *self);

/**
 * hn_packet_lanes_give_back:
 * @self: lanes
 * @lane: taken from them; nothing of the taker's is attached to its context any more
 */
void hn_packet_lanes_give_back (HnPacketLanes *self, HnPacketLane *lane);

/**
 * hn_packet_lane_get_context:
 * @self: a lane
 *
 * Returns: (transfer none): what its thread runs
 */
GMainContext *hn_packet_lane_get_context (HnPacketLane *self);

/**
 * hn_packet_lane_call:
 * @self: a lane
 * @func: called once on its thread, between two of its callbacks
 * @data: for @func
 *
 * Waits until @func has returned; not to be called on the lane's own thread.
 */
void hn_packet_lane_call (HnPacketLane *self, void (*func) (gpointer data), gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPacketLanes, hn_packet_lanes_free)
