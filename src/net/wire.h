/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/uio.h>

#include "net/http-head.h"
#include "net/poller.h"
#include "net/tls.h"

/* One non-blocking stream socket on a poller, with what was read too early and what could not be sent yet. Nothing here limits the
 * latter: who sends asks hn_wire_get_pending() first and stops reading at the other end while it is not 0. Times are those of the poller.
 *
 * After hn_wire_start_tls() bytes are sealed and opened on their way; everything else stays as it is. The peer hears that we are through (close_notify)
 * from hn_wire_shutdown() only: a connection that is freed without it looks cut, which it is. */

typedef struct _HnWire HnWire;

#define HN_WIRE_OFFERED_PARTS 64

typedef enum { HN_WIRE_OK, HN_WIRE_BLOCKED, HN_WIRE_FULL, HN_WIRE_EOF, HN_WIRE_ERROR } HnWireResult;

/* From the loop only; something may have become possible. */
typedef void (*HnWireReady) (gpointer user_data);

/**
 * hn_wire_new:
 * @poller: outlives the wire
 * @fd: a non-blocking socket, taken over
 * @ready: called when the socket can go on, or hung up, or after hn_wire_again()
 * @user_data: for @ready
 *
 * Returns: (transfer full): the wire
 */
HnWire *hn_wire_new (HnPoller *poller, int fd, HnWireReady ready, gpointer user_data);

/**
 * hn_wire_free:
 * @self: (nullable): closes the socket; @ready does not come any more
 */
void hn_wire_free (HnWire *self);

/**
 * hn_wire_reset:
 * @self: (nullable): like hn_wire_free(), but the peer sees a reset: what it got must not look complete
 */
void hn_wire_reset (HnWire *self);

/**
 * hn_wire_set_ready:
 * @self: a wire
 * @ready: new owner's callback
 * @user_data: for @ready
 */
void hn_wire_set_ready (HnWire *self, HnWireReady ready, gpointer user_data);

/**
 * hn_wire_again:
 * @self: a wire; its `ready` comes in the next turn
 */
void hn_wire_again (HnWire *self);

/**
 * hn_wire_start_tls:
 * @self: a wire to a client, on which nothing was sent; what waits unread are the first of the client's sealed bytes
 * @tls: with which certificate
 *
 * To be followed by hn_wire_handshake().
 */
void hn_wire_start_tls (HnWire *self, HnTls *tls);

/**
 * hn_wire_is_tls:
 * @self: a wire
 *
 * Returns: whether bytes are sealed on it
 */
gboolean hn_wire_is_tls (HnWire *self);

/**
 * hn_wire_handshake:
 * @self: a wire with TLS
 *
 * Returns: OK when it is done, BLOCKED, or ERROR, of which the client was told as far as that is possible
 */
HnWireResult hn_wire_handshake (HnWire *self);

/**
 * hn_wire_fill:
 * @self: a wire
 * @limit_bytes: most that may wait unread
 *
 * Reads once into what waits unread.
 *
 * Returns: OK when something came, FULL when @limit_bytes already wait
 */
HnWireResult hn_wire_fill (HnWire *self, gsize limit_bytes);

/**
 * hn_wire_get_input:
 * @self: a wire
 *
 * Returns: (transfer none): what waits unread; valid until the next call
 */
HnSlice hn_wire_get_input (HnWire *self);

/**
 * hn_wire_consume:
 * @self: a wire
 * @n_bytes: how much of hn_wire_get_input() is done with
 */
void hn_wire_consume (HnWire *self, gsize n_bytes);

/**
 * hn_wire_read:
 * @self: a wire
 * @buffer: (out caller-allocates) (array length=size): where to
 * @size: room in @buffer
 * @ret_bytes: (out): how many came; untouched unless OK
 *
 * Reads what waits unread, or else from the socket.
 *
 * Returns: OK, BLOCKED, EOF or ERROR
 */
HnWireResult hn_wire_read (HnWire *self, char *buffer, gsize size, gsize *ret_bytes);

/**
 * hn_wire_unread:
 * @self: a wire whose unread bytes were all read
 * @bytes: (array length=n_bytes): what was read beyond one's own
 * @n_bytes: bytes
 */
void hn_wire_unread (HnWire *self, const char *bytes, gsize n_bytes);

/**
 * hn_wire_send:
 * @self: a wire
 * @parts: (array length=n_parts): what to send, in order
 * @n_parts: how many
 *
 * Sends at once what the socket takes and keeps the rest.
 *
 * Returns: %FALSE when the connection is broken
 */
gboolean hn_wire_send (HnWire *self, const struct iovec *parts, guint n_parts);

/**
 * hn_wire_offer:
 * @self: a wire
 * @bytes: (array length=n_bytes): what to send
 * @n_bytes: bytes
 * @ret_taken: (out): how many of them are on their way, 0 when it must wait; untouched on failure
 *
 * For a sender that keeps what is not taken and asks again when the socket is writable.
 *
 * Returns: %FALSE when the connection is broken
 */
gboolean hn_wire_offer (HnWire *self, const char *bytes, gsize n_bytes, gsize *ret_taken);

/**
 * hn_wire_offer_parts:
 * @self: a wire
 * @parts: (array length=n_parts): what to send, in order
 * @n_parts: at most %HN_WIRE_OFFERED_PARTS
 * @ret_taken: (out): how many bytes of them are on their way, 0 when they must wait; untouched on failure
 *
 * The same for many pieces in one call of the system: TLS puts them into records together.
 *
 * Returns: %FALSE when the connection is broken
 */
gboolean hn_wire_offer_parts (HnWire *self, const struct iovec *parts, guint n_parts, gsize *ret_taken);

/**
 * hn_wire_flush:
 * @self: a wire
 *
 * Returns: %FALSE when the connection is broken
 */
gboolean hn_wire_flush (HnWire *self);

/**
 * hn_wire_shutdown:
 * @self: a wire; tells the peer that nothing more will be sent
 */
void hn_wire_shutdown (HnWire *self);

/**
 * hn_wire_check_connect:
 * @self: a wire whose socket began to connect
 * @ret_errno: (out): 0 when it is connected
 *
 * Returns: whether the outcome is known
 */
gboolean hn_wire_check_connect (HnWire *self, int *ret_errno);

/**
 * hn_wire_is_quiet:
 * @self: a wire that nobody should have sent anything on
 *
 * Returns: whether it is still open with nothing to read
 */
gboolean hn_wire_is_quiet (HnWire *self);

/**
 * hn_wire_seems_quiet:
 * @self: a wire that nobody should have sent anything on
 *
 * Like hn_wire_is_quiet(), as the kernel told when this turn began: what came since then is not seen, and no call of the system is made.
 *
 * Returns: whether it is still open with nothing to read
 */
gboolean hn_wire_seems_quiet (HnWire *self);

/**
 * hn_wire_is_gone:
 * @self: a wire
 *
 * Returns: whether the peer closed its sending side or the connection broke; bytes may still wait
 */
gboolean hn_wire_is_gone (HnWire *self);

/**
 * hn_wire_get_fd:
 * @self: a wire
 *
 * Returns: its socket
 */
int hn_wire_get_fd (HnWire *self);

/**
 * hn_wire_get_pending:
 * @self: a wire
 *
 * Returns: bytes that wait to be sent
 */
gsize hn_wire_get_pending (HnWire *self);

/**
 * hn_wire_is_blocked:
 * @self: a wire
 *
 * Returns: whether what is sent now waits, as far as is known without asking the kernel
 */
gboolean hn_wire_is_blocked (HnWire *self);

/**
 * hn_wire_get_untaken:
 * @self: a wire
 *
 * Asks the kernel.
 *
 * Returns: bytes that wait to be sent, and those that were sent and not acknowledged yet
 */
gsize hn_wire_get_untaken (HnWire *self);

/**
 * hn_wire_get_last_in_us:
 * @self: a wire
 *
 * Returns: when bytes came last, or when it was made
 */
gint64 hn_wire_get_last_in_us (HnWire *self);

/**
 * hn_wire_get_last_out_us:
 * @self: a wire
 *
 * Returns: when the peer took bytes last, or when they began to wait
 */
gint64 hn_wire_get_last_out_us (HnWire *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWire, hn_wire_free)
