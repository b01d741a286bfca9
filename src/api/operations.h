/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the OpenAPI document says of each route of controller and worker, once. No include guard.
 *
 * OPERATION (method, path as in the route table, summary, schema of the body or NULL, status of success, its media type, its schema or NULL, other statuses) */

OPERATION ("GET", "/api/v1/health", "State of this process, and of what it knows", NULL, 200, JSON, "Health", "429")
OPERATION ("GET", "/api/v1/openapi.json", "This document", NULL, 200, JSON, "Object", "429")
OPERATION ("GET", "/metrics", "Metrics for Prometheus: with a token, or from the machine itself", NULL, 200, "text/plain", NULL, "401 429")
OPERATION ("POST", "/api/v1/workers/heartbeat", "A worker tells of itself and its sessions: with server.admin_token or its own token", "Heartbeat", 200, JSON, "HeartbeatReply", "400 401 403 409 413 429 503")
OPERATION ("GET", "/api/v1/workers", "All workers", NULL, 200, JSON, "Workers", "401 403 429")
OPERATION ("GET", "/api/v1/workers/{}", "One worker", NULL, 200, JSON, "Worker", "401 403 404 429")
OPERATION ("POST", "/api/v1/workers/{}/drain", "No new sessions for this worker; with a deadline, an end to those that still run then", "Drain", 200, JSON, "Worker", "400 401 403 404 413 429")
OPERATION ("DELETE", "/api/v1/workers/{}/drain", "New sessions for it again", NULL, 200, JSON, "Worker", "401 403 404 429")
OPERATION ("POST", "/api/v1/sessions", "Create a session; answered when its stream can be opened, within 45 s. Idempotency-Key (controller) makes it safe to repeat", "Create", 201, JSON, "Created", "400 401 403 409 413 422 429 500 502 503 504")
OPERATION ("GET", "/api/v1/sessions", "All sessions", NULL, 200, JSON, "Sessions", "400 401 403 429 503")
OPERATION ("GET", "/api/v1/sessions/{}", "One session", NULL, 200, JSON, "Session", "400 401 403 404 429 502 503 504")
OPERATION ("DELETE", "/api/v1/sessions/{}", "End a session and clean up behind it", NULL, 200, JSON, "Status", "400 401 403 404 429 502 503 504")
OPERATION ("GET", "/api/v1/sessions/{}/explain", "Why this worker, each state with its time, what ended it, what to do", NULL, 200, JSON, "Explanation", "400 401 403 404 429 502 503 504")
OPERATION ("GET", "/api/v1/sessions/{}/logs", "The end of its log; `lines` of it, 1 to 1000", NULL, 200, "text/plain", NULL, "400 401 403 404 429 502 503 504")
OPERATION ("GET", "/api/v1/events", "What happens, as it happens", NULL, 200, "text/event-stream", "Events", "401 403 429 503")
OPERATION ("POST", "/api/v1/heartbeat", "Asks a worker to beat now", NULL, 202, JSON, "Status", "401 403 429")
OPERATION ("POST", "/api/v1/drain", "Drain a worker that has no controller", "Drain", 200, JSON, "Drained", "400 401 403 409 429")
OPERATION ("DELETE", "/api/v1/drain", "The contrary", NULL, 200, JSON, "Drained", "401 403 409 429")
OPERATION ("POST", "/session/{}/quit", "The user leaves", NULL, 200, JSON, "Status", "404 429 502")
OPERATION ("POST", "/session/{}/rating", "One to five stars", "Rating", 202, JSON, "Status", "400 404 413 429 502")
OPERATION ("POST", "/session/{}/mic/offer", "A microphone's offer and its answer; WHIP (application/sdp) too: 201 and Location", "Object", 200, JSON, "Object", "201 400 403 404 409 413 415 422 429 500 502 503 504")
OPERATION ("PATCH", "/session/{}/mic", "More candidates (WHIP)", NULL, 204, NULL, NULL, "400 403 404 409 413 415 422 429 502")
OPERATION ("DELETE", "/session/{}/mic", "The microphone ends", NULL, 200, JSON, "Status", "403 404 429 502")
OPERATION ("GET", "/session/{}/ice", "ICE servers of this session", NULL, 200, JSON, "Object", "403 404 429 502")
OPERATION ("GET", "/session/{}/_hydraneck/overlay.js", "The script in the page", NULL, 200, "text/javascript", NULL, "404 429 502")
OPERATION ("GET", "/session/{}/_hydraneck/context", "What the script needs to know of its session", NULL, 200, JSON, "Object", "400 404 429 502")
OPERATION ("POST", "/session/{}/_hydraneck/bye", "The page is being left", NULL, 202, JSON, "Status", "400 404 429 502")
