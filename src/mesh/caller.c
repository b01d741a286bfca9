/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: with tokens nobody is let in without a good one. A refusal is a close after the handshake, since a browser is shown no other. */
#include "mesh/caller.h"

#include "base/error.h"
#include "net/handshake.h"

static void
refuse (HnCaller *self, const char *why, const char *before, const char *text)
{
  self->refusal = g_strconcat (before, text, NULL);
  self->why = g_strdup (why != NULL ? why : self->refusal);
}

static void
believe (HnCaller *self, const char *token, const HnJwtRules *rules, gint64 utc_us)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnJwtClaims) claims = hn_jwt_verify (token, rules, utc_us, &error);

  if (claims == NULL) {
    refuse (self, hn_error_detail (error), "Authentication failed: ", error->message);
    return;
  }
  self->identity = g_strdup (claims->subject);
  self->allowed = g_strdup (claims->room);
  self->expires_utc_us = claims->expires_us;
}

HnCaller *
hn_caller_new (const HnJwtRules *rules, const HnHttpHead *head, gint64 utc_us)
{
  HnCaller *self = g_new0 (HnCaller, 1);
  g_autofree char *token = NULL;

  self->expires_utc_us = G_MAXINT64;
  if (rules == NULL)
    return self;
  switch (hn_handshake_find_token (head, &token)) {
  case HN_HANDSHAKE_NO_TOKEN:
    refuse (self, NULL, "Authentication token required", "");
    break;
  case HN_HANDSHAKE_ODD_TOKEN:
    refuse (self, "more than one token, or no text", "Authentication failed: ", "Could not validate credentials");
    break;
  case HN_HANDSHAKE_TOKEN:
    believe (self, token, rules, utc_us);
    break;
  }
  return self;
}

void
hn_caller_free (HnCaller *self)
{
  if (self == NULL)
    return;
  g_free (self->refusal);
  g_free (self->why);
  g_free (self->identity);
  g_free (self->allowed);
  g_free (self);
}
