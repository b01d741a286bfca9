/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Codec of controller ↔ worker. Reading is strict about types and limits (the sender may be a stranger with a token) and ignores
 * what it does not know (the sender may be newer). Writing leaves out what is not there. */

#include "api/worker-api.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"

#define URL_MAX_BYTES 2048

static const struct {
  HnSessionState state;
  const char *text;
} states[] = {
#define HN_SESSION_STATE_ROW(state, text) { HN_SESSION_##state, text },
  HN_SESSION_STATE_TABLE (HN_SESSION_STATE_ROW)
#undef HN_SESSION_STATE_ROW
};

/* One text member: where it lies in its struct, and how long it may be. */
typedef struct {
  const char *name;
  gsize offset;
  gsize max_bytes;
  gboolean required;
} TextField;

#define TEXT(type, name, field, max, required) { name, G_STRUCT_OFFSET (type, field), max, required }

static const TextField create_request_texts[] = {
  TEXT (HnCreateRequest, "body_ip", body_ip, HN_LIMIT_TEXT_BYTES, TRUE),
  TEXT (HnCreateRequest, "sunshine_user", sunshine_user, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnCreateRequest, "sunshine_pass", sunshine_pass, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnCreateRequest, "experience", experience, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnCreateRequest, "exe_path", exe_path, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnCreateRequest, "district", district, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnCreateRequest, "body", body, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnCreateRequest, "head", head, HN_LIMIT_TEXT_BYTES, FALSE),
};

static const TextField create_reply_texts[] = {
  TEXT (HnCreateReply, "session_id", session_id, HN_LIMIT_TEXT_BYTES, TRUE),
  TEXT (HnCreateReply, "stream_url", stream_url, 2 * URL_MAX_BYTES, TRUE),
  TEXT (HnCreateReply, "stream_path", stream_path, URL_MAX_BYTES, FALSE),
  TEXT (HnCreateReply, "worker_id", worker_id, HN_LIMIT_TEXT_BYTES, FALSE),
};

static const TextField session_texts[] = {
  TEXT (HnSessionReport, "id", id, HN_LIMIT_TEXT_BYTES, TRUE),
  TEXT (HnSessionReport, "worker_id", worker_id, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnSessionReport, "body_ip", body_ip, HN_LIMIT_TEXT_BYTES, TRUE),
  TEXT (HnSessionReport, "stream_path", stream_path, URL_MAX_BYTES, FALSE),
  TEXT (HnSessionReport, "stream_url", stream_url, 2 * URL_MAX_BYTES, FALSE),
  TEXT (HnSessionReport, "experience", experience, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnSessionReport, "district", district, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnSessionReport, "body", body, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnSessionReport, "head", head, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnSessionReport, "end_reason", end_reason, HN_LIMIT_TEXT_BYTES, FALSE),
  TEXT (HnSessionReport, "error", error, 4 * HN_LIMIT_TEXT_BYTES, FALSE),
};

static const TextField worker_texts[] = {
  TEXT (HnWorkerReport, "worker_id", id, HN_LIMIT_TEXT_BYTES, TRUE),
  TEXT (HnWorkerReport, "url", url, URL_MAX_BYTES, TRUE),
  TEXT (HnWorkerReport, "public_url", public_url, URL_MAX_BYTES, FALSE),
  TEXT (HnWorkerReport, "boot_id", boot_id, HN_LIMIT_TEXT_BYTES, TRUE),
  TEXT (HnWorkerReport, "api_token", api_token, HN_LIMIT_TEXT_BYTES, TRUE),
  TEXT (HnWorkerReport, "version", version, HN_LIMIT_TEXT_BYTES, FALSE),
};

static gboolean
read_texts (JsonObject *object, const TextField *fields, gsize n_fields, gpointer into, GError **error)
{
  for (gsize i = 0; i < n_fields; i++) {
    const char *text = NULL;

    if (!hn_json_get_text (object, fields[i].name, fields[i].max_bytes, fields[i].required, &text, error))
      return FALSE;
    G_STRUCT_MEMBER (char *, into, fields[i].offset) = g_strdup (text);
  }
  return TRUE;
}

static void
write_texts (JsonObject *object, const TextField *fields, gsize n_fields, gconstpointer from)
{
  for (gsize i = 0; i < n_fields; i++)
    hn_json_set_text (object, fields[i].name, G_STRUCT_MEMBER (char *, from, fields[i].offset));
}

static void
free_texts (const TextField *fields, gsize n_fields, gpointer of)
{
  for (gsize i = 0; i < n_fields; i++)
    g_clear_pointer (&G_STRUCT_MEMBER (char *, of, fields[i].offset), g_free);
}

static gboolean
refuse (GError **error, const char *name, const char *what)
{
  g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "field '%s' %s", name, what);
  return FALSE;
}

/* Scheme and host at least; no user, query or fragment, which would end up in places where nobody expects them. */
static gboolean
check_url (const char *name, const char *text, GError **error)
{
  g_autoptr (GUri) uri = NULL;

  if (text == NULL)
    return TRUE;
  uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  if (uri == NULL || (g_strcmp0 (g_uri_get_scheme (uri), "http") != 0 && g_strcmp0 (g_uri_get_scheme (uri), "https") != 0)
      || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return refuse (error, name, "must be an http or https URL");
  if (g_uri_get_userinfo (uri) != NULL || g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL)
    return refuse (error, name, "must not have a user, query or fragment");
  return TRUE;
}

static void
strip_final_slashes (char *url)
{
  for (gsize n = url != NULL ? strlen (url) : 0; n > 0 && url[n - 1] == '/'; n--)
    url[n - 1] = '\0';
}

const char *
hn_session_state_to_text (HnSessionState state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (states[i].state == state)
      return states[i].text;
  return "error";
}

gboolean
hn_session_state_from_text (const char *text, HnSessionState *ret_state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    if (g_strcmp0 (states[i].text, text) == 0) {
      *ret_state = states[i].state;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
hn_session_state_is_live (HnSessionState state)
{
  return state != HN_SESSION_STOPPED && state != HN_SESSION_ERROR;
}

HnCreateRequest *
hn_create_request_from_json (JsonObject *object, GError **error)
{
  g_autoptr (HnCreateRequest) self = g_new0 (HnCreateRequest, 1);
  HnAddress address;

  if (!read_texts (object, create_request_texts, G_N_ELEMENTS (create_request_texts), self, error)
      || !hn_json_get_bool (object, "replace", FALSE, &self->replace, error))
    return NULL;
  if (!hn_address_parse (self->body_ip, &address)) {
    refuse (error, "body_ip", "must be an IP address");
    return NULL;
  }
  return g_steal_pointer (&self);
}

gboolean
hn_create_request_take_id (HnCreateRequest *self, JsonObject *object, GError **error)
{
  const char *id = NULL;

  if (!hn_json_get_text (object, "session_id", HN_LIMIT_TEXT_BYTES, FALSE, &id, error))
    return FALSE;
  if (id != NULL && !hn_id_is_valid (id)) {
    refuse (error, "session_id", "must be 32 lower-case hex digits");
    return FALSE;
  }
  g_free (self->session_id);
  self->session_id = g_strdup (id);
  return TRUE;
}

JsonObject *
hn_create_request_to_json (const HnCreateRequest *self)
{
  JsonObject *object = json_object_new ();

  write_texts (object, create_request_texts, G_N_ELEMENTS (create_request_texts), self);
  hn_json_set_text (object, "session_id", self->session_id);
  if (self->replace)
    json_object_set_boolean_member (object, "replace", TRUE);
  return object;
}

HnCreateReply *
hn_create_reply_from_json (JsonObject *object, GError **error)
{
  g_autoptr (HnCreateReply) self = g_new0 (HnCreateReply, 1);

  if (!read_texts (object, create_reply_texts, G_N_ELEMENTS (create_reply_texts), self, error))
    return NULL;
  if (!hn_id_is_valid (self->session_id)) {
    refuse (error, "session_id", "must be 32 lower-case hex digits");
    return NULL;
  }
  return g_steal_pointer (&self);
}

JsonObject *
hn_create_reply_to_json (const HnCreateReply *self)
{
  JsonObject *object = json_object_new ();

  write_texts (object, create_reply_texts, G_N_ELEMENTS (create_reply_texts), self);
  return object;
}

static gboolean
read_session_state (JsonObject *object, HnSessionReport *self, GError **error)
{
  const char *status = NULL;

  if (!hn_json_get_text (object, "status", HN_LIMIT_TEXT_BYTES, TRUE, &status, error))
    return FALSE;
  if (!hn_session_state_from_text (status, &self->state))
    return refuse (error, "status", "is not a state of a session");
  if (!hn_id_is_valid (self->id))
    return refuse (error, "id", "must be 32 lower-case hex digits");
  return TRUE;
}

static gboolean
read_session_times (JsonObject *object, HnSessionReport *self, GError **error)
{
  const char *created = NULL;
  gint64 seconds = 0;
  g_autoptr (GDateTime) when = NULL;

  if (!hn_json_get_text (object, "created_at", HN_LIMIT_TEXT_BYTES, FALSE, &created, error)
      || !hn_json_get_int (object, "age_seconds", 0, G_MAXINT32, FALSE, &seconds, error))
    return FALSE;
  self->age_us = seconds * G_USEC_PER_SEC;
  if (created == NULL)
    return TRUE;
  when = g_date_time_new_from_iso8601 (created, NULL);
  if (when == NULL || g_date_time_to_unix (when) < 0) /* before 1970 nobody had a session, and year 0 cannot be written back */
    return refuse (error, "created_at", "is not a time");
  self->created_utc_us = g_date_time_to_unix (when) * G_USEC_PER_SEC;
  return TRUE;
}

static gboolean
read_mic (JsonObject *object, HnSessionReport *self, GError **error)
{
  JsonObject *mic = NULL;

  if (!hn_json_get_object (object, "mic", FALSE, &mic, error))
    return FALSE;
  if (mic == NULL)
    return TRUE;
  self->mic = hn_mic_report_from_json (mic, error);
  g_prefix_error (error, "mic: ");
  return self->mic != NULL;
}

HnSessionReport *
hn_session_report_from_json (JsonObject *object, GError **error)
{
  g_autoptr (HnSessionReport) self = g_new0 (HnSessionReport, 1);
  gint64 connections = 0;

  if (!read_texts (object, session_texts, G_N_ELEMENTS (session_texts), self, error) || !read_session_state (object, self, error)
      || !read_session_times (object, self, error)
      || !hn_json_get_bool (object, "process_alive", FALSE, &self->process_alive, error)
      || !hn_json_get_bool (object, "data_directory_ok", FALSE, &self->data_directory_ok, error)
      || !hn_json_get_int (object, "active_connections", 0, G_MAXINT32, FALSE, &connections, error)
      || !read_mic (object, self, error))
    return NULL;
  self->active_connections = (guint) connections;
  return g_steal_pointer (&self);
}

JsonObject *
hn_session_report_to_json (const HnSessionReport *self)
{
  JsonObject *object = json_object_new ();
  g_autofree char *created = hn_clock_rfc3339 (self->created_utc_us);
  g_autofree char *age = hn_clock_span (self->age_us);

  write_texts (object, session_texts, G_N_ELEMENTS (session_texts), self);
  json_object_set_string_member (object, "status", hn_session_state_to_text (self->state));
  json_object_set_boolean_member (object, "process_alive", self->process_alive);
  json_object_set_boolean_member (object, "data_directory_ok", self->data_directory_ok);
  json_object_set_int_member (object, "active_connections", self->active_connections);
  json_object_set_string_member (object, "created_at", created);
  json_object_set_string_member (object, "age", age);
  json_object_set_int_member (object, "age_seconds", MAX (self->age_us, 0) / G_USEC_PER_SEC);
  if (self->mic != NULL)
    json_object_set_object_member (object, "mic", hn_mic_report_to_json (self->mic));
  return object;
}

HnSessionReport *
hn_session_report_copy (const HnSessionReport *self)
{
  HnSessionReport *copy = g_memdup2 (self, sizeof *self);

  for (gsize i = 0; i < G_N_ELEMENTS (session_texts); i++)
    G_STRUCT_MEMBER (char *, copy, session_texts[i].offset) = g_strdup (G_STRUCT_MEMBER (char *, self, session_texts[i].offset));
  copy->mic = hn_mic_report_copy (self->mic);
  return copy;
}

static gboolean
read_sessions (JsonObject *object, HnWorkerReport *self, GError **error)
{
  JsonArray *array = NULL;
  guint length;

  if (!hn_json_get_array (object, "sessions", FALSE, &array, error))
    return FALSE;
  length = array != NULL ? json_array_get_length (array) : 0;
  if (length > 2 * HN_LIMIT_SESSIONS_PER_WORKER)
    return refuse (error, "sessions", "has too many elements");
  for (guint i = 0; i < length; i++) {
    JsonObject *element = hn_json_array_get_object (array, i);
    HnSessionReport *session = NULL;

    if (element == NULL)
      return refuse (error, "sessions", "must hold objects only");
    session = hn_session_report_from_json (element, error);
    if (session == NULL) {
      g_prefix_error (error, "session %u: ", i);
      return FALSE;
    }
    g_ptr_array_add (self->sessions, session);
  }
  return TRUE;
}

/* Seconds, since clocks differ. */
static gboolean
read_drain_left (JsonObject *object, gint64 *ret_left_us, GError **error)
{
  gint64 seconds = -1;

  if (!hn_json_get_int (object, "drain_seconds_left", 0, HN_LIMIT_DRAIN_HOURS * 3600, FALSE, &seconds, error))
    return FALSE;
  *ret_left_us = seconds < 0 ? HN_NEVER : hn_seconds ((double) seconds);
  return TRUE;
}

static void
write_drain_left (JsonObject *object, gint64 left_us)
{
  if (left_us != HN_NEVER)
    json_object_set_int_member (object, "drain_seconds_left", (left_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

static gboolean
read_load (JsonObject *object, HnWorkerReport *self, GError **error)
{
  gint64 active = 0, max = 0;

  if (!hn_json_get_int (object, "active_sessions", 0, HN_LIMIT_SESSIONS_PER_WORKER, TRUE, &active, error)
      || !hn_json_get_int (object, "max_sessions", 0, HN_LIMIT_SESSIONS_PER_WORKER, TRUE, &max, error)
      || !hn_json_get_int (object, "boot_utc_us", 0, G_MAXINT64, FALSE, &self->boot_utc_us, error)
      || !hn_json_get_bool (object, "wireguard", FALSE, &self->wireguard, error)
      || !hn_json_get_bool (object, "draining", FALSE, &self->draining, error)
      || !read_drain_left (object, &self->drain_left_us, error)
      || !hn_json_get_bool (object, "leaving", FALSE, &self->leaving, error))
    return FALSE;
  self->active_sessions = (guint) active;
  self->max_sessions = (guint) max;
  return TRUE;
}

HnWorkerReport *
hn_worker_report_from_json (JsonObject *object, GError **error)
{
  g_autoptr (HnWorkerReport) self = hn_worker_report_new ();

  if (!read_texts (object, worker_texts, G_N_ELEMENTS (worker_texts), self, error)
      || (!hn_worker_id_is_valid (self->id) && !refuse (error, "worker_id", HN_WORKER_ID_RULE)) || !check_url ("url", self->url, error)
      || !check_url ("public_url", self->public_url, error) || !read_load (object, self, error)
      || !read_sessions (object, self, error))
    return NULL;
  strip_final_slashes (self->url);
  strip_final_slashes (self->public_url);
  return g_steal_pointer (&self);
}

JsonObject *
hn_worker_report_to_json (const HnWorkerReport *self)
{
  JsonObject *object = json_object_new ();
  JsonArray *sessions = json_array_sized_new (self->sessions->len);

  write_texts (object, worker_texts, G_N_ELEMENTS (worker_texts), self);
  json_object_set_int_member (object, "boot_utc_us", self->boot_utc_us);
  json_object_set_int_member (object, "active_sessions", self->active_sessions);
  json_object_set_int_member (object, "max_sessions", self->max_sessions);
  json_object_set_boolean_member (object, "wireguard", self->wireguard);
  json_object_set_boolean_member (object, "draining", self->draining);
  write_drain_left (object, self->drain_left_us);
  if (self->leaving)
    json_object_set_boolean_member (object, "leaving", TRUE);
  for (guint i = 0; i < self->sessions->len; i++)
    json_array_add_object_element (sessions, hn_session_report_to_json (g_ptr_array_index (self->sessions, i)));
  json_object_set_array_member (object, "sessions", sessions);
  return object;
}

HnHeartbeatReply
hn_heartbeat_reply_from_json (JsonObject *object)
{
  HnHeartbeatReply self = { FALSE, HN_NEVER };

  hn_json_get_bool (object, "drain", FALSE, &self.drain, NULL);
  read_drain_left (object, &self.drain_left_us, NULL);
  return self;
}

JsonObject *
hn_heartbeat_reply_to_json (const HnHeartbeatReply *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "status", "ok");
  json_object_set_boolean_member (object, "drain", self->drain);
  write_drain_left (object, self->drain_left_us);
  return object;
}

HnWorkerReport *
hn_worker_report_new (void)
{
  HnWorkerReport *self = g_new0 (HnWorkerReport, 1);

  self->sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) hn_session_report_free);
  self->drain_left_us = HN_NEVER;
  return self;
}

void
hn_create_request_free (HnCreateRequest *self)
{
  if (self == NULL)
    return;
  free_texts (create_request_texts, G_N_ELEMENTS (create_request_texts), self);
  g_free (self->session_id);
  g_free (self);
}

void
hn_create_reply_free (HnCreateReply *self)
{
  if (self == NULL)
    return;
  free_texts (create_reply_texts, G_N_ELEMENTS (create_reply_texts), self);
  g_free (self);
}

void
hn_session_report_free (HnSessionReport *self)
{
  if (self == NULL)
    return;
  free_texts (session_texts, G_N_ELEMENTS (session_texts), self);
  hn_mic_report_free (self->mic);
  g_free (self);
}

void
hn_worker_report_free (HnWorkerReport *self)
{
  if (self == NULL)
    return;
  free_texts (worker_texts, G_N_ELEMENTS (worker_texts), self);
  g_ptr_array_unref (self->sessions);
  g_free (self);
}
