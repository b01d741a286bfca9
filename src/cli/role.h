/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "net/service.h"

/* What all modes that serve share on the command line: options, configuration, log, signals, the service manager and the main loop. */

typedef struct _HnRole HnRole;

typedef struct {
  HnMode mode;
  /* Constructs and serves; %NULL with @error when it cannot. */
  gpointer (*start) (const HnConfig *config, HnRole *role, GError **error);
  /* SIGTERM, SIGINT, or SIGHUP of a terminal that is closed: end in order, then hn_role_stopped(). */
  void (*stop) (gpointer product);
  void (*free) (gpointer product);
  /* (nullable) SIGHUP: @fresh is the configuration given to start(), its live rows (`OPTION_LIVE`) now hold what was read anew; it comes also
   * when none differs, since a file that one of them names may. What is derived from them or copied is made anew; nothing is cut. */
  void (*reload) (gpointer product, const HnConfig *fresh);
  /* (nullable) How many sessions a restart would cut now; %NULL: it is not updated by itself. */
  guint (*sessions) (gpointer product);
  /* (nullable) Take no new sessions for the time before an update, or take them again. */
  void (*hold) (gpointer product, gboolean held);
  /* (nullable) An event for whoever reads the product's; takes @data. */
  void (*publish) (gpointer product, const char *type, JsonObject *data);
} HnRoleKind;

/**
 * hn_role_main:
 * @kind: which role
 * @argc: arguments after the subcommand
 * @argv: the arguments
 *
 * A second signal while stopping ends the process at once.
 *
 * Returns: exit status
 */
int hn_role_main (const HnRoleKind *kind, int argc, char **argv);

/**
 * hn_role_get_service:
 * @self: the role
 *
 * Returns: (transfer none): the service manager's end: sockets by name, and a line of status
 */
HnService *hn_role_get_service (const HnRole *self);

/**
 * hn_role_stopped:
 * @self: the role
 *
 * The product has ended in order; the main loop may end.
 */
void hn_role_stopped (HnRole *self);

/**
 * hn_role_get_time_scale:
 * @self: the role
 *
 * Returns: by what long fixed periods are multiplied: 1, unless HYDRANECK_TIME_SCALE says otherwise and this is no release build
 */
double hn_role_get_time_scale (const HnRole *self);
