/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What rooms and mesh lean on: the Redis that their instances share, the TURN servers that rooms name, and who may come. */
#include "base/address.h"
#include "base/clock.h"
#include "base/turn-credential.h"
#include "cli/doctor.h"
#include "net/redis.h"

#define REDIS_SECONDS 5
#define TICKET_SECONDS 60

typedef struct {
  gboolean done;
  GError *why; /* (nullable) it is not to be had */
} Redis;

static void
on_ready (const char *run_id, gpointer data)
{
  Redis *redis = data;

  redis->done = TRUE;
}

/* It would be tried again; a command does not wait for that. */
static void
on_lost (const GError *why, gpointer data)
{
  Redis *redis = data;

  if (!redis->done)
    redis->why = g_error_copy (why);
  redis->done = TRUE;
}

static void
check_redis (HnDoctor *self)
{
  static const HnRedisEvents events = { .ready = on_ready, .lost = on_lost };
  const HnRedisTimes times = { hn_seconds (REDIS_SECONDS), hn_seconds (REDIS_SECONDS), hn_seconds (REDIS_SECONDS), hn_seconds (REDIS_SECONDS) };
  g_autoptr (HnRedisUrl) url = hn_config_redis (self->config);
  g_autofree char *where = url != NULL ? hn_redis_url_describe (url) : NULL;
  g_autoptr (HnPoller) poller = NULL;
  HnRedis *connection;
  Redis redis = { FALSE, NULL };

  if (url == NULL) {
    hn_findings_add (self->findings, HN_FINDING_OK, "redis", NULL, "no redis.url: this process serves alone");
    return;
  }
  poller = hn_poller_new (NULL);
  connection = hn_redis_new (poller, url, &times, &events, &redis);
  while (!redis.done)
    g_main_context_iteration (NULL, TRUE);
  hn_redis_free (connection);
  if (redis.why == NULL)
    hn_findings_add (self->findings, HN_FINDING_OK, "redis", NULL, "%s answers", where);
  else
    hn_findings_add (self->findings, HN_FINDING_FAIL, "redis", "systemctl status redis-server; compare redis.url with bind, port and requirepass in /etc/redis/redis.conf",
                     "%s is not to be had: %s", where, redis.why->message);
  g_clear_error (&redis.why);
}

static void
check_turn (HnDoctor *self)
{
  const HnConfig *config = self->config;
  g_autofree char *name = NULL;
  g_autofree char *password = NULL;

  if (config->rooms_turn_urls[0] == NULL) {
    hn_findings_add (self->findings, HN_FINDING_WARN, "turn", "apt install coturn; set rooms.turn_urls and rooms.turn_secret",
                     "no rooms.turn_urls: who sits behind a strict firewall hears nobody");
    return;
  }
  if (config->rooms_turn_secret != NULL) {
    name = hn_turn_credential_username ("doctor", hn_clock_utc_us (), hn_seconds (TICKET_SECONDS));
    password = hn_turn_credential_password (config->rooms_turn_secret, name);
  }
  for (guint i = 0; config->rooms_turn_urls[i] != NULL; i++)
    hn_doctor_probe_turn (self, config->rooms_turn_urls[i], name != NULL ? name : config->rooms_turn_username,
                          password != NULL ? password : config->rooms_turn_credential);
}

/* Whoever reaches a mesh without tokens may take any name that is free. */
static void
check_who_may (HnDoctor *self)
{
  const HnConfig *config = self->config;
  g_autofree char *host = NULL;
  HnAddress address;
  guint16 port = 0;
  gboolean is_loopback = config->server_listen != NULL && hn_address_split_listen (config->server_listen, &host, &port) && hn_address_parse (host, &address)
                         && hn_address_is_loopback (&address);

  if (g_str_equal (config->mesh_auth, "token"))
    hn_findings_add (self->findings, HN_FINDING_OK, "auth", NULL, "agents need a token");
  else
    hn_findings_add (self->findings, is_loopback ? HN_FINDING_OK : HN_FINDING_WARN, "auth", "set mesh.auth: token and tokens.secret, or listen on a loopback address",
                     is_loopback ? "agents need no token, and come from this machine" : "agents need no token: whoever reaches this machine may be one");
}

void
hn_doctor_signalling (HnDoctor *self)
{
  check_redis (self);
  if (self->mode == HN_MODE_ROOMS)
    check_turn (self);
  else
    check_who_may (self);
}
