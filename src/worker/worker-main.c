/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/worker-main.h"

#include <string.h>
#include <unistd.h>

#include "base/build.h"
#include "api/session-news.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/doors-http.h"
#include "net/timer.h"
#include "worker/heartbeat-http.h"
#include "worker/ended-fs.h"
#include "worker/note-json.h"
#include "worker/own-address-udp.h"
#include "worker/predecessor-io.h"
#include "worker/records-io.h"
#include "worker/session-fs.h"
#include "worker/turn-health-io.h"
#include "worker/unpair-http.h"
#include "worker/wireguard-fs.h"
#include "worker/worker-http.h"

#define ANYWHERE "192.0.2.1" /* what leads to it leads to the Internet (RFC 5737); nothing is sent */
#define HEARTBEAT_SECONDS 30
#define CHECK_SECONDS 30
#define WIREGUARD_SECONDS 5
#define KEEP_ERROR_SECONDS 300
#define STOP_SECONDS 20
#define RECORDS_SECONDS 2
#define LAST_BEAT_SECONDS 1
#define TOKEN_RANDOM_BYTES 32
#define HOST_PART_BYTES 58 /* of the default id: with `:65535` it is as long as an id may be */

struct _HnWorker {
  const HnConfig *config;
  HnWorkerPlace place;
  char *id;
  char *url;
  char *public_url; /* (nullable) */
  char *loopback;
  char *boot_id;
  char *api_token;
  gint64 started_us;
  gint64 started_utc_us;
  guint16 port;
  GArray *own_addresses;
  GArray *trusted;
  HnRandom *random;
  HnPoller *poller;
  HnHttpClient *client;
  HnRecordsIo *records;
  HnUnpairHttp *unpair;
  HnTurnIo *turn;
  HnTurnHealthIo *turn_health;
  HnSessionsIo *sessions;
  HnMicIo *mics;
  HnEventStream *stream;
  HnSessionNews *news;
  HnWorkerHttp *http;
  HnDoorsHttp *doors;
  HnFront *front; /* the door with the sessions */
  HnHeartbeatHttp *heartbeat; /* (nullable) */
  HnTimer *check_timer;
  HnTimer *wireguard_timer;
  HnTimer *stop_timer;
  gboolean stopping;
  gboolean leaving;
  gboolean held;
  gboolean wireguard;
  int lock; /* on sessions.data_dir, or -1 */
  gint64 records_until_us;
  const HnWorkerEvents *events;
  gpointer user_data;
};

static gint64
scaled (HnWorker *self, double seconds)
{
  return hn_seconds (seconds * self->place.time_scale);
}

/* ---- connections between the parts ---- */

static HnWorkerReport *
make_report (gpointer data)
{
  HnWorker *self = data;
  HnWorkerReport *report = hn_worker_report_new ();

  report->id = g_strdup (self->id);
  report->url = g_strdup (self->url);
  report->public_url = g_strdup (self->public_url);
  report->boot_id = g_strdup (self->boot_id);
  report->boot_utc_us = self->started_utc_us;
  report->api_token = g_strdup (self->api_token);
  report->version = g_strdup (hn_build_version ());
  report->max_sessions = self->stopping || self->held ? 0 : self->config->sessions_max;
  report->wireguard = self->wireguard;
  if (self->leaving)
    return report;
  hn_sessions_io_report (self->sessions, report);
  for (guint i = 0; i < report->sessions->len; i++) {
    HnSessionReport *session = g_ptr_array_index (report->sessions, i);

    session->mic = hn_mic_io_report (self->mics, session->id);
  }
  return report;
}

static void
tell_status (HnWorker *self, const HnWorkerReport *report)
{
  g_autofree char *text = g_strdup_printf ("%u of %u sessions%s", report->active_sessions, self->config->sessions_max,
                                           self->wireguard ? "" : ", no WireGuard interface");

  hn_service_status (self->place.service, text);
}

static void
on_news (const char *type, JsonObject *data, gpointer user_data)
{
  HnWorker *self = user_data;

  hn_event_stream_publish (self->stream, type, data);
}

static void
on_changed (gpointer data)
{
  HnWorker *self = data;
  g_autoptr (HnWorkerReport) report = self->sessions != NULL ? make_report (self) : NULL;

  if (report == NULL)
    return;
  hn_session_news_look (self->news, report->sessions, FALSE, NULL, on_news, self);
  tell_status (self, report);
  hn_heartbeat_http_changed (self->heartbeat);
}

static void
on_left (gpointer data)
{
  HnWorker *self = data;

  hn_timer_arm (self->stop_timer, hn_clock_now_us ());
}

static void
on_drain (gboolean drain, gint64 left_us, gpointer data)
{
  HnWorker *self = data;

  hn_sessions_io_drain (self->sessions, drain, left_us);
}

static void
on_ending (const char *session_id, gpointer data)
{
  HnWorker *self = data;

  if (self->front != NULL)
    hn_front_cut (self->front, session_id);
  hn_mic_io_session_ended (self->mics, session_id);
  hn_turn_io_end (self->turn, session_id);
}

static void
on_record (const char *record_id, const char *json, gpointer data)
{
  HnWorker *self = data;

  hn_records_io_record (self->records, record_id, json);
}

static void
on_turn_event (const char *type, JsonObject *data, gpointer user_data)
{
  HnWorker *self = user_data;

  json_object_set_string_member (data, "worker_id", self->id);
  hn_event_stream_publish (self->stream, type, data);
}

static HnTurnView
turn_view (gpointer data)
{
  HnWorker *self = data;

  return hn_turn_health_io_get_view (self->turn_health);
}

static void
on_rated (HnSessionIo *session, guint rating, gpointer data)
{
  HnWorker *self = data;

  hn_records_io_rating (self->records, hn_session_io_get_facts (session), rating);
}

static void
on_unpair_later (const char *body_ip, const char *client, gpointer data)
{
  HnWorker *self = data;
  g_autofree char *note = hn_note_json (body_ip, client);

  hn_unpair_http_put (self->unpair, note);
}

static void
on_all_gone (gpointer data)
{
  HnWorker *self = data;

  self->records_until_us = hn_clock_now_us () + hn_seconds (RECORDS_SECONDS);
  hn_timer_arm (self->stop_timer, hn_clock_now_us ());
}

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer data)
{
  HnWorker *self = data;

  hn_worker_http_route (self->http, head, peer, ret_route);
}

static void
on_tunnel_opened (const char *tag, gpointer data)
{
  HnWorker *self = data;

  hn_sessions_io_tunnel (self->sessions, tag, TRUE);
}

static void
on_tunnel_closed (const char *tag, gpointer data)
{
  HnWorker *self = data;

  hn_sessions_io_tunnel (self->sessions, tag, FALSE);
}

static void
on_upstream_failed (const char *tag, const char *what, gpointer data)
{
  hn_warning ("proxy", tag, "web-server did not serve a request: %s", what);
}

static void
prune_logs (HnWorker *self)
{
  guint removed = hn_ended_fs_prune (self->config->sessions_data_dir, scaled (self, HN_LIMIT_ENDED_LOG_HOURS * 3600.0));

  if (removed > 0)
    hn_info ("cleanup", NULL, "removed logs of ended sessions count=%u", removed);
}

static void
on_wireguard_due (gpointer data)
{
  HnWorker *self = data;
  gboolean before = self->wireguard;

  self->wireguard = hn_wireguard_fs_detect (self->place.wireguard_dir);
  hn_timer_arm (self->wireguard_timer, hn_clock_now_us () + scaled (self, WIREGUARD_SECONDS));
  if (self->wireguard == before)
    return;
  if (self->wireguard)
    hn_info ("worker", NULL, "a WireGuard interface is there again");
  else
    hn_warning ("worker", NULL, "WARNING: no WireGuard interface detected");
  on_changed (self);
}

static void
on_check_due (gpointer data)
{
  HnWorker *self = data;

  hn_sessions_io_check (self->sessions);
  prune_logs (self);
  hn_timer_arm (self->check_timer, hn_clock_now_us () + scaled (self, CHECK_SECONDS));
}

/* ---- construction ---- */

static char *
controller_host (const HnConfig *config)
{
  g_autoptr (GUri) uri = config->controller_url != NULL ? g_uri_parse (config->controller_url, G_URI_FLAGS_NONE, NULL) : NULL;

  return uri != NULL ? g_strdup (g_uri_get_host (uri)) : NULL;
}

/* With a domain of its own a worker needs no proxy. */
static void
name_urls (HnWorker *self, const char *host)
{
  const HnConfig *config = self->config;
  g_autofree char *own = config->server_domain != NULL ? g_strconcat ("https://", config->server_domain, NULL) : NULL;
  const char *scheme = hn_doors_http_is_secure (self->doors) ? "https" : "http";

  if (config->worker_url != NULL)
    self->url = g_strdup (config->worker_url);
  else
    self->url = own != NULL ? g_strdup (own) : g_strdup_printf ("%s://%s:%u", scheme, host, self->port);
  self->public_url = g_strdup (config->worker_public_url != NULL ? config->worker_public_url : own);
}

static void
name_self (HnWorker *self, const char *listen_host)
{
  g_autofree char *controller = controller_host (self->config);
  g_autofree char *host = NULL;
  g_autofree char *node = g_strndup (g_get_host_name (), HOST_PART_BYTES);

  g_strcanon (node, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '-');
  if (*listen_host != '\0' && g_strcmp0 (listen_host, "0.0.0.0") != 0 && g_strcmp0 (listen_host, "::") != 0)
    host = strchr (listen_host, ':') != NULL ? g_strdup_printf ("[%s]", listen_host) : g_strdup (listen_host);
  else
    host = hn_own_address_udp_towards (controller != NULL ? controller : "127.0.0.1");
  self->id = self->config->worker_id != NULL ? g_strdup (self->config->worker_id)
                                             : g_strdup_printf ("%s:%u", node, self->port);
  name_urls (self, host);
}

/* On loopback the listen address is ours without an interface that lists it. */
static void
add_listen_address (HnWorker *self, const char *listen_host)
{
  HnAddress address;

  if (hn_address_parse (listen_host, &address))
    g_array_append_val (self->own_addresses, address);
}

/* Where web-servers listen: 127.0.0.1, or the loopback address that is ours alone, so that workers on one machine do not meet. */
static char *
choose_loopback (const char *listen_host)
{
  HnAddress address;
  gboolean ours =
      strchr (listen_host, ':') == NULL && hn_address_parse (listen_host, &address) && hn_address_is_loopback (&address);

  return g_strdup (ours ? listen_host : "127.0.0.1");
}

/* Whose X-Forwarded-* are believed: the configured proxies', and our own controller's if its address is known. */
static void
trust (HnWorker *self)
{
  g_autofree char *controller = controller_host (self->config);
  HnNetwork network;

  self->trusted = g_array_copy (self->config->server_trusted_proxies);
  if (g_strcmp0 (controller, "localhost") == 0 && hn_network_parse ("127.0.0.1", &network))
    g_array_append_val (self->trusted, network);
  else if (controller != NULL && hn_network_parse (controller, &network))
    g_array_append_val (self->trusted, network);
}

static void
make_sessions (HnWorker *self)
{
  static const HnSessionsIoEvents events = { on_changed, on_ending, on_record, on_unpair_later, on_all_gone };
  HnSessionIoWorld world = { self->config, &self->place, self->loopback, self->client, self->turn, scaled (self, HN_LIMIT_LEAVE_SECONDS),
                             scaled (self, KEEP_ERROR_SECONDS) };

  self->sessions = hn_sessions_io_new (&world, self->id, self->port, self->own_addresses, self->random, &events, self);
}

/* Microphones are reached at the address that browsers know, if it is ours; behind a 1:1 NAT at our own, and told the other. */
static void
find_mic_addresses (HnWorker *self, char **ret_local, char **ret_public)
{
  g_autofree char *told = hn_config_public_ip (self->config);
  g_autofree char *own = hn_own_address_udp_towards (told != NULL ? told : ANYWHERE);
  HnAddress address;
  gboolean is_ours = told != NULL && hn_address_parse (told, &address) && hn_address_is_loopback (&address);

  for (guint i = 0; told != NULL && !is_ours && i < self->own_addresses->len; i++)
    is_ours = hn_address_equal (&g_array_index (self->own_addresses, HnAddress, i), &address);
  *ret_local = g_strdup (is_ours ? told : own);
  *ret_public = is_ours ? NULL : g_strdup (told);
  hn_debug ("mic", NULL, "received at %s, told as %s", *ret_local, told != NULL ? told : *ret_local);
}

static void
make_mics (HnWorker *self)
{
  g_autofree char *local = NULL;
  g_autofree char *public = NULL;
  HnMicIoOptions options = { .body_port = (guint16) self->config->mic_port, .dot_directory = self->place.dot_directory,
                             .time_scale = self->place.time_scale, .changed = on_changed, .user_data = self };

  find_mic_addresses (self, &local, &public);
  options.local_address = local;
  options.public_address = public;
  self->mics = hn_mic_io_new (&options);
}

static void
open_front (HnWorker *self)
{
  static const HnFrontEvents events = { on_route, on_tunnel_opened, on_tunnel_closed, on_upstream_failed };
  HnWorkerHttpWorld world = { self->config, self->api_token, self->sessions, self->mics, self->stream, self->trusted, self->started_us, make_report, turn_view, on_rated, on_changed, self };
  HnFrontOptions options = { .pulse_us = scaled (self, HN_LIMIT_PULSE_SECONDS) };

  self->http = hn_worker_http_new (&world);
  options.api = hn_worker_http_get_soup (self->http);
  self->front = hn_doors_http_open (self->doors, self->poller, &options, &events, self);
}

static void
start_heartbeat (HnWorker *self)
{
  static const HnHeartbeatHttpEvents events = { make_report, on_left, on_drain };

  if (self->config->controller_url == NULL) {
    hn_info ("heartbeat", NULL, "no controller.url: this worker serves alone");
    return;
  }
  self->heartbeat = hn_heartbeat_http_new (self->client, self->config->controller_url, self->config->controller_token,
                                           scaled (self, HEARTBEAT_SECONDS), &events, self);
}

/* Needs the lock on the data directory: who has it is alone, and may remove what a predecessor left with coturn. */
static gboolean
make_turn (HnWorker *self, GError **error)
{
  static const HnTurnHealthIoEvents events = { on_turn_event, on_changed };

  hn_turn_io_warn (self->config);
  self->turn = hn_turn_io_new (self->config, self->id, error);
  if (self->turn != NULL)
    self->turn_health = hn_turn_health_io_new (self->config, self->turn, self->place.time_scale, &events, self);
  return self->turn != NULL;
}

/* Needs the lock on the data directory. */
static void
open_data (HnWorker *self)
{
  self->records = hn_records_io_new (self->client, self->config, self->random, self->place.time_scale);
  self->unpair = hn_unpair_http_new (self->client, self->config, self->random, self->place.time_scale);
  hn_predecessor_io_clean_up (self->config->sessions_data_dir, self->unpair);
  prune_logs (self);
}

static void
warn_of_surroundings (HnWorker *self)
{
  g_autofree char *public_ip = hn_config_public_ip (self->config);

  self->wireguard = hn_wireguard_fs_detect (self->place.wireguard_dir);
  if (!self->wireguard)
    hn_warning ("worker", NULL, "WARNING: no WireGuard interface detected");
  if (!g_file_test (self->config->moonlight_path, G_FILE_TEST_IS_REGULAR) || access (self->config->moonlight_path, X_OK) != 0)
    hn_warning ("worker", NULL, "'moonlight.path' %s is not an executable file: every session will fail", self->config->moonlight_path);
  if (public_ip == NULL && hn_config_has_turn (self->config))
    hn_warning ("worker", NULL, "the host of the first turn: URL is a name: nat_1to1 is left out; set webrtc.public_ip");
}

static void on_stop_due (gpointer data);

HnWorker *
hn_worker_new (const HnConfig *config, const HnWorkerPlace *place, const HnWorkerEvents *events, gpointer user_data,
               GError **error)
{
  g_autoptr (HnWorker) self = g_new0 (HnWorker, 1);
  const char *host;

  self->config = config;
  self->place = *place;
  self->place.time_scale = place->time_scale > 0 ? place->time_scale : 1;
  self->events = events;
  self->user_data = user_data;
  self->lock = -1;
  self->started_us = hn_clock_now_us ();
  self->started_utc_us = hn_clock_utc_us ();
  self->doors = hn_doors_http_bind (config, place->service, "worker", error);
  if (self->doors == NULL)
    return NULL;
  host = hn_doors_http_get_host (self->doors);
  self->port = hn_doors_http_get_port (self->doors);
  self->poller = hn_poller_new (NULL);
  self->client = hn_http_client_new ();
  self->random = hn_random_new_system ();
  self->boot_id = hn_random_hex (self->random, TOKEN_RANDOM_BYTES / 2);
  self->api_token = hn_random_hex (self->random, TOKEN_RANDOM_BYTES);
  self->own_addresses = hn_own_address_udp_list ();
  self->check_timer = hn_timer_new (on_check_due, self);
  self->wireguard_timer = hn_timer_new (on_wireguard_due, self);
  self->stop_timer = hn_timer_new (on_stop_due, self);
  name_self (self, host);
  hn_log_set_worker (self->id);
  add_listen_address (self, host);
  trust (self);
  self->loopback = choose_loopback (host);
  self->stream = hn_event_stream_new (NULL, 0);
  self->news = hn_session_news_new (self->id);
  make_mics (self);
  self->lock = hn_session_fs_open (config->sessions_data_dir, error);
  if (self->lock < 0 || !make_turn (self, error))
    return NULL;
  make_sessions (self);
  open_front (self);
  open_data (self);
  warn_of_surroundings (self);
  start_heartbeat (self);
  hn_timer_arm (self->wireguard_timer, self->started_us + scaled (self, WIREGUARD_SECONDS));
  hn_timer_arm (self->check_timer, self->started_us + scaled (self, CHECK_SECONDS));
  on_changed (self);
  hn_info ("worker", NULL, "serving id=%s url=%s max_sessions=%u", self->id, self->url, config->sessions_max);
  return g_steal_pointer (&self);
}

/* ---- teardown ---- */

/* Once more after the last session: records may still be under way. Then the controller is told that we are gone. */
static void
on_stop_due (gpointer data)
{
  HnWorker *self = data;
  gint64 now_us = hn_clock_now_us ();

  if (self->records_until_us > now_us && hn_records_io_get_pending (self->records) > 0) {
    hn_timer_arm (self->stop_timer, MIN (self->records_until_us, now_us + 20 * G_GINT64_CONSTANT (1000)));
    return;
  }
  if (!self->leaving) {
    self->leaving = TRUE;
    hn_timer_arm (self->stop_timer, now_us + hn_seconds (LAST_BEAT_SECONDS));
    if (hn_heartbeat_http_leave (self->heartbeat))
      return;
  }
  hn_info ("worker", NULL, "stopped");
  self->events->stopped (self->user_data);
}

guint
hn_worker_get_sessions (HnWorker *self)
{
  HnWorkerReport *report = hn_worker_report_new ();
  guint count;

  hn_sessions_io_report (self->sessions, report);
  count = report->active_sessions;
  hn_worker_report_free (report);
  return count;
}

void
hn_worker_hold (HnWorker *self, gboolean held)
{
  self->held = held;
  hn_sessions_io_hold (self->sessions, held);
  hn_heartbeat_http_changed (self->heartbeat);
}

void
hn_worker_publish (HnWorker *self, const char *type, JsonObject *data)
{
  hn_event_stream_publish (self->stream, type, data);
}

void
hn_worker_stop (HnWorker *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  hn_doors_http_stop_accepting (self->doors);
  hn_timer_arm (self->stop_timer, hn_clock_now_us () + hn_seconds (STOP_SECONDS));
  hn_sessions_io_stop (self->sessions);
  hn_heartbeat_http_changed (self->heartbeat);
}

void
hn_worker_reload (HnWorker *self)
{
  g_autofree char *local = NULL;
  g_autofree char *public = NULL;

  find_mic_addresses (self, &local, &public);
  hn_mic_io_set_addresses (self->mics, local, public);
  hn_sessions_io_reload (self->sessions);
  hn_doors_http_reload (self->doors);
  hn_heartbeat_http_set_token (self->heartbeat, self->config->controller_token);
  hn_heartbeat_http_changed (self->heartbeat);
}

guint16
hn_worker_get_port (HnWorker *self)
{
  return self->port;
}

void
hn_worker_free (HnWorker *self)
{
  if (self == NULL)
    return;
  hn_timer_free (self->check_timer);
  hn_timer_free (self->wireguard_timer);
  hn_timer_free (self->stop_timer);
  hn_heartbeat_http_free (self->heartbeat);
  self->front = NULL;
  g_clear_pointer (&self->doors, hn_doors_http_free);
  g_clear_pointer (&self->sessions, hn_sessions_io_free);
  g_clear_pointer (&self->mics, hn_mic_io_free);
  hn_worker_http_free (self->http);
  hn_turn_health_io_free (self->turn_health);
  hn_event_stream_free (self->stream);
  hn_session_news_free (self->news);
  hn_turn_io_free (self->turn);
  hn_records_io_free (self->records);
  hn_unpair_http_free (self->unpair);
  hn_http_client_free (self->client);
  hn_poller_free (self->poller);
  hn_random_free (self->random);
  g_clear_pointer (&self->own_addresses, g_array_unref);
  g_clear_pointer (&self->trusted, g_array_unref);
  g_free (self->id);
  g_free (self->url);
  g_free (self->public_url);
  g_free (self->loopback);
  g_free (self->boot_id);
  g_free (self->api_token);
  if (self->lock >= 0)
    close (self->lock);
  g_free (self);
}
