/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim/fakes/web-server/config.h"

/**
 * SimOptions:
 * @config_path: where the configuration is
 * @print_config: `print-config` instead of `run`
 * @values: option's environment name → text, from the environment and then from argv
 *
 * The command line and the environment together; argv wins.
 */
typedef struct {
  char *config_path;
  gboolean print_config;
  GHashTable *values;
} SimOptions;

/**
 * sim_options_parse:
 * @argv: %NULL-terminated, with the program's name
 * @variables: %NULL-terminated `NAME=value`
 * @error: what a user should read; exit status 2
 *
 * Returns: (transfer full) (nullable): the options
 */
SimOptions *sim_options_parse (const char *const *argv, const char *const *variables, GError **error);

/** sim_options_free: (nullable) @self: released */
void sim_options_free (SimOptions *self);

/**
 * sim_options_no_stun:
 * @self: the options
 *
 * Returns: whether a first configuration shall have no built-in STUN servers
 */
gboolean sim_options_no_stun (const SimOptions *self);

/**
 * sim_options_apply:
 * @self: the options
 * @config: what to change
 * @error: a value that does not fit
 *
 * Returns: whether all overrides were taken
 */
gboolean sim_options_apply (const SimOptions *self, SimConfig *config, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimOptions, sim_options_free)
