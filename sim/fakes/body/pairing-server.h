/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's side of GameStream pairing: the session table and the four phases as Sunshine keeps them. Pure. */
#pragma once

#include "sim/fakes/body/pairing-crypto.h"

#define SIM_PAIRING_MAX_SESSIONS 64

typedef struct SimPairing SimPairing;

typedef enum {
  SIM_PAIRING_NONE,
  SIM_PAIRING_GETSERVERCERT,
  SIM_PAIRING_CLIENTCHALLENGE,
  SIM_PAIRING_SERVERCHALLENGERESP,
  SIM_PAIRING_CLIENTPAIRINGSECRET,
} SimPairingPhase;

/* What one /pair request carries; absent parameters are NULL. */
typedef struct {
  const char *uniqueid;
  const char *phrase;
  const char *salt;
  const char *clientcert;
  const char *clientchallenge;
  const char *serverchallengeresp;
  const char *clientpairingsecret;
} SimPairingCall;

/* What is to be answered, and what happened. */
typedef struct {
  int status_code;
  const char *status_message; /* (nullable) */
  int paired;                 /* -1 = no such child */
  const char *child;          /* (nullable): name of the child that holds @value */
  char *value;                /* (nullable) */
  gboolean held;              /* no answer until the PIN comes */
  gboolean failed;            /* the session is gone without a pairing */
  char *client_name;          /* (nullable): set when a client is paired now … */
  char *client_cert;          /* … with this PEM */
} SimPairingAnswer;

/* How to misbehave. */
typedef struct {
  gboolean wrong_pin;
  gboolean stale_entry;
  gboolean bad_signature;
  gboolean silent;
  gboolean rival;         /* a foreign client waits too, in front of whoever begins */
  gboolean odd_lengths;
  gboolean pin_to_oldest; /* else to the newest, as a small libstdc++ unordered_map has it */
} SimPairingFaults;

/* Fills @bytes with @length random bytes. */
typedef void (*SimPairingRandom) (gpointer user, guint8 *bytes, gsize length);

/**
 * sim_pairing_new:
 * @identity: key and certificate of the host; outlives the table
 * @random: source of server secret and challenge
 * @user: for @random
 *
 * Returns: (transfer full): an empty session table
 */
SimPairing *sim_pairing_new (const SimIdentity *identity, SimPairingRandom random, gpointer user);

/**
 * sim_pairing_free:
 * @self: (nullable) (transfer full): a table
 */
void sim_pairing_free (SimPairing *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimPairing, sim_pairing_free)

/**
 * sim_pairing_set_identity:
 * @self: a table
 * @identity: another key and certificate; outlives the table
 *
 * Pairings under way go on with it, and fail.
 */
void sim_pairing_set_identity (SimPairing *self, const SimIdentity *identity);

/**
 * sim_pairing_handle:
 * @self: a table
 * @call: the parameters of one /pair request
 * @faults: what to get wrong
 * @ret_answer: (out caller-allocates): cleared with sim_pairing_answer_clear()
 *
 * Decides one /pair request.
 */
void sim_pairing_handle (SimPairing *self, const SimPairingCall *call, const SimPairingFaults *faults,
                         SimPairingAnswer *ret_answer);

/**
 * sim_pairing_pin:
 * @self: a table
 * @pin: what the operator typed
 * @name: name for the client
 * @faults: what to get wrong
 * @ret_uniqueid: (out) (transfer full) (nullable): whose held request @ret_answer answers, NULL = nobody's
 * @ret_answer: (out caller-allocates): cleared with sim_pairing_answer_clear()
 *
 * Gives the PIN to an arbitrary session, as Sunshine does.
 *
 * Returns: the "status" of /api/pin: whether a held request took it; says nothing about the PIN being right
 */
gboolean sim_pairing_pin (SimPairing *self, const char *pin, const char *name, const SimPairingFaults *faults,
                          char **ret_uniqueid, SimPairingAnswer *ret_answer);

/**
 * sim_pairing_answer_clear:
 * @self: an answer
 */
void sim_pairing_answer_clear (SimPairingAnswer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SimPairingAnswer, sim_pairing_answer_clear)

typedef void (*SimPairingVisit) (gpointer user, const char *uniqueid, SimPairingPhase phase, gboolean held);

/**
 * sim_pairing_each:
 * @self: a table
 * @visit: called for every session, newest first
 * @user: for @visit
 */
void sim_pairing_each (const SimPairing *self, SimPairingVisit visit, gpointer user);

/**
 * sim_pairing_phase_name:
 * @phase: last phase done
 *
 * Returns: its name as Sunshine's errors write it, "none" at first
 */
const char *sim_pairing_phase_name (SimPairingPhase phase);

/**
 * sim_pairing_reset:
 * @self: a table
 *
 * Forgets every session.
 */
void sim_pairing_reset (SimPairing *self);
