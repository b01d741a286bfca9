/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Which agents of the whole mesh the agents here have been told of. At any moment each of them knows exactly these but itself: what changes is news for all of them, once, and who comes gets the list. It
 * does not matter in which way a change is heard of, or how often. In order of joining; an id that another connection takes over keeps its place. Pure. */

typedef struct _HnDirectory HnDirectory;

/* What is to be told to the agents here, from inside the call that changed something. */
typedef struct {
  void (*joined) (const char *agent_id, gpointer user_data); /* also of an id that another connection took over */
  void (*left) (const char *agent_id, gpointer user_data);
} HnDirectoryEvents;

/**
 * hn_directory_new:
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): nobody is there
 */
HnDirectory *hn_directory_new (const HnDirectoryEvents *events, gpointer user_data);

/**
 * hn_directory_free:
 * @self: (nullable): what to free; nobody is told
 */
void hn_directory_free (HnDirectory *self);

/**
 * hn_directory_come:
 * @self: a directory
 * @agent_id: who is there
 * @connection: by which connection; the same once more is no news
 */
void hn_directory_come (HnDirectory *self, const char *agent_id, const char *connection);

/**
 * hn_directory_leave:
 * @self: a directory
 * @agent_id: who is gone
 * @connection: whose; nothing changes if the id has another one by now
 *
 * Returns: whether it was there
 */
gboolean hn_directory_leave (HnDirectory *self, const char *agent_id, const char *connection);

/**
 * hn_directory_begin_sync:
 * @self: a directory
 *
 * Everybody who is there is named next, by hn_directory_come(); who was not when hn_directory_end_sync() comes has left.
 */
void hn_directory_begin_sync (HnDirectory *self);

/**
 * hn_directory_end_sync:
 * @self: a directory whose sync has begun
 */
void hn_directory_end_sync (HnDirectory *self);

/**
 * hn_directory_clear:
 * @self: a directory; there is nobody left here to be told, and nothing is heard of the others
 */
void hn_directory_clear (HnDirectory *self);

/**
 * hn_directory_count:
 * @self: a directory
 *
 * Returns: how many agents
 */
guint hn_directory_count (const HnDirectory *self);

/**
 * hn_directory_list:
 * @self: a directory
 * @but: (nullable): an id that is left out
 *
 * Returns: (transfer container) (element-type utf8): their ids in order, valid until the next change
 */
GPtrArray *hn_directory_list (const HnDirectory *self, const char *but);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnDirectory, hn_directory_free)
