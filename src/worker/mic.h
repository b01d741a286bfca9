/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The life of a session's microphone: off, answering an offer, connecting, live. Pure. */

typedef enum {
  HN_MIC_OFF,
  HN_MIC_ANSWERING,  /* an offer waits for its answer */
  HN_MIC_CONNECTING, /* answered; the browser is to connect */
  HN_MIC_LIVE,
} HnMicState;

typedef enum {
  HN_MIC_OFFERED,
  HN_MIC_ANSWERED,
  HN_MIC_CONNECTED,
  HN_MIC_CLOSED,      /* no answer could be made, or the connection is lost */
  HN_MIC_STOP_ASKED,  /* by the browser, or its goodbye */
  HN_MIC_SESSION_ENDED,
  HN_MIC_TIME_UP,     /* hn_mic_deadline() has come, and nothing was heard since */
} HnMicHappening;

/* X (reason, text) */
#define HN_MIC_END_TABLE(X)              \
  X (NONE, "none")                       \
  X (REPLACED, "replaced")               \
  X (STOPPED, "stopped")                 \
  X (SESSION_ENDED, "session_ended")     \
  X (FAILED, "failed")                   \
  X (LOST, "connection_lost")            \
  X (NO_ANSWER, "no_answer")             \
  X (NO_CONNECTION, "no_connection")     \
  X (SILENT, "silent")

typedef enum {
#define HN_MIC_END_ENUM(reason, text) HN_MIC_END_##reason,
  HN_MIC_END_TABLE (HN_MIC_END_ENUM)
#undef HN_MIC_END_ENUM
} HnMicEnd;

typedef enum {
  HN_MIC_DO_NOTHING = 0,
  HN_MIC_DO_REPLY_ERROR = 1 << 0, /* to the offer that waits; before DO_STOP */
  HN_MIC_DO_STOP = 1 << 1,        /* end the receiver; before DO_START */
  HN_MIC_DO_START = 1 << 2,       /* make one for the offer that has just come */
  HN_MIC_DO_REPLY = 1 << 3,       /* with the answer */
} HnMicDo;

typedef struct _HnMic HnMic;

/**
 * hn_mic_new:
 * @silence_us: after so long without a packet it ends
 * @answer_us: how long an answer may take
 *
 * Returns: (transfer full): a microphone that is off
 */
HnMic *hn_mic_new (gint64 silence_us, gint64 answer_us);

/**
 * hn_mic_free:
 * @self: (nullable): what to free
 */
void hn_mic_free (HnMic *self);

/**
 * hn_mic_allow_offer:
 * @self: a microphone
 * @now_us: monotonic
 * @ret_retry_us: (out): when %FALSE, how long to wait
 *
 * Counts it. To be asked before each %HN_MIC_OFFERED.
 *
 * Returns: whether another offer may be looked at: at most HN_LIMIT_MIC_OFFERS in HN_LIMIT_MIC_OFFERS_SECONDS
 */
gboolean hn_mic_allow_offer (HnMic *self, gint64 now_us, gint64 *ret_retry_us);

/**
 * hn_mic_handle:
 * @self: a microphone
 * @happening: what happened
 * @now_us: monotonic
 *
 * Returns: what must be done, in the order of the bits
 */
HnMicDo hn_mic_handle (HnMic *self, HnMicHappening happening, gint64 now_us);

/**
 * hn_mic_heard:
 * @self: a microphone
 * @last_packet_us: when its last packet came, monotonic; 0 for none
 *
 * Puts the deadline off. To be told when the deadline has come, before %HN_MIC_TIME_UP is considered.
 */
void hn_mic_heard (HnMic *self, gint64 last_packet_us);

/**
 * hn_mic_deadline:
 * @self: a microphone
 *
 * Returns: when to look after it, or -1
 */
gint64 hn_mic_deadline (const HnMic *self);

/**
 * hn_mic_get_state:
 * @self: a microphone
 *
 * Returns: its state
 */
HnMicState hn_mic_get_state (const HnMic *self);

/**
 * hn_mic_get_end:
 * @self: a microphone
 *
 * Returns: why the last receiver ended; NONE before
 */
HnMicEnd hn_mic_get_end (const HnMic *self);

/**
 * hn_mic_get_number:
 * @self: a microphone
 *
 * Returns: of the offer that counts, from 1; 0 before the first
 */
guint hn_mic_get_number (const HnMic *self);

/**
 * hn_mic_state_to_text:
 * @state: a state
 *
 * Returns: its public name
 */
const char *hn_mic_state_to_text (HnMicState state);

/**
 * hn_mic_end_to_text:
 * @end: a reason
 *
 * Returns: its public name
 */
const char *hn_mic_end_to_text (HnMicEnd end);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnMic, hn_mic_free)
