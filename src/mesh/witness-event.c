/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: names, fields and hashes are those that the witnesses of such meshes know: `sdp_hash` is the first 16 hex digits of SHA-256 over the SDP, of the empty text where there is none. A candidate that is not
 * told whole is `sha256:` and likewise 16 digits, under the same name. */
#include "mesh/witness-event.h"

#include <string.h>

#define HASH_DIGITS 16
#define DEFAULT_PATH "/api/log"

static void
append_time (GString *out, gint64 utc_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (utc_us / G_USEC_PER_SEC);
  g_autofree char *seconds = g_date_time_format (time, "%Y-%m-%dT%H:%M:%S");

  g_string_append_printf (out, "\"%s.%03dZ\"", seconds, (int) (utc_us % G_USEC_PER_SEC / 1000));
}

/* Up to the first member of its metadata. */
static GString *
begin (const char *event, gint64 utc_us, const char *name, const char *text)
{
  GString *out = g_string_new ("{\"event\":");

  hn_json_append_string (out, event);
  g_string_append (out, ",\"timestamp\":");
  append_time (out, utc_us);
  g_string_append_printf (out, ",\"metadata\":{\"%s\":", name);
  hn_json_append_string (out, text);
  return out;
}

static char *
end (GString *out)
{
  return g_string_free (g_string_append (out, "}}"), FALSE);
}

static void
add_text (GString *out, const char *name, const char *text)
{
  g_string_append_printf (out, ",\"%s\":", name);
  hn_json_append_string (out, text);
}

static char *
counted (const char *event, const char *agent_id, guint total, gint64 utc_us)
{
  GString *out = begin (event, utc_us, "agent_id", agent_id);

  g_string_append_printf (out, ",\"total_agents\":%u", total);
  return end (out);
}

char *
hn_witness_event_started (const char *host, guint port, gint64 utc_us)
{
  GString *out = begin ("signaling_server_started", utc_us, "host", host);

  g_string_append_printf (out, ",\"port\":%u", port);
  return end (out);
}

char *
hn_witness_event_registered (const char *agent_id, guint total, gint64 utc_us)
{
  return counted ("agent_registered", agent_id, total, utc_us);
}

char *
hn_witness_event_disconnected (const char *agent_id, guint total, gint64 utc_us)
{
  return counted ("agent_disconnected", agent_id, total, utc_us);
}

/* ---- what was relayed ---- */

static char *
hash_of (const char *text)
{
  char *digits = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  digits[HASH_DIGITS] = '\0';
  return digits;
}

/* (nullable): the text of a member of the body, if it has one. */
static char *
text_in (const HnJsonValue *body, const char *name)
{
  HnJsonValue value = { 0 };

  if (body->kind != HN_JSON_OBJECT || !hn_json_object_find (body, name, &value) || value.kind != HN_JSON_STRING)
    return NULL;
  return hn_json_value_dup_text (&value);
}

static void
add_description (GString *out, const HnJsonValue *body)
{
  g_autofree char *sdp = text_in (body, "sdp");
  g_autofree char *type = text_in (body, "type");
  g_autofree char *hash = hash_of (sdp != NULL ? sdp : "");

  add_text (out, "sdp_hash", hash);
  if (type != NULL)
    add_text (out, "sdp_type", type);
}

static void
add_candidate (GString *out, const HnJsonValue *body, gboolean whole)
{
  g_autofree char *candidate = text_in (body, "candidate");
  g_autofree char *hash = hash_of (candidate != NULL ? candidate : "");
  g_autofree char *marked = g_strconcat ("sha256:", hash, NULL);

  add_text (out, "candidate", whole && candidate != NULL ? candidate : marked);
}

char *
hn_witness_event_relayed (const HnMeshMessage *message, gboolean whole_candidates, gint64 utc_us)
{
  const char *event = message->kind == HN_MESH_OFFER ? "sdp_offer_relayed" : message->kind == HN_MESH_ANSWER ? "sdp_answer_relayed" : "ice_candidate_relayed";
  GString *out = begin (event, utc_us, "from", message->from);

  add_text (out, "to", message->to);
  if (message->kind == HN_MESH_CANDIDATE)
    add_candidate (out, &message->body, whole_candidates);
  else
    add_description (out, &message->body);
  return end (out);
}

char *
hn_witness_event_url (const char *configured)
{
  const char *authority = strstr (configured, "://");
  const char *rest = authority != NULL ? authority + 3 : configured;
  gsize host = strcspn (rest, "/?#");
  const char *behind = rest + host + (rest[host] == '/');

  if (rest[host] == '/' && *behind != '\0' && *behind != '?' && *behind != '#')
    return g_strdup (configured);
  return g_strdup_printf ("%.*s" DEFAULT_PATH "%s", (int) (rest + host - configured), configured, behind);
}
