/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/tls.h"

/* One connection's TLS, the server's side, between plain and sealed bytes. It touches no socket: sealed bytes are pulled and pushed through two
 * functions. Pushing always succeeds, so that only the want of bytes from the peer can stop it; who pushes to limits what waits. */

typedef struct _HnTlsStream HnTlsStream;

typedef enum {
  HN_TLS_OK,
  HN_TLS_BLOCKED, /* more must come from the peer */
  HN_TLS_END,     /* the peer said that it sends nothing more */
  HN_TLS_BROKEN,  /* for good: it broke the rules, or its bytes ended without that word */
} HnTlsResult;

#define HN_TLS_PULL_BLOCKED (-1)
#define HN_TLS_PULL_ENDED 0 /* the end of the bytes, or an error: there is no difference here */

typedef struct {
  /* Up to @size sealed bytes from the peer: how many, or one of the two above. */
  gssize (*pull) (char *buffer, gsize size, gpointer user_data);
  void (*push) (const char *bytes, gsize n_bytes, gpointer user_data);
} HnTlsPipe;

/**
 * hn_tls_stream_new:
 * @tls: kept for as long as the stream lives
 * @pipe: static
 * @user_data: for @pipe
 *
 * Returns: (transfer full): a connection that waits for its client's first words
 */
HnTlsStream *hn_tls_stream_new (HnTls *tls, const HnTlsPipe *pipe, gpointer user_data);

/**
 * hn_tls_stream_free:
 * @self: (nullable): a connection; nothing more is pushed
 */
void hn_tls_stream_free (HnTlsStream *self);

/**
 * hn_tls_stream_handshake:
 * @self: a connection
 *
 * Returns: OK when it is done, BLOCKED, or BROKEN
 */
HnTlsResult hn_tls_stream_handshake (HnTlsStream *self);

/**
 * hn_tls_stream_is_resumed:
 * @self: a connection after its handshake
 *
 * Returns: whether the client came back with a ticket
 */
gboolean hn_tls_stream_is_resumed (HnTlsStream *self);

/**
 * hn_tls_stream_read:
 * @self: a connection after its handshake
 * @buffer: (out caller-allocates) (array length=size): where to
 * @size: room in @buffer
 * @ret_bytes: (out): how many came; untouched unless OK
 *
 * Returns: OK with what one record holds, or BLOCKED, END or BROKEN
 */
HnTlsResult hn_tls_stream_read (HnTlsStream *self, char *buffer, gsize size, gsize *ret_bytes);

/**
 * hn_tls_stream_has_more:
 * @self: a connection
 *
 * Returns: whether it pulled bytes that were not read yet
 */
gboolean hn_tls_stream_has_more (HnTlsStream *self);

/**
 * hn_tls_stream_write:
 * @self: a connection after its handshake
 * @bytes: (array length=n_bytes): what to seal; all of it is pushed
 * @n_bytes: bytes
 *
 * Returns: OK or BROKEN
 */
HnTlsResult hn_tls_stream_write (HnTlsStream *self, const char *bytes, gsize n_bytes);

/**
 * hn_tls_stream_end:
 * @self: a connection; pushes the word that nothing more will be sent, once
 */
void hn_tls_stream_end (HnTlsStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTlsStream, hn_tls_stream_free)
