/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pairing from the first request to the last, in the real client's order: `/serverinfo`, a new identity, `/serverinfo`
 * again, the five phases (all over HTTP but the last), `/serverinfo` and `/applist` over HTTPS. A failure within the phases
 * is followed by `/unpair`, whose outcome nobody cares about.
 */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fakes/spare-key.h"
#include "sim/fakes/web-server/host-job.h"
#include "sim/fakes/web-server/identity.h"
#include "sim/fakes/web-server/pairing-client.h"

#define CONNECT_SECONDS 90
#define COMMON "devicename=roth&updateState=1&"

/* Sends one phase and gives the child `wanted` of an answer that says `paired` 1. */
static char *
phase (SimHostJob *job, gboolean secure, const char *parameters, const char *wanted, GCancellable *cancellable,
       GError **error)
{
  g_autofree char *rest = g_strconcat (COMMON, parameters, NULL);
  g_autoptr (SimNvAnswer) answer = sim_host_call (job, secure, "/pair", rest, cancellable, error);

  if (!answer)
    return NULL;
  const char *paired = g_hash_table_lookup (answer->fields, "paired");
  const char *text = g_hash_table_lookup (answer->fields, wanted);
  if (g_strcmp0 (paired, "1") != 0 || !text) {
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PAIRING, "failed");
    return NULL;
  }
  return g_strdup (text);
}

static X509 *
read_plaincert (const char *hex, char **ret_pem, GError **error)
{
  g_autoptr (GByteArray) bytes = sim_pairing_unhex (hex);
  g_autofree char *pem = bytes ? g_strndup ((const char *) bytes->data, bytes->len) : NULL;
  X509 *certificate = pem ? sim_identity_read_certificate (pem) : NULL;

  if (!certificate)
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PAIRING, "crypto: the host's certificate does not parse");
  else
    *ret_pem = g_steal_pointer (&pem);
  return certificate;
}

/* Phases 2 to 4, once the host's certificate is known. */
static gboolean
prove (SimHostJob *job, SimPairingClient *client, const SimIdentity *identity, X509 *server,
       GCancellable *cancellable, GError **error)
{
  g_autofree char *challenge = sim_pairing_client_challenge (client);
  g_autofree char *second = g_strconcat ("clientchallenge=", challenge, NULL);
  g_autofree char *response = phase (job, FALSE, second, "challengeresponse", cancellable, error);
  if (!response)
    return FALSE;
  g_autofree char *answer = sim_pairing_client_answer (client, response, error);
  if (!answer)
    return FALSE;
  g_autofree char *third = g_strconcat ("serverchallengeresp=", answer, NULL);
  g_autofree char *secret = phase (job, FALSE, third, "pairingsecret", cancellable, error);
  if (!secret || !sim_pairing_client_check (client, secret, server, error))
    return FALSE;
  g_autofree char *own = sim_pairing_client_secret (client, identity->key, error);
  g_autofree char *fourth = own ? g_strconcat ("clientpairingsecret=", own, NULL) : NULL;
  g_autofree char *paired = fourth ? phase (job, FALSE, fourth, "paired", cancellable, error) : NULL;
  return paired != NULL;
}

static void
keep (SimHostJob *job, const SimIdentity *identity, const char *server_pem)
{
  sim_store_set_text (&job->key, identity->key_pem);
  sim_store_set_text (&job->certificate, identity->certificate_pem);
  sim_store_set_text (&job->server_certificate, server_pem);
}

static gboolean
all_phases (SimHostJob *job, const SimIdentity *identity, GCancellable *cancellable, GError **error)
{
  const ASN1_BIT_STRING *signature = NULL;
  SimPairingChance chance;

  RAND_bytes ((guint8 *) &chance, sizeof chance);
  X509_get0_signature (&signature, NULL, identity->certificate);
  g_autoptr (SimPairingClient) client = sim_pairing_client_new (&chance, job->pin, atoi (job->info->version) < 7,
                                                                signature->data, signature->length);
  g_autofree char *salt = sim_pairing_client_salt (client);
  g_autofree char *pem_hex =
      sim_pairing_hex ((const guint8 *) identity->certificate_pem, strlen (identity->certificate_pem));
  g_autofree char *first = g_strconcat ("phrase=getservercert&salt=", salt, "&clientcert=", pem_hex, NULL);
  g_autofree char *plaincert = phase (job, FALSE, first, "plaincert", cancellable, error);
  if (!plaincert)
    return FALSE;
  g_autofree char *server_pem = NULL;
  X509 *server = read_plaincert (plaincert, &server_pem, error);
  gboolean good = server && prove (job, client, identity, server, cancellable, error);
  X509_free (server);
  if (!good)
    return FALSE;
  keep (job, identity, server_pem);
  g_autofree char *fifth = phase (job, TRUE, "phrase=pairchallenge", "paired", cancellable, error);
  return fifth != NULL;
}

gboolean
sim_host_work_pair (SimHostJob *job, GCancellable *cancellable, GError **error)
{
  job->connect_seconds = CONNECT_SECONDS;
  if (job->key) {
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PAIRING, "already paired");
    return FALSE;
  }
  if (!sim_host_work_info (job, cancellable, error))
    return FALSE;
  g_autoptr (SimIdentity) identity = sim_identity_new (sim_spare_key ());
  if (!sim_host_work_info (job, cancellable, error))
    return FALSE;
  if (!all_phases (job, identity, cancellable, error)) {
    sim_nv_answer_free (sim_host_call (job, FALSE, "/unpair", NULL, cancellable, NULL));
    return FALSE;
  }
  return sim_host_work_info (job, cancellable, error);
}
