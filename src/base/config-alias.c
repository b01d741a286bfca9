/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-alias.h"

#include <string.h>

#include "base/address.h"
#include "base/config-rules.h"
#include "base/config-table.h"
#include "base/error.h"

#define TYPING_ERRORS 2 /* so near to a name it was meant to be one */
#define OWN_PREFIX "HYDRANECK_"
#define ROOMS_PREFIX "WEBRTC_"

enum { ROOMS = 1 << HN_MODE_ROOMS, MESH = 1 << HN_MODE_MESH, BOTH = ROOMS | MESH };

/* Of two for one option, one below the other, the first counts. */
static const struct {
  const char *name;
  guint modes;
  const char *path; /* NULL: see apply_listen () */
} aliases[] = {
  { "HOST", BOTH, NULL },
  { "PORT", BOTH, NULL },
  { "SECRET_KEY", BOTH, "tokens.secret" },
  { "SECRET_KEY_PREVIOUS", BOTH, "tokens.secret_previous" },
  { "ALGORITHM", BOTH, "tokens.algorithm" },
  { "REDIS_URL", BOTH, "redis.url" },
  { "REDIS_STORAGE_URI", ROOMS, "redis.url" },
  { "REDIS_HOST", BOTH, "redis.host" },
  { "REDIS_PORT", BOTH, "redis.port" },
  { "REDIS_DB", BOTH, "redis.db" },
  { "REDIS_PASSWORD", BOTH, "redis.password" },
  { "CORS_ORIGINS", ROOMS, "rooms.cors_origins" },
  { "DEBUG", ROOMS, "rooms.debug" },
  { "WEBRTC_STUN_URLS", ROOMS, "rooms.stun_urls" },
  { "WEBRTC_TURN_URLS", ROOMS, "rooms.turn_urls" },
  { "WEBRTC_TURN_USERNAME", ROOMS, "rooms.turn_username" },
  { "WEBRTC_TURN_CREDENTIAL", ROOMS, "rooms.turn_credential" },
  { "WEBRTC_TURN_SECRET", ROOMS, "rooms.turn_secret" },
  { "WEBRTC_ICE_TRANSPORT_POLICY", ROOMS, "rooms.ice_transport_policy" },
  { "WEBRTC_BUNDLE_POLICY", ROOMS, "rooms.bundle_policy" },
  { "WEBRTC_RTCP_MUX_POLICY", ROOMS, "rooms.rtcp_mux_policy" },
  { "WEBRTC_ROOM_PRESENCE_TTL", ROOMS, "rooms.presence_ttl" },
  { "WEBRTC_MAX_PARTICIPANTS_PER_ROOM", ROOMS, "rooms.max_participants" },
  { "TLS_CERT_PATH", MESH, "server.tls.cert" },
  { "TLS_KEY_PATH", MESH, "server.tls.key" },
  { "WITNESS_LOGGER_URL", MESH, "mesh.witness_url" },
  { "IF_WITNESS_API_KEY", MESH, "mesh.witness_api_key" },
};

const char *
hn_config_alias_next (guint *position, const char **ret_path, gboolean *ret_in_rooms, gboolean *ret_in_mesh)
{
  guint i = (*position)++;

  if (i >= G_N_ELEMENTS (aliases))
    return NULL;
  *ret_path = aliases[i].path;
  *ret_in_rooms = (aliases[i].modes & ROOMS) != 0;
  *ret_in_mesh = (aliases[i].modes & MESH) != 0;
  return aliases[i].name;
}

/* ---- where they stand ---- */

/* The value, which may be empty, or NULL when there is none. */
static const char *
find (const HnConfigAliases *self, const char *name, guint *ret_index)
{
  gsize length = strlen (name);

  for (guint i = 0; self->variables != NULL && self->variables[i] != NULL; i++) {
    if (strncmp (self->variables[i], name, length) != 0 || self->variables[i][length] != '=')
      continue;
    *ret_index = i;
    return self->variables[i] + length + 1;
  }
  return NULL;
}

static char *
origin_of (const HnConfigAliases *self, const char *name, guint index)
{
  return self->file != NULL ? g_strdup_printf ("%s:%u (%s)", self->file, self->lines[index], name) : g_strdup_printf ("%s (%s)", self->place, name);
}

static gboolean
refuse (const HnConfigAliases *self, guint index, GError **error, const char *format, ...) G_GNUC_PRINTF (4, 5);

static gboolean
refuse (const HnConfigAliases *self, guint index, GError **error, const char *format, ...)
{
  g_autofree char *place = self->file != NULL ? g_strdup_printf ("%s:%u", self->file, self->lines[index]) : g_strdup (self->place);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: %s", place, text);
  return FALSE;
}

/* ---- values ---- */

static char *
translate_bool (const char *text)
{
  static const char *const yes[] = { "true", "1", "yes", "on", "t", "y", NULL };
  static const char *const no[] = { "false", "0", "no", "off", "f", "n", NULL };
  g_autofree char *lower = g_ascii_strdown (text, -1);

  return g_strdup (g_strv_contains (yes, lower) ? "on" : g_strv_contains (no, lower) ? "off" : text);
}

static gboolean
is_number (const char *text)
{
  return *text != '\0' && text[strspn (text, "0123456789")] == '\0';
}

/* As it is written there to as it is written here. */
static char *
translate (const HnConfigOption *option, const char *text)
{
  if (option->type == HN_CONFIG_BOOL)
    return translate_bool (text);
  if ((option->type == HN_CONFIG_DURATION || option->type == HN_CONFIG_PERIOD) && is_number (text))
    return g_strconcat (text, "s", NULL);
  return g_strdup (text);
}

static gboolean
take (const HnConfigAliases *self, guint index, const char *name, const HnConfigOption *option, const char *text, HnConfig *config, GError **error)
{
  g_autofree char *translated = translate (option, text);
  g_autofree char *range = hn_config_value_range (option);
  const char *wrong = g_utf8_validate (text, -1, NULL) ? hn_config_value_from_text (config, option, translated) : "must be UTF-8";

  if (wrong == NULL) {
    hn_config_table_came_from (config, option, origin_of (self, name, index));
    return TRUE;
  }
  if (option->type == HN_CONFIG_SECRET || !g_utf8_validate (text, -1, NULL))
    return refuse (self, index, error, "%s %s", name, wrong);
  return refuse (self, index, error, "%s %s%s, not '%.*s'", name, wrong, range, 200, text);
}

/* `HOST` and `PORT`, each of which replaces its half of `server.listen`. */
static gboolean
apply_listen (const HnConfigAliases *self, HnMode mode, HnConfig *config, GError **error)
{
  guint host_at = 0, port_at = 0;
  const char *host = self->without_host ? NULL : find (self, "HOST", &host_at);
  const char *port = self->without_port ? NULL : find (self, "PORT", &port_at);
  const char *now = config->server_listen != NULL ? config->server_listen : hn_config_rules_default_listen (mode);
  gboolean has_host = host != NULL && *host != '\0', has_port = port != NULL && *port != '\0', unused;
  g_autofree char *old_host = NULL;
  guint16 old_port = 0;
  guint64 number = 0;
  HnAddress address;

  if (!has_host && !has_port)
    return TRUE;
  if (!hn_address_split_listen (now, &old_host, &old_port))
    return refuse (self, host_at, error, "'server.listen' must be address:port or :port");
  if (has_port && !g_ascii_string_to_unsigned (port, 10, 1, 65535, &number, NULL))
    return refuse (self, port_at, error, "PORT must be a whole number from 1 to 65535");
  if (has_host && g_str_equal (host, "localhost"))
    host = "127.0.0.1";
  if (has_host && !hn_address_parse (host, &address))
    return refuse (self, host_at, error, "HOST must be an IP address of this machine, or localhost");
  host = has_host ? host : old_host;
  g_free (config->server_listen);
  config->server_listen = g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, has_port ? (guint) number : old_port);
  hn_config_table_came_from (config, hn_config_table_find (HN_CONFIG_ALIAS_LISTEN, &unused),
                             origin_of (self, has_host ? "HOST" : "PORT", has_host ? host_at : port_at));
  return TRUE;
}

/* An empty list of STUN servers and no TURN server: the two that everybody knows. */
static void
settle_stun (const HnConfigAliases *self, HnConfig *config)
{
  gboolean unused;
  guint index;
  const HnConfigOption *option = hn_config_table_find ("rooms.stun_urls", &unused);

  if (find (self, "WEBRTC_STUN_URLS", &index) == NULL || config->rooms_stun_urls[0] != NULL || config->rooms_turn_urls[0] != NULL)
    return;
  hn_config_value_set_default (config, option);
  hn_config_table_came_from (config, option, NULL);
}

/* ---- names ---- */

static char *
nearest (const char *name, guint *ret_distance)
{
  const char *best = NULL;

  *ret_distance = G_MAXUINT;
  for (guint i = 0; i < G_N_ELEMENTS (aliases); i++) {
    guint distance = hn_config_table_distance (name, aliases[i].name);

    if (distance < *ret_distance) {
      best = aliases[i].name;
      *ret_distance = distance;
    }
  }
  return g_strdup (best);
}

/* Whoever else reads them may have names of its own; one that looks like ours and is none was meant to be. */
static gboolean
check_name (const HnConfigAliases *self, guint index, HnMode mode, GError **error)
{
  gsize length = strcspn (self->variables[index], "=");
  g_autofree char *name = g_strndup (self->variables[index], MIN (length, 128));
  guint distance = 0;
  g_autofree char *near = NULL;

  if (self->file != NULL && g_str_has_prefix (name, OWN_PREFIX))
    return refuse (self, index, error, "%s belongs into the environment, or without its prefix into the configuration", name);
  if (mode != HN_MODE_ROOMS || !g_str_has_prefix (name, ROOMS_PREFIX))
    return TRUE;
  near = nearest (name, &distance);
  return distance == 0 || distance > TYPING_ERRORS || refuse (self, index, error, "unknown name '%s', did you mean '%s'?", name, near);
}

gboolean
hn_config_alias_apply (const HnConfigAliases *self, HnMode mode, HnConfig *config, GError **error)
{
  const char *last = NULL;

  for (guint i = 0; self->variables != NULL && self->variables[i] != NULL; i++)
    if (!check_name (self, i, mode, error))
      return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (aliases); i++) {
    gboolean is_file = FALSE, empty_list = FALSE;
    const HnConfigOption *option = aliases[i].path != NULL ? hn_config_table_find (aliases[i].path, &is_file) : NULL;
    guint index = 0;
    const char *text = option != NULL && (aliases[i].modes & (1u << mode)) != 0 ? find (self, aliases[i].name, &index) : NULL;

    empty_list = option != NULL && option->type == HN_CONFIG_TEXTS;
    if (text == NULL || (*text == '\0' && !empty_list) || g_strcmp0 (aliases[i].path, last) == 0)
      continue;
    if (!take (self, index, aliases[i].name, option, text, config, error))
      return FALSE;
    last = aliases[i].path;
  }
  if (mode == HN_MODE_ROOMS)
    settle_stun (self, config);
  return apply_listen (self, mode, config, error);
}
