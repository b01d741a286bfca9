/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/config.h"
#include "cli/cmd.h"

int
hn_cmd_config_sample (int argc, char **argv)
{
  g_autofree char *sample = hn_config_sample ();

  return fputs (sample, stdout) < 0 ? 74 : 0;
}
