/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* `HYDRANECK_SERVER_LISTEN` for `server.listen`. Other programs of ours read other HYDRANECK_… names: those are let be, but one that looks
 * like an option and is none is refused. The environment itself is handed in, as `NAME=value` texts. */

/**
 * hn_config_environment_name:
 * @path: of an option
 *
 * Returns: (transfer full): its name in the environment
 */
char *hn_config_environment_name (const char *path);

/**
 * hn_config_environment_get:
 * @environment: (nullable): `NAME=value` texts, %NULL at the end
 * @name: a name
 *
 * Returns: (nullable): its value; an empty one counts as none
 */
const char *hn_config_environment_get (const char *const *environment, const char *name);

/**
 * hn_config_environment_check:
 * @environment: (nullable): `NAME=value` texts
 * @error: CONFIG, naming what was meant
 *
 * Returns: whether every HYDRANECK_… name that looks like an option is one
 */
gboolean hn_config_environment_check (const char *const *environment, GError **error);
