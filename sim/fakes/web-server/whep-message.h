/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "sim/fakes/web-server/stream-message.h"

/**
 * sim_whep_message_read_offer:
 * @sdp: the browser's offer with upstream's own `x-moonlight-…` attributes in its session part
 * @ret_init: (out): host, app and @sdp itself (borrowed)
 * @ret_settings: (out) (transfer full): what a StartStream would hold
 *
 * Pure, as is all of this file. Nothing is written when it fails.
 *
 * Returns: whether it is an offer that says host and app
 */
gboolean sim_whep_message_read_offer (const char *sdp, SimStreamInit *ret_init, JsonObject **ret_settings);

/** sim_whep_message_links: (transfer full) one `Link` header value for each url of @servers */
char **sim_whep_message_links (JsonArray *servers);

/** sim_whep_message_candidate: (transfer full) (nullable) the streamer's line for @line of a trickled fragment, if that is a candidate */
char *sim_whep_message_candidate (const char *line);

/**
 * sim_whep_message_answer:
 * @text: what the streamer has for the browser
 * @title: of the app
 *
 * Returns: (transfer full) (nullable): the answer's SDP with the app's name, %NULL if @text is something else
 */
char *sim_whep_message_answer (const char *text, const char *title);
