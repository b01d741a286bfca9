/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "update/auto-io.h"

/* What the update's commands and the roles' own looking share: the key, and whether and why it is off. */

/**
 * hn_updates_read_key:
 * @config: a configuration
 * @ret_key: (out): whose signature a release must bear: `update.public_key`, else the built-in one
 * @error: CONFIG when there is none, or it is none
 *
 * Returns: whether there is one
 */
gboolean hn_updates_read_key (const HnConfig *config, HnMinisignKey *ret_key, GError **error);

/**
 * hn_updates_why_off:
 * @config: a configuration
 *
 * Looks into the environment as well: HYDRA_AUTO_UPDATE=off.
 *
 * Returns: (transfer full) (nullable): why no newer release is looked for by itself; %NULL: it is
 */
char *hn_updates_why_off (const HnConfig *config);

/**
 * hn_updates_start:
 * @config: outlives it
 * @time_scale: by which long periods are multiplied
 * @events: static
 * @user_data: for @events
 *
 * Says once in the log when it is off, and why.
 *
 * Returns: (transfer full) (nullable): what looks for newer releases; %NULL: it is off
 */
HnAutoIo *hn_updates_start (const HnConfig *config, double time_scale, const HnAutoIoEvents *events, gpointer user_data);
