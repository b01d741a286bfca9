/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-head.h"

/* What messages are called, and who may send which. Two dialects of one protocol are about: they differ in four names. Both are understood; which one a client hears it
 * says when it connects (`?dialect=`). Among ourselves (roster, Redis) everything is in the hyphen's. Pure. */

typedef enum { HN_DIALECT_UNDERSCORE, HN_DIALECT_HYPHEN } HnDialect;
#define HN_DIALECTS 2

/* X (id, name in the hyphen's dialect, name in the underscore's, who may send it)
 * CLIENT: relayed to the room. SERVER: made here; from a client it is refused. PRIVATE: between a client and us, never relayed. */
#define HN_DIALECT_TABLE(X)                                                     \
  X (OFFER, "offer", "offer", CLIENT)                                           \
  X (ANSWER, "answer", "answer", CLIENT)                                        \
  X (ICE_CANDIDATE, "ice-candidate", "ice_candidate", CLIENT)                   \
  X (USER_JOINED, "user-joined", "user_joined", SERVER)                         \
  X (USER_LEFT, "user-left", "user_left", SERVER)                               \
  X (ROOM_STATE, "room-state", "room_state", SERVER)                            \
  X (ERROR, "error", "error", SERVER)                                           \
  X (MEDIA_CONTROL, "media-control", "media-control", CLIENT)                   \
  X (SCREEN_SHARE_CONTROL, "screen-share-control", "screen-share-control", CLIENT) \
  X (CHAT_MESSAGE, "chat-message", "chat-message", CLIENT)                      \
  X (ROLE_UPDATED, "role-updated", "role-updated", CLIENT)                      \
  X (PERMISSION_UPDATED, "permission-updated", "permission-updated", CLIENT)    \
  X (RECORDING_CONTROL, "recording-control", "recording-control", CLIENT)       \
  X (RECORDING_STATUS, "recording-status", "recording-status", SERVER)          \
  X (FILE_SHARE_OFFER, "file-share-offer", "file-share-offer", CLIENT)          \
  X (FILE_SHARE_ACCEPT, "file-share-accept", "file-share-accept", CLIENT)       \
  X (FILE_SHARE_REJECT, "file-share-reject", "file-share-reject", CLIENT)       \
  X (FILE_SHARE_PROGRESS, "file-share-progress", "file-share-progress", CLIENT) \
  X (FILE_SHARE_COMPLETE, "file-share-complete", "file-share-complete", CLIENT) \
  X (NETWORK_STATS, "network-stats", "network-stats", CLIENT)                   \
  X (QUALITY_UPDATE, "quality-update", "quality-update", CLIENT)                \
  X (ANALYTICS_EVENT, "analytics-event", "analytics-event", CLIENT)             \
  X (PARTICIPANT_UPDATE, "participant-update", "participant-update", CLIENT)    \
  X (ROOM_SETTINGS_UPDATE, "room-settings-update", "room-settings-update", CLIENT) \
  X (HAND_RAISE, "hand-raise", "hand-raise", CLIENT)                            \
  X (HAND_RAISE_QUEUE, "hand-raise-queue", "hand-raise-queue", CLIENT)          \
  X (WAITING_ROOM_JOIN, "waiting-room-join", "waiting-room-join", SERVER)       \
  X (WAITING_ROOM_ADMIT, "waiting-room-admit", "waiting-room-admit", CLIENT)    \
  X (WAITING_ROOM_REJECT, "waiting-room-reject", "waiting-room-reject", CLIENT) \
  X (REACTION, "reaction", "reaction", CLIENT)                                  \
  X (BREAKOUT_ROOM_CREATE, "breakout-room-create", "breakout-room-create", CLIENT) \
  X (BREAKOUT_ROOM_ASSIGN, "breakout-room-assign", "breakout-room-assign", CLIENT) \
  X (BREAKOUT_ROOM_CLOSE, "breakout-room-close", "breakout-room-close", CLIENT) \
  X (VIRTUAL_BACKGROUND_UPDATE, "virtual-background-update", "virtual-background-update", CLIENT) \
  X (LIVE_STREAM_START, "live-stream-start", "live-stream-start", CLIENT)       \
  X (LIVE_STREAM_STOP, "live-stream-stop", "live-stream-stop", CLIENT)          \
  X (E2EE_KEY_EXCHANGE, "e2ee-key-exchange", "e2ee-key-exchange", CLIENT)       \
  X (E2EE_RATCHET_UPDATE, "e2ee-ratchet-update", "e2ee-ratchet-update", CLIENT) \
  X (PING, "ping", "ping", PRIVATE)                                             \
  X (PONG, "pong", "pong", SERVER)                                              \
  X (LEAVE, "leave", "leave", PRIVATE)

typedef enum {
#define HN_DIALECT_ENUM(id, hyphen, underscore, who) HN_DIALECT_##id,
  HN_DIALECT_TABLE (HN_DIALECT_ENUM)
#undef HN_DIALECT_ENUM
  HN_DIALECT_TYPES, /* also: none of them */
} HnDialectType;

typedef enum { HN_DIALECT_CLIENT, HN_DIALECT_SERVER, HN_DIALECT_PRIVATE } HnDialectWho;

/**
 * hn_dialect_from_text:
 * @text: `underscore` or `hyphen`
 * @ret_dialect: (out): the dialect; untouched otherwise
 *
 * Returns: whether @text names one
 */
gboolean hn_dialect_from_text (const char *text, HnDialect *ret_dialect);

/**
 * hn_dialect_find:
 * @name: a message's type, in either dialect
 *
 * Returns: which it is, or %HN_DIALECT_TYPES
 */
HnDialectType hn_dialect_find (HnSlice name);

/**
 * hn_dialect_get_name:
 * @type: a type
 * @dialect: for whom
 *
 * Returns: what it is called there
 */
const char *hn_dialect_get_name (HnDialectType type, HnDialect dialect);

/**
 * hn_dialect_is_common:
 * @type: a type
 *
 * Returns: whether it has one name in both dialects
 */
gboolean hn_dialect_is_common (HnDialectType type);

/**
 * hn_dialect_who_sends:
 * @type: a type
 *
 * Returns: who may send it
 */
HnDialectWho hn_dialect_who_sends (HnDialectType type);

/**
 * hn_dialect_doc:
 *
 * Returns: (transfer full): the table as docs/signalling.md shows it
 */
char *hn_dialect_doc (void);
