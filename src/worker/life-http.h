/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-server.h"
#include "worker/sessions-io.h"

/* GET /api/v1/sessions/{id}/explain and …/logs at a worker: of sessions that live, and for a while of those that have ended. */

/**
 * hn_life_http_explain:
 * @sessions: all sessions
 * @request: whose first parameter is a session's id; answered
 */
void hn_life_http_explain (HnSessionsIo *sessions, HnHttpRequest *request);

/**
 * hn_life_http_log:
 * @sessions: all sessions
 * @config: where logs are, and which secrets they must not show
 * @request: whose first parameter is a session's id, with an optional `lines`; answered with text
 */
void hn_life_http_log (HnSessionsIo *sessions, const HnConfig *config, HnHttpRequest *request);
