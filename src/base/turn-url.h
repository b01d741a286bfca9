/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Where a TURN server is: `turn:host[:port][?transport=udp|tcp]` (RFC 7065) as a value. */

typedef struct {
  char *host; /* a name or an IP literal, without brackets */
  guint16 port;
  gboolean is_tcp;
  gboolean is_tls;
} HnTurnUrl;

/**
 * hn_turn_url_is:
 * @text: a URL
 *
 * Returns: whether it names a TURN server (`turn:` or `turns:`), whatever follows
 */
gboolean hn_turn_url_is (const char *text);

/**
 * hn_turn_url_parse:
 * @text: a URL
 * @error: INVALID, naming what is wrong with it
 *
 * Returns: (transfer full) (nullable): where that is
 */
HnTurnUrl *hn_turn_url_parse (const char *text, GError **error);

/**
 * hn_turn_url_free:
 * @self: (nullable): what to free
 */
void hn_turn_url_free (HnTurnUrl *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTurnUrl, hn_turn_url_free)
