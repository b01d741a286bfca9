/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A slot is taken from the moment a create is accepted. One session per body: an older one without a socket is replaced, one with a socket is
 * kept and the create is refused. */
#include "sim/fakes/swarm/worker.h"

#include <stdarg.h>
#include <string.h>

#include "base/id.h"
#include "sim/fakes/body/json.h"
#include "sim/fakes/swarm/frame.h"

#define FAULT(NAME, name, kind, what) { #name, SIM_FAULT_##kind, what },
const SimFaultRow sim_swarm_faults[SIM_SWARM_FAULTS] = {
#include "sim/fakes/swarm/faults-list.h"
};
#undef FAULT

#define API "/api/v1/sessions"
#define PREFIX "/session/"
#define SOCKET "api/host/stream"

/* ---- JSON, written by hand: a swarm sends thousands of heartbeats a second ---- */

static void
add_text (GString *out, const char *name, const char *value)
{
  g_string_append_printf (out, "\"%s\":\"", name);
  for (const char *at = value; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      g_string_append_printf (out, "\\%c", *at);
    else if ((guchar)*at < 0x20)
      g_string_append_printf (out, "\\u%04x", (guint)(guchar)*at);
    else
      g_string_append_c (out, *at);
  }
  g_string_append (out, "\",");
}

static void
add_count (GString *out, const char *name, gint64 value)
{
  g_string_append_printf (out, "\"%s\":%" G_GINT64_FORMAT ",", name, value);
}

static void
add_flag (GString *out, const char *name, gboolean value)
{
  g_string_append_printf (out, "\"%s\":%s,", name, value ? "true" : "false");
}

/* Takes back the last comma. */
static void
close_with (GString *out, const char *bracket)
{
  if (out->len > 0 && out->str[out->len - 1] == ',')
    g_string_truncate (out, out->len - 1);
  g_string_append (out, bracket);
}

static const char *
status_of (const SimSession *session)
{
  if (!session->ready)
    return "pairing";
  return session->sockets > 0 ? "active" : session->was_active ? "idle" : "ready";
}

static void
add_session (GString *out, const SimWorker *self, const SimSession *session, gint64 utc_us)
{
  g_autoptr (GDateTime) created = g_date_time_new_from_unix_utc (session->created_utc_us / G_USEC_PER_SEC);
  g_autofree char *created_text = g_date_time_format (created, "%Y-%m-%dT%H:%M:%SZ");
  gint64 age = MAX (utc_us - session->created_utc_us, 0) / G_USEC_PER_SEC;

  g_string_append_c (out, '{');
  add_text (out, "id", session->id);
  add_text (out, "worker_id", self->id);
  add_text (out, "body_ip", session->body_ip);
  if (session->experience != NULL)
    add_text (out, "experience", session->experience);
  if (session->ready)
    g_string_append_printf (out, "\"stream_path\":\"" PREFIX "%s/stream.html?hostId=1&appId=1\",", session->id);
  add_text (out, "status", status_of (session));
  add_flag (out, "process_alive", TRUE);
  add_flag (out, "data_directory_ok", TRUE);
  add_count (out, "active_connections", session->sockets);
  add_text (out, "created_at", created_text);
  add_count (out, "age_seconds", age);
  close_with (out, "},");
}

static void
add_sessions (GString *out, const SimWorker *self, gint64 utc_us)
{
  GHashTableIter iter;
  gpointer value;

  g_string_append (out, "\"sessions\":[");
  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    add_session (out, self, value, utc_us);
  close_with (out, "]");
}

char *
sim_worker_heartbeat (const SimWorker *self, const char *id, gint64 utc_us)
{
  GString *out = g_string_new ("{");
  guint taken = g_hash_table_size (self->sessions);
  gboolean is_own = g_str_equal (id, self->id);

  add_text (out, "worker_id", id);
  g_string_append_printf (out, "\"url\":\"http://%s:%u\",", self->host, self->port);
  add_text (out, "boot_id", self->boot_id);
  add_count (out, "boot_utc_us", is_own ? self->boot_utc_us : utc_us);
  add_text (out, "api_token", self->api_token);
  add_text (out, "version", "fake");
  add_count (out, "active_sessions", self->faults[SIM_SWARM_FAULT_CLAIM_IDLE] ? 0 : taken);
  add_count (out, "max_sessions", self->faults[SIM_SWARM_FAULT_CLAIM_SLOTS] ? self->faults[SIM_SWARM_FAULT_CLAIM_SLOTS] : self->slots);
  add_flag (out, "wireguard", TRUE);
  if (self->faults[SIM_SWARM_FAULT_CLAIM_IDLE])
    g_string_append (out, "\"sessions\":[]");
  else
    add_sessions (out, self, utc_us);
  close_with (out, "}");
  return g_string_free (out, FALSE);
}

/* ---- answers ---- */

static void G_GNUC_PRINTF (3, 4)
refuse (SimDo *ret_do, guint status, const char *format, ...)
{
  g_autoptr (GString) out = g_string_new ("{");
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  add_text (out, "error", message);
  add_count (out, "code", status);
  close_with (out, "}");
  ret_do->kind = SIM_DO_ANSWER;
  ret_do->status = status;
  ret_do->text = g_strdup (out->str);
}

static void
refuse_as_told (const SimWorker *self, const char *body_ip, SimDo *ret_do)
{
  switch (self->faults[SIM_SWARM_FAULT_REFUSE_STATUS]) {
  case 502:
    refuse (ret_do, 502, "body %s unreachable on port 47990", body_ip);
    break;
  case 504:
    refuse (ret_do, 504, "pairing timeout");
    break;
  default:
    refuse (ret_do, self->faults[SIM_SWARM_FAULT_REFUSE_STATUS], "max sessions reached");
  }
}

/* ---- sessions ---- */

static void
session_free (gpointer data)
{
  SimSession *self = data;

  g_free (self->id);
  g_free (self->body_ip);
  g_free (self->experience);
  g_free (self);
}

SimSession *
sim_worker_find (const SimWorker *self, const char *session_id)
{
  return g_hash_table_lookup (self->sessions, session_id);
}

gboolean
sim_worker_remove (SimWorker *self, const char *session_id)
{
  return g_hash_table_remove (self->sessions, session_id);
}

static SimSession *
find_body (const SimWorker *self, const char *body_ip)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (g_str_equal (((SimSession *)value)->body_ip, body_ip))
      return value;
  return NULL;
}

char *
sim_worker_created (SimWorker *self, SimSession *session)
{
  session->ready = TRUE;
  return g_strdup_printf ("{\"session_id\":\"%s\",\"stream_url\":\"http://%s:%u" PREFIX "%s/stream.html?hostId=1&appId=1\","
                          "\"stream_path\":\"" PREFIX "%s/stream.html?hostId=1&appId=1\",\"worker_id\":\"%s\"}",
                          session->id, self->host, self->port, session->id, session->id, self->id);
}

/* Makes room on the body, or refuses. */
static gboolean
free_body (SimWorker *self, const char *body_ip, JsonObject *wanted, SimDo *ret_do)
{
  SimSession *older = find_body (self, body_ip);
  JsonNode *replace = json_object_get_member (wanted, "replace");
  gboolean by_force = replace != NULL && JSON_NODE_HOLDS_VALUE (replace) && json_node_get_boolean (replace);

  if (older == NULL)
    return TRUE;
  if (older->sockets > 0 && !by_force) {
    refuse (ret_do, 409, "body %s already in use by session %.8s", body_ip, older->id);
    return FALSE;
  }
  ret_do->ended = g_strdup (older->id);
  sim_worker_remove (self, ret_do->ended);
  return TRUE;
}

static void
create (SimWorker *self, const char *body, gsize length, gint64 utc_us, SimDo *ret_do)
{
  g_autoptr (JsonObject) wanted = sim_json_parse_object (body, length, NULL);
  const char *body_ip = sim_json_string (wanted, "body_ip");
  SimSession *session;

  if (body_ip == NULL) {
    refuse (ret_do, 400, "field 'body_ip' is missing");
    return;
  }
  if (self->faults[SIM_SWARM_FAULT_REFUSE_STATUS] != 0) {
    refuse_as_told (self, body_ip, ret_do);
    return;
  }
  if (!free_body (self, body_ip, wanted, ret_do))
    return;
  if (g_hash_table_size (self->sessions) >= self->slots) {
    refuse (ret_do, 503, "max sessions reached");
    return;
  }
  session = g_new0 (SimSession, 1);
  session->id = hn_id_new (self->random);
  session->body_ip = g_strdup (body_ip);
  session->experience = g_strdup (sim_json_string (wanted, "experience"));
  session->created_utc_us = utc_us;
  g_hash_table_insert (self->sessions, session->id, session);
  ret_do->kind = self->faults[SIM_SWARM_FAULT_CUT_CREATE] ? SIM_DO_CUT : SIM_DO_CREATE;
  ret_do->session = session;
  ret_do->changed = TRUE;
}

/* ---- requests ---- */

static gboolean
is_controller (const SimWorker *self, const HnHttpHead *head)
{
  const HnHttpField *field = hn_http_head_find (head, "Authorization");
  g_autofree char *value = field != NULL ? hn_slice_dup (field->value) : NULL;

  return !self->faults[SIM_SWARM_FAULT_WRONG_TOKEN] && value != NULL && g_str_has_prefix (value, "Bearer ")
         && g_str_equal (value + strlen ("Bearer "), self->api_token);
}

static void
handle_all (SimWorker *self, const HnHttpHead *head, const char *body, gsize length, gint64 utc_us, SimDo *ret_do)
{
  g_autoptr (GString) out = NULL;

  if (hn_slice_equal (head->method, "POST")) {
    create (self, body, length, utc_us, ret_do);
    return;
  }
  if (!hn_slice_equal (head->method, "GET")) {
    refuse (ret_do, 405, "method not allowed");
    return;
  }
  out = g_string_new ("{");
  add_sessions (out, self, utc_us);
  close_with (out, "}");
  ret_do->status = 200;
  ret_do->text = g_strdup (out->str);
}

static void
handle_one (SimWorker *self, const HnHttpHead *head, const char *id, gint64 utc_us, SimDo *ret_do)
{
  const SimSession *session = sim_worker_find (self, id);
  g_autoptr (GString) out = g_string_new (NULL);

  if (session == NULL) {
    refuse (ret_do, 404, "session not found");
  } else if (hn_slice_equal (head->method, "DELETE")) {
    ret_do->ended = g_strdup (id);
    sim_worker_remove (self, ret_do->ended);
    ret_do->changed = TRUE;
    ret_do->status = 200;
    ret_do->text = g_strdup_printf ("{\"session_id\":\"%s\",\"status\":\"stopped\"}", id);
  } else {
    add_session (out, self, session, utc_us);
    close_with (out, "");
    ret_do->status = 200;
    ret_do->text = g_strdup (out->str);
  }
}

/* `feed_kbit=N` in the query. */
static guint
feed_of (const HnHttpHead *head)
{
  g_autofree char *target = hn_slice_dup (head->target);
  const char *at = strstr (target, "feed_kbit=");

  return at != NULL ? (guint)CLAMP (g_ascii_strtoll (at + strlen ("feed_kbit="), NULL, 10), 0, 1000000) : 0;
}

static void
handle_page (SimWorker *self, const HnHttpHead *head, const char *rest, SimDo *ret_do)
{
  const char *slash = strchr (rest, '/');
  g_autofree char *id = g_strndup (rest, slash != NULL ? (gsize)(slash - rest) : strlen (rest));
  SimSession *session = sim_worker_find (self, id);
  const HnHttpField *key = hn_http_head_find (head, "Sec-WebSocket-Key");
  g_autofree char *key_text = key != NULL ? hn_slice_dup (key->value) : NULL;

  if (session == NULL || !session->ready || slash == NULL) {
    refuse (ret_do, 404, "session not found");
  } else if (g_str_equal (slash + 1, SOCKET)) {
    if (!head->upgrade_websocket || key_text == NULL) {
      refuse (ret_do, 400, "a WebSocket is expected");
      return;
    }
    ret_do->kind = SIM_DO_SOCKET;
    ret_do->session = session;
    ret_do->accept = sim_frame_accept (key_text);
    ret_do->feed_kbit = feed_of (head);
  } else {
    ret_do->page = sim_pages_find (self->pages, slash + 1);
    ret_do->status = 200;
    if (ret_do->page == NULL)
      refuse (ret_do, 404, "not found");
  }
}

void
sim_worker_handle (SimWorker *self, const HnHttpHead *head, const char *body, gsize length, gint64 utc_us, SimDo *ret_do)
{
  g_autofree char *path = hn_slice_dup (head->path);

  *ret_do = (SimDo){ .kind = SIM_DO_ANSWER };
  if (self->faults[SIM_SWARM_FAULT_HANG])
    ret_do->kind = SIM_DO_NOTHING;
  else if (g_str_has_prefix (path, PREFIX))
    handle_page (self, head, path + strlen (PREFIX), ret_do);
  else if (!g_str_has_prefix (path, API))
    refuse (ret_do, 404, "not found");
  else if (!is_controller (self, head))
    refuse (ret_do, 401, "unauthorized");
  else if (path[strlen (API)] == '\0')
    handle_all (self, head, body, length, utc_us, ret_do);
  else
    handle_one (self, head, path + strlen (API) + 1, utc_us, ret_do);
}

void
sim_do_clear (SimDo *self)
{
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->accept, g_free);
  g_clear_pointer (&self->ended, g_free);
}

/* ---- life ---- */

JsonObject *
sim_worker_json (const SimWorker *self)
{
  JsonObject *object = json_object_new ();
  JsonArray *sessions = json_array_new ();
  GHashTableIter iter;
  gpointer value;

  json_object_set_int_member (object, "number", self->number);
  json_object_set_string_member (object, "id", self->id);
  json_object_set_string_member (object, "host", self->host);
  json_object_set_int_member (object, "port", self->port);
  json_object_set_string_member (object, "boot_id", self->boot_id);
  json_object_set_int_member (object, "slots", self->slots);
  json_object_set_object_member (object, "faults", sim_faults_json (sim_swarm_faults, SIM_SWARM_FAULTS, self->faults));
  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const SimSession *session = value;
    JsonObject *one = json_object_new ();

    json_object_set_string_member (one, "id", session->id);
    json_object_set_string_member (one, "body_ip", session->body_ip);
    json_object_set_string_member (one, "status", status_of (session));
    json_object_set_int_member (one, "sockets", session->sockets);
    json_array_add_object_element (sessions, one);
  }
  json_object_set_array_member (object, "sessions", sessions);
  return object;
}

void
sim_worker_restart (SimWorker *self, gint64 utc_us)
{
  g_free (self->boot_id);
  g_free (self->api_token);
  self->boot_id = hn_random_hex (self->random, 8);
  self->api_token = hn_random_hex (self->random, 16);
  self->boot_utc_us = utc_us;
  g_hash_table_remove_all (self->sessions);
}

SimWorker *
sim_worker_new (guint number, const char *host, guint16 port, guint slots, HnRandom *random, const SimPages *pages, gint64 utc_us)
{
  SimWorker *self = g_new0 (SimWorker, 1);

  self->number = number;
  self->id = g_strdup_printf ("fake-%u", number);
  self->host = g_strdup (host);
  self->port = port;
  self->slots = slots;
  self->random = random;
  self->pages = pages;
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, session_free);
  sim_worker_restart (self, utc_us);
  return self;
}

void
sim_worker_free (SimWorker *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->sessions);
  g_free (self->id);
  g_free (self->host);
  g_free (self->boot_id);
  g_free (self->api_token);
  g_free (self);
}
