/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"

/* What the environment and systemd's credentials say of a configuration. */

/**
 * hn_config_variables_read:
 * @sources: with the environment
 * @config: what is replaced in
 * @error: CONFIG, naming the variable
 *
 * Takes every HYDRANECK_… variable that is an option.
 *
 * Returns: whether all of them are right
 */
gboolean hn_config_variables_read (const HnConfigSources *sources, HnConfig *config, GError **error);

/**
 * hn_config_variables_read_credentials:
 * @sources: with `CREDENTIALS_DIRECTORY` in the environment, or not
 * @config: what secrets are added to that nothing else gave
 * @error: CONFIG, naming the credential
 *
 * Returns: whether all of them can be read
 */
gboolean hn_config_variables_read_credentials (const HnConfigSources *sources, HnConfig *config, GError **error);
