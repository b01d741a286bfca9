/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "net/service.h"

/* What controller and worker share on the command line: options, configuration, log, signals, the service manager and the main loop. */

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
  /* How many sessions a restart would cut now. */
  guint (*sessions) (gpointer product);
  /* (nullable) Take no new sessions for the time before an update, or take them again. */
  void (*hold) (gpointer product, gboolean held);
  /* An event for whoever reads the product's; takes @data. */
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
 * hn_role_read_config:
 * @given: (nullable): file; otherwise the role's own or the common one below `~/.hydraneckwebrtc` is looked for
 * @mode: which role
 * @error: CONFIG
 *
 * Returns: (transfer full) (nullable): its configuration
 */
HnConfig *hn_role_read_config (const char *given, HnMode mode, GError **error);

/**
 * hn_role_get_service:
 * @self: the role
 *
 * Returns: (transfer none): the service manager's end: sockets by name, and a line of status
 */
HnService *hn_role_get_service (const HnRole *self);

/**
 * hn_role_read_any_config:
 * @given: (nullable): file; otherwise the only one that is there
 * @role: (nullable): `controller` or `worker`; otherwise what the configuration is for
 * @ret_file: (out) (transfer full): the file
 * @ret_mode: (out): the role
 * @error: CONFIG, or G_OPTION_ERROR for a wrong @role or when both roles have a file
 *
 * Returns: (transfer full) (nullable): the configuration
 */
HnConfig *hn_role_read_any_config (const char *given, const char *role, char **ret_file, HnMode *ret_mode, GError **error);

/**
 * hn_role_mode_name:
 * @mode: a role
 *
 * Returns: its name on the command line
 */
const char *hn_role_mode_name (HnMode mode);

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
