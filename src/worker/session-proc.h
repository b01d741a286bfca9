/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/process.h"

/* Starts a session's web-server, with nothing of our environment but what it needs. */

typedef struct {
  const char *supervisor;                /* our own executable */
  const char *program;                   /* path of web-server */
  const char *directory;                 /* session directory: working directory, configuration, log */
  const char *const *more_environment;   /* (nullable): NAME=value, NULL-terminated */
} HnSessionProcPlace;

/**
 * hn_session_proc_start:
 * @place: what and where; copied
 * @events: static
 * @user_data: for @events
 * @error: LIMIT `moonlight-web-stream not installed`, INTERNAL otherwise
 *
 * Returns: (transfer full) (nullable): the process
 */
HnProcess *hn_session_proc_start (const HnSessionProcPlace *place, const HnProcessEvents *events, gpointer user_data,
                                  GError **error);

/**
 * hn_session_proc_is_running:
 * @pid: pid of a program
 *
 * Returns: whether it answers `kill -0`; one that has ended and that nobody has fetched does not count, though it answers
 */
gboolean hn_session_proc_is_running (int pid);
