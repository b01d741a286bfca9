/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"

/**
 * hn_config_print:
 * @self: a configuration
 *
 * Returns: (transfer full): every value that counts, as YAML, with where it came from behind it; secrets as `***`
 */
char *hn_config_print (const HnConfig *self);
