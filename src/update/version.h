/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Versions as semver.org 2 has them, with or without a `v` in front. */

/**
 * hn_version_is_valid:
 * @text: `1.4.0`, `v1.4.0`, `1.5.0-rc.2+7`
 *
 * Returns: whether it is a version of at most 63 bytes: three numbers without leading zeros, then what semver allows
 */
gboolean hn_version_is_valid (const char *text);

/**
 * hn_version_compare:
 * @a: a valid version
 * @b: a valid version
 *
 * Returns: less than, equal to or greater than 0, as @a is older than, as old as or newer than @b; what follows a `+` does not count
 */
int hn_version_compare (const char *a, const char *b);
