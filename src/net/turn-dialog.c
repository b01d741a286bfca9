/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules: an answer counts only if it belongs to the request that is under way; one that grants something to a user must be signed with that
 * user's key, or anybody on the way could pretend a relay. A second 401 with the same credentials is a refusal, a 438 brings a new nonce; at
 * most HN_LIMIT_STUN_ROUNDS challenges. Refusals in words: what a server writes beside the number is not repeated. */

#include "net/turn-dialog.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "net/stun-message.h"

#define TRANSPORT_UDP 17
#define USERNAME_MOST_BYTES 508 /* RFC 8489, 14.3 */
#define QUOTED_MOST_BYTES 763   /* realm and nonce: 14.9, 14.10 */

struct _HnTurnDialog {
  char *username;
  char *credential;
  HnRandom *random;
  char *realm;
  char *nonce;
  guint8 key[16];
  guint rounds;
  HnStunMethod method; /* of the request */
  guint8 transaction[HN_STUN_TRANSACTION_BYTES];
  GByteArray *request;
  char *relayed;
  guint16 relayed_port;
  const char *odd; /* what came and was not to be used */
};

static void
build_request (HnTurnDialog *self, HnStunMethod method)
{
  static const guint8 udp[4] = { TRANSPORT_UDP }, zero[4] = { 0 };

  g_clear_pointer (&self->request, g_byte_array_unref);
  self->method = method;
  hn_random_bytes (self->random, self->transaction, sizeof self->transaction);
  self->request = hn_stun_message_begin (method, HN_STUN_REQUEST, self->transaction);
  if (method == HN_STUN_ALLOCATE)
    hn_stun_message_add (self->request, HN_STUN_REQUESTED_TRANSPORT, udp, sizeof udp);
  else
    hn_stun_message_add (self->request, HN_STUN_LIFETIME, zero, sizeof zero);
  if (self->realm != NULL) {
    hn_stun_message_add (self->request, HN_STUN_USERNAME, self->username, strlen (self->username));
    hn_stun_message_add (self->request, HN_STUN_REALM, self->realm, strlen (self->realm));
    hn_stun_message_add (self->request, HN_STUN_NONCE, self->nonce, strlen (self->nonce));
    hn_stun_message_add_integrity (self->request, self->key, sizeof self->key);
  }
  hn_stun_message_add_fingerprint (self->request);
}

static HnTurnDialogStep
fail (GError **error, HnErrorCode code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static HnTurnDialogStep
fail (GError **error, HnErrorCode code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (error, g_error_new_valist (HN_ERROR, (int) code, format, arguments));
  va_end (arguments);
  return HN_TURN_DIALOG_FAILED;
}

/* Realm and nonce are quoted texts: nothing that would break a line of a log. */
static gboolean
is_quoted (const char *text)
{
  if (text == NULL || *text == '\0' || strlen (text) > QUOTED_MOST_BYTES)
    return FALSE;
  for (; *text != '\0'; text++)
    if (g_ascii_iscntrl (*text))
      return FALSE;
  return TRUE;
}

static HnTurnDialogStep
answer_challenge (HnTurnDialog *self, const HnStunMessage *message, GError **error)
{
  g_autofree char *realm = hn_stun_message_find_text (message, HN_STUN_REALM);
  g_autofree char *nonce = hn_stun_message_find_text (message, HN_STUN_NONCE);

  if (realm == NULL && self->realm != NULL)
    realm = g_strdup (self->realm); /* 438 need not repeat it */
  if (!is_quoted (realm) || !is_quoted (nonce))
    return fail (error, HN_ERROR_PROTOCOL, "it asks for credentials without a realm or a nonce");
  if (self->username == NULL || self->credential == NULL)
    return fail (error, HN_ERROR_UNAUTHENTICATED, "it asks for credentials (realm '%s'), and none are configured", realm);
  if (strlen (self->username) > USERNAME_MOST_BYTES)
    return fail (error, HN_ERROR_INVALID, "the user's name is longer than %d bytes", USERNAME_MOST_BYTES);
  if (++self->rounds > HN_LIMIT_STUN_ROUNDS)
    return fail (error, HN_ERROR_PROTOCOL, "it asks for credentials again and again");
  g_free (self->realm);
  g_free (self->nonce);
  self->realm = g_steal_pointer (&realm);
  self->nonce = g_steal_pointer (&nonce);
  hn_stun_message_long_term_key (self->username, self->realm, self->credential, self->key);
  build_request (self, self->method);
  return HN_TURN_DIALOG_SEND;
}

static HnTurnDialogStep
refuse (HnTurnDialog *self, guint number, GError **error)
{
  const char *user = self->username != NULL ? self->username : "";

  switch (number) {
  case 300:
    return fail (error, HN_ERROR_UPSTREAM, "it sends us to another server (300)");
  case 400:
    return fail (error, HN_ERROR_PROTOCOL, "it does not understand us (400)");
  case 401:
    return fail (error, HN_ERROR_UNAUTHENTICATED,
                 "it refuses user '%s' (401): the password or the secret is not that of realm '%s', or the credential has expired", user,
                 self->realm);
  case 403:
    return fail (error, HN_ERROR_DENIED, "it forbids relays to this client (403)");
  case 437:
    return fail (error, HN_ERROR_CONFLICT, "it believes that we have a relay already (437)");
  case 441:
    return fail (error, HN_ERROR_UNAUTHENTICATED, "it wants other credentials than those of user '%s' (441)", user);
  case 442:
    return fail (error, HN_ERROR_UPSTREAM, "it relays no UDP (442)");
  case 486:
    return fail (error, HN_ERROR_LIMIT, "it gives user '%s' no further relay (486): 'user-quota' or 'total-quota' is used up", user);
  case 508:
    return fail (error, HN_ERROR_LIMIT, "it has no relay port left (508): 'min-port' to 'max-port' is used up");
  default:
    return fail (error, HN_ERROR_UPSTREAM, "it refuses (%u)", number);
  }
}

static HnTurnDialogStep
handle_allocated (HnTurnDialog *self, const HnStunMessage *message, GError **error)
{
  self->relayed = hn_stun_message_find_address (message, HN_STUN_XOR_RELAYED_ADDRESS, &self->relayed_port);
  if (self->relayed == NULL)
    return fail (error, HN_ERROR_PROTOCOL, "it grants a relay without an address");
  build_request (self, HN_STUN_REFRESH);
  return HN_TURN_DIALOG_SEND;
}

static HnTurnDialogStep
handle_error (HnTurnDialog *self, const HnStunMessage *message, GError **error)
{
  guint number = hn_stun_message_error (message);

  if (number == 438 || (number == 401 && self->realm == NULL))
    return answer_challenge (self, message, error);
  if (self->relayed != NULL)
    return HN_TURN_DIALOG_DONE; /* it had given the relay: that was the question */
  return refuse (self, number, error);
}

static HnTurnDialogStep
ignore (HnTurnDialog *self, const char *odd)
{
  self->odd = odd;
  return HN_TURN_DIALOG_WAIT;
}

HnTurnDialogStep
hn_turn_dialog_handle (HnTurnDialog *self, const guint8 *bytes, gsize length, GError **error)
{
  HnStunMessage message;

  if (!hn_stun_message_parse (bytes, length, &message, NULL))
    return ignore (self, "what it sends is no STUN message");
  if (message.method != (guint) self->method || memcmp (message.transaction, self->transaction, sizeof self->transaction) != 0)
    return HN_TURN_DIALOG_WAIT; /* the answer to an earlier request, or nobody's */
  if (message.class == HN_STUN_ERROR)
    return handle_error (self, &message, error);
  if (message.class != HN_STUN_SUCCESS)
    return ignore (self, "it repeats what we send");
  if (self->realm != NULL && !hn_stun_message_is_from (&message, self->key, sizeof self->key))
    return ignore (self, "what it grants is not signed with our password: another server of the same name?");
  return self->method == HN_STUN_ALLOCATE ? handle_allocated (self, &message, error) : HN_TURN_DIALOG_DONE;
}

const char *
hn_turn_dialog_get_odd (const HnTurnDialog *self)
{
  return self->odd;
}

const GByteArray *
hn_turn_dialog_get_request (HnTurnDialog *self)
{
  return self->request;
}

gboolean
hn_turn_dialog_has_relay (const HnTurnDialog *self)
{
  return self->relayed != NULL;
}

const char *
hn_turn_dialog_get_relayed (const HnTurnDialog *self, guint16 *ret_port)
{
  *ret_port = self->relayed_port;
  return self->relayed;
}

const char *
hn_turn_dialog_get_realm (const HnTurnDialog *self)
{
  return self->realm;
}

HnTurnDialog *
hn_turn_dialog_new (const char *username, const char *credential, HnRandom *random)
{
  HnTurnDialog *self = g_new0 (HnTurnDialog, 1);

  self->username = g_strdup (username);
  self->credential = g_strdup (credential);
  self->random = random;
  build_request (self, HN_STUN_ALLOCATE);
  return self;
}

void
hn_turn_dialog_free (HnTurnDialog *self)
{
  if (self == NULL)
    return;
  g_free (self->username);
  g_free (self->credential);
  g_free (self->realm);
  g_free (self->nonce);
  g_free (self->relayed);
  g_clear_pointer (&self->request, g_byte_array_unref);
  g_free (self);
}
