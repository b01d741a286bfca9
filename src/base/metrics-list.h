/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every metric once. Read as enum, as the registry and as docs/metrics.md: no include guard.
 *
 * LABEL (id, name, values): the closed sets that label values come from. No id, address or text of a client is ever one; a value that is not in its
 * set is counted as `other`.
 * METRIC (id, role, kind, name, label, unit, help): role is CONTROLLER, WORKER, BOTH of them, ROOMS, MESH, SIGNALLING (these two) or ALL; kind is COUNTER, GAUGE, INFO, or a histogram of QUICK
 * (0.5 ms to 10 s) or LONG (0.1 s to 60 s) durations; unit is NUMBER, BYTES or SECONDS, and ends the name. Whole numbers everywhere: seconds are
 * given in microseconds. */

#ifndef LABEL
#define LABEL(id, name, values)
#endif
#ifndef METRIC
#define METRIC(id, role, kind, name, label, unit, help)
#endif

LABEL (NONE, "", "")
LABEL (CLASS, "class", "1xx 2xx 3xx 4xx 5xx")
LABEL (LIMITED, "by", "address token browser failures socket")
LABEL (PROXIED, "class", "1xx 2xx 3xx 4xx 5xx failed cut")
LABEL (DIRECTION, "direction", "to_client to_upstream")
LABEL (TURNED_AWAY, "reason", "limit descriptors")
LABEL (HANDSHAKE, "outcome", "full resumed failed")
LABEL (CREATED, "outcome", "created invalid conflict no_capacity body_failed timeout failed cancelled")
LABEL (STATE, "state", "starting pairing ready active idle stopping stopped error")
LABEL (WORKER_STATE, "state", "healthy suspect unhealthy gone")
LABEL (ENDED, "reason", "user_quit api_delete client_left replaced abandoned page_left create_failed create_timeout pairing_failed process_exited "
       "data_directory_lost drained worker_shutdown")
LABEL (PAIRED, "outcome", "paired failed")
LABEL (BEAT, "outcome", "ok refused failed")
LABEL (HEARD, "outcome", "ok refused")
LABEL (PACKET, "fate", "forwarded lost dropped unreachable")
LABEL (SPOOL, "kind", "record rating unpair")
LABEL (LOOKED, "outcome", "ok failed")
LABEL (INJECTED, "outcome", "injected left_alone")
LABEL (UPDATE, "outcome", "current newer failed")
LABEL (SOCKET_END, "end", "by_peer by_us lost silent slow wrong refused")
LABEL (WAY, "way", "in out")
LABEL (ROOM_REFUSAL, "why", "no_token bad_token expired_token blank_room wrong_room other_room room_full too_many_connections too_many_rooms overloaded invalid_json "
       "invalid_message unknown_type forbidden_type target_not_found rate rate_close bad_messages token_ran_out left removed replaced restarting shutdown")
LABEL (ROOM_RETURN, "outcome", "recovered fresh")
LABEL (RELAYED, "type", "offer answer ice_candidate")
LABEL (MESH_ERROR, "code", "invalid_json invalid_message unknown_type missing_agent_id invalid_agent_id agent_id_forbidden agent_id_in_use already_registered mesh_full "
       "not_registered from_mismatch agent_not_found agent_unreachable busy rate_limit_exceeded")

METRIC (BUILD_INFO, ALL, INFO, "hydraneck_build_info", NONE, NUMBER, "Always 1; its labels tell version and role.")

/* The names that every Prometheus client library uses. */
METRIC (PROCESS_CPU, ALL, COUNTER, "process_cpu_seconds_total", NONE, SECONDS, "CPU time of this process, user and system.")
METRIC (PROCESS_RESIDENT, ALL, GAUGE, "process_resident_memory_bytes", NONE, BYTES, "Resident memory of this process.")
METRIC (PROCESS_VIRTUAL, ALL, GAUGE, "process_virtual_memory_bytes", NONE, BYTES, "Virtual memory of this process.")
METRIC (PROCESS_OPEN_FDS, ALL, GAUGE, "process_open_fds", NONE, NUMBER, "File descriptors open.")
METRIC (PROCESS_MAX_FDS, ALL, GAUGE, "process_max_fds", NONE, NUMBER, "File descriptors that may be open.")
METRIC (PROCESS_START, ALL, GAUGE, "process_start_time_seconds", NONE, SECONDS, "When this process started, since the epoch.")
METRIC (PROCESS_THREADS, ALL, GAUGE, "process_threads", NONE, NUMBER, "Threads of this process.")
METRIC (LOOP_LAG, ALL, QUICK, "hydraneck_loop_lag_seconds", NONE, SECONDS, "How late the main loop ran a timer that is due each second.")

/* The front door. */
METRIC (CONNECTIONS, ALL, GAUGE, "hydraneck_connections", NONE, NUMBER, "Client connections open.")
METRIC (CONNECTIONS_ACCEPTED, ALL, COUNTER, "hydraneck_connections_accepted_total", NONE, NUMBER, "Client connections accepted.")
METRIC (CONNECTIONS_REFUSED, ALL, COUNTER, "hydraneck_connections_refused_total", TURNED_AWAY, NUMBER, "Client connections turned away, by what ran out.")
METRIC (TLS_HANDSHAKES, ALL, COUNTER, "hydraneck_tls_handshakes_total", HANDSHAKE, NUMBER, "TLS handshakes, by their outcome.")
METRIC (TLS_CERTIFICATE_EXPIRY, ALL, GAUGE, "hydraneck_tls_certificate_expiry_timestamp_seconds", NONE, SECONDS, "When the certificate in use expires, in UTC; 0 without TLS.")
METRIC (API_ANSWERS, ALL, COUNTER, "hydraneck_api_answers_total", CLASS, NUMBER, "Answers of the API, by class of status.")
METRIC (API_LIMITED, ALL, COUNTER, "hydraneck_api_limited_total", LIMITED, NUMBER, "Requests answered 429, by what came too often.")
METRIC (PROXY_REQUESTS, BOTH, COUNTER, "hydraneck_proxy_requests_total", PROXIED, NUMBER, "Session requests proxied, by class of the upstream's status.")
METRIC (PROXY_DURATION, BOTH, QUICK, "hydraneck_proxy_duration_seconds", NONE, SECONDS, "A session request read to its answer's head sent.")
METRIC (PROXY_BYTES, BOTH, COUNTER, "hydraneck_proxy_bytes_total", DIRECTION, BYTES, "Bytes of bodies proxied.")
METRIC (TUNNELS, BOTH, GAUGE, "hydraneck_tunnels", NONE, NUMBER, "Stream sockets open.")
METRIC (TUNNELS_OPENED, BOTH, COUNTER, "hydraneck_tunnels_opened_total", NONE, NUMBER, "Stream sockets opened.")
METRIC (TUNNEL_BYTES, BOTH, COUNTER, "hydraneck_tunnel_bytes_total", DIRECTION, BYTES, "Bytes through stream sockets.")

/* Updates. */
METRIC (UPDATE_CHECKS, ALL, COUNTER, "hydraneck_update_checks_total", UPDATE, NUMBER, "Looks for a newer release, by outcome.")
METRIC (UPDATE_WAITING, ALL, GAUGE, "hydraneck_update_waiting", NONE, NUMBER, "1 while a newer release waits to be installed.")
METRIC (EVENT_READERS, BOTH, GAUGE, "hydraneck_event_readers", NONE, NUMBER, "Who reads GET /api/v1/events now.")
METRIC (EVENT_READERS_DROPPED, BOTH, COUNTER, "hydraneck_event_readers_dropped_total", NONE, NUMBER, "Readers of events that were too slow.")

/* Sessions. */
METRIC (CREATES, BOTH, COUNTER, "hydraneck_session_creates_total", CREATED, NUMBER, "Session creations answered, by outcome.")
METRIC (CREATE_DURATION, BOTH, LONG, "hydraneck_session_create_duration_seconds", NONE, SECONDS, "From a create's arrival to its 201.")
METRIC (SESSIONS, BOTH, GAUGE, "hydraneck_sessions", STATE, NUMBER, "Sessions, by state; a controller's over all workers, as their heartbeats tell.")
METRIC (CAPACITY, BOTH, GAUGE, "hydraneck_session_capacity", NONE, NUMBER, "Sessions that may run at once; a controller's over healthy workers that are not draining.")

/* A worker's own. */
METRIC (ENDS, WORKER, COUNTER, "hydraneck_session_ends_total", ENDED, NUMBER, "Sessions ended, by reason.")
METRIC (PAIRINGS, WORKER, COUNTER, "hydraneck_pairings_total", PAIRED, NUMBER, "Pairings with Sunshine, by outcome.")
METRIC (PAIR_DURATION, WORKER, LONG, "hydraneck_pairing_duration_seconds", NONE, SECONDS, "Pairings that succeeded: from their begin to their end.")
METRIC (HEARTBEATS, WORKER, COUNTER, "hydraneck_heartbeats_total", BEAT, NUMBER, "Heartbeats sent, by outcome.")
METRIC (INJECTIONS, WORKER, COUNTER, "hydraneck_injections_total", INJECTED, NUMBER, "Pages on their way to a browser, by whether our script was put in.")
METRIC (MICS, WORKER, GAUGE, "hydraneck_mics", NONE, NUMBER, "Microphones live.")
METRIC (MIC_PACKETS, WORKER, COUNTER, "hydraneck_mic_packets_total", PACKET, NUMBER, "RTP packets of microphones: forwarded (some to a body that says nobody listens: unreachable), lost on the way to us, dropped here.")
METRIC (SPOOLED, WORKER, COUNTER, "hydraneck_spooled_total", SPOOL, NUMBER, "Records, ratings and unpairings put into the spool.")
METRIC (SPOOL_SENT, WORKER, COUNTER, "hydraneck_spool_sent_total", SPOOL, NUMBER, "Of these, taken by their receiver.")
METRIC (SPOOL_DROPPED, WORKER, COUNTER, "hydraneck_spool_dropped_total", SPOOL, NUMBER, "Of these, refused by their receiver, too old, or without room.")
METRIC (SPOOL_WAITING, WORKER, GAUGE, "hydraneck_spool_waiting", SPOOL, NUMBER, "Of these, waiting to be sent.")
METRIC (WIREGUARD, WORKER, GAUGE, "hydraneck_wireguard_up", NONE, NUMBER, "1 while a WireGuard interface is there, else 0.")
METRIC (TURN_UP, WORKER, GAUGE, "hydraneck_turn_up", NONE, NUMBER, "0 while a TURN server gives no relay, else 1.")
METRIC (TURN_PROBES, WORKER, COUNTER, "hydraneck_turn_probes_total", LOOKED, NUMBER, "Looks at the TURN servers, each a real allocation, by outcome.")
METRIC (TURN_RTT, WORKER, QUICK, "hydraneck_turn_rtt_seconds", NONE, SECONDS, "To the nearest TURN server and back.")
METRIC (TURN_RESTARTS, WORKER, COUNTER, "hydraneck_turn_restarts_total", NONE, NUMBER, "Restarts of coturn asked for.")
METRIC (TURN_RELAYS_ENDED, WORKER, COUNTER, "hydraneck_turn_relays_ended_total", NONE, NUMBER, "Relays ended because their session had ended.")

/* A controller's own. */
METRIC (WORKERS, CONTROLLER, GAUGE, "hydraneck_workers", WORKER_STATE, NUMBER, "Workers, by the state of their lease.")
METRIC (WORKERS_DRAINING, CONTROLLER, GAUGE, "hydraneck_workers_draining", NONE, NUMBER, "Workers that take no new sessions because an operator said so.")
METRIC (HEARTBEATS_HEARD, CONTROLLER, COUNTER, "hydraneck_heartbeats_received_total", HEARD, NUMBER, "Heartbeats of workers, by outcome.")

/* What both kinds of signalling stand on. */
METRIC (WEBSOCKETS, SIGNALLING, GAUGE, "hydraneck_websockets", NONE, NUMBER, "WebSockets open.")
METRIC (WEBSOCKETS_OPENED, SIGNALLING, COUNTER, "hydraneck_websockets_opened_total", NONE, NUMBER, "WebSockets opened.")
METRIC (WEBSOCKETS_CLOSED, SIGNALLING, COUNTER, "hydraneck_websockets_closed_total", SOCKET_END, NUMBER, "WebSockets ended, by how: a close of one side, a broken connection, no pong, a reader that was too slow, a broken rule.")
METRIC (WEBSOCKET_MESSAGES, SIGNALLING, COUNTER, "hydraneck_websocket_messages_total", WAY, NUMBER, "Messages through WebSockets.")
METRIC (WEBSOCKET_BYTES, SIGNALLING, COUNTER, "hydraneck_websocket_bytes_total", WAY, BYTES, "Bytes of these messages.")
METRIC (WEBSOCKET_QUEUED, SIGNALLING, GAUGE, "hydraneck_websocket_queued_bytes", NONE, BYTES, "Bytes that wait for readers of WebSockets.")
METRIC (ROSTER_UP, SIGNALLING, GAUGE, "hydraneck_roster_up", NONE, NUMBER, "1 while what instances share (Redis) can be reached, else 0; always 1 without.")
METRIC (ROSTER_SEATS, SIGNALLING, GAUGE, "hydraneck_roster_seats", NONE, NUMBER, "Members' connections that this instance has registered.")
METRIC (ROSTER_PUBLISHED, SIGNALLING, COUNTER, "hydraneck_roster_published_total", NONE, NUMBER, "Events given to what instances share.")
METRIC (ROSTER_RECEIVED, SIGNALLING, COUNTER, "hydraneck_roster_received_total", NONE, NUMBER, "Events that came from there.")
METRIC (ROSTER_FOREIGN, SIGNALLING, COUNTER, "hydraneck_roster_foreign_total", NONE, NUMBER, "Texts that came from there and were none of ours: dropped.")
METRIC (ROSTER_GAPS, SIGNALLING, COUNTER, "hydraneck_roster_gaps_total", NONE, NUMBER, "Times that it was away.")
METRIC (ROSTER_LAPSED, SIGNALLING, COUNTER, "hydraneck_roster_lapsed_total", NONE, NUMBER, "Connections of other instances that ended because their instance had died.")
METRIC (ROSTER_ROUND, SIGNALLING, GAUGE, "hydraneck_roster_round_seconds", NONE, SECONDS, "To there and back, the last time.")

/* Rooms' own. */
METRIC (ROOMS, ROOMS, GAUGE, "hydraneck_rooms", NONE, NUMBER, "Rooms with somebody of this instance in them.")
METRIC (ROOM_CONNECTIONS, ROOMS, GAUGE, "hydraneck_room_connections", NONE, NUMBER, "Connections in rooms or on their way into one, and lost ones whose place is kept.")
METRIC (ROOM_USERS, ROOMS, GAUGE, "hydraneck_room_users", NONE, NUMBER, "Users with such a connection.")
METRIC (ROOM_JOINS, ROOMS, COUNTER, "hydraneck_room_joins_total", NONE, NUMBER, "Connections that came into a room.")
METRIC (ROOM_LEAVES, ROOMS, COUNTER, "hydraneck_room_leaves_total", NONE, NUMBER, "Connections that left one.")
METRIC (ROOM_RETURNS, ROOMS, COUNTER, "hydraneck_room_returns_total", ROOM_RETURN, NUMBER, "Connections that came back, by whether what they had missed was there.")
METRIC (ROOM_MESSAGES, ROOMS, COUNTER, "hydraneck_room_messages_total", NONE, NUMBER, "Messages of clients that were relayed.")
METRIC (ROOM_HELD_BACK, ROOMS, COUNTER, "hydraneck_room_held_back_total", NONE, NUMBER, "Of these, those that had to wait for their turn; meanwhile their senders were not read from.")
METRIC (ROOM_REFUSALS, ROOMS, COUNTER, "hydraneck_room_refusals_total", ROOM_REFUSAL, NUMBER, "What was refused and which connections were closed by a rule, by the row of the table in docs/signalling.md.")
METRIC (ROOM_GARBAGE, ROOMS, COUNTER, "hydraneck_room_garbage_total", NONE, NUMBER, "Messages of other instances that were none: dropped.")

/* A mesh's own. */
METRIC (MESH_AGENTS, MESH, GAUGE, "hydraneck_mesh_agents", NONE, NUMBER, "Agents registered at this instance.")
METRIC (MESH_AGENTS_KNOWN, MESH, GAUGE, "hydraneck_mesh_agents_known", NONE, NUMBER, "Agents registered in the whole mesh, as this instance knows; 0 while it has none itself.")
METRIC (MESH_RELAYED, MESH, COUNTER, "hydraneck_mesh_relayed_total", RELAYED, NUMBER, "Messages relayed from agents of this instance.")
METRIC (MESH_ERRORS, MESH, COUNTER, "hydraneck_mesh_errors_total", MESH_ERROR, NUMBER, "Errors told to agents.")
METRIC (MESH_RELAY_DURATION, MESH, QUICK, "hydraneck_mesh_relay_seconds", NONE, SECONDS, "A message read to its being given to the other agent's socket; to another instance: to what they share and back.")
METRIC (WITNESS_WAITING, MESH, GAUGE, "hydraneck_witness_waiting", NONE, NUMBER, "Events that wait for the witness.")
METRIC (WITNESS_SENT, MESH, COUNTER, "hydraneck_witness_sent_total", NONE, NUMBER, "Events that the witness took.")
METRIC (WITNESS_DROPPED, MESH, COUNTER, "hydraneck_witness_dropped_total", NONE, NUMBER, "Events given up because there was no room, oldest first.")
METRIC (WITNESS_REFUSED, MESH, COUNTER, "hydraneck_witness_refused_total", NONE, NUMBER, "Events that the witness will never take.")
METRIC (WITNESS_FAILURES, MESH, COUNTER, "hydraneck_witness_failures_total", NONE, NUMBER, "Tries to reach the witness that failed.")

#undef LABEL
#undef METRIC
