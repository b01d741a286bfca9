/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "net/http-server.h"

/* What happens, told to whoever listens: server-sent events from one ring (net/event-ring). A reader has a place in the ring and at most
 * HN_LIMIT_EVENTS_PIECE_BYTES on their way to it; one that falls out of the ring is dropped and counted, and takes up again with its `Last-Event-ID`. */

typedef struct _HnEventStream HnEventStream;

/**
 * hn_event_stream_new:
 * @district: (nullable): where this node is, for each event
 * @quiet_us: a reader that has heard nothing for so long gets a comment, so that proxies keep its connection; 0: HN_LIMIT_EVENTS_QUIET_SECONDS
 *
 * Returns: (transfer full): a stream without readers
 */
HnEventStream *hn_event_stream_new (const char *district, gint64 quiet_us);

/**
 * hn_event_stream_free:
 * @self: (nullable): what to free; its readers' answers end
 */
void hn_event_stream_free (HnEventStream *self);

/**
 * hn_event_stream_publish:
 * @self: (nullable): a stream; nobody listens to %NULL
 * @type: what happened: `session.created`, …
 * @data: (transfer full): its particulars; `timestamp` (RFC 3339, UTC) is added, and `district` where it is known
 */
void hn_event_stream_publish (HnEventStream *self, const char *type, JsonObject *data);

/**
 * hn_event_stream_attach:
 * @self: a stream
 * @request: a GET, answered with the stream until its client leaves; from where its `Last-Event-ID` says (or the parameter `last_event_id`). Beyond
 *   HN_LIMIT_EVENTS_READERS it is answered 503
 */
void hn_event_stream_attach (HnEventStream *self, HnHttpRequest *request);

/**
 * hn_event_stream_attach_apart:
 * @self: a stream
 * @request: likewise, of a reader that takes none of those places: how many there are is bounded by who calls
 *
 * Returns: whether it listens now; if not, it is answered (a HEAD, or the stream is closed)
 */
gboolean hn_event_stream_attach_apart (HnEventStream *self, HnHttpRequest *request);

/**
 * hn_event_stream_refuse:
 * @request: one too many
 */
void hn_event_stream_refuse (HnHttpRequest *request);

/**
 * hn_event_stream_detach:
 * @self: a stream
 * @request: one that was attached; nothing happens where it has left already
 *
 * Ends its answer: it may listen no longer.
 */
void hn_event_stream_detach (HnEventStream *self, HnHttpRequest *request);

/**
 * hn_event_stream_is_reader:
 * @self: a stream
 * @request: one that was attached
 *
 * Returns: whether it still listens: its client has not left, and it was not too slow
 */
gboolean hn_event_stream_is_reader (const HnEventStream *self, const HnHttpRequest *request);

/**
 * hn_event_stream_get_readers:
 * @self: a stream
 *
 * Returns: how many listen
 */
guint hn_event_stream_get_readers (const HnEventStream *self);

/**
 * hn_event_stream_get_dropped:
 * @self: a stream
 *
 * Returns: how many readers were too slow so far
 */
guint64 hn_event_stream_get_dropped (const HnEventStream *self);

/**
 * hn_event_stream_close:
 * @self: (nullable): a stream
 *
 * Ends the answers to all readers; who comes from now on gets 503.
 */
void hn_event_stream_close (HnEventStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnEventStream, hn_event_stream_free)
