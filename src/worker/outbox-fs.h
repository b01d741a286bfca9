/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Requests that must not be lost, as files of one directory, for our user only: `<utc µs>-<id>[-<group>].json`. */

typedef struct _HnOutboxFs HnOutboxFs;

typedef struct {
  char *name;
  char *group;
  gsize bytes;
} HnOutboxFile;

/**
 * hn_outbox_fs_new:
 * @directory: its path; made when something is first written
 *
 * Returns: (transfer full): files that may be there
 */
HnOutboxFs *hn_outbox_fs_new (const char *directory);

/**
 * hn_outbox_fs_free:
 * @self: (nullable): what to free; waits for one file at most to be safe on the disk
 */
void hn_outbox_fs_free (HnOutboxFs *self);

/**
 * hn_outbox_fs_list:
 * @self: files
 *
 * What is no request of ours is passed over; a file that was being written when its process died is removed.
 *
 * Returns: (transfer full) (element-type HnOutboxFile): oldest first
 */
GPtrArray *hn_outbox_fs_list (HnOutboxFs *self);

/**
 * hn_outbox_fs_name:
 * @utc_us: when it was made
 * @id: its id, hexadecimal
 * @group: who takes it: "" or an IP literal
 *
 * Returns: (transfer full): its name
 */
char *hn_outbox_fs_name (gint64 utc_us, const char *id, const char *group);

/**
 * hn_outbox_fs_time:
 * @name: a name
 *
 * Returns: when it was made
 */
gint64 hn_outbox_fs_time (const char *name);

/**
 * hn_outbox_fs_id:
 * @name: a name
 *
 * Returns: (transfer full): its id
 */
char *hn_outbox_fs_id (const char *name);

/**
 * hn_outbox_fs_write:
 * @self: files
 * @name: its name
 * @text: what it says
 * @error: LIMIT when there is no space, INTERNAL otherwise
 *
 * Returns: whether it is there, whole, whatever kills this process; a little later also whatever cuts the power
 */
gboolean hn_outbox_fs_write (HnOutboxFs *self, const char *name, const char *text, GError **error);

/**
 * hn_outbox_fs_read:
 * @self: files
 * @name: its name
 *
 * Returns: (transfer full) (nullable): what it says; %NULL when it is not there or longer than HN_LIMIT_SPOOL_REQUEST_BYTES
 */
char *hn_outbox_fs_read (HnOutboxFs *self, const char *name);

/**
 * hn_outbox_fs_remove:
 * @self: files
 * @name: its name; one that is not there is fine
 */
void hn_outbox_fs_remove (HnOutboxFs *self, const char *name);

/**
 * hn_outbox_fs_reject:
 * @self: files
 * @name: its name
 *
 * Puts it aside, into `rejected/`, where the last HN_LIMIT_SPOOL_REJECTED stay.
 */
void hn_outbox_fs_reject (HnOutboxFs *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnOutboxFs, hn_outbox_fs_free)
