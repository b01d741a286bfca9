/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A service manager (systemd's protocol, sd_notify(3) and sd_listen_fds(3), spoken by hand): it is told what we do, is fed its watchdog from the main
 * loop, so that a stuck loop stops feeding, and gave us sockets by name. Without one everything here does nothing. */

typedef struct _HnService HnService;

/* What it put into the environment, which only cli/ reads; each is nullable. */
typedef struct {
  const char *notify_socket;  /* NOTIFY_SOCKET: a path, or `@name` in the abstract namespace */
  const char *watchdog_usec;  /* WATCHDOG_USEC */
  const char *watchdog_pid;   /* WATCHDOG_PID: whom it means */
  const char *listen_pid;     /* LISTEN_PID: likewise */
  const char *listen_fds;     /* LISTEN_FDS */
  const char *listen_fdnames; /* LISTEN_FDNAMES */
} HnServiceWords;

/**
 * hn_service_new:
 * @words: not needed afterwards
 * @error: CONFIG when what it said or handed over cannot be used
 *
 * Takes the sockets over, which are then non-blocking and not inherited. Feeding begins with the loop.
 *
 * Returns: (transfer full) (nullable): what speaks with it, on the thread's default main context
 */
HnService *hn_service_new (const HnServiceWords *words, GError **error);

/**
 * hn_service_free:
 * @self: (nullable): sockets that nobody took are closed
 */
void hn_service_free (HnService *self);

/**
 * hn_service_take_fd:
 * @self: (nullable): a service
 * @name: FileDescriptorName= of its .socket unit: "https", "http", "listen", "admin"
 *
 * Closing the socket does not end it: the manager has it too, and who connects meanwhile waits for the next start.
 *
 * Returns: (transfer full): a listening, non-blocking socket, or -1 when none is left of this name
 */
int hn_service_take_fd (HnService *self, const char *name);

/**
 * hn_service_next_name:
 * @self: (nullable): a service
 *
 * Returns: (transfer none) (nullable): name of a socket that nobody has taken
 */
const char *hn_service_next_name (HnService *self);

/**
 * hn_service_ready:
 * @self: (nullable): a service; it serves (also said after a reload)
 */
void hn_service_ready (HnService *self);

/**
 * hn_service_reloading:
 * @self: (nullable): a service; its configuration is read again, hn_service_ready() follows
 */
void hn_service_reloading (HnService *self);

/**
 * hn_service_stopping:
 * @self: (nullable): a service; it ends in order
 */
void hn_service_stopping (HnService *self);

/**
 * hn_service_status:
 * @self: (nullable): a service
 * @text: one line for `systemctl status`; the same again is not sent
 */
void hn_service_status (HnService *self, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnService, hn_service_free)
