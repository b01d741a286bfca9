/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a stranger offers in SDP, read strictly, for one who takes a single Opus stream and refuses the rest. Whatever speaks WebRTC for us
 * sees only hn_sdp_offer_to_text(): a small offer written by us from what was understood, never the stranger's own lines. Pure. */

typedef struct {
  char *kind;    /* `audio`, `video`, `application` */
  char *proto;   /* `UDP/TLS/RTP/SAVPF` */
  char *formats; /* as offered, at least one */
  char *mid;     /* (nullable) */
} HnSdpSection;

typedef struct {
  GPtrArray *sections; /* of HnSdpSection, in their order */
  guint audio;         /* position of the one that is taken */
  gboolean bundled;    /* it is in the offer's BUNDLE group */
  guint8 payload_type; /* of Opus, as the offerer numbers it */
  gboolean fec;        /* useinbandfec=1 was offered */
  char *ufrag;
  char *pwd;           /* a secret of this connection */
  char *fingerprint;   /* `sha-256 AB:CD:…`, upper case */
  char *setup;         /* `actpass`, `active` or `passive` */
  GPtrArray *candidates; /* of char *: `candidate:…`, checked and written again, at most HN_LIMIT_MIC_CANDIDATES */
  guint dropped;         /* candidates that were not taken: names, TCP, malformed, too many */
} HnSdpOffer;

/**
 * hn_sdp_offer_parse:
 * @text: (array length=length): SDP from outside
 * @length: bytes
 * @error: INVALID with a reason, TOO_LARGE
 *
 * Returns: (transfer full) (nullable): an offer that sends Opus over DTLS-SRTP
 */
HnSdpOffer *hn_sdp_offer_parse (const char *text, gsize length, GError **error);

/**
 * hn_sdp_offer_free:
 * @self: (nullable): what to free
 */
void hn_sdp_offer_free (HnSdpOffer *self);

/**
 * hn_sdp_offer_to_text:
 * @self: an offer
 *
 * Returns: (transfer full): an offer of its audio alone: Opus alone, no header extensions, candidates included
 */
char *hn_sdp_offer_to_text (const HnSdpOffer *self);

/**
 * hn_sdp_offer_answer:
 * @self: an offer
 * @made: the answer to hn_sdp_offer_to_text(), with candidates
 * @public_address: (nullable): IP literal that replaces the address of the candidates, where the peer sees us under another one
 * @error: PROTOCOL: @made refuses the audio or has no candidate
 *
 * Returns: (transfer full) (nullable): the answer to the whole offer: every other section rejected, in the offer's order
 */
char *hn_sdp_offer_answer (const HnSdpOffer *self, const char *made, const char *public_address, GError **error);

/**
 * hn_sdp_offer_add_fragment:
 * @self: an offer; what is new is appended to its candidates, within their limit
 * @text: (array length=length): `application/trickle-ice-sdpfrag` (RFC 8840)
 * @length: bytes
 * @ret_first: (out): position of the first new candidate
 * @error: INVALID; UNPROCESSABLE when it belongs to another ICE generation
 *
 * Returns: whether the fragment is one of this offer's
 */
gboolean hn_sdp_offer_add_fragment (HnSdpOffer *self, const char *text, gsize length, guint *ret_first, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnSdpOffer, hn_sdp_offer_free)
