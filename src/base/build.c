/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/build.h"

#include <stddef.h>

/* Read from another file only, so no copy of it is folded into its users. */
const char hn_build_version_text[HN_BUILD_VERSION_BYTES] __attribute__ ((section (".hn_version"), used)) = HN_VERSION;

const char *
hn_build_version (void)
{
  return hn_build_version_text;
}

const char *
hn_build_update_key (void)
{
  return HN_UPDATE_KEY[0] != '\0' ? HN_UPDATE_KEY : NULL;
}
