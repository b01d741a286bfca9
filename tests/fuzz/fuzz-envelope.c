/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/json-scan.h"
#include "base/limits.h"
#include "rooms/envelope.h"

/* Any text as a message of a client, and as one of another make of server. What is relayed is one object of five members, each once; its type, sender and room are ours, its payload
 * is the bytes that came; and whoever reads it again reads the same. */

#define SENDER "\"the sender\""
#define ROOM "\"the-room\""

static HnSlice
of (const GString *text)
{
  return (HnSlice){ text->str, text->len };
}

/* Its member @name, which is there once. */
static HnJsonValue
only (const HnJsonValue *object, const char *name)
{
  HnJsonMember member;
  HnJsonValue found = { .kind = HN_JSON_NULL };
  gsize position = 0;
  guint n = 0, all = 0;

  while (hn_json_object_next (object, &position, &member)) {
    all++;
    if (!hn_json_value_equals (&member.name, name))
      continue;
    found = member.value;
    n++;
  }
  must (n == 1 && all == 5);
  return found;
}

static void
must_stand (const HnJsonValue *object, const char *name, HnSlice text)
{
  HnJsonValue value = only (object, name);

  must (value.length == text.length && memcmp (value.text, text.text, text.length) == 0);
}

static HnJsonValue
must_be_object (const GString *text)
{
  HnJsonValue object;

  must (hn_json_scan (text->str, text->len, HN_LIMIT_JSON_DEPTH, &object, NULL));
  must (object.kind == HN_JSON_OBJECT && object.length == text->len);
  return object;
}

static void
check_written (const HnEnvelope *envelope, const GString *written)
{
  HnJsonValue object = must_be_object (written);
  HnJsonValue type = only (&object, "type");
  HnDialectType looked = HN_DIALECT_TYPES;
  HnSlice rest;

  must (hn_json_value_equals (&type, hn_dialect_get_name (envelope->type, HN_DIALECT_HYPHEN)));
  must_stand (&object, "payload", envelope->payload);
  must_stand (&object, "sender_id", (HnSlice){ SENDER, strlen (SENDER) });
  must_stand (&object, "room_id", (HnSlice){ ROOM, strlen (ROOM) });
  must (only (&object, "timestamp").kind == HN_JSON_STRING);
  must (hn_envelope_look (of (written), &looked, &rest));
  must (looked == envelope->type && rest.text + rest.length + 1 == written->str + written->len);
  must (hn_envelope_is_relayed (of (written)) == (hn_dialect_who_sends (envelope->type) == HN_DIALECT_CLIENT));
}

static void
check_again (const HnEnvelope *envelope, const GString *written)
{
  HnEnvelope again;
  g_autofree char *why = NULL;

  must (hn_envelope_read (written->str, written->len, &again, &why) == HN_REFUSALS);
  must (again.type == envelope->type && g_strcmp0 (again.target, envelope->target) == 0);
  must (again.payload.length == envelope->payload.length && memcmp (again.payload.text, envelope->payload.text, again.payload.length) == 0);
  hn_envelope_clear (&again);
}

static void
check_translated (HnSlice text)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *sender = NULL;
  HnDialectType type;
  HnSlice rest;

  if (!hn_envelope_translate (text, 1, out, &sender))
    return;
  must_be_object (out);
  must (hn_envelope_look (of (out), &type, &rest));
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  HnEnvelope envelope;
  g_autoptr (GString) written = g_string_new (NULL);
  g_autofree char *why = NULL;
  HnRefusal refusal;

  hn_envelope_is_relayed ((HnSlice){ bytes, length });
  if (!g_utf8_validate (bytes, (gssize) length, NULL))
    return FALSE; /* no WebSocket lets it through */
  check_translated ((HnSlice){ bytes, length });
  refusal = hn_envelope_read (bytes, length, &envelope, &why);
  if (refusal == HN_REFUSALS) {
    hn_envelope_write (&envelope, SENDER, ROOM, 1, written);
    check_written (&envelope, written);
    check_again (&envelope, written);
  }
  hn_envelope_clear (&envelope);
  return refusal == HN_REFUSALS;
}
