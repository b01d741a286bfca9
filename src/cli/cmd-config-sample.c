/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/config.h"
#include "cli/cmd.h"

int
hn_cmd_config_sample (int argc, char **argv)
{
  g_autofree char *sample = hn_config_sample ();

  if (argc > 0) {
    fprintf (stderr, "usage: hydraneckwebrtc config-sample\n\nPrints every option with its default, as commented YAML.\n");
    return g_str_equal (argv[0], "--help") ? 0 : 64;
  }
  return fputs (sample, stdout) < 0 ? 74 : 0;
}
