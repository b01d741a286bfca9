/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/address.h"
#include "net/http-head.h"

/* What the front door is told to do with one request head. Pure: products decide, net/front carries out. */

typedef enum {
  HN_ROUTE_API,      /* hand it to the API server (SoupServer behind the gate) */
  HN_ROUTE_REFUSE,   /* answer @status with the error shape; the connection is closed if the request has a body */
  HN_ROUTE_REDIRECT, /* answer @status (308) with `Location: @location` */
  HN_ROUTE_ANSWER,   /* answer @status with @answer as plain text */
  HN_ROUTE_WEBSOCKET, /* it ends here: 101, and the connection goes to HnFrontEvents.websocket; what is no upgrade to version 13 is 426, a bad key 400. Who may
                       * come, from which Origin and on which path, is decided before: in `route` */
  HN_ROUTE_PROXY,    /* stream it to @upstream_host:@upstream_port, path unchanged; a WebSocket upgrade becomes a tunnel; a path that
                      * hn_route_check_path() finds odd is 400 all the same */
} HnRouteKind;

typedef struct {
  HnAddress address;
  guint16 port;
  gboolean secure; /* it speaks TLS with us */
} HnPeer;

/**
 * HnFilter:
 *
 * Edits a response body as it streams by; what is packed by gzip is unpacked before. A route with a filter asks the upstream for the whole plain page (no Range, If-*, Accept-Encoding),
 * and an edited response loses ETag, Last-Modified, Accept-Ranges, Content-Encoding and digests. Each accepted body gets exactly @added_bytes more, wherever they end up, so that the
 * Content-Length of what was not packed can be corrected before the first byte leaves.
 */
typedef struct {
  /* (nullable): state for this response, or NULL to leave it alone (status, type, encoding) */
  gpointer (*open) (const HnHttpHead *request, const HnHttpHead *response, gpointer filter_data);
  gsize (*added_bytes) (gpointer state);
  /* appends to @out what can go on; at @last everything that is left, the addition included. May hold back a bounded tail. */
  void (*feed) (gpointer state, const char *bytes, gsize n_bytes, gboolean last, GByteArray *out);
  void (*close) (gpointer state);
  /* (nullable): whether nothing is held back and the rest goes on as it is; feed is not called any more then */
  gboolean (*is_through) (gpointer state);
} HnFilter;

typedef struct {
  const char *name; /* both kept by the route */
  const char *value;
} HnRouteField;

typedef struct _HnRouteText HnRouteText;

typedef struct {
  HnRouteKind kind;
  gsize body_limit_bytes;   /* API: longest request body, 413 beyond; 0: HN_LIMIT_API_BODY_BYTES */
  guint status;
  char *error;              /* REFUSE: first sentence */
  char *detail;             /* REFUSE (nullable) */
  guint retry_after_seconds; /* REFUSE: 0 for none */
  char *page;               /* REFUSE (nullable): HTML, shown in place of the error shape */
  char *page_policy;        /* of @page: its Content-Security-Policy */
  char *location;           /* REDIRECT */
  char *answer;             /* ANSWER */
  char *protocol;           /* WEBSOCKET (nullable): the one of the client's Sec-WebSocket-Protocol that was chosen */
  gpointer websocket_data;  /* WEBSOCKET: goes to HnFrontEvents.websocket, or through websocket_data_free when it does not come to that */
  GDestroyNotify websocket_data_free; /* (nullable) */
  char *upstream_host;      /* PROXY: IP literal */
  guint16 upstream_port;
  GArray *request_set;      /* PROXY: HnRouteField: replaces every field of that name, any case, dropping all copies */
  GPtrArray *request_drop;  /* PROXY: char*: field names dropped, any case */
  GArray *response_set;     /* PROXY: HnRouteField: replaces every field of that name in the response */
  const HnFilter *filter;   /* PROXY (nullable): static */
  gpointer filter_data;     /* PROXY: borrowed, must stay valid while the request runs, or use filter_data_free */
  GDestroyNotify filter_data_free;
  HnRouteText *texts;       /* the route's own: where names and values of fields stand */
  char *tag;                /* PROXY: what hn_front_cut() and the events know it by (the session id) */
} HnRoute;

/**
 * hn_route_init:
 * @self: uninitialised memory
 */
void hn_route_init (HnRoute *self);

/**
 * hn_route_clear:
 * @self: an initialised route; its contents are freed
 */
void hn_route_clear (HnRoute *self);

/**
 * hn_route_refuse:
 * @self: an initialised route
 * @status: HTTP status
 * @error: first sentence
 * @detail: (nullable): second sentence
 */
void hn_route_refuse (HnRoute *self, guint status, const char *error, const char *detail);

/**
 * hn_route_set_request_field:
 * @self: an initialised route
 * @name: field name
 * @value: field value
 */
void hn_route_set_request_field (HnRoute *self, const char *name, const char *value);

/**
 * hn_route_drop_request_field:
 * @self: an initialised route
 * @name: field name
 */
void hn_route_drop_request_field (HnRoute *self, const char *name);

/**
 * hn_route_set_response_field:
 * @self: an initialised route
 * @name: field name
 * @value: field value
 */
void hn_route_set_response_field (HnRoute *self, const char *name, const char *value);

/**
 * hn_route_forwarded:
 * @self: an initialised PROXY route
 * @head: the request
 * @peer: who sent it
 * @trusted: (nullable) (element-type HnNetwork): whose X-Forwarded-* are kept and extended; others' are replaced
 *
 * Sets `X-Forwarded-For`, `X-Forwarded-Host` and `X-Forwarded-Proto` and drops `Forwarded`.
 */
void hn_route_forwarded (HnRoute *self, const HnHttpHead *head, const HnPeer *peer, GArray *trusted);

/**
 * hn_route_check_path:
 * @path: a raw path
 *
 * Returns: (nullable): %NULL when @path is plain; else what is wrong: dot segments in any spelling, an encoded slash, backslash or
 *   NUL, a malformed escape, an empty segment (`//`)
 */
const char *hn_route_check_path (HnSlice path);

/**
 * hn_route_check_origin:
 * @head: a request
 *
 * Returns: whether `Origin` is absent or the request's own (host and port of `Host`, any http scheme)
 */
gboolean hn_route_check_origin (const HnHttpHead *head);
