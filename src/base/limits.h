/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Everything that a stranger controls and that no operator needs to change, once. What an operator may change is in options.h. */

/* Front door: request heads (RFC 9112). */
#define HN_LIMIT_HEAD_BYTES 32768           /* request line and fields together: 431 beyond */
#define HN_LIMIT_TARGET_BYTES 8192          /* request target: 414 beyond */
#define HN_LIMIT_HEAD_FIELDS 100            /* fields in one head: 431 beyond */
#define HN_LIMIT_CONNECTIONS 16384          /* sockets of clients at once in one process: 503 and a close beyond */
#define HN_LIMIT_TURNED_AWAY 256            /* of those beyond, how many may take their 503 at leisure; the rest is closed at once */
#define HN_LIMIT_API_BODY_BYTES 65536       /* request body of an API call: 413 beyond */
#define HN_LIMIT_HEARTBEAT_BYTES 1048576    /* the same for a heartbeat, which lists all sessions of a worker */
#define HN_LIMIT_HEAD_SECONDS 15            /* first byte of a head to its end: 408 beyond */
#define HN_LIMIT_KEEPALIVE_SECONDS 60       /* idle between two requests */
#define HN_LIMIT_BODY_STALL_SECONDS 30      /* no byte of a request body */
#define HN_LIMIT_SEND_STALL_SECONDS 60      /* client takes no byte of a response */
#define HN_LIMIT_API_SECONDS 60             /* an API answer (create waits up to 45 s) */
#define HN_LIMIT_PACE_BYTES 14400           /* what a client must give of a body, or take of an answer, … */
#define HN_LIMIT_PACE_SECONDS 60            /* … in so many seconds of waiting for it (net/pace.h) */
#define HN_LIMIT_VANISHED_SECONDS 120       /* client's machine acknowledges nothing: its connection is broken */

/* Front door: TLS. */
#define HN_LIMIT_HANDSHAKE_SECONDS 10       /* accepted to the end of the handshake: closed beyond */
#define HN_LIMIT_HANDSHAKES 1024            /* begun and not ended, at once; the oldest goes beyond */
#define HN_LIMIT_HANDSHAKES_PER_TURN 16     /* steps of handshakes in one turn of the loop: streams go on in between */
#define HN_LIMIT_HELLO_BYTES 16384          /* a client's first words, read at once */
#define HN_LIMIT_TLS_READ_BYTES 131072      /* sealed bytes read at once, held only until they are opened */
#define HN_LIMIT_TLS_PROVOKED_BYTES 65536   /* what a client makes TLS itself say (tickets, key updates) while it takes nothing: ended beyond */
#define HN_LIMIT_PEM_BYTES 262144           /* a certificate's or a key's file */
#define HN_LIMIT_TICKET_KEY_HOURS 12        /* resumption by one key; the next one cannot open its tickets */
#define HN_LIMIT_CERTIFICATE_LOOK_SECONDS 2 /* between two looks whether the certificate's files changed */
#define HN_LIMIT_CERTIFICATE_WARN_DAYS 14   /* it expires sooner: said once a day */
#define HN_LIMIT_ACME_TOKEN_BYTES 128       /* name of an ACME challenge; 43 letters in practice */
#define HN_LIMIT_ACME_ANSWER_BYTES 512      /* what such a file may hold */

#define HN_LIMIT_PULSE_SECONDS 25           /* a stream socket's client hears nothing: a Pong of ours (below the 60 s of proxies) */

/* WebSockets that end here (rooms, mesh). */
#define HN_LIMIT_DESCRIPTORS_AT_START 65536 /* of the descriptors that a role may have, the kernel's table holds so many from the start */
#define HN_LIMIT_WS_FRAGMENTS 1024          /* of one message: 1009 beyond */
#define HN_LIMIT_WS_QUEUE_BYTES 1048576     /* waiting for one peer: closed with 1013 beyond */
#define HN_LIMIT_WS_UNSENT_BYTES 131072     /* of them, handed to the kernel and not sent yet */
#define HN_LIMIT_WS_PING_SECONDS 25         /* nothing heard of a peer: it is asked (below the 60 s of proxies) */
#define HN_LIMIT_WS_PONG_SECONDS 10         /* from there to anything of it: closed with 1011 beyond */
#define HN_LIMIT_WS_MESSAGE_SECONDS 30      /* a message, from its first byte to its last: closed with 1008 beyond */
#define HN_LIMIT_WS_CLOSE_SECONDS 5         /* our close to the peer's, or to the end of its connection */
#define HN_LIMIT_WS_OPEN_SECONDS 10         /* of a client of ours: connect to the answer */
#define HN_LIMIT_WS_DISCARDED_BYTES 16777216 /* read and thrown away from a peer that goes on while we are closing */

/* Front door: towards the upstream. */
#define HN_LIMIT_CONNECT_SECONDS 5          /* TCP connect to worker or web-server */
#define HN_LIMIT_UPSTREAM_HEAD_SECONDS 60   /* request sent to response head */
#define HN_LIMIT_UPSTREAM_STALL_SECONDS 60  /* no byte of a response body */
#define HN_LIMIT_UPSTREAM_IDLE_SECONDS 20   /* pooled connection kept without use */
#define HN_LIMIT_UPSTREAM_IDLE_COUNT 64     /* pooled connections per upstream */
#define HN_LIMIT_PROXY_BUFFER_BYTES 262144  /* bytes held per direction of one proxied request, only while the receiver blocks; at most the next */
#define HN_LIMIT_TUNNEL_BUFFER_BYTES 262144 /* bytes held per direction of one tunnel, only while the receiver blocks */

/* Events (GET /api/v1/events). */
#define HN_LIMIT_EVENTS 256                 /* kept for readers that come back with their Last-Event-ID */
#define HN_LIMIT_EVENTS_BYTES 1048576       /* the same, all together */
#define HN_LIMIT_EVENTS_READERS 64          /* at once in one process by the API: 503 beyond */
#define HN_LIMIT_EVENTS_PIECE_BYTES 16384   /* on their way to one reader */
#define HN_LIMIT_EVENTS_QUIET_SECONDS 15    /* then a comment keeps the reader's connection: well below what proxies bear */

/* What is told of sessions afterwards (GET /api/v1/sessions/{id}/explain, …/logs). */
#define HN_LIMIT_HISTORY 64                 /* states of one session; the middle is left out beyond */
#define HN_LIMIT_EXPLAINED 256              /* ended sessions that a worker explains, for 24 h at most */
#define HN_LIMIT_EXPLAINED_HOURS 24
#define HN_LIMIT_PLACEMENTS 1024            /* creations whose placement a controller remembers */
#define HN_LIMIT_CANDIDATES 16              /* workers that are named in one */
#define HN_LIMIT_TAIL_LINES 1000            /* of a session's log: 400 beyond */
#define HN_LIMIT_TAIL_BYTES 262144          /* the same in bytes; earlier lines are left out */

#define HN_LIMIT_DRAIN_HOURS 168            /* longest deadline of a drain */

/* How often somebody may come (net/rate-limit). */
#define HN_LIMIT_BUCKETS 8192               /* addresses and tokens that are remembered; those used longest ago are forgotten */
#define HN_LIMIT_BROWSER_RATE 6000          /* calls of browsers to our session routes in a minute, from one address: 429 beyond */
#define HN_LIMIT_RATE_LOCAL_FACTOR 100      /* so much more for callers on this machine */

/* Messages. */
#define HN_LIMIT_JSON_DEPTH 32              /* nesting of any JSON from outside */
#define HN_LIMIT_TEXT_BYTES 1024            /* a name, path or the like in a request */
#define HN_LIMIT_TOKEN_BYTES 8192           /* a JSON web token */
#define HN_LIMIT_USER_BYTES 256             /* id, name or room in one */
#define HN_LIMIT_INTERIM_ANSWERS 8          /* 1xx answers to a call of ours before the real one */
#define HN_LIMIT_REPLY_BYTES 1048576        /* body of an answer that we ask for (Sunshine, hydrabody, worker, …) */
#define HN_LIMIT_NDJSON_LINE_BYTES 65536    /* one line of web-server's pairing answer */
#define HN_LIMIT_SECRET_FILE_BYTES 4096     /* a file that holds one secret */
#define HN_LIMIT_UNPACKED_BYTES 8388608     /* a page that came packed and is edited: what it may grow to */
#define HN_LIMIT_INJECT_SCAN_BYTES 65536    /* how far into a page the marker is looked for */

/* Lives. */
#define HN_LIMIT_WORKERS 4096               /* workers one controller knows */
#define HN_LIMIT_SESSIONS_PER_WORKER 1000   /* sessions.max */
#define HN_LIMIT_CREATE_SECONDS 45          /* create, until ready */
#define HN_LIMIT_PAIR_SECONDS 30            /* pairing, all phases */
#define HN_LIMIT_PIN_DELAY_MS 300           /* PIN known to first post, and between posts */
#define HN_LIMIT_SUNSHINE_SECONDS 5         /* one call to Sunshine's API or hydrabody */
#define HN_LIMIT_PROBE_MS 1000              /* reachability of a body */
#define HN_LIMIT_READY_SECONDS 10           /* web-server spawned to answering */
#define HN_LIMIT_LOG_BYTES 16777216         /* web-server.log of one session; started anew beyond, looked at each second */
#define HN_LIMIT_LEAVE_SECONDS 15           /* page left to the next page or stream socket */
#define HN_LIMIT_STOP_SECONDS 5             /* SIGTERM to SIGKILL of a session's processes */
#define HN_LIMIT_ORPHAN_SECONDS 3           /* the same when the worker itself is gone */
#define HN_LIMIT_CLEAN_UP_MS 4500           /* an ended session's neighbours are asked for so long, together */
#define HN_LIMIT_PROBES 3                   /* connects to a body whose median is its distance */
#define HN_LIMIT_RATINGS_PER_SESSION 10     /* changes of mind that are forwarded: 429 beyond */

/* What must not be lost: session records, ratings, clients to be unpaired; each kind for itself. */
#define HN_LIMIT_SPOOL_COUNT 4096           /* waiting requests; the oldest is dropped beyond */
#define HN_LIMIT_SPOOL_BYTES 16777216       /* the same, all together */
#define HN_LIMIT_SPOOL_REQUEST_BYTES 65536  /* one of them */
#define HN_LIMIT_SPOOL_MEMORY 256           /* those that a full disk does not take */
#define HN_LIMIT_SPOOL_REJECTED 100         /* refused ones kept for a look */
#define HN_LIMIT_SPOOL_PAUSE_SECONDS 300    /* longest pause between two tries */
#define HN_LIMIT_UNPAIR_HOURS 24            /* a client that cannot be unpaired is forgotten then */

/* Logs of ended sessions. */
#define HN_LIMIT_ENDED_LOGS 50              /* sessions */
#define HN_LIMIT_ENDED_LOG_HOURS 24         /* each, at most */
#define HN_LIMIT_ENDED_LOG_BYTES 67108864   /* all together */

/* REST of rooms. */
#define HN_LIMIT_ROOMS_LISTED 10000         /* rooms in one answer to an operator */

/* TURN: what a server may say to us. */
#define HN_LIMIT_STUN_BYTES 1500            /* one STUN message; longer ones are none */
#define HN_LIMIT_STUN_ATTRIBUTES 32         /* in one message */
#define HN_LIMIT_STUN_ROUNDS 4              /* challenges (401, 438) that one probe answers */
#define HN_LIMIT_STUN_RETRY_MS 250          /* a datagram without an answer is sent again, each time after twice as long */

#define HN_LIMIT_TURN_SERVERS 16            /* TURN URLs that are probed */
#define HN_LIMIT_TURN_PROBE_SECONDS 5       /* one probe */
#define HN_LIMIT_TURN_DOUBT_MS 1000         /* a probe that is refused is repeated after so long before it is believed */
#define HN_LIMIT_TURN_FAILURES 3            /* probes that fail in a row until a restart of coturn is asked for; each time after twice as many */
#define HN_LIMIT_TURN_CLI_BYTES 262144      /* what coturn's command line may say at once */
#define HN_LIMIT_TURN_CLI_SECONDS 5         /* the whole talk with it */
#define HN_LIMIT_TURN_RELAYS 256            /* relays of one session that are ended */

/* Microphone. */
#define HN_LIMIT_MIC_SDP_BYTES 65536        /* an offer: 413 beyond */
#define HN_LIMIT_MIC_CANDIDATES 32          /* remote candidates of one microphone; what comes beyond is not used */
#define HN_LIMIT_MIC_ANSWER_SECONDS 10      /* offer to answer: 504 beyond (the first of a process may wait for its plugins) */
#define HN_LIMIT_MIC_SILENCE_SECONDS 10     /* no packet for so long: ended (a track muted with DTX sends 2.5 packets a second) */
#define HN_LIMIT_MIC_OFFERS 6               /* offers of one session in HN_LIMIT_MIC_OFFERS_SECONDS: 429 beyond */
#define HN_LIMIT_MIC_OFFERS_SECONDS 10
#define HN_LIMIT_MIC_PACKETS_PER_SECOND 500 /* of one microphone; Opus frames of 2.5 ms make 400 */
#define HN_LIMIT_IDEMPOTENCY_KEY_BYTES 128  /* Idempotency-Key of a create: 400 beyond; visible ASCII only */
#define HN_LIMIT_IDEMPOTENCY_KEYS 16384     /* of these kept at once; the oldest answer goes first */
#define HN_LIMIT_IDEMPOTENCY_SECONDS 600    /* a key's answer is given again for so long */
#define HN_LIMIT_CREATIONS 512               /* under way at once in a controller: 503 beyond; libsoup's queue takes time by its square */

/* Updates. */
#define HN_LIMIT_UPDATE_BYTES 67108864      /* a program that is fetched */
#define HN_LIMIT_UPDATE_LIST_BYTES 65536    /* latest.json, SHA256SUMS, its signature */
#define HN_LIMIT_UPDATE_REDIRECTS 3         /* followed by hand */
#define HN_LIMIT_UPDATE_CHECK_SECONDS 30    /* latest.json, SHA256SUMS or its signature, redirects included */
#define HN_LIMIT_UPDATE_FETCH_SECONDS 300   /* the program */
#define HN_LIMIT_UPDATE_TRY_SECONDS 10      /* the new program answers `version` */
#define HN_LIMIT_UPDATE_RESTART_SECONDS 120 /* the restart command */
#define HN_LIMIT_UPDATE_ASKED_SECONDS 900   /* asked for, and still running: sessions are taken again */

#define HN_LIMIT_FAN_OUT 64                 /* workers asked at once for lists */

/* Rooms. */
#define HN_LIMIT_ROOM_STATE_MEMBERS 100     /* in larger rooms the others are told who came or went, without the list of all */

/* Mesh. */
#define HN_LIMIT_MESH_ID_BYTES 128          /* an agent's id */
#define HN_LIMIT_MESH_CLOSES_PER_SECOND 1000 /* agents told to go at a stop: they come back at the same pace */
#define HN_LIMIT_WITNESS_EVENTS 10000       /* that wait for the witness; the oldest goes beyond */
#define HN_LIMIT_WITNESS_BYTES 16777216     /* the same, all together */
#define HN_LIMIT_WITNESS_SECONDS 5          /* one call to it */
#define HN_LIMIT_WITNESS_PAUSE_SECONDS 60   /* longest pause between two tries */
#define HN_LIMIT_WITNESS_FLUSH_SECONDS 2    /* what waits at a stop has so long to leave */

/* Rooms. */
#define HN_LIMIT_GUEST_NAME 40              /* characters of what a guest of the demo's page calls itself */

/* Dashboard. */
#define HN_LIMIT_ADMIN_LOGINS 32            /* at once; the one that was used longest ago is ended beyond */
#define HN_LIMIT_ADMIN_SECONDS 43200        /* a login, in all */
#define HN_LIMIT_ADMIN_IDLE_SECONDS 7200    /* a login without use */
#define HN_LIMIT_ADMIN_TRIES 10             /* wrong tokens of one client in HN_LIMIT_ADMIN_TRIES_SECONDS: 429 beyond */
#define HN_LIMIT_ADMIN_TRIES_TOGETHER 100   /* the same of all strangers together, and of all who come from this machine */
#define HN_LIMIT_ADMIN_READERS 32           /* dashboards that hear events, besides HN_LIMIT_EVENTS_READERS: 503 beyond */
#define HN_LIMIT_ADMIN_TRIES_SECONDS 60
#define HN_LIMIT_ADMIN_CONNECTIONS 256      /* of browsers with the dashboard: 503 and a close beyond */

/* Redis. */
#define HN_LIMIT_REDIS_WAITING 65536        /* commands of one connection that are not answered: refused beyond */
#define HN_LIMIT_REDIS_WAITING_BYTES 67108864 /* the same in bytes */
#define HN_LIMIT_REDIS_REPLY_BYTES 67108864 /* one answer: the connection is ended beyond */

/* Groups of seats (api/roster): rooms, agents of a mesh. */
#define HN_LIMIT_ROSTER_NAME_BYTES 256      /* name of a group, id of a member or of a connection */
#define HN_LIMIT_ROSTER_TEXT_BYTES 524288   /* one message; longer ones of strangers on a channel are dropped */
#define HN_LIMIT_ROSTER_HISTORY 256         /* events of one group that are kept for members that come back */
#define HN_LIMIT_ROSTER_HISTORY_SECONDS 120 /* each, at most; also where a group stands that nobody is in */
#define HN_LIMIT_ROSTER_HISTORY_GROUP_BYTES 2097152 /* the same in bytes, without Redis */
#define HN_LIMIT_ROSTER_HISTORY_BYTES 67108864 /* of all groups together, without Redis */
#define HN_LIMIT_ROSTER_PASTS 65536         /* groups that nobody is in and that are remembered, without Redis */
#define HN_LIMIT_ROSTER_WAITING 8192        /* calls that wait; joins and words are refused beyond */
#define HN_LIMIT_ROSTER_WAITING_BYTES 16777216 /* the same in bytes of words */
#define HN_LIMIT_ROSTER_TURN 256            /* calls carried out in one turn of the loop */
#define HN_LIMIT_ROSTER_SWEEP 128           /* seats that are taken out at once */
#define HN_LIMIT_ROSTER_IDLE_MS 1000        /* a group that nobody of this process needs any more stays subscribed */
#define HN_LIMIT_ROSTER_KEYS_SECONDS 3600   /* keys of Redis that no living process keeps */
#define HN_LIMIT_ROSTER_CLOSE_MS 1000       /* a process that ends waits so long for Redis */
