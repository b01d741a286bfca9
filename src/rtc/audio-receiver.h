/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rtc/packet-lanes.h"
#include "rtc/rtp-forward.h"
#include "rtc/sdp-offer.h"

/* Receives one Opus stream by WebRTC and sends it on as plain RTP (RTP over UDP, payload type of our choice). Belongs to the thread whose default
 * main context it was made on: every event comes from there, though WebRTC itself runs on threads of its own. */

typedef struct _HnAudioReceiver HnAudioReceiver;

/* X (state, text) */
#define HN_AUDIO_STATE_TABLE(X)     \
  X (NEGOTIATING, "negotiating")    \
  X (CONNECTING, "connecting")      \
  X (CONNECTED, "connected")        \
  X (FAILED, "failed")

typedef enum {
#define HN_AUDIO_STATE_ENUM(state, text) HN_AUDIO_##state,
  HN_AUDIO_STATE_TABLE (HN_AUDIO_STATE_ENUM)
#undef HN_AUDIO_STATE_ENUM
} HnAudioState;

/* None comes from inside a call that the owner made, none after hn_audio_receiver_free(). */
typedef struct {
  void (*answered) (const char *sdp, gpointer user_data);          /* at most once: the whole answer, candidates included */
  void (*connected) (gpointer user_data);                          /* at most once: ICE and DTLS are up, the peer is who offered */
  void (*closed) (const GError *error, gpointer user_data);        /* once and last: no answer could be made, or the connection is lost; (nullable): the peer said goodbye */
} HnAudioReceiverEvents;

typedef struct {
  const char *local_address;  /* the only address it is reached at: an IP literal of this machine */
  const char *public_address; /* (nullable) what the peer is told instead, behind a 1:1 NAT */
  guint16 port_min;           /* its UDP ports, inclusive; 0: any */
  guint16 port_max;
  HnRtpForwardOptions forward; /* payload_type_in is the offer's */
  HnPacketLanes *lanes;       /* where packets are read; outlives the receiver */
  const char *dot_directory;  /* (nullable) pipeline graphs are written there at each change of state */
  const char *name;           /* of those files; no secret */
} HnAudioReceiverOptions;

/**
 * hn_audio_receiver_new:
 * @offer: (transfer full): what to answer
 * @options: copied
 * @events: static
 * @user_data: for @events
 * @error: INTERNAL when GStreamer lacks something, naming it; INVALID as hn_rtp_forward_new()
 *
 * `answered` or `closed` follows; who wants a deadline for it keeps it.
 *
 * Returns: (transfer full) (nullable): a receiver
 */
HnAudioReceiver *hn_audio_receiver_new (HnSdpOffer *offer, const HnAudioReceiverOptions *options, const HnAudioReceiverEvents *events,
                                        gpointer user_data, GError **error);

/**
 * hn_audio_receiver_free:
 * @self: (nullable): a receiver; its ports and threads are gone when this returns
 */
void hn_audio_receiver_free (HnAudioReceiver *self);

/**
 * hn_audio_receiver_add_fragment:
 * @self: a receiver
 * @text: (array length=length): `application/trickle-ice-sdpfrag`
 * @length: bytes
 * @error: as hn_sdp_offer_add_fragment()
 *
 * Returns: whether its candidates are used
 */
gboolean hn_audio_receiver_add_fragment (HnAudioReceiver *self, const char *text, gsize length, GError **error);

/**
 * hn_audio_receiver_get_state:
 * @self: a receiver
 *
 * Returns: where it stands
 */
HnAudioState hn_audio_receiver_get_state (const HnAudioReceiver *self);

/**
 * hn_audio_receiver_get_stats:
 * @self: a receiver
 * @ret_stats: (out): counts so far
 */
void hn_audio_receiver_get_stats (HnAudioReceiver *self, HnRtpForwardStats *ret_stats);

/**
 * hn_audio_state_to_text:
 * @state: a state
 *
 * Returns: its name
 */
const char *hn_audio_state_to_text (HnAudioState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnAudioReceiver, hn_audio_receiver_free)
