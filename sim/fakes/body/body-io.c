/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shell of a body: every request goes to the pure file of its port. A getservercert waits here for its PIN; a second
 * one under the same id takes the first one's place. What each port is (open, closed, a hole) follows from the faults. */
#include "sim/fakes/body/body-io.h"

#include "sim/fakes/body/confighttp.h"
#include "sim/fakes/body/hole-tcp.h"
#include "sim/fakes/body/hydrabody.h"
#include "sim/fakes/body/nvhttp.h"

#define VOICE_PORT 47995
#define MAX_DATAGRAMS_PER_TURN 64

typedef enum { NVHTTP, NVHTTPS, CONFIGHTTP, HYDRABODY, N_PORTS } Port;
typedef enum { PLAIN, TLS, TLS_ASKING, N_TLS } Security;
typedef enum { PORT_CLOSED, PORT_OPEN, PORT_HOLE } PortState;
typedef enum { RESTART_NOT, RESTART_REFUSES, RESTART_RESETS } Restart;

struct SimBodyIo {
  SimBody *body;
  SSL_CTX *tls[N_TLS];
  SSL_CTX *own_tls[N_TLS];     /* of @own_identity */
  SimIdentity *own_identity;   /* (nullable): while the certificate is another than at first */
  const SimIdentity *identity; /* at first */
  SimListener *listeners[N_PORTS];
  SimHole *holes[N_PORTS];
  Restart restart;
  guint restart_timer;
  GSocket *voice;
  GSource *voice_source;
  GHashTable *held;  /* uniqueid to SimCall */
  GPtrArray *silent; /* of SimCall: never answered */
};

static void
drop_call (gpointer call)
{
  sim_call_drop (call);
}

static void
settle (SimBodyIo *self, SimCall *call, SimAnswer *answer)
{
  SimCall *released = NULL;
  g_autofree char *key = NULL;

  if (answer->hold != NULL) {
    g_hash_table_replace (self->held, g_steal_pointer (&answer->hold), call);
    return;
  }
  if (answer->release != NULL
      && g_hash_table_steal_extended (self->held, answer->release, (gpointer *)&key, (gpointer *)&released)) {
    g_autoptr (SimAnswer) late = sim_answer_new ();

    g_string_assign (late->body, answer->released->str);
    late->status = self->body->faults[SIM_FAULT_CLOSE_PAIR] ? 0 : late->status;
    sim_call_answer (released, late);
  }
  sim_call_answer (call, answer);
}

static void
on_nvhttp (gpointer user, SimCall *call, const SimRequest *request)
{
  SimBodyIo *self = user;
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  sim_nvhttp_answer (self->body, request, FALSE, answer);
  settle (self, call, answer);
}

static void
on_nvhttps (gpointer user, SimCall *call, const SimRequest *request)
{
  SimBodyIo *self = user;
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  sim_nvhttp_answer (self->body, request, TRUE, answer);
  settle (self, call, answer);
}

static gboolean
is_mute (gpointer user)
{
  SimBodyIo *self = user;

  return self->body->faults[SIM_FAULT_MUTE] != 0;
}

static gboolean
is_mute_api (gpointer user)
{
  SimBodyIo *self = user;

  return is_mute (user) || self->body->faults[SIM_FAULT_MUTE_API] != 0;
}

static gboolean
is_resetting (gpointer user)
{
  SimBodyIo *self = user;

  return self->body->faults[SIM_FAULT_RESETTING] != 0 || self->restart == RESTART_RESETS;
}

static gboolean
on_greet (gpointer user, GBytes *client_cert, SimAnswer *answer)
{
  SimBodyIo *self = user;

  return sim_nvhttp_greet (self->body, client_cert, answer);
}

static void
on_confighttp (gpointer user, SimCall *call, const SimRequest *request)
{
  SimBodyIo *self = user;
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  sim_confighttp_answer (self->body, request, answer);
  settle (self, call, answer);
}

static void
on_hydrabody (gpointer user, SimCall *call, const SimRequest *request)
{
  SimBodyIo *self = user;
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  if (sim_hydrabody_answer (self->body, request, answer))
    settle (self, call, answer);
  else
    g_ptr_array_add (self->silent, call);
}

static const struct {
  guint16 port;
  Security security;
  SimListenerEvents events;
} ports[N_PORTS] = {
  [NVHTTP] = { 47989, PLAIN, { is_mute, NULL, on_nvhttp, is_resetting } },
  [NVHTTPS] = { 47984, TLS_ASKING, { is_mute, on_greet, on_nvhttps, is_resetting } },
  [CONFIGHTTP] = { 47990, TLS, { is_mute_api, NULL, on_confighttp, is_resetting } },
  [HYDRABODY] = { 47991, PLAIN, { is_mute, NULL, on_hydrabody, is_resetting } },
};

static gboolean
on_voice (GSocket *socket, GIOCondition condition, gpointer user)
{
  SimBodyIo *self = user;
  char packet[2048];

  for (int i = 0; i < MAX_DATAGRAMS_PER_TURN; i++) {
    gssize length = g_socket_receive (socket, packet, sizeof packet, NULL, NULL);

    if (length < 0)
      break;
    if (sim_voice_packet (&self->body->voice, (const guint8 *)packet, (gsize)length)) {
      g_autofree char *ssrc = g_strdup_printf ("%u", self->body->voice.ssrc);

      sim_events_add (self->body->events, "voice_started", self->body->address, "ssrc", ssrc, NULL);
    }
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
open_voice (SimBodyIo *self, GError **error)
{
  g_autoptr (GSocketAddress) where = g_inet_socket_address_new_from_string (self->body->address, VOICE_PORT);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);

  if (socket == NULL)
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  if (!g_socket_bind (socket, where, FALSE, error)) {
    g_prefix_error (error, "cannot listen on %s:%d/udp: ", self->body->address, VOICE_PORT);
    return FALSE;
  }
  self->voice = g_steal_pointer (&socket);
  self->voice_source = g_socket_create_source (self->voice, G_IO_IN, NULL);
  g_source_set_callback (self->voice_source, G_SOURCE_FUNC (on_voice), self, NULL);
  g_source_attach (self->voice_source, NULL);
  return TRUE;
}

static PortState
wanted (const SimBodyIo *self, Port port)
{
  const guint *faults = self->body->faults;

  if (faults[SIM_FAULT_DOWN] || self->restart == RESTART_REFUSES)
    return PORT_CLOSED;
  if (faults[SIM_FAULT_BLACKHOLE])
    return PORT_HOLE;
  if (port == HYDRABODY)
    return faults[SIM_FAULT_HYDRABODY_DOWN] ? PORT_CLOSED : PORT_OPEN;
  return faults[SIM_FAULT_NVHTTP_DOWN] && port != CONFIGHTTP ? PORT_CLOSED : PORT_OPEN;
}

static gboolean
settle_port (SimBodyIo *self, Port port, GError **error)
{
  PortState state = wanted (self, port);
  const char *address = self->body->address;
  SSL_CTX *tls = self->own_identity != NULL ? self->own_tls[ports[port].security] : self->tls[ports[port].security];

  if (state != PORT_OPEN)
    g_clear_pointer (&self->listeners[port], sim_listener_free);
  if (state != PORT_HOLE)
    g_clear_pointer (&self->holes[port], sim_hole_free);
  if (state == PORT_OPEN && self->listeners[port] == NULL)
    self->listeners[port] = sim_listener_new (address, ports[port].port, tls, &ports[port].events, self, error);
  if (state == PORT_HOLE && self->holes[port] == NULL)
    self->holes[port] = sim_hole_new (address, ports[port].port, error);
  return state == PORT_CLOSED || self->listeners[port] != NULL || self->holes[port] != NULL;
}

static void
close_voice (SimBodyIo *self)
{
  if (self->voice_source != NULL)
    g_source_destroy (self->voice_source);
  g_clear_pointer (&self->voice_source, g_source_unref);
  if (self->voice != NULL)
    g_socket_close (self->voice, NULL);
  g_clear_object (&self->voice);
}

static void
drop_held (SimBodyIo *self)
{
  g_hash_table_remove_all (self->held);
  g_ptr_array_set_size (self->silent, 0);
}

gboolean
sim_body_io_open (SimBodyIo *self, GError **error)
{
  gboolean speaks = wanted (self, CONFIGHTTP) == PORT_OPEN;

  if (!speaks) {
    drop_held (self);
    close_voice (self);
  }
  for (Port i = 0; i < N_PORTS; i++)
    if (!settle_port (self, i, error))
      return FALSE;
  return !speaks || self->voice != NULL || open_voice (self, error);
}

void
sim_body_io_close (SimBodyIo *self)
{
  drop_held (self);
  for (Port i = 0; i < N_PORTS; i++) {
    g_clear_pointer (&self->listeners[i], sim_listener_free);
    g_clear_pointer (&self->holes[i], sim_hole_free);
  }
  close_voice (self);
}

/* ---- faults that are more than a value ---- */

static gboolean on_restart_time (gpointer user);

/* Returns: whether the ports are as they should be then */
static gboolean
restart (SimBodyIo *self, guint ms, GError **error)
{
  g_clear_handle_id (&self->restart_timer, g_source_remove);
  self->restart = ms > 0 ? RESTART_REFUSES : RESTART_NOT;
  if (ms > 0)
    self->restart_timer = g_timeout_add (ms / 2, on_restart_time, self);
  return sim_body_io_open (self, error);
}

static gboolean
on_restart_time (gpointer user)
{
  SimBodyIo *self = user;
  g_autoptr (GError) error = NULL;

  self->restart_timer = 0;
  self->restart = self->restart == RESTART_REFUSES ? RESTART_RESETS : RESTART_NOT;
  if (!sim_body_io_open (self, &error))
    g_printerr ("hydraneck-sim bodies: %s\n", error->message);
  if (self->restart == RESTART_RESETS) {
    self->restart_timer = g_timeout_add (self->body->faults[SIM_FAULT_RESTART_MS] / 2, on_restart_time, self);
    return G_SOURCE_REMOVE;
  }
  self->body->faults[SIM_FAULT_RESTART_MS] = 0;
  sim_events_add (self->body->events, "restarted", self->body->address, NULL);
  return G_SOURCE_REMOVE;
}

static void
show_identity (SimBodyIo *self, SimIdentity *own)
{
  g_clear_pointer (&self->own_tls[TLS], SSL_CTX_free);
  g_clear_pointer (&self->own_tls[TLS_ASKING], SSL_CTX_free);
  if (own != NULL) {
    self->own_tls[TLS] = sim_tls_context_new (own, FALSE);
    self->own_tls[TLS_ASKING] = sim_tls_context_new (own, TRUE);
  }
  self->body->identity = own != NULL ? own : self->identity;
  sim_pairing_set_identity (self->body->pairing, self->body->identity);
  sim_identity_free (self->own_identity);
  self->own_identity = own;
  g_clear_pointer (&self->listeners[NVHTTPS], sim_listener_free);
  g_clear_pointer (&self->listeners[CONFIGHTTP], sim_listener_free);
}

static void
run_last_app (SimBody *body, gboolean runs)
{
  body->running = runs && body->apps->len > 0 ? sim_body_app_id (body, body->apps->len - 1) : 0;
}

gboolean
sim_body_io_set_fault (SimBodyIo *self, guint fault, guint value, GError **error)
{
  self->body->faults[fault] = value;
  if (fault == SIM_FAULT_RESTART_MS)
    return restart (self, value, error);
  if (fault == SIM_FAULT_APP_RUNNING)
    run_last_app (self->body, value != 0);
  if (fault == SIM_FAULT_CERTIFICATE_ROTATED)
    show_identity (self, value != 0 ? sim_identity_new (NULL) : NULL);
  return sim_body_io_open (self, error);
}

gboolean
sim_body_io_reset (SimBodyIo *self, GError **error)
{
  drop_held (self);
  sim_body_reset (self->body);
  if (self->own_identity != NULL)
    show_identity (self, NULL);
  return restart (self, 0, error);
}

SimBody *
sim_body_io_body (SimBodyIo *self)
{
  return self->body;
}

SimBodyIo *
sim_body_io_new (SimBody *body, SSL_CTX *tls, SSL_CTX *tls_asking)
{
  SimBodyIo *self = g_new0 (SimBodyIo, 1);

  self->body = body;
  self->identity = body->identity;
  SSL_CTX_up_ref (tls);
  SSL_CTX_up_ref (tls_asking);
  self->tls[TLS] = tls;
  self->tls[TLS_ASKING] = tls_asking;
  self->held = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, drop_call);
  self->silent = g_ptr_array_new_with_free_func (drop_call);
  return self;
}

void
sim_body_io_free (SimBodyIo *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->restart_timer, g_source_remove);
  sim_body_io_close (self);
  g_clear_pointer (&self->own_tls[TLS], SSL_CTX_free);
  g_clear_pointer (&self->own_tls[TLS_ASKING], SSL_CTX_free);
  sim_identity_free (self->own_identity);
  g_hash_table_unref (self->held);
  g_ptr_array_unref (self->silent);
  SSL_CTX_free (self->tls[TLS]);
  SSL_CTX_free (self->tls[TLS_ASKING]);
  sim_body_free (self->body);
  g_free (self);
}
