/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/metrics.h"
#include "cli/cmd.h"

int
hn_cmd_metrics_doc (int argc, char **argv)
{
  g_autofree char *doc = hn_metrics_doc ();

  if (argc > 0) {
    fprintf (stderr, "usage: hydraneckwebrtc metrics-doc\n\nPrints docs/metrics.md: every metric that GET /metrics answers with.\n");
    return g_str_equal (argv[0], "--help") ? 0 : 64;
  }
  return fputs (doc, stdout) < 0 ? 74 : 0;
}
