/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What must be known to unpair a session's client later, whoever does it: no password, that comes from the configuration. Pure. */

#define HN_NOTE_CLIENT_PREFIX "hydra-" /* of the names that our clients have in Sunshine */

/**
 * hn_note_json:
 * @body_ip: the body
 * @client: the client's name in Sunshine
 *
 * Returns: (transfer full): JSON text
 */
char *hn_note_json (const char *body_ip, const char *client);

/**
 * hn_note_json_parse:
 * @text: (nullable): what hn_note_json() returned, perhaps damaged
 * @ret_body_ip: (out) (transfer full): the body: an IP literal
 * @ret_client: (out) (transfer full): the client's name: one of ours
 *
 * Returns: whether it is whole
 */
gboolean hn_note_json_parse (const char *text, char **ret_body_ip, char **ret_client);
