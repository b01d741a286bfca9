/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * SimUser:
 * @salt: (nullable): 32 hex digits, %NULL when the user has no password
 * @hash: (nullable): 64 hex digits of PBKDF2
 */
typedef struct {
  guint32 id;
  char *name;
  gboolean admin;
  char *salt;
  char *hash;
  char *client_unique_id;
} SimUser;

/**
 * SimHost:
 * @global: whether every user may use it (then @owner means nothing)
 * @key: (nullable): our private key, PEM; %NULL when not paired
 * @certificate: (nullable): ours
 * @server_certificate: (nullable): the host's, pinned
 * @name: (nullable): as last seen
 * @mac: (nullable): as last seen
 */
typedef struct {
  guint32 id;
  gboolean global;
  guint32 owner;
  char *address;
  guint16 http_port;
  char *key;
  char *certificate;
  char *server_certificate;
  char *name;
  char *mac;
} SimHost;

/**
 * SimStore:
 *
 * What `data.json` holds. Pure; main thread. Who changes something calls [func@sim_store_changed].
 */
typedef struct SimStore SimStore;

/**
 * sim_store_new:
 * @text: (nullable): the file's text, %NULL for an empty store
 * @length_bytes: length of @text
 * @error: what does not fit
 *
 * Returns: (transfer full) (nullable): the store
 */
SimStore *sim_store_new (const char *text, gsize length_bytes, GError **error);

/** sim_store_free: (nullable) @self: released */
void sim_store_free (SimStore *self);

/**
 * sim_store_text:
 * @self: the store
 *
 * Returns: (transfer full): pretty JSON, version 2
 */
char *sim_store_text (const SimStore *self);

/**
 * sim_store_watch:
 * @self: the store
 * @changed: (nullable): called at each [func@sim_store_changed]
 * @data: for @changed
 */
void sim_store_watch (SimStore *self, void (*changed) (gpointer data), gpointer data);

/** sim_store_changed: tells the watcher that @self must be written */
void sim_store_changed (SimStore *self);

/** sim_store_user: (nullable) (transfer none) the user of @id */
SimUser *sim_store_user (const SimStore *self, guint32 id);

/** sim_store_user_by_name: (nullable) (transfer none) the user with exactly @name */
SimUser *sim_store_user_by_name (const SimStore *self, const char *name);

/** sim_store_users: (transfer container) all users, in order of id */
GList *sim_store_users (const SimStore *self);

/** sim_store_add_user: (transfer none) a new user with a random id, no password and @unique_id */
SimUser *sim_store_add_user (SimStore *self, const char *name, gboolean admin, const char *unique_id);

/** sim_store_remove_user: the user and the hosts that it owns */
void sim_store_remove_user (SimStore *self, guint32 id);

/** sim_store_host: (nullable) (transfer none) the host of @id */
SimHost *sim_store_host (const SimStore *self, guint32 id);

/** sim_store_hosts: (transfer container) all hosts, in order of id */
GList *sim_store_hosts (const SimStore *self);

/** sim_store_add_host: (transfer none) a new host with a random id, owned by @owner, not paired */
SimHost *sim_store_add_host (SimStore *self, guint32 owner, const char *address, guint16 http_port);

/** sim_store_remove_host: forgets the host of @id */
void sim_store_remove_host (SimStore *self, guint32 id);

/** sim_store_set_text: replaces the string at @where by a copy of @text (nullable) */
void sim_store_set_text (char **where, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimStore, sim_store_free)
