/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A talk with coturn's command line (a text over TCP): the password, which relays has this user, an end to each. Pure: text in, text out. */

typedef struct _HnTurnCli HnTurnCli;

typedef enum {
  HN_TURN_CLI_WAIT,
  HN_TURN_CLI_SEND, /* a line: hn_turn_cli_get_line() */
  HN_TURN_CLI_DONE, /* none is left */
  HN_TURN_CLI_FAILED,
} HnTurnCliStep;

/**
 * hn_turn_cli_new:
 * @password: of the command line
 * @user: whose relays are to end, without an expiry
 *
 * Returns: (transfer full): a talk that waits for the server's greeting
 */
HnTurnCli *hn_turn_cli_new (const char *password, const char *user);

/**
 * hn_turn_cli_feed:
 * @self: a talk
 * @text: (array length=length): what the server says
 * @length: bytes
 * @error: UNAUTHENTICATED (password), LIMIT (it says too much)
 *
 * Returns: what follows
 */
HnTurnCliStep hn_turn_cli_feed (HnTurnCli *self, const char *text, gsize length, GError **error);

/**
 * hn_turn_cli_get_line:
 * @self: a talk that wants something sent
 *
 * Returns: (transfer none): the line, with its end
 */
const char *hn_turn_cli_get_line (const HnTurnCli *self);

/**
 * hn_turn_cli_get_ended:
 * @self: a talk
 *
 * Returns: how many relays were ended
 */
guint hn_turn_cli_get_ended (const HnTurnCli *self);

/**
 * hn_turn_cli_free:
 * @self: (nullable): what to free
 */
void hn_turn_cli_free (HnTurnCli *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTurnCli, hn_turn_cli_free)
