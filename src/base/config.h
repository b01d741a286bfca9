/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "base/redis-url.h"

/* The configuration: one YAML file, parsed once, whole, against the table in options.h. Passed on as `const HnConfig *`. */

typedef char *HnConfigTEXT;
typedef char *HnConfigSECRET;   /* never printed */
typedef char *HnConfigWORKER_ID; /* hn_worker_id_is_valid() accepts it */
typedef char *HnConfigURL;      /* http or https, without the final slash */
typedef char *HnConfigLISTEN;   /* hn_address_split_listen() accepts it */
typedef char *HnConfigADDRESS;  /* IP literal */
typedef char *HnConfigLOG_LEVEL; /* hn_log_level_from_text() accepts it */
typedef char *HnConfigCHOICE;    /* one of what its row lists */
typedef char **HnConfigTEXTS;    /* never NULL */
typedef gint64 HnConfigDURATION; /* microseconds; its row's bounds are seconds */
typedef gint64 HnConfigPERIOD;   /* microseconds; its row's bounds are milliseconds */
typedef guint HnConfigUINT;
typedef gboolean HnConfigBOOL;
typedef GArray *HnConfigNETWORKS; /* of HnNetwork, never NULL */
typedef JsonArray *HnConfigICE;   /* of {"urls":[…],"username":"","credential":""}, never NULL */
typedef JsonNode *HnConfigJSON;   /* NULL when not given */

typedef enum { HN_MODE_CONTROLLER, HN_MODE_WORKER, HN_MODE_ROOMS, HN_MODE_MESH } HnMode;

typedef struct {
#define OPTION(path, type, field, default_value, min, max, doc) HnConfig##type field;
#define OPTION_LIVE OPTION
#include "base/options.h"
#undef OPTION
#undef OPTION_LIVE
  char **origins; /* (nullable): for each row of options.h where its value came from, for people; %NULL: it is the default */
} HnConfig;

/* What a configuration is read from. Stronger ones last: credentials of systemd (only what nothing else gives), the `KEY=value` file, the file, names of others in
 * the environment (see base/config-alias.h; these and the `KEY=value` file in rooms and mesh only), HYDRANECK_… in the environment, the command line. */
typedef struct {
  const char *file; /* name for messages */
  const char *text; /* YAML */
  gsize length;
  const char *const *environment; /* (nullable): `NAME=value` texts */
  /* (nullable): the secret that a file holds; NOT_FOUND when there is none */
  char *(*read_secret) (const char *path, gpointer user_data, GError **error);
  gpointer user_data;
  const char *env_file; /* (nullable): name of the `KEY=value` file for messages */
  const char *env_text;
  gsize env_length;
  const char *host, *port; /* (nullable): halves of `server.listen`, from the command line */
} HnConfigSources;

/**
 * hn_config_parse:
 * @text: (array length=length): YAML
 * @length: bytes
 * @file: name for messages
 * @mode: the subcommand
 * @error: CONFIG (exit 78): `file:line:column: …`, naming the key and, for an unknown one, the nearest known name
 *
 * Checks the whole file: types, ranges, unknown and doubled keys, and what @mode needs.
 *
 * Returns: (transfer full) (nullable): the configuration
 */
HnConfig *hn_config_parse (const char *text, gsize length, const char *file, HnMode mode, GError **error);

/**
 * hn_config_read:
 * @sources: all that may give a value
 * @mode: the subcommand
 * @error: CONFIG, naming the place: `file:line:column`, or the name in the environment
 *
 * As hn_config_parse(), from everything that may give a value. Twins `<path>_file` of secrets are read.
 *
 * Returns: (transfer full) (nullable): the configuration
 */
HnConfig *hn_config_read (const HnConfigSources *sources, HnMode mode, GError **error);

/**
 * hn_config_guess_mode:
 * @sources: all that may give a value
 * @ret_mode: (out): what `mode` says; without it a worker's if there is a `controller.url`, else a controller's
 * @error: CONFIG
 *
 * Returns: whether they can be read
 */
gboolean hn_config_guess_mode (const HnConfigSources *sources, HnMode *ret_mode, GError **error);

/**
 * hn_config_mode_name:
 * @mode: a mode
 *
 * Returns: its name: the subcommand's
 */
const char *hn_config_mode_name (HnMode mode);

/**
 * hn_config_mode_from_text:
 * @text: a name
 * @ret_mode: (out): its mode
 *
 * Returns: whether it is one
 */
gboolean hn_config_mode_from_text (const char *text, HnMode *ret_mode);

/**
 * hn_config_redis:
 * @self: a configuration of rooms or mesh
 *
 * Returns: (transfer full) (nullable): where Redis is: `redis.url`, else what `redis.host` and its neighbours say; %NULL: one process keeps everything in memory
 */
HnRedisUrl *hn_config_redis (const HnConfig *self);

/**
 * hn_config_is_admin:
 * @self: a configuration
 * @token: (nullable): what a caller brought
 *
 * Returns: whether it is `server.admin_token` or, while tokens are changed, `server.admin_token_previous`
 */
gboolean hn_config_is_admin (const HnConfig *self, const char *token);

/**
 * hn_config_free:
 * @self: (nullable): what to free
 */
void hn_config_free (HnConfig *self);

/**
 * hn_config_has_turn:
 * @self: a configuration
 *
 * Returns: whether a `turn:` or `turns:` URL is among the ICE servers: then browsers are made to relay
 */
gboolean hn_config_has_turn (const HnConfig *self);

/**
 * hn_config_public_ip:
 * @self: a configuration
 *
 * Returns: (transfer full) (nullable): `webrtc.public_ip`, or the host of the first `turn:` URL if that is an IP literal
 */
char *hn_config_public_ip (const HnConfig *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnConfig, hn_config_free)
