/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-rules.h"

#include <string.h>

#include "base/address.h"
#include "base/config-table.h"
#include "base/error.h"
#include "base/redis-url.h"
#include "base/turn-url.h"

static gboolean
need (gboolean given, const char *file, GError **error, const char *what)
{
  if (!given)
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: %s", file, what);
  return given;
}

/* Where the value of @path was read, else @file. */
static const char *
place_of (const HnConfig *config, const char *path, const char *file)
{
  gboolean is_file = FALSE;
  const HnConfigOption *option = hn_config_table_find (path, &is_file);
  const char *origin = config->origins[hn_config_table_index (option)];

  return origin != NULL ? origin : file;
}

/* One way to a certificate, and whole. */
static gboolean
check_tls (const HnConfig *config, const char *file, GError **error)
{
  gboolean has_cert = config->server_tls_cert != NULL;
  gboolean has_key = config->server_tls_key != NULL;
  g_autofree char *host = NULL;
  guint16 port = 0;

  if (config->server_domain == NULL)
    return need (has_key || !has_cert, place_of (config, "server.tls.cert", file), error, "'server.tls.cert' needs 'server.tls.key'")
           && need (has_cert || !has_key, place_of (config, "server.tls.key", file), error, "'server.tls.key' needs 'server.tls.cert'");
  return need (hn_address_split_domain (config->server_domain, &host, &port), file, error,
               "'server.domain' must be a host name, with ':port' if browsers use another than 443")
         && need (!has_cert && !has_key, file, error,
                  "'server.domain' brings its own certificate: remove 'server.tls.cert' and 'server.tls.key', or replace it by 'server.listen'")
         && need (config->server_listen == NULL, file, error,
                  "'server.listen' is not used with 'server.domain': remove one of them, or say 'server.https_listen' and 'server.http_listen'");
}

/* ---- rooms, mesh ---- */

/* What somebody left in a sample signs tokens that anybody can make. */
static gboolean
check_secret (const HnConfig *config, const char *path, const char *secret, const char *file, GError **error)
{
  static const char *const placeholders[] = { "change", "0000" };
  g_autofree char *lower = secret != NULL ? g_ascii_strdown (secret, -1) : NULL;

  for (guint i = 0; lower != NULL && i < G_N_ELEMENTS (placeholders); i++) {
    if (strstr (lower, placeholders[i]) == NULL)
      continue;
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: '%s' holds '%s', as placeholders do: make a secret of your own", place_of (config, path, file), path,
                 placeholders[i]);
    if (error != NULL)
      hn_error_set_detail (*error, "openssl rand -base64 48");
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_tokens (const HnConfig *config, const char *file, GError **error)
{
  if (config->tokens_secret != NULL)
    return check_secret (config, "tokens.secret", config->tokens_secret, file, error)
           && check_secret (config, "tokens.secret_previous", config->tokens_secret_previous, file, error);
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: 'tokens.secret' (SECRET_KEY) is required: what users' tokens are signed with", file);
  if (error != NULL)
    hn_error_set_detail (*error, "openssl rand -base64 48");
  return FALSE;
}

static gboolean
check_redis (const HnConfig *config, const char *file, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (HnRedisUrl) url = config->redis_url != NULL ? hn_redis_url_parse (config->redis_url, &local) : NULL;

  if (config->redis_url == NULL || url != NULL)
    return TRUE;
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: 'redis.url' %s", place_of (config, "redis.url", file), local->message);
  return FALSE;
}

static gboolean
check_stun_urls (const HnConfig *config, const char *file, GError **error)
{
  for (guint i = 0; config->rooms_stun_urls[i] != NULL; i++) {
    const char *url = config->rooms_stun_urls[i];

    if ((g_str_has_prefix (url, "stun:") || g_str_has_prefix (url, "stuns:")) && *(strchr (url, ':') + 1) != '\0')
      continue;
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: 'rooms.stun_urls' must be URLs such as stun:host:3478, not '%s'",
                 place_of (config, "rooms.stun_urls", file), url);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_turn_urls (const HnConfig *config, const char *file, GError **error)
{
  for (guint i = 0; config->rooms_turn_urls[i] != NULL; i++) {
    g_autoptr (GError) local = NULL;
    g_autoptr (HnTurnUrl) url = hn_turn_url_parse (config->rooms_turn_urls[i], &local);

    if (url != NULL)
      continue;
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: 'rooms.turn_urls': %s", place_of (config, "rooms.turn_urls", file), local->message);
    return FALSE;
  }
  return TRUE;
}

/* A browser throws at a TURN server without a name and a password. */
static gboolean
check_turn (const HnConfig *config, const char *file, GError **error)
{
  gboolean has_urls = config->rooms_turn_urls[0] != NULL;
  gboolean has_name = config->rooms_turn_username != NULL;
  gboolean has_credential = config->rooms_turn_credential != NULL;
  gboolean has_secret = config->rooms_turn_secret != NULL;

  return need (has_name == has_credential, file, error, "'rooms.turn_username' and 'rooms.turn_credential' belong together")
         && need (!has_name || !has_secret, file, error, "'rooms.turn_secret' makes names and credentials: remove 'rooms.turn_username' and 'rooms.turn_credential'")
         && need (has_urls || (!has_name && !has_secret), file, error, "'rooms.turn_username' and 'rooms.turn_secret' need 'rooms.turn_urls'")
         && need (!has_urls || has_name || has_secret, file, error,
                  "'rooms.turn_urls' needs 'rooms.turn_secret', or 'rooms.turn_username' and 'rooms.turn_credential': browsers refuse a TURN server without")
         && check_turn_urls (config, file, error);
}

/* ---- what each needs ---- */

const char *
hn_config_rules_default_listen (HnMode mode)
{
  switch (mode) {
  case HN_MODE_CONTROLLER:
    break;
  case HN_MODE_WORKER:
    return ":47990";
  case HN_MODE_ROOMS:
    return "127.0.0.1:8000";
  case HN_MODE_MESH:
    return ":8443";
  }
  return NULL;
}

static gboolean
check_mode (const HnConfig *config, const char *file, HnMode mode, GError **error)
{
  switch (mode) {
  case HN_MODE_CONTROLLER:
  case HN_MODE_WORKER:
    return need (config->server_admin_token != NULL, file, error, "'server.admin_token' is required");
  case HN_MODE_ROOMS:
    return check_tokens (config, file, error) && check_redis (config, file, error) && check_stun_urls (config, file, error)
           && check_turn (config, file, error);
  case HN_MODE_MESH:
    return (g_str_equal (config->mesh_auth, "none") || check_tokens (config, file, error)) && check_redis (config, file, error);
  }
  return FALSE;
}

gboolean
hn_config_rules_check (HnConfig *config, const char *file, HnMode mode, GError **error)
{
  const char *name = hn_config_mode_name (mode);
  HnMode meant = mode;

  if (!need (config->mode == NULL || hn_config_mode_from_text (config->mode, &meant), place_of (config, "mode", file), error,
             "'mode' must be controller, worker, rooms or mesh"))
    return FALSE;
  if (meant != mode) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: 'mode' is '%s', but the command is '%s'", file, config->mode, name);
    return FALSE;
  }
  if (config->server_listen == NULL && config->server_domain == NULL)
    config->server_listen = g_strdup (hn_config_rules_default_listen (mode));
  return check_mode (config, file, mode, error)
         && need (config->server_listen != NULL || config->server_domain != NULL, file, error, "'server.listen' (or 'server.domain') is required")
         && check_tls (config, file, error);
}
