/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A child that never outlives us. Between us and the program stands a supervisor (net/supervisor, our own executable again): it holds the
 * program in a process group of its own, adopts what the program leaves behind (child subreaper), and ends all of it when the program
 * ends, when we ask, or when its socket to us closes, however we died. */

typedef struct _HnProcess HnProcess;

typedef struct {
  const char *supervisor;         /* path of our own executable */
  const char *const *argv;        /* program and arguments, NULL-terminated */
  const char *const *environment; /* NAME=value, NULL-terminated: all that the program gets */
  const char *directory;          /* its working directory */
  const char *output;             /* file for its stdout and stderr: created 0600, appended */
  gint64 stop_timeout_us;         /* SIGTERM to SIGKILL when we ask */
} HnProcessOptions;

typedef enum { HN_PROCESS_EXITED, HN_PROCESS_SIGNALED, HN_PROCESS_NOT_STARTED, HN_PROCESS_LOST } HnProcessEnd;

typedef struct {
  /* Comes once and last, when nothing of the program is left. @status: exit status, signal number, or errno of the start. */
  void (*ended) (HnProcessEnd end, int status, gpointer user_data);
} HnProcessEvents;

/**
 * hn_process_start:
 * @options: copied
 * @events: static
 * @user_data: for @events
 * @error: NOT_FOUND when the program is not there or not executable, INTERNAL otherwise
 *
 * Returns: (transfer full) (nullable): a running supervisor; the program starts at once
 */
HnProcess *hn_process_start (const HnProcessOptions *options, const HnProcessEvents *events, gpointer user_data, GError **error);

/**
 * hn_process_stop:
 * @self: a process
 *
 * SIGTERM to the group, SIGKILL after the stop time-out; `ended` follows. May be called again.
 */
void hn_process_stop (HnProcess *self);

/**
 * hn_process_kill:
 * @self: a process
 *
 * SIGKILL to the group at once; `ended` follows.
 */
void hn_process_kill (HnProcess *self);

/**
 * hn_process_get_pid:
 * @self: a process
 *
 * Returns: pid of the program, or 0 before it is known
 */
int hn_process_get_pid (HnProcess *self);

/**
 * hn_process_is_alive:
 * @self: (nullable): a process
 *
 * Returns: whether the program answers `kill -0`
 */
gboolean hn_process_is_alive (HnProcess *self);

/**
 * hn_process_free:
 * @self: (nullable): a process; what still runs is ended by its supervisor within HN_LIMIT_ORPHAN_SECONDS; no event comes
 */
void hn_process_free (HnProcess *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnProcess, hn_process_free)
