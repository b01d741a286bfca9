/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/tls.h"

/* A certificate and its key as two files that others replace while we run: looked at every 2 s, taken when they have stopped changing and belong together,
 * and only then. Without them a stand-in may serve until they come. The key of the tickets is changed twice a day. */

typedef struct _HnCertificateFs HnCertificateFs;

typedef struct {
  /* New handshakes should get @tls. @is_new: it is another certificate, not only another key for tickets. */
  void (*swapped) (HnTls *tls, gboolean is_new, gpointer user_data);
  /* What is there now cannot be used, the one before stays; once for each change. */
  void (*refused) (const char *what, gpointer user_data);
  /* It ends soon or has ended, once a day. */
  void (*expiring) (gint64 left_us, gpointer user_data);
} HnCertificateFsEvents;

/**
 * hn_certificate_fs_new:
 * @cert_path: the certificate's file
 * @key_path: the key's
 * @stand_in_for: (nullable): host name, when a stand-in may serve instead
 * @events: static; all come from the loop
 * @user_data: for @events
 * @error: CONFIG; never with @stand_in_for
 *
 * Returns: (transfer full) (nullable): what watches them
 */
HnCertificateFs *hn_certificate_fs_new (const char *cert_path, const char *key_path, const char *stand_in_for,
                                        const HnCertificateFsEvents *events, gpointer user_data, GError **error);

/**
 * hn_certificate_fs_free:
 * @self: (nullable): what watches; no event comes any more
 */
void hn_certificate_fs_free (HnCertificateFs *self);

/**
 * hn_certificate_fs_get_tls:
 * @self: what watches
 *
 * Returns: (transfer none): what serves now
 */
HnTls *hn_certificate_fs_get_tls (HnCertificateFs *self);

/**
 * hn_certificate_fs_is_stand_in:
 * @self: what watches
 *
 * Returns: whether that is a stand-in
 */
gboolean hn_certificate_fs_is_stand_in (HnCertificateFs *self);

/**
 * hn_certificate_fs_reload:
 * @self: what watches
 * @cert_path: as for hn_certificate_fs_new(); perhaps another one
 * @key_path: likewise
 *
 * Looks in the next turn, and takes what is there even if it seems unchanged.
 */
void hn_certificate_fs_reload (HnCertificateFs *self, const char *cert_path, const char *key_path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnCertificateFs, hn_certificate_fs_free)
