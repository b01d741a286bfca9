/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "update/minisign.h"

/* Looks for a newer release from time to time, and asks for it when no session would be cut. It installs nothing: a process that serves may not
 * replace programs. It writes a file, which the root service that runs `hydraneckwebrtc update --force` watches. */

typedef struct _HnAutoIo HnAutoIo;

typedef struct {
  const char *program;      /* path of this program */
  const char *version;      /* its version */
  const char *url;          /* see hn_release_check_place() */
  const char *channel;
  const HnMinisignKey *key;
  const char *request_file;
  gint64 interval_us;
  gint64 defer_limit_us;
  gint64 asked_us;          /* whoever is asked may take so long */
} HnAutoIoOptions;

typedef struct {
  guint (*sessions) (gpointer user_data);             /* that would be cut by a restart now */
  void (*hold) (gboolean held, gpointer user_data);   /* (nullable) take no new ones, or take them again */
  void (*tell) (const char *type, JsonObject *data, gpointer user_data); /* (transfer full): `update.available`, `.deferred`, `.asked` */
} HnAutoIoEvents;

/**
 * hn_auto_io_new:
 * @options: copied
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): what looks, an interval (less a quarter at most) from now for the first time
 */
HnAutoIo *hn_auto_io_new (const HnAutoIoOptions *options, const HnAutoIoEvents *events, gpointer user_data);

/**
 * hn_auto_io_free:
 * @self: (nullable): what to free
 */
void hn_auto_io_free (HnAutoIo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnAutoIo, hn_auto_io_free)
