/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"

/* What a mode needs of its configuration beyond what each value by itself must be. */

/**
 * hn_config_rules_check:
 * @config: read from everything that may give a value; where nothing says where to listen it gets the mode's default
 * @file: name for messages
 * @mode: the subcommand
 * @error: CONFIG
 *
 * Returns: whether @mode can be run with it
 */
gboolean hn_config_rules_check (HnConfig *config, const char *file, HnMode mode, GError **error);

/**
 * hn_config_rules_default_listen:
 * @mode: a subcommand
 *
 * Returns: (nullable): where it listens unless it is told; %NULL: it must be told
 */
const char *hn_config_rules_default_listen (HnMode mode);
