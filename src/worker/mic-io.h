/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/mic-report.h"
#include "base/config.h"
#include "worker/mic.h"
#include "worker/ports.h"

/* The microphones of a worker's sessions: receives each by WebRTC, sends it to the session's body, ends it when it must. Logs as `[mic]`. */

typedef struct _HnMicIo HnMicIo;

typedef struct {
  const char *local_address;  /* where browsers (or the relay) reach microphones: an address of this machine */
  const char *public_address; /* (nullable) what they are told instead */
  guint16 body_port;          /* of hydravoice */
  const char *dot_directory;  /* (nullable) for pipeline graphs */
  double time_scale;          /* of the time of silence */
  void (*changed) (gpointer user_data); /* (nullable) the state of one changed; may come from inside a call, must not call back */
  gpointer user_data;
} HnMicIoOptions;

/* Which session an offer is for; copied. */
typedef struct {
  const char *session_id;
  const char *body_ip;
  const HnSlot *slot;
} HnMicFor;

/* Comes once, perhaps from inside hn_mic_io_offer(); one of @sdp and @error is set, both borrowed. @number: the receiver's, for hn_mic_io_stop(). */
typedef void (*HnMicAnswered) (const char *sdp, guint number, const GError *error, gpointer user_data);

/**
 * hn_mic_io_new:
 * @options: copied
 *
 * Loads what WebRTC needs, on a thread; offers that come meanwhile wait for it.
 *
 * Returns: (transfer full): no microphones
 */
HnMicIo *hn_mic_io_new (const HnMicIoOptions *options);

/**
 * hn_mic_io_collect:
 * @self: microphones
 *
 * Sets the metrics that count their packets.
 */
void hn_mic_io_collect (HnMicIo *self);

/**
 * hn_mic_io_free:
 * @self: (nullable): what to free; offers that wait are answered from inside
 */
void hn_mic_io_free (HnMicIo *self);

/**
 * hn_mic_io_set_addresses:
 * @self: microphones
 * @local_address: as in the options, for offers from now on
 * @public_address: (nullable): likewise
 */
void hn_mic_io_set_addresses (HnMicIo *self, const char *local_address, const char *public_address);

/**
 * hn_mic_io_offer:
 * @self: microphones
 * @wanted: for which session
 * @sdp: (array length=length): the offer, from a stranger
 * @length: bytes
 * @answered: told the answer, unless this call fails
 * @user_data: for @answered
 * @ret_retry_us: (out): when to try again; set with a LIMIT error only
 * @error: INVALID with a reason, TOO_LARGE, LIMIT (too many offers)
 *
 * Replaces the session's earlier one.
 *
 * Returns: whether @answered will be told
 */
gboolean hn_mic_io_offer (HnMicIo *self, const HnMicFor *wanted, const char *sdp, gsize length, HnMicAnswered answered,
                          gpointer user_data, gint64 *ret_retry_us, GError **error);

/**
 * hn_mic_io_add_fragment:
 * @self: microphones
 * @session_id: whose
 * @number: of the receiver; 0: whichever there is
 * @text: (array length=length): `application/trickle-ice-sdpfrag`
 * @length: bytes
 * @error: NOT_FOUND, INVALID, UNPROCESSABLE
 *
 * Returns: whether its candidates are used
 */
gboolean hn_mic_io_add_fragment (HnMicIo *self, const char *session_id, guint number, const char *text, gsize length, GError **error);

/**
 * hn_mic_io_stop:
 * @self: microphones
 * @session_id: whose
 * @number: of the receiver; 0: whichever there is
 *
 * Returns: whether there was one
 */
gboolean hn_mic_io_stop (HnMicIo *self, const char *session_id, guint number);

/**
 * hn_mic_io_session_ended:
 * @self: microphones
 * @session_id: a session
 *
 * Ends its microphone at once and forgets its figures.
 */
void hn_mic_io_session_ended (HnMicIo *self, const char *session_id);

/**
 * hn_mic_io_report:
 * @self: microphones
 * @session_id: a session
 *
 * Returns: (transfer full) (nullable): figures; %NULL when none was offered
 */
HnMicReport *hn_mic_io_report (HnMicIo *self, const char *session_id);

/**
 * hn_mic_io_count:
 * @self: microphones
 *
 * Returns: how many are not off
 */
guint hn_mic_io_count (HnMicIo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnMicIo, hn_mic_io_free)
