/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"

/* Where configurations are: which files the command line names, which ones are looked for, and the environment, which is read here and nowhere else. */

typedef struct {
  char *file;     /* (nullable) `--config` */
  char *env_file; /* (nullable) `--env-file`, of rooms and mesh */
  char *host;     /* (nullable) `--host`, likewise */
  char *port;     /* (nullable) `--port`, likewise */
} HnConfigFiles;

/**
 * hn_config_files_clear:
 * @self: what the command line said; its texts are freed
 */
void hn_config_files_clear (HnConfigFiles *self);

/**
 * hn_config_files_find:
 * @self: what the command line said
 * @mode: which mode
 *
 * Returns: (transfer full) (nullable): the file that was named, else `<mode>.yaml` below `~/.hydraneckwebrtc`, else, for controller and worker, the
 *   `config.yaml` that is common to them; %NULL when there is none
 */
char *hn_config_files_find (const HnConfigFiles *self, HnMode mode);

/**
 * hn_config_files_read:
 * @self: what the command line said
 * @mode: which mode; rooms and mesh need no file, and rooms read `.sbd` in the working directory unless another `KEY=value` file is named
 * @error: CONFIG
 *
 * Returns: (transfer full) (nullable): its configuration
 */
HnConfig *hn_config_files_read (const HnConfigFiles *self, HnMode mode, GError **error);

/**
 * hn_config_files_read_any:
 * @self: what the command line said; without a file the only one that is there is taken
 * @role: (nullable): `controller`, `worker`, `rooms` or `mesh`; otherwise what the configuration is for
 * @ret_file: (out) (transfer full): the file, for messages
 * @ret_mode: (out): the mode
 * @error: CONFIG, or G_OPTION_ERROR for a wrong @role or when several modes have a file
 *
 * Returns: (transfer full) (nullable): the configuration
 */
HnConfig *hn_config_files_read_any (const HnConfigFiles *self, const char *role, char **ret_file, HnMode *ret_mode, GError **error);
