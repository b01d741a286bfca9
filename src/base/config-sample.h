/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * hn_config_sample:
 *
 * Returns: (transfer full): every option with its meaning and default, as commented YAML
 */
char *hn_config_sample (void);
