/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Threads that wait for sockets (epoll), shared by those who read packets: up to HN_PACKET_LANE_SHARED on one, which ends with the last of them. No main
 * loop: it looks at each of its sockets for each packet, an epoll at the one that has something. A set belongs to one thread. */

#define HN_PACKET_LANE_SHARED 16

typedef struct _HnPacketLanes HnPacketLanes;
typedef struct _HnPacketLane HnPacketLane;
typedef struct _HnPacketWatch HnPacketWatch;

/**
 * HnPacketLaneFunc:
 * @data: of whoever asked for the call
 *
 * Runs on a lane's thread, one at a time for each lane.
 */
typedef void (*HnPacketLaneFunc) (gpointer data);

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
 * @error: (out): why there is no thread: the process has no descriptor left
 *
 * Returns: (transfer none) (nullable): one with room, until hn_packet_lanes_give_back()
 */
HnPacketLane *hn_packet_lanes_take (HnPacketLanes *self, GError **error);

/**
 * hn_packet_lanes_give_back:
 * @self: lanes
 * @lane: taken from them; the taker watches nothing on it any more
 */
void hn_packet_lanes_give_back (HnPacketLanes *self, HnPacketLane *lane);

/**
 * hn_packet_lane_call:
 * @self: a lane
 * @func: called once on its thread, between two of its callbacks
 * @data: for @func
 *
 * Waits until @func has returned; not to be called on the lane's own thread.
 */
void hn_packet_lane_call (HnPacketLane *self, HnPacketLaneFunc func, gpointer data);

/**
 * hn_packet_lane_watch:
 * @self: a lane, whose thread this is called on
 * @fd: a socket; stays open until it is watched no more
 * @func: called whenever there is something to read, or an error; again and again until it was taken
 * @data: for @func
 * @error: (out): why it can't be watched
 *
 * Returns: (transfer full) (nullable): to be given to hn_packet_lane_unwatch()
 */
HnPacketWatch *hn_packet_lane_watch (HnPacketLane *self, int fd, HnPacketLaneFunc func, gpointer data, GError **error);

/**
 * hn_packet_lane_unwatch:
 * @self: the lane that it was made on; on its thread, by hn_packet_lane_call(), or from @watch's own callback, never from another's
 * @watch: (transfer full): no call comes any more when this returns
 */
void hn_packet_lane_unwatch (HnPacketLane *self, HnPacketWatch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPacketLanes, hn_packet_lanes_free)
