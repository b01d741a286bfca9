/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What was decided when this program was built. */

#define HN_BUILD_VERSION_BYTES 64

/* 64 bytes in a section of its own, `.hn_version`: the tests of the update make the next version of a program by writing over it. */
extern const char hn_build_version_text[HN_BUILD_VERSION_BYTES];

/**
 * hn_build_version:
 *
 * Returns: (transfer none): this program's version, without a `v`
 */
const char *hn_build_version (void);

/**
 * hn_build_update_key:
 *
 * Returns: (transfer none) (nullable): the minisign public key that releases are signed with (meson option `update_key`)
 */
const char *hn_build_update_key (void);
