/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config-value.h"

/* The rows of options.h, and what a name means among them. Every SECRET has a twin, `<path>_file`: the file that holds it. */

#define HN_CONFIG_FILE_SUFFIX "_file"

/**
 * hn_config_table_rows:
 * @ret_count: (out): how many there are
 *
 * Returns: (array length=ret_count): all of them, as they stand in options.h
 */
const HnConfigOption *hn_config_table_rows (guint *ret_count);

/**
 * hn_config_table_find:
 * @path: a full name, e.g. `server.listen` or `server.admin_token_file`
 * @ret_is_file: (out): whether it is the twin that names a file
 *
 * Returns: (nullable): the row
 */
const HnConfigOption *hn_config_table_find (const char *path, gboolean *ret_is_file);

/**
 * hn_config_table_index:
 * @option: a row
 *
 * Returns: its number
 */
guint hn_config_table_index (const HnConfigOption *option);

/**
 * hn_config_table_came_from:
 * @config: a configuration
 * @option: a row, whose value was set
 * @origin: (transfer full) (nullable): where it came from, for people; %NULL: it is the default
 */
void hn_config_table_came_from (HnConfig *config, const HnConfigOption *option, char *origin);

/**
 * hn_config_table_take_secret:
 * @config: a configuration
 * @option: a SECRET's row
 * @secret: (transfer full): its value, about which nothing is said
 * @origin: (transfer full): where it came from
 *
 * Returns: %TRUE
 */
gboolean hn_config_table_take_secret (HnConfig *config, const HnConfigOption *option, char *secret, char *origin);

/**
 * hn_config_table_is_section:
 * @path: a name
 *
 * Returns: whether options stand below it
 */
gboolean hn_config_table_is_section (const char *path);

/**
 * hn_config_table_nearest:
 * @path: what somebody wrote
 *
 * Returns: (transfer full): the known name that looks most like it: among sections and top-level names, or among all full names
 */
char *hn_config_table_nearest (const char *path);

/**
 * hn_config_table_distance:
 * @a: a text
 * @b: another
 *
 * Returns: how many characters must be put in, taken out or replaced to make one of the other
 */
guint hn_config_table_distance (const char *a, const char *b);
