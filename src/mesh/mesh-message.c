/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules, all but the last two those of the server that agents were written for: a message is an object with a `type`; one of another type, or no object at all, is not answered; a field counts as missing when
 * JavaScript calls its value false; of fields that are given twice the last counts; what is missing is said by one text for each type. Ours: names are texts; an id is short and can be seen. */
#include "mesh/mesh-message.h"

#include <string.h>

#include "base/limits.h"

#define DETAIL_BYTES 160 /* of what an error quotes */

typedef struct {
  const char *type;
  const char *label;
  HnMeshKind kind;
  const char *wrong; /* (nullable): of a relayed one that lacks something */
} Row;

static const Row rows[] = {
  { "register", "register", HN_MESH_REGISTER, NULL },
  { "offer", "offer", HN_MESH_OFFER, "Error: Invalid offer message" },
  { "answer", "answer", HN_MESH_ANSWER, "Error: Invalid answer message" },
  { "ice-candidate", "ice_candidate", HN_MESH_CANDIDATE, "Error: Invalid ICE candidate message" },
};

/* Which members of a message are looked at. */
typedef enum { TYPE, AGENT_ID, FROM, TO, OFFER, ANSWER, CANDIDATE, FIELDS } Field;

static const char *const field_names[FIELDS] = { "type", "agent_id", "from", "to", "offer", "answer", "candidate" };

static const struct {
  const char *code;
  const char *label;
  const char *before;
  const char *behind;
} errors[] = {
#define ERROR_ROW(code, label, before, behind) { #code, #label, before, behind },
  HN_MESH_ERROR_TABLE (ERROR_ROW)
#undef ERROR_ROW
};

/* ---- reading ---- */

static gboolean
is_zero (const HnJsonValue *number)
{
  g_autofree char *text = g_strndup (number->text, number->length);

  return g_ascii_strtod (text, NULL) == 0;
}

/* Also of one that was not given: its text is NULL. */
static gboolean
is_false (const HnJsonValue *value)
{
  if (value->text == NULL)
    return TRUE;
  switch (value->kind) {
  case HN_JSON_NULL:
  case HN_JSON_FALSE:
    return TRUE;
  case HN_JSON_NUMBER:
    return is_zero (value);
  case HN_JSON_STRING:
    return value->length == strlen ("\"\"");
  case HN_JSON_TRUE:
  case HN_JSON_ARRAY:
  case HN_JSON_OBJECT:
    return FALSE;
  }
  return TRUE;
}

static void
find_fields (const HnJsonValue *object, HnJsonValue *fields)
{
  HnJsonMember member;
  gsize position = 0;

  while (hn_json_object_next (object, &position, &member))
    for (guint i = 0; i < FIELDS; i++)
      if (hn_json_value_equals (&member.name, field_names[i])) {
        fields[i] = member.value;
        break;
      }
}

static const Row *
row_of_type (const HnJsonValue *type)
{
  if (type->text == NULL || type->kind != HN_JSON_STRING)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (hn_json_value_equals (type, rows[i].type))
      return &rows[i];
  return NULL;
}

static Field
body_of (HnMeshKind kind)
{
  return kind == HN_MESH_OFFER ? OFFER : kind == HN_MESH_ANSWER ? ANSWER : CANDIDATE;
}

static char *
text_of (const HnJsonValue *value)
{
  return value->text != NULL && value->kind == HN_JSON_STRING ? hn_json_value_dup_text (value) : NULL;
}

static void
is_wrong (HnMeshMessage *message, HnMeshError error, const char *detail)
{
  message->kind = HN_MESH_WRONG;
  message->error = error;
  message->detail = g_strdup (detail);
}

static void
read_register (const HnJsonValue *fields, HnMeshMessage *message)
{
  if (is_false (&fields[AGENT_ID])) {
    is_wrong (message, HN_MESH_ERROR_MISSING_AGENT_ID, NULL);
    return;
  }
  message->agent_id = text_of (&fields[AGENT_ID]);
  if (message->agent_id == NULL || !hn_mesh_message_is_agent_id (message->agent_id))
    is_wrong (message, HN_MESH_ERROR_INVALID_AGENT_ID, NULL);
}

static void
read_relayed (const HnJsonValue *fields, const Row *row, HnMeshMessage *message)
{
  message->from = text_of (&fields[FROM]);
  message->to = text_of (&fields[TO]);
  message->body = fields[body_of (row->kind)];
  if (is_false (&fields[FROM]) || is_false (&fields[TO]) || is_false (&message->body) || message->from == NULL || message->to == NULL)
    is_wrong (message, HN_MESH_ERROR_INVALID_MESSAGE, row->wrong);
}

static void
read_value (const HnJsonValue *value, HnMeshMessage *message)
{
  HnJsonValue fields[FIELDS] = { { 0 } };
  const Row *row;

  if (value->kind == HN_JSON_NULL)
    is_wrong (message, HN_MESH_ERROR_INVALID_MESSAGE, "TypeError: Cannot read properties of null (reading 'type')");
  if (value->kind != HN_JSON_OBJECT)
    return;
  find_fields (value, fields);
  row = row_of_type (&fields[TYPE]);
  if (row == NULL)
    return;
  message->kind = row->kind;
  if (row->kind == HN_MESH_REGISTER)
    read_register (fields, message);
  else
    read_relayed (fields, row, message);
}

void
hn_mesh_message_read (const char *text, gsize length, HnMeshMessage *ret_message)
{
  g_autoptr (GError) error = NULL;
  HnJsonValue value = { 0 };

  *ret_message = (HnMeshMessage){ .kind = HN_MESH_IGNORED };
  if (hn_json_scan (text, length, HN_LIMIT_JSON_DEPTH, &value, &error))
    read_value (&value, ret_message);
  else
    is_wrong (ret_message, HN_MESH_ERROR_INVALID_JSON, error->message);
}

void
hn_mesh_message_clear (HnMeshMessage *self)
{
  g_clear_pointer (&self->agent_id, g_free);
  g_clear_pointer (&self->from, g_free);
  g_clear_pointer (&self->to, g_free);
  g_clear_pointer (&self->detail, g_free);
}

/* ---- names ---- */

static const Row *
row_of_kind (HnMeshKind kind)
{
  guint i = 0;

  while (i + 1 < G_N_ELEMENTS (rows) && rows[i].kind != kind)
    i++;
  return &rows[i];
}

const char *
hn_mesh_message_kind_name (HnMeshKind kind)
{
  return row_of_kind (kind)->type;
}

const char *
hn_mesh_message_kind_label (HnMeshKind kind)
{
  return row_of_kind (kind)->label;
}

const char *
hn_mesh_message_error_label (HnMeshError error)
{
  return errors[error].label;
}

gboolean
hn_mesh_message_is_agent_id (const char *text)
{
  if (*text == '\0' || strlen (text) > HN_LIMIT_MESH_ID_BYTES)
    return FALSE;
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (!g_unichar_isprint (c) || g_unichar_isspace (c))
      return FALSE;
  }
  return TRUE;
}

/* ---- writing ---- */

/* `{"type":"…","name":"text"` */
static GString *
begin (const char *type, const char *name, const char *text)
{
  GString *out = g_string_new ("{\"type\":\"");

  g_string_append_printf (out, "%s\",\"%s\":", type, name);
  hn_json_append_string (out, text);
  return out;
}

GString *
hn_mesh_message_relayed_head (const HnMeshMessage *self)
{
  GString *out = begin (hn_mesh_message_kind_name (self->kind), "from", self->from);

  g_string_append (out, ",\"to\":");
  hn_json_append_string (out, self->to);
  g_string_append_printf (out, ",\"%s\":", field_names[body_of (self->kind)]);
  return out;
}

GString *
hn_mesh_message_registered (const char *agent_id, const GPtrArray *others)
{
  GString *out = begin ("registered", "agent_id", agent_id);

  g_string_append (out, ",\"connected_agents\":[");
  for (guint i = 0; i < others->len; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    hn_json_append_string (out, g_ptr_array_index (others, i));
  }
  return g_string_append (out, "]}");
}

GString *
hn_mesh_message_joined (const char *agent_id)
{
  return g_string_append_c (begin ("agent-joined", "agent_id", agent_id), '}');
}

GString *
hn_mesh_message_left (const char *agent_id)
{
  return g_string_append_c (begin ("agent-left", "agent_id", agent_id), '}');
}

/* At the border of a character. */
static char *
shortened (const char *text)
{
  gsize length = strlen (text);

  if (length <= DETAIL_BYTES)
    return g_strdup (text);
  length = (gsize) (g_utf8_find_prev_char (text, text + DETAIL_BYTES + 1) - text);
  return g_strdup_printf ("%.*s…", (int) length, text);
}

GString *
hn_mesh_message_error (HnMeshError error, const char *detail)
{
  g_autofree char *quoted = shortened (detail != NULL ? detail : "");
  g_autofree char *text = g_strconcat (errors[error].before, quoted, errors[error].behind, NULL);
  GString *out = begin ("error", "message", text);

  g_string_append_printf (out, ",\"code\":\"%s\"}", errors[error].code);
  return out;
}
