/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What to do about an error text, or about a session that ended for a reason, once: `explain` says it, and docs/runbook.md has the same words in a row that begins
 * with the same text (tests/style/test_mends.py). No include guard. `X`, `Y` and `…` in an error text stand for anything.
 *
 * MEND_OF_TEXT (error text as in the runbook, pattern, what to do); the first pattern that fits counts
 * MEND_OF_REASON (reason, what to do) */

MEND_OF_TEXT ("no healthy workers available", "no healthy workers available", "`/api/v1/workers` says which; add a worker or raise `sessions.max`")
MEND_OF_TEXT ("max sessions reached", "max sessions reached", "raise `sessions.max`, or add a worker")
MEND_OF_TEXT ("no ports available", "no ports available", "`ss -ltnp`; move the range")
MEND_OF_TEXT ("moonlight-web-stream not installed", "moonlight-web-stream not installed*", "install it, or set `moonlight.path`")
MEND_OF_TEXT ("field 'body_ip' must be within sunshine.allowed_networks", "field 'body_ip' must be within sunshine.allowed_networks", "correct the caller, or add the network")
MEND_OF_TEXT ("body X unreachable on port 47990", "body * unreachable on port *", "`wg show`, then Sunshine on the body; `detail` says refused or silent")
MEND_OF_TEXT ("pair failed: … (crypto handshake rejected by Sunshine)", "pair failed: *", "update the older one; restart Sunshine if it has a stale pairing")
MEND_OF_TEXT ("body X already in use by session Y", "body * already in use by session *", "delete that session, or `\"replace\": true`")

MEND_OF_REASON ("user_quit", "nothing: it was wanted")
MEND_OF_REASON ("api_delete", "nothing: it was wanted")
MEND_OF_REASON ("client_left", "let the caller wait 45 s for its answer")
MEND_OF_REASON ("replaced", "give each user a body of his own, if this was not wanted")
MEND_OF_REASON ("abandoned", "open the stream within `sessions.abandon_timeout`, or raise it")
MEND_OF_REASON ("page_left", "nothing: a page that comes back within 15 s keeps its session")
MEND_OF_REASON ("create_failed", "`end.message` and `end.detail` say what failed; then the session's log")
MEND_OF_REASON ("create_timeout", "look at `history` for the state that took long; restart Sunshine if it was `pairing`")
MEND_OF_REASON ("pairing_failed", "restart Sunshine; check `sunshine.username` and `sunshine.password`")
MEND_OF_REASON ("process_exited", "the session's log says why it ended: `/api/v1/sessions/{id}/logs`")
MEND_OF_REASON ("data_directory_lost", "find who cleans `/tmp`")
MEND_OF_REASON ("worker_shutdown", "drain a worker before it is stopped")
MEND_OF_REASON ("worker_lost", "look at the worker's machine: it has been silent for too long")
MEND_OF_REASON ("drained", "nothing: an operator's deadline for this worker passed")
