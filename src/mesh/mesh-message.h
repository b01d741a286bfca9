/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/json-scan.h"

/* What agents and the signalling server of a mesh say to each other, as JSON texts (docs/signalling.md). Of a relayed message exactly four fields go on, the body by the very bytes that came. Errors carry the
 * texts of the server that agents were written for, and a `code` of ours beside them. Pure. */

typedef enum {
  HN_MESH_IGNORED, /* of a type that nobody knows, or of none: no answer */
  HN_MESH_REGISTER,
  HN_MESH_OFFER,
  HN_MESH_ANSWER,
  HN_MESH_CANDIDATE,
  HN_MESH_WRONG, /* is answered with an error */
} HnMeshKind;

/* X (code, label in metrics, text before the detail, text behind it) */
#define HN_MESH_ERROR_TABLE(X)                                                                                                             \
  X (INVALID_JSON, invalid_json, "SyntaxError: ", "")                                                                                      \
  X (INVALID_MESSAGE, invalid_message, "", "")                                                                                             \
  X (UNKNOWN_TYPE, unknown_type, "Error: Unknown message type", "")                                                                        \
  X (MISSING_AGENT_ID, missing_agent_id, "Error: Missing agent_id in register message", "")                                                \
  X (INVALID_AGENT_ID, invalid_agent_id, "Error: Invalid agent_id: a text of 1 to 128 bytes, printable and without spaces, is wanted", "") \
  X (AGENT_ID_FORBIDDEN, agent_id_forbidden, "Error: This token may not register agent ", "")                                              \
  X (AGENT_ID_IN_USE, agent_id_in_use, "Error: Agent ", " is registered by another connection")                                            \
  X (ALREADY_REGISTERED, already_registered, "Error: This connection is registered as agent ", "")                                         \
  X (MESH_FULL, mesh_full, "Error: The mesh takes no more agents", "")                                                                     \
  X (NOT_REGISTERED, not_registered, "Error: Register first", "")                                                                          \
  X (FROM_MISMATCH, from_mismatch, "Error: This connection is registered as agent ", "")                                                   \
  X (AGENT_NOT_FOUND, agent_not_found, "Error: Agent ", " not found")                                                                      \
  X (AGENT_UNREACHABLE, agent_unreachable, "Error: Agent ", " cannot be reached now")                                                      \
  X (BUSY, busy, "Error: Too much is on its way: try again", "")                                                                           \
  X (RATE_LIMIT_EXCEEDED, rate_limit_exceeded, "Error: Too many messages: they are taken more slowly now", "")

typedef enum {
#define HN_MESH_ERROR_ENUM(code, label, before, behind) HN_MESH_ERROR_##code,
  HN_MESH_ERROR_TABLE (HN_MESH_ERROR_ENUM)
#undef HN_MESH_ERROR_ENUM
  HN_MESH_ERRORS,
} HnMeshError;

typedef struct {
  HnMeshKind kind;
  char *agent_id;    /* REGISTER */
  char *from;        /* OFFER, ANSWER, CANDIDATE */
  char *to;          /* likewise */
  HnJsonValue body;  /* likewise: points into the text that was read */
  HnMeshError error; /* WRONG */
  char *detail;      /* WRONG: for hn_mesh_message_error() */
} HnMeshMessage;

/**
 * hn_mesh_message_read:
 * @text: (array length=length): UTF-8, as it came; outlives the message
 * @length: bytes
 * @ret_message: (out caller-allocates): what it says; to be cleared
 */
void hn_mesh_message_read (const char *text, gsize length, HnMeshMessage *ret_message);

/**
 * hn_mesh_message_clear:
 * @self: a message that was read
 */
void hn_mesh_message_clear (HnMeshMessage *self);

/**
 * hn_mesh_message_kind_name:
 * @kind: a kind that is relayed
 *
 * Returns: its type on the wire
 */
const char *hn_mesh_message_kind_name (HnMeshKind kind);

/**
 * hn_mesh_message_kind_label:
 * @kind: a kind that is relayed
 *
 * Returns: its label in metrics
 */
const char *hn_mesh_message_kind_label (HnMeshKind kind);

/**
 * hn_mesh_message_error_label:
 * @error: which
 *
 * Returns: its label in metrics
 */
const char *hn_mesh_message_error_label (HnMeshError error);

/**
 * hn_mesh_message_is_agent_id:
 * @text: UTF-8
 *
 * Returns: whether an agent may have this id: 1 to HN_LIMIT_MESH_ID_BYTES bytes, printable, no space, nothing invisible
 */
gboolean hn_mesh_message_is_agent_id (const char *text);

/**
 * hn_mesh_message_relayed_head:
 * @self: an OFFER, ANSWER or CANDIDATE
 *
 * What goes to the other agent is this, the body as it came, and HN_MESH_RELAYED_TAIL.
 *
 * Returns: (transfer full): `{"type":"offer","from":"a","to":"b","offer":`
 */
GString *hn_mesh_message_relayed_head (const HnMeshMessage *self);
#define HN_MESH_RELAYED_TAIL "}"

/**
 * hn_mesh_message_registered:
 * @agent_id: who registered
 * @others: (element-type utf8): ids of the others, in order
 *
 * Returns: (transfer full): the answer to a register
 */
GString *hn_mesh_message_registered (const char *agent_id, const GPtrArray *others);

/**
 * hn_mesh_message_joined:
 * @agent_id: who came
 *
 * Returns: (transfer full): what the others are told
 */
GString *hn_mesh_message_joined (const char *agent_id);

/**
 * hn_mesh_message_left:
 * @agent_id: who left
 *
 * Returns: (transfer full): what the others are told
 */
GString *hn_mesh_message_left (const char *agent_id);

/**
 * hn_mesh_message_error:
 * @error: which
 * @detail: (nullable): UTF-8, stands in its text; long ones are cut
 *
 * Returns: (transfer full): what the sender is told
 */
GString *hn_mesh_message_error (HnMeshError error, const char *detail);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HnMeshMessage, hn_mesh_message_clear)
