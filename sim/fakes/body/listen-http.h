/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small HTTP/1.1 server: one request per connection, as Sunshine serves it, with the liberties a fake needs (an answer before
 * the request is read, bytes after the answer, no answer at all). Main thread only; it never starts another. */
#pragma once

#include <gio/gio.h>

#include "sim/fakes/body/message.h"
#include "sim/fakes/body/tls.h"

#define SIM_LISTEN_TIMEOUT_S 300
#define SIM_LISTEN_MAX_CALLS 256

typedef struct SimListener SimListener;
typedef struct SimCall SimCall;

typedef struct {
  /* (nullable): TRUE = accept and never say a word, not even TLS's */
  gboolean (*is_mute) (gpointer user);
  /* (nullable): TRUE = @answer is all the client gets, its request is not read */
  gboolean (*greet) (gpointer user, GBytes *client_cert, SimAnswer *answer);
  /* @call is (transfer full): sooner or later sim_call_answer() or sim_call_drop(), also after the listener is gone;
   * @request dies with it */
  void (*handle) (gpointer user, SimCall *call, const SimRequest *request);
  /* (nullable): TRUE = accept and reset at once */
  gboolean (*is_resetting) (gpointer user);
} SimListenerEvents;

/**
 * sim_listener_new:
 * @address: IPv4 address
 * @port: TCP port
 * @tls: (nullable): serve TLS with it
 * @events: what to do with requests
 * @user: for @events; outlives the listener
 * @error: names address:port
 *
 * Returns: (transfer full) (nullable): a server that accepts already
 */
SimListener *sim_listener_new (const char *address, guint16 port, SSL_CTX *tls, const SimListenerEvents *events, gpointer user,
                               GError **error);

/**
 * sim_listener_free:
 * @self: (nullable) (transfer full): a listener; not from inside its own events
 *
 * Closes the port and every connection that is not held by its owner.
 */
void sim_listener_free (SimListener *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimListener, sim_listener_free)

/**
 * sim_call_answer:
 * @self: (transfer full): a request's connection
 * @answer: what to send; status 0 just closes
 *
 * A client that has left is no error.
 */
void sim_call_answer (SimCall *self, const SimAnswer *answer);

/**
 * sim_call_answer_cut:
 * @self: (transfer full): a request's connection
 * @answer: what to announce; half of its body is sent
 */
void sim_call_answer_cut (SimCall *self, const SimAnswer *answer);

/**
 * sim_call_answer_endless:
 * @self: (transfer full): a request's connection
 * @answer: whose body is sent again and again, without an announced length, until the client leaves
 */
void sim_call_answer_endless (SimCall *self, const SimAnswer *answer);

/**
 * sim_call_drop:
 * @self: (transfer full): a request's connection
 *
 * Closes it without a word.
 */
void sim_call_drop (SimCall *self);
