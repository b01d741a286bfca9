/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/limits.h"
#include "mesh/mesh-message.h"
#include "mesh/witness-event.h"

/* Any text as a message of an agent. What is relayed is an object of exactly four members, the body by its bytes, and reads as the same message again; what agents and witnesses are told is JSON whatever stands in it. */

static HnJsonValue
must_be_object (const char *text, gsize length)
{
  HnJsonValue object;

  must (hn_json_scan (text, length, HN_LIMIT_JSON_DEPTH, &object, NULL));
  must (object.kind == HN_JSON_OBJECT && object.length == length);
  return object;
}

static void
must_name (const HnJsonValue *object, const char *name, const char *expected)
{
  HnJsonValue value;
  g_autofree char *text = NULL;

  must (hn_json_object_find (object, name, &value) && value.kind == HN_JSON_STRING);
  text = hn_json_value_dup_text (&value);
  must (text != NULL && strcmp (text, expected) == 0);
}

static void
must_be_told (GString *text, const char *name, const char *expected)
{
  HnJsonValue object = must_be_object (text->str, text->len);

  if (name != NULL)
    must_name (&object, name, expected);
  g_string_free (text, TRUE);
}

static void
check_witnessed (const HnMeshMessage *message)
{
  for (guint whole = 0; whole < 2; whole++) {
    g_autofree char *event = hn_witness_event_relayed (message, whole == 1, 1);

    must_be_object (event, strlen (event));
  }
}

static void
check_relayed (const HnMeshMessage *message)
{
  g_autoptr (GString) text = hn_mesh_message_relayed_head (message);
  g_auto (HnMeshMessage) again = { 0 };
  HnJsonMember member;
  HnJsonValue object;
  gsize position = 0;
  guint members = 0;

  g_string_append_len (text, message->body.text, (gssize) message->body.length);
  g_string_append (text, HN_MESH_RELAYED_TAIL);
  object = must_be_object (text->str, text->len);
  while (hn_json_object_next (&object, &position, &member))
    members++;
  must (members == 4);
  must_name (&object, "type", hn_mesh_message_kind_name (message->kind));
  must_name (&object, "from", message->from);
  must_name (&object, "to", message->to);
  hn_mesh_message_read (text->str, text->len, &again);
  must (again.kind == message->kind && strcmp (again.from, message->from) == 0 && strcmp (again.to, message->to) == 0);
  must (again.body.length == message->body.length && memcmp (again.body.text, message->body.text, again.body.length) == 0);
  check_witnessed (message);
}

static void
check_registered (const char *agent_id)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new ();

  must (hn_mesh_message_is_agent_id (agent_id));
  g_ptr_array_add (others, (gpointer) agent_id);
  must_be_told (hn_mesh_message_registered (agent_id, others), "agent_id", agent_id);
  must_be_told (hn_mesh_message_joined (agent_id), "agent_id", agent_id);
  must_be_told (hn_mesh_message_left (agent_id), "agent_id", agent_id);
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  g_auto (HnMeshMessage) message = { 0 };

  if (!g_utf8_validate (bytes, (gssize) length, NULL))
    return FALSE; /* no WebSocket lets it through */
  hn_mesh_message_read (bytes, length, &message);
  switch (message.kind) {
  case HN_MESH_IGNORED:
    break;
  case HN_MESH_REGISTER:
    check_registered (message.agent_id);
    break;
  case HN_MESH_OFFER:
  case HN_MESH_ANSWER:
  case HN_MESH_CANDIDATE:
    check_relayed (&message);
    must_be_told (hn_mesh_message_error (HN_MESH_ERROR_AGENT_NOT_FOUND, message.to), NULL, NULL);
    break;
  case HN_MESH_WRONG:
    must_be_told (hn_mesh_message_error (message.error, message.detail), NULL, NULL);
    break;
  }
  return message.kind != HN_MESH_WRONG && message.kind != HN_MESH_IGNORED;
}
