/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"

/* The names that rooms and mesh have had for their settings elsewhere: `SECRET_KEY`, `WEBRTC_STUN_URLS`, … in the environment or in a file of `KEY=value`
 * lines. Their values are written as there: seconds without a unit, `True`, an empty list as nothing at all. Other modes do not know them. */

#define HN_CONFIG_ALIAS_LISTEN "server.listen" /* what `HOST` and `PORT` are halves of */

typedef struct {
  const char *const *variables; /* (nullable): `NAME=value` texts, %NULL at the end */
  const char *file;             /* (nullable): they are lines of it */
  const guint *lines;           /* with @file */
  const char *place;            /* without @file: where they stand, for messages */
  gboolean without_host;        /* somebody stronger says `HOST`: what it is here does not matter */
  gboolean without_port;
} HnConfigAliases;

/**
 * hn_config_alias_apply:
 * @aliases: where they stand
 * @mode: the subcommand
 * @config: what is replaced in
 * @error: CONFIG, naming the place: `file:line` or `environment`
 *
 * Returns: whether all that @mode knows are right
 */
gboolean hn_config_alias_apply (const HnConfigAliases *aliases, HnMode mode, HnConfig *config, GError **error);

/**
 * hn_config_alias_next:
 * @position: (inout): 0 at first
 * @ret_path: (out): the option it stands for; %NULL: a half of %HN_CONFIG_ALIAS_LISTEN
 * @ret_in_rooms: (out): whether rooms know it
 * @ret_in_mesh: (out): whether mesh does
 *
 * Returns: (nullable): the next name, for whoever lists them
 */
const char *hn_config_alias_next (guint *position, const char **ret_path, gboolean *ret_in_rooms, gboolean *ret_in_mesh);
