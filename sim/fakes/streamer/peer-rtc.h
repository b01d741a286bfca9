/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "sim/fakes/streamer/messages.h"

/* What a peer tells its owner. Always from the main loop, never from inside a call of the owner, never after sim_peer_close ().
 */
typedef struct {
  void (*description) (gpointer owner, const char *type, const char *sdp); /* ours, for the browser */
  void (*candidate) (gpointer owner, const char *candidate, const char *mid, int mline);
  void (*gathered) (gpointer owner); /* (nullable) no further candidate of ours comes for now */
  void (*up) (gpointer owner);       /* connected, or connected again */
  void (*lost) (gpointer owner);     /* disconnected or failed; it may come up again */
  void (*answered) (gpointer owner); /* the browser's answer to our offer is in force */
  void (*message) (gpointer owner, const char *label, GBytes *bytes);
} SimPeerEvents;

typedef struct _SimPeer SimPeer;

/**
 * sim_peer_new:
 * @init: addresses, ports, servers; borrowed for the life of the peer
 * @events: (transfer none): what to call
 * @owner: for @events
 *
 * Main thread, gst_init () done.
 *
 * Returns: (transfer full) (nullable): a peer that waits for the browser's offer; %NULL if a plugin is missing (logged)
 */
SimPeer *sim_peer_new (const SimInit *init, const SimPeerEvents *events, gpointer owner);

/**
 * sim_peer_say_bye:
 * @self: a peer
 *
 * Ends DTLS in good order (close_notify), so that the browser knows at once; webrtcbin itself does not. Waits until that has left, half a second at most.
 */
void sim_peer_say_bye (SimPeer *self);

/**
 * sim_peer_close:
 * @self: (nullable) (transfer full): the peer; blocks until its threads are gone
 */
void sim_peer_close (SimPeer *self);

/**
 * sim_peer_take_description:
 * @self: a peer
 * @type: `offer` or `answer`; anything else is ignored
 * @sdp: the browser's description
 *
 * An offer is answered, one after the other; a stale answer is logged and ignored.
 */
void sim_peer_take_description (SimPeer *self, const char *type, const char *sdp);

/**
 * sim_peer_take_candidate:
 * @self: a peer
 * @candidate: the browser's candidate; dropped unless it is UDP with an IP literal
 * @mline: its m-line
 */
void sim_peer_take_candidate (SimPeer *self, const char *candidate, int mline);

/**
 * sim_peer_offer_media:
 * @self: a peer
 *
 * Offers audio and video in one offer, as soon as no other negotiation is on its way.
 */
void sim_peer_offer_media (SimPeer *self);

/**
 * sim_peer_send:
 * @self: a peer
 * @label: of an open data channel
 * @json: what to send, framed as u16 length + text
 *
 * Returns: whether there is such an open channel with room for more
 */
gboolean sim_peer_send (SimPeer *self, const char *label, const char *json);

/**
 * sim_peer_video:
 * @self: a peer
 * @ret_ssrc: (out): the SSRC to use
 *
 * Returns: (transfer none): the appsrc for RTP video
 */
GstElement *sim_peer_video (SimPeer *self, guint32 *ret_ssrc);

/**
 * sim_peer_audio:
 * @self: a peer
 * @ret_ssrc: (out): the SSRC to use
 *
 * Returns: (transfer none): the appsrc for RTP audio
 */
GstElement *sim_peer_audio (SimPeer *self, guint32 *ret_ssrc);

/**
 * sim_peer_heard_us:
 * @self: a peer
 *
 * Returns: when the browser's last RTCP came, in monotonic µs; 0 before the first
 */
gint64 sim_peer_heard_us (SimPeer *self);
