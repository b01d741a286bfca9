/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"

/* What of a configuration that was read anew a running process takes up. The whole product holds one HnConfig; its live rows are exchanged in place,
 * so that every part sees the new value at its next look. Whoever copied or derived something is told through HnRoleKind.reload. */

/* @change: `from 4 to 6`, or empty for what must not be shown; @applied: %FALSE: it needs a restart */
typedef void (*HnConfigLiveChanged) (const char *path, const char *change, gboolean applied, gpointer user_data);

/**
 * hn_config_live_adopt:
 * @self: the running configuration
 * @fresh: one that was read anew; holds the old values of what was exchanged afterwards: keep it as long as somebody may have borrowed one
 * @changed: (nullable): told of each row that differs
 * @user_data: for @changed
 *
 * Returns: how many rows were exchanged
 */
guint hn_config_live_adopt (HnConfig *self, HnConfig *fresh, HnConfigLiveChanged changed, gpointer user_data);
