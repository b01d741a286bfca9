/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Session directories: `<data_dir>/<session-id>/` with `server/config.json`, `session.json` (what a later worker must know to clean
 * up behind a killed one), a link `static`, `web-server.log` and, where TURN credentials are issued, `turn-credentials` with what it needs; for
 * our user only. */

typedef struct {
  const char *session_id;
  const char *config;  /* text of `server/config.json` */
  const char *note;    /* text of `session.json` */
  const char *program; /* path of web-server; `static` lies beside it */
  const char *ticket;  /* (nullable): text of `turn-credentials.json` */
  const char *issuer;  /* what reads it: our executable, to which `turn-credentials` is a link */
} HnSessionFsContent;

#define HN_SESSION_FS_ISSUER "turn-credentials" /* in a session's directory, where web-server runs */

/**
 * hn_session_fs_open:
 * @data_dir: where session directories live; created 0700 when it is not there
 * @error: CONFIG, also when another worker uses it, when it is another user's or others may write to it
 *
 * Locks it for as long as this process lives.
 *
 * Returns: a descriptor that holds the lock, or -1
 */
int hn_session_fs_open (const char *data_dir, GError **error);

/**
 * hn_session_fs_list_orphans:
 * @data_dir: where session directories live
 *
 * Only to be called by the one who holds the lock, before it has sessions.
 *
 * Returns: (transfer full) (element-type filename): paths of directories whose names are session ids
 */
GPtrArray *hn_session_fs_list_orphans (const char *data_dir);

/**
 * hn_session_fs_create:
 * @data_dir: where session directories live
 * @content: what is written
 * @error: LIMIT when the disk is full, INTERNAL otherwise; nothing is left of it then
 *
 * Returns: (transfer full) (nullable): path of the new directory
 */
char *hn_session_fs_create (const char *data_dir, const HnSessionFsContent *content, GError **error);

/**
 * hn_session_fs_read_note:
 * @directory: a session directory
 *
 * Returns: (transfer full) (nullable): its `session.json`
 */
char *hn_session_fs_read_note (const char *directory);

/**
 * hn_session_fs_write:
 * @path: a file that is not there
 * @text: what goes in, 0600
 *
 * Returns: whether all of it was written; errno is set otherwise, and a part of the file may be there
 */
gboolean hn_session_fs_write (const char *path, const char *text);

/**
 * hn_session_fs_is_full:
 * @reason: an errno
 *
 * Returns: whether it says that there is no space
 */
gboolean hn_session_fs_is_full (int reason);

/**
 * hn_session_fs_exists:
 * @directory: (nullable): a session directory
 *
 * Returns: whether it is there with its `server` folder
 */
gboolean hn_session_fs_exists (const char *directory);

/**
 * hn_session_fs_read_last_line:
 * @directory: (nullable): a session directory
 *
 * Returns: (transfer full): the end of the last line of its `web-server.log`, a few hundred bytes at most; "" when there is none
 */
char *hn_session_fs_read_last_line (const char *directory);

/**
 * hn_session_fs_remove:
 * @directory: a session directory; links in it are removed, not followed
 *
 * Returns: whether nothing of it is left
 */
gboolean hn_session_fs_remove (const char *directory);
