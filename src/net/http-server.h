/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "base/address.h"

/* The API of a process: a table of routes over SoupServer, which the front door feeds through the gate. It checks method, bearer token and
 * body before a handler runs, and every error leaves in one shape: {"error":"…","code":404,"detail":"…"}. */

typedef struct _HnHttpServer HnHttpServer;
typedef struct _HnHttpRequest HnHttpRequest;

typedef enum {
  HN_HTTP_OPEN,   /* anybody; hn_http_request_is_admin() tells the rest */
  HN_HTTP_BEARER, /* `Authorization: Bearer` must be one of the tokens: 401 otherwise */
  HN_HTTP_OTHER,  /* who brings a token of another kind: the handler looks at it; a 401 of it counts as a guess, as one of ours does */
} HnHttpAuth;

/**
 * HnHttpRoute:
 * @method: `GET`, `POST`, …
 * @path: segments, `{}` stands for any one segment: `/api/v1/sessions/{}`; a path without its trailing slash
 * @auth: who may call it
 * @wants_body: the body must be one JSON object (an empty one counts as `{}` if this is %FALSE)
 * @handle: answers now or later, exactly once, by one of the reply functions
 */
typedef struct {
  const char *method;
  const char *path;
  HnHttpAuth auth;
  gboolean wants_body;
  void (*handle) (HnHttpRequest *request, gpointer user_data);
} HnHttpRoute;

/**
 * hn_http_server_new:
 * @routes: (array length=n_routes): static table
 * @n_routes: rows
 * @is_admin: tells whether a bearer token is good, in constant time; called with %NULL never
 * @user_data: for @is_admin and the handlers
 *
 * Returns: (transfer full): an API without a socket
 */
HnHttpServer *hn_http_server_new (const HnHttpRoute *routes, gsize n_routes,
                                  gboolean (*is_admin) (const char *token, gpointer user_data), gpointer user_data);

/**
 * hn_http_server_free:
 * @self: (nullable): an API whose front door is gone; handlers still at work are cancelled and their replies go nowhere
 */
void hn_http_server_free (HnHttpServer *self);

/**
 * hn_http_server_get_soup:
 * @self: an API
 *
 * Returns: (transfer none): what HnFrontOptions.api wants
 */
SoupServer *hn_http_server_get_soup (HnHttpServer *self);

/**
 * hn_http_server_set_trusted_proxies:
 * @self: an API
 * @networks: (nullable) (element-type HnNetwork): whose X-Forwarded-Proto and X-Forwarded-Host are believed; outlives the API
 */
void hn_http_server_set_trusted_proxies (HnHttpServer *self, GArray *networks);

/* How many requests a minute are answered, 0: all of them. A third of that may come at once; beyond, the answer is 429 with Retry-After. */
typedef struct {
  guint per_address;  /* without a good token, from one address */
  guint per_token;    /* with one */
  guint failures;     /* that carry a bad token, from one address; beyond, none that carries a token at all is looked at */
} HnHttpLimits;

/**
 * hn_http_server_set_limits:
 * @self: an API, which has no limits until then
 * @limits: copied
 *
 * What browsers call under `/session/` has a limit of its own (HN_LIMIT_BROWSER_RATE). Callers on this machine may come HN_LIMIT_RATE_LOCAL_FACTOR times as often.
 */
void hn_http_server_set_limits (HnHttpServer *self, const HnHttpLimits *limits);

/**
 * HnHttpErrorBody:
 *
 * As hn_http_error_body(): what an API answers an error with.
 */
typedef char *(*HnHttpErrorBody) (guint status, const char *message, const char *detail);

/**
 * hn_http_server_set_error_body:
 * @self: an API, before its first request
 * @error_body: the shape of every error that it answers itself, in place of hn_http_error_body()
 */
void hn_http_server_set_error_body (HnHttpServer *self, HnHttpErrorBody error_body);

/**
 * hn_http_server_set_origins:
 * @self: an API, which shows its answers to no page of another origin until then
 * @origins: (array zero-terminated=1): whose pages may read them (`*`: anybody's); outlives the API
 */
void hn_http_server_set_origins (HnHttpServer *self, const char *const *origins);

/**
 * hn_http_server_pass_on:
 * @self: an API
 * @request: a request to another one, whose handler has seen to it that the caller may do whatever an admin may
 *
 * Answers it as this API would.
 */
void hn_http_server_pass_on (HnHttpServer *self, HnHttpRequest *request);

/**
 * hn_http_request_ref:
 * @self: a request
 *
 * A handler that answers later keeps a reference until it has answered.
 *
 * Returns: (transfer full): @self
 */
HnHttpRequest *hn_http_request_ref (HnHttpRequest *self);

/**
 * hn_http_request_unref:
 * @self: a request; one that is dropped without an answer is answered 500
 */
void hn_http_request_unref (HnHttpRequest *self);

/**
 * hn_http_request_get_param:
 * @self: a request
 * @index: which `{}` of its route, from 0
 *
 * Returns: the segment's raw text
 */
const char *hn_http_request_get_param (HnHttpRequest *self, guint index);

/**
 * hn_http_request_get_method:
 * @self: a request
 *
 * Returns: `GET`, …
 */
const char *hn_http_request_get_method (HnHttpRequest *self);

/**
 * hn_http_request_get_path:
 * @self: a request
 *
 * Returns: the raw path, without the query
 */
const char *hn_http_request_get_path (HnHttpRequest *self);

/**
 * hn_http_request_get_query:
 * @self: a request
 * @name: parameter
 *
 * Returns: (nullable): its first value, decoded
 */
const char *hn_http_request_get_query (HnHttpRequest *self, const char *name);

/**
 * hn_http_request_get_header:
 * @self: a request
 * @name: field name
 *
 * Returns: (nullable): the field's value
 */
const char *hn_http_request_get_header (HnHttpRequest *self, const char *name);

/**
 * hn_http_request_get_object:
 * @self: a request
 *
 * Returns: (transfer none): the body; an empty object when there was none
 */
JsonObject *hn_http_request_get_object (HnHttpRequest *self);

/**
 * hn_http_request_get_body:
 * @self: a request
 *
 * Returns: (transfer full): the body as it came, for routes that take something else than JSON
 */
GBytes *hn_http_request_get_body (HnHttpRequest *self);

/**
 * hn_http_request_is_admin:
 * @self: a request
 *
 * Returns: whether it carries a good bearer token
 */
gboolean hn_http_request_is_admin (HnHttpRequest *self);

/**
 * hn_http_request_is_local:
 * @self: a request
 *
 * Returns: whether it comes from a loopback address, was meant for one (`Host`), and no proxy says it forwarded it
 */
gboolean hn_http_request_is_local (HnHttpRequest *self);

/**
 * hn_http_request_get_peer:
 * @self: a request
 *
 * Returns: the address of whoever is connected to us
 */
HnAddress hn_http_request_get_peer (HnHttpRequest *self);

/**
 * hn_http_request_get_client:
 * @self: a request
 *
 * Returns: whom it is from: the peer, or behind trusted proxies the rightmost of `X-Forwarded-For` that is none of them
 */
HnAddress hn_http_request_get_client (HnHttpRequest *self);

/**
 * hn_http_request_get_base_url:
 * @self: a request
 *
 * Returns: `http://host:port` or `https://…` as the client addressed us (its `Host`, or what a trusted proxy says), for links in answers
 */
const char *hn_http_request_get_base_url (HnHttpRequest *self);

/**
 * hn_http_request_get_cancellable:
 * @self: a request
 *
 * Returns: (transfer none): cancelled when the client leaves before its answer, or the server goes
 */
GCancellable *hn_http_request_get_cancellable (HnHttpRequest *self);

/**
 * hn_http_request_set_header:
 * @self: a request
 * @name: response field
 * @value: its value
 */
void hn_http_request_set_header (HnHttpRequest *self, const char *name, const char *value);

/**
 * hn_http_request_reply_json:
 * @self: a request
 * @status: HTTP status
 * @object: (transfer none): the body
 */
void hn_http_request_reply_json (HnHttpRequest *self, guint status, JsonObject *object);

/**
 * hn_http_request_reply_text:
 * @self: a request
 * @status: HTTP status
 * @content_type: (nullable): media type; %NULL: no body
 * @text: the body
 */
void hn_http_request_reply_text (HnHttpRequest *self, guint status, const char *content_type, const char *text);

/**
 * hn_http_request_reply_error:
 * @self: a request
 * @error: (transfer none): its code gives the status, its message `error`, its detail `detail`
 */
void hn_http_request_reply_error (HnHttpRequest *self, const GError *error);

/**
 * hn_http_request_begin_stream:
 * @self: a request
 * @status: HTTP status
 * @content_type: media type
 * @taken: a piece has left for the client, and the next one may be given; from the loop, never after hn_http_request_end_stream()
 * @user_data: for @taken
 *
 * Answers with a body that comes in pieces for as long as its handler wants. Whether the client is still there, its cancellable tells.
 *
 * Returns: whether there is a body to send: none to a HEAD, which is answered
 */
gboolean hn_http_request_begin_stream (HnHttpRequest *self, guint status, const char *content_type, void (*taken) (gpointer user_data),
                                       gpointer user_data);

/**
 * hn_http_request_stream:
 * @self: a request whose answer is a stream, and whose last piece was taken
 * @bytes: (array length=length): the next piece
 * @length: of it, at least 1
 */
void hn_http_request_stream (HnHttpRequest *self, const char *bytes, gsize length);

/**
 * hn_http_request_end_stream:
 * @self: a request; nothing happens where no stream was begun
 *
 * The answer ends behind the piece that is on its way.
 */
void hn_http_request_end_stream (HnHttpRequest *self);

/**
 * hn_http_error_body:
 * @status: HTTP status
 * @message: first sentence
 * @detail: (nullable): second sentence
 *
 * Returns: (transfer full): the error shape, with its newline
 */
char *hn_http_error_body (guint status, const char *message, const char *detail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHttpServer, hn_http_server_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHttpRequest, hn_http_request_unref)
