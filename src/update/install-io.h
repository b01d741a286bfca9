/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "update/minisign.h"
#include "update/update.h"

/* One update, carried out: fetched, verified, tried, swapped in, restarted, kept or rolled back (update/update.h is its table). */

typedef struct _HnInstallIo HnInstallIo;

typedef struct {
  const char *program;             /* path of the program that is replaced */
  const char *version;             /* of this program */
  const char *url;                 /* see hn_release_check_place() */
  const char *channel;
  const HnMinisignKey *key;
  const char *const *health;       /* URLs of the roles that may run here, NULL-terminated */
  const char *const *restart;      /* command that restarts them, NULL-terminated */
  int healthy_seconds;             /* how long a restarted role may take */
  gboolean now;                    /* although there are sessions */
} HnInstallIoOptions;

/* Both from the loop; `ended` once and last. */
typedef struct {
  void (*progress) (HnUpdateState state, const char *text, gpointer user_data);
  /* @from: the version before; @version: (nullable): the release that it was about; @error: what went wrong, if something did: also when that was mended by
   * the old one */
  void (*ended) (HnUpdateState state, const char *from, const char *version, const GError *error, gpointer user_data);
} HnInstallIoEvents;

/**
 * hn_install_io_new:
 * @options: copied
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): an update that begins in the next turn of the loop
 */
HnInstallIo *hn_install_io_new (const HnInstallIoOptions *options, const HnInstallIoEvents *events, gpointer user_data);

/**
 * hn_install_io_free:
 * @self: (nullable): an update that has ended
 */
void hn_install_io_free (HnInstallIo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnInstallIo, hn_install_io_free)
