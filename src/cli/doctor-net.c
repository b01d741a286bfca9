/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libsoup/soup.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/turn-credential.h"
#include "cli/doctor.h"
#include "net/probe.h"
#include "net/turn-probe.h"
#include "worker/turn-userdb-fs.h"

#define ASK_SECONDS 5
#define TURN_SECONDS 5
#define TICKET_SECONDS 60
#define BODY_SECONDS 1
#define SUNSHINE_PORT 47990
#define BODIES_MAX 64

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* A command has nothing else to do than to wait. */
static void
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

HnHttpReply *
hn_doctor_ask (HnDoctor *self, const char *url, const char *token, gboolean any_certificate, GError **error)
{
  HnHttpCall call = { .method = "GET", .url = url, .bearer = token, .timeout_us = hn_seconds (ASK_SECONDS), .fresh = TRUE,
                      .any_certificate = any_certificate };
  g_autoptr (GAsyncResult) result = NULL;

  hn_http_client_call_async (self->client, &call, NULL, on_done, &result);
  wait_for (&result);
  return hn_http_client_call_finish (result, error);
}

/* ---- the controller ---- */

static void
note_clock (HnDoctor *self, const HnHttpReply *reply)
{
  g_autoptr (GDateTime) theirs = NULL;

  if (reply->date == NULL)
    return;
  theirs = soup_date_time_new_from_http_string (reply->date);
  if (theirs != NULL)
    self->clock_offset_us = g_date_time_to_unix (theirs) * G_USEC_PER_SEC - hn_clock_utc_us ();
}

static void
check_controller (HnDoctor *self)
{
  const HnConfig *config = self->config;
  g_autofree char *url = config->controller_url != NULL ? g_strconcat (config->controller_url, "/api/v1/workers", NULL) : NULL;
  g_autofree char *curl = config->controller_url != NULL ? g_strconcat ("curl -v ", config->controller_url, "/api/v1/health", NULL) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = NULL;

  if (url == NULL) {
    hn_findings_add (self->findings, HN_FINDING_WARN, "controller", "set controller.url and controller.token", "no controller.url: this worker serves alone");
    return;
  }
  reply = hn_doctor_ask (self, url, config->controller_token, FALSE, &error);
  if (reply == NULL) {
    hn_findings_add (self->findings, HN_FINDING_FAIL, "controller", curl, "%s is not reached: %s", config->controller_url, error->message);
    return;
  }
  note_clock (self, reply);
  if (reply->status == 200 || reply->status == 403) /* a worker's own token may not list workers */
    hn_findings_add (self->findings, HN_FINDING_OK, "controller", NULL, "%s answers and accepts %s", config->controller_url,
                     reply->status == 200 ? "controller.token" : "this worker's token");
  else if (reply->status == 401)
    hn_findings_add (self->findings, HN_FINDING_FAIL, "controller",
                     "set controller.token to the controller's server.admin_token, or to what hydraneckwebrtc worker-token prints there",
                     "%s does not accept controller.token", config->controller_url);
  else
    hn_findings_add (self->findings, HN_FINDING_FAIL, "controller", curl, "%s answers with status %u: it is no controller", config->controller_url, reply->status);
}

/* ---- TURN ---- */

static const char *
mend_of_turn (const GError *error)
{
  if (g_error_matches (error, HN_ERROR, HN_ERROR_UNAUTHENTICATED) || g_error_matches (error, HN_ERROR, HN_ERROR_DENIED))
    return "compare turn.secret with static-auth-secret= (turn.userdb with userdb=; of rooms rooms.turn_secret), or username and credential in ice_servers with user=, in /etc/turnserver.conf; then systemctl restart coturn";
  if (g_error_matches (error, HN_ERROR, HN_ERROR_LIMIT))
    return "coturn has no relay left: widen min-port and max-port, or its quotas, in /etc/turnserver.conf; then systemctl restart coturn";
  return "systemctl status coturn; ss -lntup | grep 3478; open UDP and TCP 3478 in the firewall";
}

void
hn_doctor_probe_turn (HnDoctor *self, const char *url, const char *username, const char *credential)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnTurnProbeResult) given = NULL;

  hn_turn_probe_async (url, username, credential, hn_seconds (TURN_SECONDS), NULL, on_done, &result);
  wait_for (&result);
  given = hn_turn_probe_finish (result, &error);
  if (given == NULL)
    hn_findings_add (self->findings, HN_FINDING_FAIL, "turn", mend_of_turn (error), "%s", error->message);
  else if (given->is_open)
    hn_findings_add (self->findings, HN_FINDING_FAIL, "turn", "put lt-cred-mech and user= (or use-auth-secret) into /etc/turnserver.conf; then systemctl restart coturn",
                     "%s asks for no password: a relay for everyone", url);
  else
    hn_findings_add (self->findings, HN_FINDING_OK, "turn", NULL, "%s gave a relay at %s:%u within %" G_GINT64_FORMAT " ms", url, given->relayed, given->port,
                     given->rtt_us / 1000);
}

static const char *
text_of (JsonObject *server, const char *name)
{
  const char *text = NULL;

  return hn_json_get_text (server, name, G_MAXUINT, FALSE, &text, NULL) ? text : NULL;
}

/* What is shown to coturn: with turn.secret what a session would show, and its secret stands in coturn's database only while we ask. */
typedef struct {
  char *secret; /* (nullable) */
  char *username;
  char *password;
  HnTurnUserdbFs *userdb; /* (nullable) */
} Ticket;

static void
ticket_clear (Ticket *ticket)
{
  if (ticket->userdb != NULL)
    hn_turn_userdb_fs_remove (ticket->userdb, ticket->secret, NULL);
  hn_turn_userdb_fs_free (ticket->userdb);
  g_free (ticket->secret);
  g_free (ticket->username);
  g_free (ticket->password);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ticket, ticket_clear)

static gboolean
make_ticket (HnDoctor *self, Ticket *ticket)
{
  const HnConfig *config = self->config;
  g_autoptr (HnRandom) random = hn_random_new_system ();
  g_autofree char *session = hn_id_new (random);
  g_autofree char *user = hn_turn_credential_user (config->turn_secret, session);
  g_autofree char *mend = NULL;
  g_autoptr (GError) error = NULL;

  ticket->secret = config->turn_userdb != NULL ? hn_turn_credential_own_secret (config->turn_secret, "doctor", session) : g_strdup (config->turn_secret);
  ticket->username = hn_turn_credential_username (user, hn_clock_utc_us (), hn_seconds (TICKET_SECONDS));
  ticket->password = hn_turn_credential_password (ticket->secret, ticket->username);
  if (config->turn_userdb != NULL)
    ticket->userdb = hn_turn_userdb_fs_open (config->turn_userdb, config->turn_realm, &error);
  if (error == NULL && ticket->userdb != NULL)
    hn_turn_userdb_fs_add (ticket->userdb, ticket->secret, &error);
  if (error == NULL)
    return TRUE;
  mend = g_strdup_printf ("ls -l %s; coturn and the worker must both be able to write it (userdb= in /etc/turnserver.conf)", config->turn_userdb);
  hn_findings_add (self->findings, HN_FINDING_FAIL, "turn", mend, "%s", error->message);
  return FALSE;
}

static void
check_turn (HnDoctor *self)
{
  JsonArray *servers = self->config->ice_servers;
  g_auto (Ticket) ticket = { NULL };

  if (!hn_config_has_turn (self->config)) {
    hn_findings_add (self->findings, HN_FINDING_WARN, "turn", "apt install coturn; add a turn: URL to ice_servers", "no turn: URL in ice_servers: media is not relayed");
    return;
  }
  if (self->config->turn_secret != NULL && !make_ticket (self, &ticket))
    return;
  for (guint i = 0; i < json_array_get_length (servers); i++) {
    JsonObject *server = hn_json_array_get_object (servers, i);
    JsonArray *urls = NULL;

    hn_json_get_array (server, "urls", FALSE, &urls, NULL);
    for (guint k = 0; urls != NULL && k < json_array_get_length (urls); k++) {
      const char *url = json_array_get_string_element (urls, k);

      if (g_str_has_prefix (url, "turn"))
        hn_doctor_probe_turn (self, url, ticket.username != NULL ? ticket.username : text_of (server, "username"),
                              ticket.password != NULL ? ticket.password : text_of (server, "credential"));
    }
  }
}

/* ---- bodies ---- */

static void
probe_body (HnDoctor *self, const char *body)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *mend = g_strdup_printf ("wg show; ping -c 2 -W 3 %s; then Sunshine on the body", body);
  gint64 took_us;

  hn_probe_async (body, SUNSHINE_PORT, hn_seconds (BODY_SECONDS), NULL, on_done, &result);
  wait_for (&result);
  took_us = hn_probe_finish (result, &error);
  if (took_us < 0)
    hn_findings_add (self->findings, HN_FINDING_FAIL, "body", mend, "body %s unreachable on port %d: %s", body, SUNSHINE_PORT, error->message);
  else
    hn_findings_add (self->findings, HN_FINDING_OK, "body", NULL, "body %s answers on port %d within %" G_GINT64_FORMAT " ms", body, SUNSHINE_PORT, took_us / 1000);
}

/* Those of the sessions that a worker has here now. */
static GHashTable *
bodies_of_sessions (HnDoctor *self)
{
  g_autofree char *host = NULL;
  g_autofree char *url = NULL;
  g_autoptr (HnHttpReply) reply = NULL;
  g_autoptr (JsonObject) object = NULL;
  GHashTable *bodies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  JsonArray *sessions = NULL;
  guint16 port = 0;

  if (self->config->server_listen == NULL || !hn_address_split_listen (self->config->server_listen, &host, &port))
    return bodies;
  url = g_strdup_printf ("%s://%s:%u/api/v1/sessions", self->config->server_tls_cert != NULL ? "https" : "http", *host != '\0' && strchr (host, ':') == NULL && !g_str_equal (host, "0.0.0.0") ? host : "127.0.0.1", port);
  reply = hn_doctor_ask (self, url, self->config->server_admin_token, TRUE, NULL);
  object = reply != NULL && reply->status == 200 ? hn_json_parse_object (reply->body, reply->length, NULL) : NULL;
  if (object == NULL || !hn_json_get_array (object, "sessions", FALSE, &sessions, NULL))
    return bodies;
  for (guint i = 0; sessions != NULL && i < json_array_get_length (sessions) && g_hash_table_size (bodies) < BODIES_MAX; i++) {
    JsonObject *session = hn_json_array_get_object (sessions, i);
    const char *body = session != NULL ? text_of (session, "body_ip") : NULL;

    if (body != NULL)
      g_hash_table_add (bodies, g_strdup (body));
  }
  return bodies;
}

static void
check_bodies (HnDoctor *self)
{
  g_autoptr (GHashTable) bodies = bodies_of_sessions (self);
  g_autoptr (GList) list = NULL;

  for (guint i = 0; self->bodies != NULL && self->bodies[i] != NULL; i++)
    g_hash_table_add (bodies, g_strdup (self->bodies[i]));
  list = g_list_sort (g_hash_table_get_keys (bodies), (GCompareFunc) strcmp);
  for (GList *l = list; l != NULL; l = l->next)
    probe_body (self, l->data);
}

void
hn_doctor_net (HnDoctor *self)
{
  if (self->mode == HN_MODE_WORKER) {
    check_controller (self);
    check_turn (self);
  }
  if (self->mode == HN_MODE_WORKER || self->bodies != NULL)
    check_bodies (self);
}
