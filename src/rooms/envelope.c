/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a field that counts may stand once, or two readers could see two messages in one. `type` must be known and a client's; `payload` must be an object; the other three are text,
 * null or absent. Whatever else stands beside them is left out. */
#include "rooms/envelope.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json-scan.h"
#include "base/limits.h"

enum { TYPE, PAYLOAD, SENDER, ROOM, TIMESTAMP, FIELDS };
static const char *const field_names[FIELDS] = { "type", "payload", "sender_id", "room_id", "timestamp" };

#define HEAD "{\"type\":\""

typedef struct {
  HnJsonValue values[FIELDS];
  gboolean there[FIELDS];
} Fields;

static HnRefusal
invalid (char **ret_why, const char *format, ...) G_GNUC_PRINTF (2, 3);

static HnRefusal
invalid (char **ret_why, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  *ret_why = g_strdup_vprintf (format, args);
  va_end (args);
  return HN_REFUSAL_INVALID_MESSAGE;
}

static HnRefusal
collect (const HnJsonValue *object, Fields *fields, char **ret_why)
{
  gsize position = 0;
  HnJsonMember member;

  while (hn_json_object_next (object, &position, &member)) {
    for (guint i = 0; i < FIELDS; i++) {
      if (!hn_json_value_equals (&member.name, field_names[i]))
        continue;
      if (fields->there[i])
        return invalid (ret_why, "'%s' stands twice", field_names[i]);
      fields->values[i] = member.value;
      fields->there[i] = TRUE;
      break;
    }
  }
  return HN_REFUSALS;
}

static HnRefusal
check_fields (const Fields *fields, char **ret_why)
{
  if (!fields->there[TYPE] || fields->values[TYPE].kind != HN_JSON_STRING)
    return invalid (ret_why, "'type' must be a string");
  if (!fields->there[PAYLOAD] || fields->values[PAYLOAD].kind != HN_JSON_OBJECT)
    return invalid (ret_why, "'payload' must be an object");
  for (guint i = SENDER; i < FIELDS; i++)
    if (fields->there[i] && fields->values[i].kind != HN_JSON_STRING && fields->values[i].kind != HN_JSON_NULL)
      return invalid (ret_why, "'%s' must be a string or null", field_names[i]);
  return HN_REFUSALS;
}

static HnDialectType
find_type (const HnJsonValue *name)
{
  HnSlice inner = { name->text + 1, name->length - 2 };
  g_autofree char *plain = NULL;

  if (memchr (inner.text, '\\', inner.length) == NULL)
    return hn_dialect_find (inner);
  plain = hn_json_value_dup_text (name);
  return plain != NULL ? hn_dialect_find ((HnSlice){ plain, strlen (plain) }) : HN_DIALECT_TYPES;
}

/* Absent, null and empty mean everybody. */
static HnRefusal
read_target (const HnJsonValue *payload, char **ret_target, char **ret_why)
{
  HnJsonValue value;

  if (!hn_json_object_find (payload, "target_user_id", &value) || value.kind == HN_JSON_NULL)
    return HN_REFUSALS;
  if (value.kind != HN_JSON_STRING)
    return invalid (ret_why, "'target_user_id' must be a string or null");
  if (value.length == 2)
    return HN_REFUSALS;
  *ret_target = hn_json_value_dup_text (&value);
  return *ret_target != NULL ? HN_REFUSALS : HN_REFUSAL_TARGET_NOT_FOUND;
}

static HnRefusal
take (const Fields *fields, HnEnvelope *envelope, char **ret_why)
{
  const HnJsonValue *timestamp = &fields->values[TIMESTAMP];
  HnRefusal refusal = check_fields (fields, ret_why);

  if (refusal != HN_REFUSALS)
    return refusal;
  envelope->type = find_type (&fields->values[TYPE]);
  if (envelope->type == HN_DIALECT_TYPES)
    return HN_REFUSAL_UNKNOWN_TYPE;
  if (hn_dialect_who_sends (envelope->type) == HN_DIALECT_SERVER)
    return HN_REFUSAL_FORBIDDEN_TYPE;
  envelope->payload = (HnSlice){ fields->values[PAYLOAD].text, fields->values[PAYLOAD].length };
  if (fields->there[TIMESTAMP] && timestamp->kind == HN_JSON_STRING && timestamp->length > 2)
    envelope->timestamp = (HnSlice){ timestamp->text, timestamp->length };
  return read_target (&fields->values[PAYLOAD], &envelope->target, ret_why);
}

static HnRefusal
scan (const char *text, gsize length, Fields *ret_fields, char **ret_why)
{
  g_autoptr (GError) error = NULL;
  HnJsonValue value;

  *ret_fields = (Fields){ 0 };
  *ret_why = NULL;
  if (!hn_json_scan (text, length, HN_LIMIT_JSON_DEPTH, &value, &error)) {
    *ret_why = g_strdup (error->message);
    return HN_REFUSAL_INVALID_JSON;
  }
  if (value.kind != HN_JSON_OBJECT)
    return invalid (ret_why, "a message must be an object");
  return collect (&value, ret_fields, ret_why);
}

HnRefusal
hn_envelope_read (const char *text, gsize length, HnEnvelope *ret_envelope, char **ret_why)
{
  Fields fields;
  HnRefusal refusal = scan (text, length, &fields, ret_why);

  *ret_envelope = (HnEnvelope){ .type = HN_DIALECT_TYPES };
  return refusal != HN_REFUSALS ? refusal : take (&fields, ret_envelope, ret_why);
}

void
hn_envelope_clear (HnEnvelope *self)
{
  g_clear_pointer (&self->target, g_free);
}

void
hn_envelope_append_rest (GString *out, HnSlice payload, const char *sender, const char *room, HnSlice timestamp)
{
  g_string_append (out, "\",\"payload\":");
  g_string_append_len (out, payload.text, (gssize) payload.length);
  g_string_append (out, ",\"sender_id\":");
  g_string_append (out, sender);
  g_string_append (out, ",\"room_id\":");
  g_string_append (out, room);
  g_string_append (out, ",\"timestamp\":");
  g_string_append_len (out, timestamp.text, (gssize) timestamp.length);
}

void
hn_envelope_write (const HnEnvelope *self, const char *sender, const char *room, gint64 utc_us, GString *out)
{
  char now[HN_CLOCK_ISO8601_SIZE + 2];
  HnSlice timestamp = self->timestamp;

  if (timestamp.length == 0) {
    now[0] = '"';
    hn_clock_iso8601 (utc_us, now + 1);
    strcat (now, "\"");
    timestamp = (HnSlice){ now, strlen (now) };
  }
  g_string_append (out, HEAD);
  g_string_append (out, hn_dialect_get_name (self->type, HN_DIALECT_HYPHEN));
  hn_envelope_append_rest (out, self->payload, sender, room, timestamp);
  g_string_append_c (out, '}');
}

gboolean
hn_envelope_look (HnSlice text, HnDialectType *ret_type, HnSlice *ret_rest)
{
  gsize head = strlen (HEAD);
  HnSlice name = { text.text + MIN (head, text.length) };
  const char *quote;
  HnDialectType type;

  if (!hn_slice_has_prefix (text, HEAD) || text.text[text.length - 1] != '}')
    return FALSE;
  quote = memchr (name.text, '"', text.length - head);
  if (quote == NULL)
    return FALSE;
  name.length = (gsize) (quote - name.text);
  type = hn_dialect_find (name);
  if (type == HN_DIALECT_TYPES)
    return FALSE;
  *ret_type = type;
  *ret_rest = (HnSlice){ quote, (gsize) (text.text + text.length - 1 - quote) };
  return TRUE;
}

gboolean
hn_envelope_is_relayed (HnSlice text)
{
  HnEnvelope envelope = { .type = HN_DIALECT_TYPES };
  HnDialectType type = HN_DIALECT_TYPES;
  HnSlice rest;
  g_autofree char *why = NULL;
  gboolean good = hn_envelope_look (text, &type, &rest) && hn_envelope_read (text.text, text.length, &envelope, &why) == HN_REFUSALS
                  && hn_dialect_who_sends (type) == HN_DIALECT_CLIENT;

  hn_envelope_clear (&envelope);
  return good;
}

/* ---- other makes of servers ---- */

static gboolean
may_be_translated (const Fields *fields, HnDialectType *ret_type)
{
  g_autofree char *why = NULL;

  if (check_fields (fields, &why) != HN_REFUSALS)
    return FALSE;
  *ret_type = find_type (&fields->values[TYPE]);
  return *ret_type != HN_DIALECT_TYPES && *ret_type != HN_DIALECT_ERROR && *ret_type != HN_DIALECT_PONG
         && hn_dialect_who_sends (*ret_type) != HN_DIALECT_PRIVATE;
}

static char *
dup_field (const Fields *fields, guint field)
{
  return fields->there[field] ? g_strndup (fields->values[field].text, fields->values[field].length) : g_strdup ("null");
}

gboolean
hn_envelope_translate (HnSlice text, gint64 utc_us, GString *out, char **ret_sender)
{
  Fields fields;
  g_autofree char *why = NULL, *sender = NULL, *room = NULL;
  HnEnvelope envelope = { .type = HN_DIALECT_TYPES };
  const HnJsonValue *timestamp = &fields.values[TIMESTAMP];

  if (scan (text.text, text.length, &fields, &why) != HN_REFUSALS || !may_be_translated (&fields, &envelope.type))
    return FALSE;
  envelope.payload = (HnSlice){ fields.values[PAYLOAD].text, fields.values[PAYLOAD].length };
  if (fields.there[TIMESTAMP] && timestamp->kind == HN_JSON_STRING && timestamp->length > 2)
    envelope.timestamp = (HnSlice){ timestamp->text, timestamp->length };
  sender = dup_field (&fields, SENDER);
  room = dup_field (&fields, ROOM);
  hn_envelope_write (&envelope, sender, room, utc_us, out);
  *ret_sender = fields.there[SENDER] && fields.values[SENDER].kind == HN_JSON_STRING ? hn_json_value_dup_text (&fields.values[SENDER]) : NULL;
  return TRUE;
}
