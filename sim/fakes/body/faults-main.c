/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneck-sim faults`: every knob of body, services, release server and web-server, from the lists themselves. */
#include <stdio.h>

#include "sim/fakes/body/faults.h"
#include "sim/fakes/body/run-main.h"

static const struct {
  const char *name;
  guint value;
  const char *what;
} web_server[] = {
#define FAULT(field, name, value, what) { name, value, what },
#include "sim/fakes/web-server/faults-list.h"
#undef FAULT
};

static const SimFaultRow release[] = {
#define FAULT(NAME, name, kind, what) { #name, SIM_FAULT_##kind, what },
#include "sim/fakes/release/faults-list.h"
#undef FAULT
};

static void
print_rows (const char *whose, const char *how, const SimFaultRow *rows, guint n_rows)
{
  printf ("%s: %s\n", whose, how);
  for (guint i = 0; i < n_rows; i++)
    printf ("  %-24s %-6s %s\n", rows[i].name, rows[i].kind == SIM_FAULT_FLAG ? "flag" : "number", rows[i].what);
}

int
sim_faults_main (int argc, char **argv)
{
  const GOptionEntry none[] = { { NULL } };

  if (!sim_run_parse ("Lists everything that the fakes can do wrong.", NULL, none, argc, argv))
    return SIM_EXIT_USAGE;
  print_rows ("bodies", "POST /fault {\"body\":ADDRESS or \"*\",\"name\":…,\"value\":…} on the control address", sim_body_faults,
              SIM_FAULTS);
  print_rows ("services", "POST /fault {\"name\":…,\"value\":…} on the control address", sim_service_faults, SIM_SERVICE_FAULTS);
  print_rows ("release-server", "POST /fault {\"name\":…,\"value\":…} on the control address", release, G_N_ELEMENTS (release));
  printf ("web-server: name or name=number, with commas between, in <web-server>.fault (all sessions of its worker), in web-server.fault "
          "of a session's directory (that session), or in HYDRANECK_SIM_FAULT\n");
  for (guint i = 0; i < G_N_ELEMENTS (web_server); i++)
    printf ("  %-24s %-6u %s\n", web_server[i].name, web_server[i].value, web_server[i].what);
  return 0;
}
