/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions are keyed by uniqueid, insert-if-absent. A repeated phase 1 refreshes the salt and the held answer, neither the
 * certificate nor the phase; so an abandoned session poisons the next attempt under the same id. Phases go in one order;
 * every failure removes the session. The PIN goes to whichever session comes first in the table, which for a small
 * unordered_map of libstdc++ is the newest. Nobody checks the PIN: a wrong one only shows as hashes that differ. */
#include "sim/fakes/body/pairing-server.h"

#include <string.h>

typedef struct {
  char *uniqueid;
  char *cert_pem; /* of phase 1 */
  char *salt;     /* hex as sent */
  char *name;
  SimPairingPhase phase;
  gboolean held;
  gboolean has_key;
  guint8 key[16];
  gboolean has_secret;
  guint8 secret[SIM_PAIRING_SECRET_BYTES];
  guint8 challenge[16];
  GBytes *client_hash;
} Session;

struct SimPairing {
  const SimIdentity *identity;
  SimPairingRandom random;
  gpointer user;
  GQueue sessions; /* newest first */
};

static void
session_free (Session *session)
{
  g_free (session->uniqueid);
  g_free (session->cert_pem);
  g_free (session->salt);
  g_free (session->name);
  g_clear_pointer (&session->client_hash, g_bytes_unref);
  g_free (session);
}

static Session *
find (const SimPairing *self, const char *uniqueid)
{
  for (GList *l = self->sessions.head; l != NULL; l = l->next) {
    Session *session = l->data;

    if (g_str_equal (session->uniqueid, uniqueid))
      return session;
  }
  return NULL;
}

static void
drop (SimPairing *self, Session *session)
{
  g_queue_remove (&self->sessions, session);
  session_free (session);
}

static void
refuse (SimPairingAnswer *answer, int status_code, const char *message)
{
  answer->status_code = status_code;
  answer->status_message = message;
}

static void
fail (SimPairing *self, Session *session, SimPairingAnswer *answer, const char *message)
{
  refuse (answer, 400, message);
  answer->paired = 0;
  answer->failed = TRUE;
  drop (self, session);
}

static void
succeed (SimPairingAnswer *answer, const char *child, const guint8 *bytes, gsize length)
{
  answer->status_code = 200;
  answer->paired = 1;
  answer->child = child;
  answer->value = child != NULL ? sim_pairing_hex (bytes, length) : NULL;
}

/* Nobody's connection waits for its answer: only the PIN that it takes is missed. */
static void
add_rival (SimPairing *self)
{
  Session *rival = find (self, "rival");

  if (rival == NULL) {
    rival = g_new0 (Session, 1);
    rival->uniqueid = g_strdup ("rival");
    rival->cert_pem = g_strdup (self->identity->cert_pem);
    rival->salt = g_strnfill (SIM_PAIRING_SALT_BYTES * 2, '0');
  } else {
    g_queue_remove (&self->sessions, rival);
  }
  rival->phase = SIM_PAIRING_NONE;
  rival->held = TRUE;
  g_queue_push_head (&self->sessions, rival);
}

static void
begin (SimPairing *self, const SimPairingCall *call, const SimPairingFaults *faults, SimPairingAnswer *answer)
{
  Session *session = find (self, call->uniqueid);

  if (session == NULL && g_queue_get_length (&self->sessions) >= SIM_PAIRING_MAX_SESSIONS) {
    refuse (answer, 503, "Too many pairing sessions");
    return;
  }
  if (session == NULL) {
    g_autoptr (GBytes) pem = sim_pairing_unhex (call->clientcert);

    session = g_new0 (Session, 1);
    session->uniqueid = g_strdup (call->uniqueid);
    /* Any certificate but the client's stands for the one an earlier attempt left behind. */
    session->cert_pem = faults->stale_entry ? g_strdup (self->identity->cert_pem)
                                            : g_strndup (g_bytes_get_data (pem, NULL), g_bytes_get_size (pem));
    g_queue_push_head (&self->sessions, session);
  }
  g_free (session->salt);
  session->salt = g_strdup (call->salt != NULL ? call->salt : "");
  session->held = TRUE;
  answer->held = TRUE;
  if (faults->rival)
    add_rival (self);
}

static void
give_cert (SimPairing *self, Session *session, const char *pin, SimPairingAnswer *answer)
{
  g_autofree char *half = g_strndup (session->salt, SIM_PAIRING_SALT_BYTES * 2);
  g_autoptr (GBytes) salt = sim_pairing_unhex (half);

  if (session->phase != SIM_PAIRING_NONE) {
    fail (self, session, answer, "Out of order call to getservercert");
    return;
  }
  session->phase = SIM_PAIRING_GETSERVERCERT;
  if (g_bytes_get_size (salt) < SIM_PAIRING_SALT_BYTES) {
    fail (self, session, answer, "Salt too short");
    return;
  }
  sim_pairing_key (g_bytes_get_data (salt, NULL), pin, session->key);
  session->has_key = TRUE;
  succeed (answer, "plaincert", (const guint8 *)self->identity->cert_pem, strlen (self->identity->cert_pem));
}

static void
take_challenge (SimPairing *self, Session *session, const char *hex, const SimPairingFaults *faults, SimPairingAnswer *answer)
{
  g_autoptr (GBytes) sent = sim_pairing_unhex (hex);
  g_autoptr (GBytes) challenge = NULL;
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GBytes) hidden = NULL;
  guint8 reply[SIM_PAIRING_HASH_BYTES + 16];

  if (session->phase != SIM_PAIRING_GETSERVERCERT) {
    fail (self, session, answer, "Out of order call to clientchallenge");
    return;
  }
  session->phase = SIM_PAIRING_CLIENTCHALLENGE;
  if (!session->has_key) {
    fail (self, session, answer, "Cipher key not set");
    return;
  }
  challenge = sim_pairing_aes (session->key, FALSE, sent);
  self->random (self->user, session->secret, sizeof session->secret);
  self->random (self->user, session->challenge, sizeof session->challenge);
  session->has_secret = TRUE;
  sim_pairing_hash (challenge, self->identity->cert_signature, session->secret, sizeof session->secret, reply);
  memcpy (reply + SIM_PAIRING_HASH_BYTES, session->challenge, sizeof session->challenge);
  plain = g_bytes_new (reply, sizeof reply);
  hidden = sim_pairing_aes (session->key, TRUE, plain);
  succeed (answer, "challengeresponse", g_bytes_get_data (hidden, NULL), g_bytes_get_size (hidden) - (faults->odd_lengths ? 17 : 0));
}

static void
take_response (SimPairing *self, Session *session, const char *hex, const SimPairingFaults *faults, SimPairingAnswer *answer)
{
  g_autoptr (GBytes) sent = sim_pairing_unhex (hex);
  g_autoptr (GBytes) signature = NULL;
  g_autoptr (GByteArray) reply = NULL;

  if (session->phase != SIM_PAIRING_CLIENTCHALLENGE) {
    fail (self, session, answer, "Out of order call to serverchallengeresp");
    return;
  }
  session->phase = SIM_PAIRING_SERVERCHALLENGERESP;
  signature = session->has_secret ? sim_pairing_sign (self->identity->key_pem, session->secret, sizeof session->secret) : NULL;
  if (!session->has_key || signature == NULL) {
    fail (self, session, answer, "Cipher key or serversecret not set");
    return;
  }
  session->client_hash = sim_pairing_aes (session->key, FALSE, sent);
  reply = g_byte_array_new ();
  g_byte_array_append (reply, session->secret, sizeof session->secret);
  g_byte_array_append (reply, g_bytes_get_data (signature, NULL), (guint)g_bytes_get_size (signature));
  if (faults->bad_signature)
    reply->data[reply->len - 1] ^= 1;
  succeed (answer, "pairingsecret", reply->data, reply->len);
}

static gboolean
client_is_proven (const Session *session, GBytes *cert_signature, const guint8 *data, gsize length)
{
  g_autoptr (GBytes) challenge = g_bytes_new (session->challenge, sizeof session->challenge);
  guint8 hash[SIM_PAIRING_HASH_BYTES];
  gsize hash_length = 0;
  const guint8 *client_hash = g_bytes_get_data (session->client_hash, &hash_length);

  sim_pairing_hash (challenge, cert_signature, data, SIM_PAIRING_SECRET_BYTES, hash);
  return hash_length == sizeof hash && memcmp (hash, client_hash, sizeof hash) == 0
         && sim_pairing_verify (session->cert_pem, data, SIM_PAIRING_SECRET_BYTES, data + SIM_PAIRING_SECRET_BYTES,
                                length - SIM_PAIRING_SECRET_BYTES);
}

static void
take_secret (SimPairing *self, Session *session, const char *hex, SimPairingAnswer *answer)
{
  g_autoptr (GBytes) sent = sim_pairing_unhex (hex);
  g_autoptr (GBytes) cert_signature = NULL;
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (sent, &length);

  if (session->phase != SIM_PAIRING_SERVERCHALLENGERESP) {
    fail (self, session, answer, "Out of order call to clientpairingsecret");
    return;
  }
  session->phase = SIM_PAIRING_CLIENTPAIRINGSECRET;
  if (length <= SIM_PAIRING_SECRET_BYTES) {
    fail (self, session, answer, "Client pairing secret too short");
    return;
  }
  cert_signature = sim_pairing_cert_signature (session->cert_pem);
  if (cert_signature == NULL) {
    fail (self, session, answer, "Invalid client certificate");
    return;
  }
  answer->status_code = 200;
  if (client_is_proven (session, cert_signature, data, length)) {
    answer->paired = 1;
    answer->client_name = g_strdup (session->name != NULL ? session->name : "");
    answer->client_cert = g_strdup (session->cert_pem);
  } else {
    answer->paired = 0;
    answer->failed = TRUE;
  }
  drop (self, session);
}

static void
answer_init (SimPairingAnswer *answer)
{
  memset (answer, 0, sizeof *answer);
  answer->status_code = 200;
  answer->paired = -1;
}

void
sim_pairing_handle (SimPairing *self, const SimPairingCall *call, const SimPairingFaults *faults, SimPairingAnswer *ret_answer)
{
  Session *session;

  answer_init (ret_answer);
  if (call->uniqueid == NULL) {
    refuse (ret_answer, 400, "Missing uniqueid parameter");
    return;
  }
  if (g_strcmp0 (call->phrase, "getservercert") == 0) {
    begin (self, call, faults, ret_answer);
    return;
  }
  if (g_strcmp0 (call->phrase, "pairchallenge") == 0) {
    succeed (ret_answer, NULL, NULL, 0);
    return;
  }
  session = find (self, call->uniqueid);
  if (session == NULL)
    refuse (ret_answer, 400, "Invalid uniqueid");
  else if (call->clientchallenge != NULL)
    take_challenge (self, session, call->clientchallenge, faults, ret_answer);
  else if (call->serverchallengeresp != NULL)
    take_response (self, session, call->serverchallengeresp, faults, ret_answer);
  else if (call->clientpairingsecret != NULL)
    take_secret (self, session, call->clientpairingsecret, ret_answer);
  else
    refuse (ret_answer, 404, "Invalid pairing request");
}

void
sim_pairing_set_identity (SimPairing *self, const SimIdentity *identity)
{
  self->identity = identity;
}

static gboolean
is_pin (const char *pin)
{
  return strlen (pin) == 4 && strspn (pin, "0123456789") == 4;
}

gboolean
sim_pairing_pin (SimPairing *self, const char *pin, const char *name, const SimPairingFaults *faults, char **ret_uniqueid,
                 SimPairingAnswer *ret_answer)
{
  Session *session = faults->pin_to_oldest ? g_queue_peek_tail (&self->sessions) : g_queue_peek_head (&self->sessions);
  g_autofree char *uniqueid = NULL;
  g_autofree char *other = NULL;
  gboolean held;

  *ret_uniqueid = NULL;
  answer_init (ret_answer);
  if (session == NULL || !is_pin (pin))
    return FALSE;
  held = session->held;
  uniqueid = g_strdup (session->uniqueid);
  session->held = FALSE;
  g_free (session->name);
  session->name = g_strdup (name);
  other = g_strdup_printf ("%04d", (atoi (pin) + 1) % 10000);
  give_cert (self, session, faults->wrong_pin ? other : pin, ret_answer);
  if (held && !faults->silent)
    *ret_uniqueid = g_steal_pointer (&uniqueid);
  return held;
}

void
sim_pairing_answer_clear (SimPairingAnswer *self)
{
  g_clear_pointer (&self->value, g_free);
  g_clear_pointer (&self->client_name, g_free);
  g_clear_pointer (&self->client_cert, g_free);
}

void
sim_pairing_each (const SimPairing *self, SimPairingVisit visit, gpointer user)
{
  for (GList *l = self->sessions.head; l != NULL; l = l->next) {
    const Session *session = l->data;

    visit (user, session->uniqueid, session->phase, session->held);
  }
}

const char *
sim_pairing_phase_name (SimPairingPhase phase)
{
  static const char *const names[] = {
    [SIM_PAIRING_NONE] = "none",
    [SIM_PAIRING_GETSERVERCERT] = "getservercert",
    [SIM_PAIRING_CLIENTCHALLENGE] = "clientchallenge",
    [SIM_PAIRING_SERVERCHALLENGERESP] = "serverchallengeresp",
    [SIM_PAIRING_CLIENTPAIRINGSECRET] = "clientpairingsecret",
  };

  return names[phase];
}

void
sim_pairing_reset (SimPairing *self)
{
  Session *session;

  while ((session = g_queue_pop_head (&self->sessions)) != NULL)
    session_free (session);
}

SimPairing *
sim_pairing_new (const SimIdentity *identity, SimPairingRandom random, gpointer user)
{
  SimPairing *self = g_new0 (SimPairing, 1);

  self->identity = identity;
  self->random = random;
  self->user = user;
  g_queue_init (&self->sessions);
  return self;
}

void
sim_pairing_free (SimPairing *self)
{
  if (self == NULL)
    return;
  sim_pairing_reset (self);
  g_free (self);
}
