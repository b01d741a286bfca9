/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One HTTP request and one answer, as values: what the protocol files of this folder read and write. Pure. */
#pragma once

#include <glib.h>

#define SIM_MESSAGE_HEAD_MAX_BYTES (32 * 1024)
#define SIM_MESSAGE_BODY_MAX_BYTES (1024 * 1024)

typedef struct {
  char *method;
  char *path;          /* as sent, without the query */
  GHashTable *query;   /* decoded; the first of equal names wins */
  GHashTable *headers; /* lower-case name to value; the first wins */
  GString *body;
  GBytes *client_cert; /* (nullable): DER of the TLS client's certificate */
} SimRequest;

typedef struct SimAnswer SimAnswer;

struct SimAnswer {
  guint status; /* HTTP; 0 = close without a word */
  GString *headers;
  GString *body;
  GString *stray; /* bytes sent after the answer, as Sunshine does when it answers twice */
  char *hold;     /* (nullable): do not answer now, keep the call under this key */
  char *release;  /* (nullable): answer the call held under this key, with @released as its body */
  GString *released;
};

/**
 * sim_request_parse:
 * @head: request line and headers up to and including the empty line
 * @length: bytes of it
 * @error: G_URI_ERROR or G_CONVERT_ERROR; names what is wrong
 *
 * Returns: (transfer full) (nullable): the request with an empty body
 */
SimRequest *sim_request_parse (const char *head, gsize length, GError **error);

/**
 * sim_request_body_bytes:
 * @self: a parsed head
 * @ret_bytes: (out): announced length, 0 when none is announced
 *
 * Returns: FALSE when the length is malformed, above SIM_MESSAGE_BODY_MAX_BYTES, or the body is chunked
 */
gboolean sim_request_body_bytes (const SimRequest *self, gsize *ret_bytes);

/**
 * sim_request_header:
 * @self: a request
 * @name: lower case
 *
 * Returns: (nullable): the value
 */
const char *sim_request_header (const SimRequest *self, const char *name);

/**
 * sim_request_query:
 * @self: a request
 * @name: parameter
 *
 * Returns: (nullable): the decoded value
 */
const char *sim_request_query (const SimRequest *self, const char *name);

/**
 * sim_request_free:
 * @self: (nullable) (transfer full): a request
 */
void sim_request_free (SimRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimRequest, sim_request_free)

/**
 * sim_answer_new:
 *
 * Returns: (transfer full): an empty 200
 */
SimAnswer *sim_answer_new (void);

/**
 * sim_answer_header:
 * @self: an answer
 * @name: header
 * @value: its value
 */
void sim_answer_header (SimAnswer *self, const char *name, const char *value);

/**
 * sim_answer_wire:
 * @self: an answer with a status
 *
 * Returns: (transfer full): the bytes to send: Content-Length right, Connection: close, then @stray
 */
GString *sim_answer_wire (const SimAnswer *self);

/**
 * sim_answer_free:
 * @self: (nullable) (transfer full): an answer
 */
void sim_answer_free (SimAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimAnswer, sim_answer_free)

/**
 * sim_answer_json:
 * @self: an answer
 * @status: HTTP status
 * @text: (transfer full): the body
 */
void sim_answer_json (SimAnswer *self, guint status, char *text);

/**
 * sim_answer_hydra_error:
 * @self: an answer
 * @status: HTTP status, repeated as "code"
 * @format: printf text of "error"
 *
 * The error shape that all hydra services share.
 */
void sim_answer_hydra_error (SimAnswer *self, guint status, const char *format, ...) G_GNUC_PRINTF (3, 4);
