/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Everything outgoing: one SoupSession without proxy, redirects or content decoding, each call with a deadline over all of it and a
 * bounded answer. An HTTP status is not an error here: the caller decides. */

typedef struct _HnHttpClient HnHttpClient;

/* Takes a part of an answer's body; FALSE with @error set ends the call with that error. */
typedef gboolean (*HnHttpChunk) (const guint8 *data, gsize length, gpointer user_data, GError **error);

typedef struct {
  const char *method;
  const char *url;
  const char *bearer;        /* (nullable) token */
  const char *basic_user;    /* (nullable) with basic_password: HTTP Basic, sent without being asked */
  const char *basic_password;
  const char *const *fields; /* (nullable) name, value, name, value, NULL */
  const char *body;          /* (nullable) JSON text; Content-Type is application/json whenever the method is POST or PUT */
  const char *body_type;     /* (nullable) another one */
  gint64 timeout_us;         /* over all; 0: HN_LIMIT_SUNSHINE_SECONDS */
  gboolean endless;          /* an answer that goes on, such as text/event-stream: a stream's empty lines come too, and only each line is bounded */
  gboolean any_certificate;  /* accept a self-signed certificate (Sunshine) */
  gboolean fresh;            /* a connection of its own, closed behind the answer, given HN_LIMIT_CONNECT_SECONDS: see
                              * hn_http_client_call_was_connected() */
  HnHttpChunk chunk;         /* (nullable) takes the body of a 2xx answer, which is then not in the reply */
  gpointer chunk_data;
  guint64 limit_bytes;       /* of that body; 0: HN_LIMIT_REPLY_BYTES, as for every other */
} HnHttpCall;

typedef struct {
  guint status;
  char *body; /* NUL-terminated */
  gsize length;
  char *location; /* (nullable) of a redirect */
  char *date;     /* (nullable) the server's clock */
} HnHttpReply;

/* A streamed answer, line by line. None of these comes from inside hn_http_client_stream(); `ended` comes once and last, not after
 * hn_http_stream_free(). */
typedef struct {
  void (*head) (guint status, gpointer user_data);
  void (*line) (const char *line, gsize length, gpointer user_data); /* without its newline; an unfinished last line comes too */
  void (*ended) (const GError *error, gpointer user_data);           /* NULL: the answer ended as its framing says */
} HnHttpStreamEvents;

typedef struct _HnHttpStream HnHttpStream;

/**
 * hn_http_client_new:
 *
 * Returns: (transfer full): a client for the thread's default main context
 */
HnHttpClient *hn_http_client_new (void);

/**
 * hn_http_client_free:
 * @self: (nullable): a client; what is under way is aborted
 */
void hn_http_client_free (HnHttpClient *self);

/**
 * hn_http_client_call_async:
 * @self: a client
 * @call: copied
 * @cancellable: (nullable): cancels the call
 * @done: called once, from the loop
 * @user_data: for @done
 */
void hn_http_client_call_async (HnHttpClient *self, const HnHttpCall *call, GCancellable *cancellable, GAsyncReadyCallback done,
                                gpointer user_data);

/**
 * hn_http_client_call_finish:
 * @result: given to `done`
 * @error: TIMEOUT, UPSTREAM (cannot connect, cut, too long), or G_IO_ERROR_CANCELLED
 *
 * Returns: (transfer full) (nullable): the answer, whatever its status
 */
HnHttpReply *hn_http_client_call_finish (GAsyncResult *result, GError **error);

/**
 * hn_http_client_call_was_connected:
 * @result: given to `done`, of a call with `fresh`
 *
 * Returns: whether the server was reached, so that it may have begun what was asked, whatever became of the answer
 */
gboolean hn_http_client_call_was_connected (GAsyncResult *result);

/**
 * hn_http_client_error_is_unsent:
 * @error: of a call
 *
 * Returns: whether the call failed before its request had left, so that the server cannot have begun what was asked
 */
gboolean hn_http_client_error_is_unsent (const GError *error);

/**
 * hn_http_reply_free:
 * @self: (nullable): what to free
 */
void hn_http_reply_free (HnHttpReply *self);

/**
 * hn_http_client_stream:
 * @self: a client that outlives the stream
 * @call: copied
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): an answer that is read line by line
 */
HnHttpStream *hn_http_client_stream (HnHttpClient *self, const HnHttpCall *call, const HnHttpStreamEvents *events, gpointer user_data);

/**
 * hn_http_stream_free:
 * @self: (nullable): a stream; aborts it if it still runs
 */
void hn_http_stream_free (HnHttpStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHttpClient, hn_http_client_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHttpReply, hn_http_reply_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHttpStream, hn_http_stream_free)
