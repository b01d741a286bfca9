/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shell of a body: every request goes to the pure file of its port. A getservercert waits here for its PIN; a second
 * one under the same id takes the first one's place. */
#include "sim/fakes/body/body-io.h"

#include "sim/fakes/body/confighttp.h"
#include "sim/fakes/body/hydrabody.h"
#include "sim/fakes/body/nvhttp.h"

#define VOICE_PORT 47995
#define MAX_DATAGRAMS_PER_TURN 64

typedef enum { NVHTTP, NVHTTPS, CONFIGHTTP, HYDRABODY, N_PORTS } Port;
typedef enum { PLAIN, TLS, TLS_ASKING, N_TLS } Security;

struct SimBodyIo {
  SimBody *body;
  SSL_CTX *tls[N_TLS];
  SimListener *listeners[N_PORTS];
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
  [NVHTTP] = { 47989, PLAIN, { is_mute, NULL, on_nvhttp } },
  [NVHTTPS] = { 47984, TLS_ASKING, { is_mute, on_greet, on_nvhttps } },
  [CONFIGHTTP] = { 47990, TLS, { is_mute, NULL, on_confighttp } },
  [HYDRABODY] = { 47991, PLAIN, { is_mute, NULL, on_hydrabody } },
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

gboolean
sim_body_io_open (SimBodyIo *self, GError **error)
{
  for (Port i = 0; i < N_PORTS; i++) {
    if (self->listeners[i] == NULL)
      self->listeners[i] =
          sim_listener_new (self->body->address, ports[i].port, self->tls[ports[i].security], &ports[i].events, self, error);
    if (self->listeners[i] == NULL)
      return FALSE;
  }
  return self->voice != NULL || open_voice (self, error);
}

void
sim_body_io_close (SimBodyIo *self)
{
  g_hash_table_remove_all (self->held);
  g_ptr_array_set_size (self->silent, 0);
  for (Port i = 0; i < N_PORTS; i++)
    g_clear_pointer (&self->listeners[i], sim_listener_free);
  if (self->voice_source != NULL)
    g_source_destroy (self->voice_source);
  g_clear_pointer (&self->voice_source, g_source_unref);
  if (self->voice != NULL)
    g_socket_close (self->voice, NULL);
  g_clear_object (&self->voice);
}

SimBody *
sim_body_io_body (SimBodyIo *self)
{
  return self->body;
}

gboolean
sim_body_io_set_fault (SimBodyIo *self, guint fault, guint value, GError **error)
{
  self->body->faults[fault] = value;
  if (fault != SIM_FAULT_DOWN)
    return TRUE;
  if (value == 0)
    return sim_body_io_open (self, error);
  sim_body_io_close (self);
  return TRUE;
}

gboolean
sim_body_io_reset (SimBodyIo *self, GError **error)
{
  g_hash_table_remove_all (self->held);
  g_ptr_array_set_size (self->silent, 0);
  sim_body_reset (self->body);
  return sim_body_io_open (self, error);
}

SimBodyIo *
sim_body_io_new (SimBody *body, SSL_CTX *tls, SSL_CTX *tls_asking)
{
  SimBodyIo *self = g_new0 (SimBodyIo, 1);

  self->body = body;
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
  sim_body_io_close (self);
  g_hash_table_unref (self->held);
  g_ptr_array_unref (self->silent);
  SSL_CTX_free (self->tls[TLS]);
  SSL_CTX_free (self->tls[TLS_ASKING]);
  sim_body_free (self->body);
  g_free (self);
}
