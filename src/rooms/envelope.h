/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rooms/dialect.h"
#include "rooms/refusal.h"

/* A message of the room protocol: five fields, of which the payload is somebody else's and is passed on as the bytes that came. Pure.
 *
 * What comes from a client is read by hn_envelope_read() and written by hn_envelope_write() in the form that is kept and shared among processes: the five fields in one order, the
 * hyphen's names, sender and room as we know them. From that form hn_envelope_look() takes what a frame for a client is made of. */

typedef struct {
  HnDialectType type;
  HnSlice payload;   /* an object, as it came */
  HnSlice timestamp; /* a string with its quotes, as it came; empty: none */
  char *target;      /* (nullable): the payload's `target_user_id` */
} HnEnvelope;

/**
 * hn_envelope_read:
 * @text: (array length=length): a client's message, UTF-8
 * @length: bytes
 * @ret_envelope: (out caller-allocates): what it says, pointing into @text; to be cleared whatever the answer is
 * @ret_why: (out) (transfer full) (nullable): a sentence for the error
 *
 * Returns: %HN_REFUSALS when it is good, else INVALID_JSON, INVALID_MESSAGE, UNKNOWN_TYPE or FORBIDDEN_TYPE
 */
HnRefusal hn_envelope_read (const char *text, gsize length, HnEnvelope *ret_envelope, char **ret_why);

/**
 * hn_envelope_clear:
 * @self: what was read
 */
void hn_envelope_clear (HnEnvelope *self);

/**
 * hn_envelope_write:
 * @self: a message
 * @sender: a JSON string with its quotes, or `null`
 * @room: likewise
 * @utc_us: now, for a message that brings no time
 * @out: appended to
 */
void hn_envelope_write (const HnEnvelope *self, const char *sender, const char *room, gint64 utc_us, GString *out);

/**
 * hn_envelope_look:
 * @text: what hn_envelope_write() wrote, here or in another process
 * @ret_type: (out): its type; untouched otherwise
 * @ret_rest: (out): all of it from the quote behind the type up to the last brace, which is not in it
 *
 * Returns: whether it has that form
 */
gboolean hn_envelope_look (HnSlice text, HnDialectType *ret_type, HnSlice *ret_rest);

/**
 * hn_envelope_is_relayed:
 * @text: what another process says somebody said
 *
 * Returns: whether all of it is what hn_envelope_write() writes of a client's message: anybody who reaches the store could have put it there
 */
gboolean hn_envelope_is_relayed (HnSlice text);

/**
 * hn_envelope_translate:
 * @text: what another make of server that shares our store published: an envelope of its own
 * @utc_us: now, if it brings no time
 * @out: appended to: the same in our form, its own sender and room kept
 * @ret_sender: (out) (transfer full) (nullable): the user who said it
 *
 * Such servers speak for themselves, too: what only a server may send is taken, but for errors and what goes between a client and its server.
 *
 * Returns: whether it is a message
 */
gboolean hn_envelope_translate (HnSlice text, gint64 utc_us, GString *out, char **ret_sender);

/**
 * hn_envelope_append_rest:
 * @out: where to
 * @payload: a JSON object
 * @sender: as in hn_envelope_write()
 * @room: likewise
 * @timestamp: a JSON string with its quotes, or `null`
 *
 * Appends what hn_envelope_look() gives as the rest.
 */
void hn_envelope_append_rest (GString *out, HnSlice payload, const char *sender, const char *room, HnSlice timestamp);
