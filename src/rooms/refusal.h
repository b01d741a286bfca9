/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What is refused, and how a connection ends: an `error` frame, a close, or one after the other. docs/signalling.md shows this table. Pure. */

typedef enum { HN_REFUSAL_NO, HN_REFUSAL_YES, HN_REFUSAL_NEW_TOKEN, HN_REFUSAL_STAYS } HnRefusalReconnect;

/* X (id, code of the `error` frame, its message, close code, close reason, HTTP status if we answer before the upgrade, reconnect, when)
 * NULL: there is none; 0: it stays open, or is not known before the upgrade. `{}` in a message is a number, `{why}` a sentence. Codes of 4000 to 4099 ask to reconnect, 4100
 * to 4199 not to. Those of the last block are spoken by net/websocket. */
#define HN_REFUSAL_TABLE(X)                                                                                                                  \
  X (NO_TOKEN, NULL, NULL, 1008, "Authentication token required in query parameters", 401, NO, "no token in any of its places")             \
  X (BAD_TOKEN, NULL, NULL, 1008, "Authentication failed: Could not validate credentials", 401, NO, "a token that is not good here")         \
  X (EXPIRED_TOKEN, NULL, NULL, 1008, "Authentication failed: Token has expired", 401, NEW_TOKEN, "a token that was good once")              \
  X (BLANK_ROOM, NULL, NULL, 1008, "Invalid room ID", 400, NO, "a room's name of white space")                                              \
  X (WRONG_ROOM, NULL, NULL, 1008, "Room ID must be alphanumeric (with dashes/underscores) and max 100 characters", 400, NO,                 \
     "a room's name of which nothing is left, or too much")                                                                                  \
  X (OTHER_ROOM, NULL, NULL, 1008, "Token is for another room", 403, NO, "its `room` claim names another one")                              \
  X (ROOM_FULL, "ROOM_FULL", "Room has reached maximum capacity of {} participants", 1008, "Room full", 0, NO, "one participant too many")   \
  X (TOO_MANY_CONNECTIONS, "TOO_MANY_CONNECTIONS", "A user may have {} connections at once", 1008, "Too many connections", 0, NO,            \
     "one connection of this user too many")                                                                                                 \
  X (TOO_MANY_ROOMS, "TOO_MANY_ROOMS", "A user may be in {} rooms at once", 1008, "Too many rooms", 0, NO, "one room of this user too many") \
  X (OVERLOADED, "SERVER_OVERLOADED", "The server has too much to do", 1013, "Server overloaded", 0, YES, "a join, while the store is behind") \
  X (INVALID_JSON, "INVALID_JSON", "A message is {why}", 0, NULL, 0, STAYS, "a message that is no JSON text of at most 32 levels")         \
  X (INVALID_MESSAGE, "INVALID_MESSAGE", "{why}", 0, NULL, 0, STAYS, "a message without the envelope's form, or binary")                    \
  X (UNKNOWN_TYPE, "UNKNOWN_MESSAGE_TYPE", "No such message type", 0, NULL, 0, STAYS, "a `type` that is not in the table above")             \
  X (FORBIDDEN_TYPE, "FORBIDDEN_MESSAGE_TYPE", "Only the server sends this type", 0, NULL, 0, STAYS, "a `type` that only the server may send") \
  X (TARGET_NOT_FOUND, "TARGET_NOT_FOUND", "No such participant in this room", 0, NULL, 0, STAYS, "a `target_user_id` who is not in the room") \
  X (RATE, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded for websocket_message. Retry after {}s", 0, NULL, 0, STAYS, "a message too many; it is dropped, and this is said once a second") \
  X (RATE_CLOSE, NULL, NULL, 1008, "Rate limit exceeded", 0, NO, "dropping has gone on for `rooms.rate_patience`")                             \
  X (BAD_MESSAGES, NULL, NULL, 1008, "Too many invalid messages", 0, NO, "so many refused messages in a row")                                \
  X (TOKEN_RAN_OUT, NULL, NULL, 1008, "Token has expired", 0, NEW_TOKEN, "the token's `exp` while connected")                                \
  X (LEFT, NULL, NULL, 1000, "Left", 0, NO, "the client sent `leave`")                                                                       \
  X (REMOVED, NULL, NULL, 4100, "Removed from the room", 0, NO, "an operator took the user out, or closed the room")                         \
  X (REPLACED, NULL, NULL, 4101, "Replaced by a newer connection", 0, NO, "the user came back with this connection's `conn`")                \
  X (RESTARTING, "SERVER_SHUTDOWN", "Server is restarting", 0, NULL, 0, STAYS, "the server is about to end: closes are spread over `websocket.drain`") \
  X (SHUTDOWN, NULL, NULL, 1012, "Server is restarting", 0, YES, "the server ends")                                                         \
  X (PROTOCOL, NULL, NULL, 1002, "what is wrong", 0, NO, "a breach of RFC 6455")                                                             \
  X (NOT_UTF8, NULL, NULL, 1007, "what is wrong", 0, NO, "text that is not UTF-8")                                                           \
  X (TOO_LARGE, NULL, NULL, 1009, "what is too large", 0, NO, "a message beyond `rooms.message_bytes`, or of too many fragments")            \
  X (SILENT, NULL, NULL, 1011, "keepalive ping timeout", 0, YES, "no answer to a ping")                                                      \
  X (SLOW, NULL, NULL, 1013, "Slow consumer", 0, YES, "more than `websocket.queue_bytes` wait for it")

typedef enum {
#define HN_REFUSAL_ENUM(id, error, message, close_code, reason, status, reconnect, when) HN_REFUSAL_##id,
  HN_REFUSAL_TABLE (HN_REFUSAL_ENUM)
#undef HN_REFUSAL_ENUM
  HN_REFUSALS, /* also: none of them */
} HnRefusal;

typedef struct {
  const char *name;    /* in capitals */
  const char *error;   /* (nullable) */
  const char *message; /* (nullable) */
  guint close_code;    /* 0: stays open */
  const char *reason;  /* (nullable) */
  guint http_status;   /* 0: not before the upgrade */
  HnRefusalReconnect reconnect;
  const char *when;
} HnRefusalRow;

/**
 * hn_refusal_get:
 * @id: one of the table
 *
 * Returns: its row
 */
const HnRefusalRow *hn_refusal_get (HnRefusal id);

/**
 * hn_refusal_write_error:
 * @out: where to
 * @id: one with an `error` code
 * @number: for `{}`
 * @why: (nullable): for `{why}`
 *
 * Appends its `error` frame.
 */
void hn_refusal_write_error (GString *out, HnRefusal id, guint number, const char *why);

/**
 * hn_refusal_doc:
 *
 * Returns: (transfer full): the table as docs/signalling.md shows it
 */
char *hn_refusal_doc (void);
