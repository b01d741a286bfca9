/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* coturn's SQLite database, as far as it holds secrets. coturn reads it at each new relay, so what is written here counts at once. */

typedef struct _HnTurnUserdbFs HnTurnUserdbFs;

/**
 * hn_turn_userdb_fs_open:
 * @path: the file; made if it is not there
 * @realm: whose secrets
 * @error: CONFIG, also when others may read it
 *
 * Returns: (transfer full) (nullable): the database
 */
HnTurnUserdbFs *hn_turn_userdb_fs_open (const char *path, const char *realm, GError **error);

/**
 * hn_turn_userdb_fs_add:
 * @self: a database
 * @secret: a new one
 * @error: INTERNAL
 *
 * Returns: whether credentials made with @secret are good from now on
 */
gboolean hn_turn_userdb_fs_add (HnTurnUserdbFs *self, const char *secret, GError **error);

/**
 * hn_turn_userdb_fs_remove:
 * @self: a database
 * @secret: one that may be there
 * @error: INTERNAL
 *
 * Returns: whether credentials made with @secret are good for no new relay from now on
 */
gboolean hn_turn_userdb_fs_remove (HnTurnUserdbFs *self, const char *secret, GError **error);

/**
 * hn_turn_userdb_fs_purge:
 * @self: a database
 * @prefix: what the secrets of one worker begin with
 * @error: INTERNAL
 *
 * Returns: whether none of them is left
 */
gboolean hn_turn_userdb_fs_purge (HnTurnUserdbFs *self, const char *prefix, GError **error);

/**
 * hn_turn_userdb_fs_free:
 * @self: (nullable): what to close
 */
void hn_turn_userdb_fs_free (HnTurnUserdbFs *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTurnUserdbFs, hn_turn_userdb_fs_free)
