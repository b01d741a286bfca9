/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/turn-io.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/turn-credential.h"
#include "worker/ice-servers-json.h"
#include "worker/turn-cli-tcp.h"
#include "worker/turn-userdb-fs.h"

struct _HnTurnIo {
  const HnConfig *config;
  char *worker_id;
  HnTurnUserdbFs *userdb; /* (nullable) */
  GCancellable *leaving;
};

static gboolean
issues (HnTurnIo *self)
{
  return self->config->turn_secret != NULL;
}

/* Whose credentials coturn believes: the session's own secret, or the one of all. */
static char *
secret_of (HnTurnIo *self, const char *session_id)
{
  if (self->userdb == NULL)
    return g_strdup (self->config->turn_secret);
  return hn_turn_credential_own_secret (self->config->turn_secret, self->worker_id, session_id);
}

static HnIceTicket *
ticket_of (HnTurnIo *self, const char *session_id)
{
  HnIceTicket *ticket = g_new0 (HnIceTicket, 1);

  ticket->secret = secret_of (self, session_id);
  ticket->user = hn_turn_credential_user (self->config->turn_secret, session_id);
  ticket->ttl_us = self->config->turn_ttl;
  ticket->urls = hn_ice_servers_json_turn_urls (self->config->ice_servers);
  return ticket;
}

void
hn_turn_io_begin (HnTurnIo *self, const char *session_id)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *secret = NULL;
  g_autofree char *user = NULL;

  if (!issues (self))
    return;
  user = hn_turn_credential_user (self->config->turn_secret, session_id);
  hn_debug ("turn", session_id, "known to coturn as user=%s", user);
  if (self->userdb == NULL)
    return;
  secret = secret_of (self, session_id);
  if (!hn_turn_userdb_fs_add (self->userdb, secret, &error))
    hn_warning ("turn", session_id, "will be given no relay: %s", error->message);
}

/* ---- the end of a session ---- */

static void
on_relays_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree char *session_id = data;
  g_autoptr (GError) error = NULL;
  gssize count = hn_turn_cli_tcp_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (error != NULL) {
    hn_warning ("turn", session_id, "its relays were not ended, they time out by themselves: coturn's command line: %s", error->message);
    return;
  }
  hn_metrics_add (HN_METRIC_TURN_RELAYS_ENDED, NULL, count);
  if (count > 0)
    hn_info ("turn", session_id, "ended its relays count=%zd", count);
}

void
hn_turn_io_end (HnTurnIo *self, const char *session_id)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *user = NULL;

  if (!issues (self))
    return;
  if (self->userdb != NULL) {
    g_autofree char *secret = secret_of (self, session_id);

    if (!hn_turn_userdb_fs_remove (self->userdb, secret, &error))
      hn_warning ("turn", session_id, "its credentials stay good until they expire: %s", error->message);
  }
  if (self->config->turn_cli == NULL || self->config->turn_cli_password == NULL)
    return;
  user = hn_turn_credential_user (self->config->turn_secret, session_id);
  hn_turn_cli_tcp_async (self->config->turn_cli, self->config->turn_cli_password, user, self->leaving, on_relays_ended, g_strdup (session_id));
}

/* ---- what is handed out ---- */

char *
hn_turn_io_ticket (HnTurnIo *self, const char *session_id)
{
  g_autoptr (HnIceTicket) ticket = issues (self) ? ticket_of (self, session_id) : NULL;

  return ticket != NULL && json_array_get_length (ticket->urls) > 0 ? hn_ice_servers_json_write_ticket (ticket) : NULL;
}

JsonArray *
hn_turn_io_fixed_servers (HnTurnIo *self)
{
  return issues (self) ? hn_ice_servers_json_without_turn (self->config->ice_servers) : json_array_ref (self->config->ice_servers);
}

JsonArray *
hn_turn_io_servers (HnTurnIo *self, const char *session_id)
{
  JsonArray *servers = hn_turn_io_fixed_servers (self);
  g_autoptr (HnIceTicket) ticket = NULL;
  g_autoptr (JsonArray) issued = NULL;

  if (!issues (self))
    return servers;
  ticket = ticket_of (self, session_id);
  issued = hn_ice_servers_json_issue (ticket, hn_clock_utc_us ());
  for (guint i = 0; i < json_array_get_length (issued); i++)
    json_array_add_element (servers, json_array_dup_element (issued, i));
  return servers;
}

/* ---- set-up ---- */

void
hn_turn_io_warn (const HnConfig *config)
{
  gboolean is_static = hn_ice_servers_json_has_static (config->ice_servers);

  if (is_static && config->turn_secret == NULL)
    hn_warning ("turn", NULL, "WARNING: static TURN credentials in ice_servers: whoever has seen them once has a relay for ever; see turn.secret");
  if (is_static && config->turn_secret != NULL)
    hn_warning ("turn", NULL, "the TURN credentials in ice_servers are not used: turn.secret makes its own");
  if (config->turn_secret == NULL && (config->turn_userdb != NULL || config->turn_cli != NULL))
    hn_warning ("turn", NULL, "turn.userdb and turn.cli do nothing without turn.secret");
}

HnTurnIo *
hn_turn_io_new (const HnConfig *config, const char *worker_id, GError **error)
{
  g_autoptr (HnTurnIo) self = g_new0 (HnTurnIo, 1);

  self->config = config;
  self->worker_id = g_strdup (worker_id);
  self->leaving = g_cancellable_new ();
  if (config->turn_secret != NULL && config->turn_userdb != NULL) {
    g_autofree char *prefix = hn_turn_credential_worker_prefix (config->turn_secret, worker_id);

    self->userdb = hn_turn_userdb_fs_open (config->turn_userdb, config->turn_realm, error);
    if (self->userdb == NULL || !hn_turn_userdb_fs_purge (self->userdb, prefix, error))
      return NULL;
  }
  return g_steal_pointer (&self);
}

void
hn_turn_io_free (HnTurnIo *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->leaving);
  g_object_unref (self->leaving);
  hn_turn_userdb_fs_free (self->userdb);
  g_free (self->worker_id);
  g_free (self);
}
