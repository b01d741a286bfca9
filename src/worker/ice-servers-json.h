/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* The ICE servers of a session: those configured, with credentials of its own where turn.secret makes them. Pure. */

/**
 * HnIceTicket:
 *
 * What `turn-credentials` needs to issue credentials at a stream's start, beside web-server and without a configuration.
 */
typedef struct {
  char *secret;
  char *user;
  gint64 ttl_us;
  JsonArray *urls; /* of TURN servers */
} HnIceTicket;

/**
 * hn_ice_servers_json_turn_urls:
 * @configured: ice_servers
 *
 * Returns: (transfer full): all `turn:` and `turns:` URLs among them
 */
JsonArray *hn_ice_servers_json_turn_urls (JsonArray *configured);

/**
 * hn_ice_servers_json_has_static:
 * @configured: ice_servers
 *
 * Returns: whether a TURN server among them has a username and a credential: good for whoever has seen them once
 */
gboolean hn_ice_servers_json_has_static (JsonArray *configured);

/**
 * hn_ice_servers_json_without_turn:
 * @configured: ice_servers
 *
 * Returns: (transfer full): what is left of them without TURN
 */
JsonArray *hn_ice_servers_json_without_turn (JsonArray *configured);

/**
 * hn_ice_servers_json_issue:
 * @ticket: whose
 * @utc_us: now
 *
 * Returns: (transfer full): one RTCIceServer with all URLs and a fresh credential; none if there are no URLs
 */
JsonArray *hn_ice_servers_json_issue (const HnIceTicket *ticket, gint64 utc_us);

/**
 * hn_ice_servers_json_write_ticket:
 * @ticket: a ticket
 *
 * Returns: (transfer full): its text; a secret
 */
char *hn_ice_servers_json_write_ticket (const HnIceTicket *ticket);

/**
 * hn_ice_servers_json_read_ticket:
 * @text: (array length=length): what hn_ice_servers_json_write_ticket() wrote
 * @length: bytes
 * @error: INVALID
 *
 * Returns: (transfer full) (nullable): the ticket
 */
HnIceTicket *hn_ice_servers_json_read_ticket (const char *text, gsize length, GError **error);

/**
 * hn_ice_ticket_free:
 * @self: (nullable): what to free
 */
void hn_ice_ticket_free (HnIceTicket *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnIceTicket, hn_ice_ticket_free)
