/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/store.h"

#include <string.h>

#include "sim/fakes/web-server/json.h"

struct SimStore {
  GHashTable *users;
  GHashTable *hosts;
  void (*changed) (gpointer data);
  gpointer data;
};

static void
user_free (gpointer data)
{
  SimUser *user = data;

  g_free (user->name);
  g_free (user->salt);
  g_free (user->hash);
  g_free (user->client_unique_id);
  g_free (user);
}

static void
host_free (gpointer data)
{
  SimHost *host = data;

  g_free (host->address);
  g_free (host->key);
  g_free (host->certificate);
  g_free (host->server_certificate);
  g_free (host->name);
  g_free (host->mac);
  g_free (host);
}

static gboolean
bad (GError **error, const char *what)
{
  g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_INVALID_DATA, "Error(\"%s\", line: 1, column: 1)", what);
  return FALSE;
}

static gboolean
read_user (SimStore *self, const char *key, JsonObject *o, GError **error)
{
  guint64 id;
  const char *name = sim_json_string (o, "name"), *role = sim_json_string (o, "role");
  const char *unique_id = sim_json_string (o, "client_unique_id");
  JsonObject *password = sim_json_object (o, "password");

  if (!g_ascii_string_to_unsigned (key, 10, 0, G_MAXUINT32, &id, NULL) || !name || !role || !unique_id)
    return bad (error, "invalid user");
  if (password && (!sim_json_string (password, "salt") || !sim_json_string (password, "hash")))
    return bad (error, "invalid password");
  SimUser *user = g_new0 (SimUser, 1);
  user->id = id;
  user->name = g_strdup (name);
  user->admin = strcmp (role, "Admin") == 0;
  user->client_unique_id = g_strdup (unique_id);
  user->salt = g_strdup (sim_json_string (password, "salt"));
  user->hash = g_strdup (sim_json_string (password, "hash"));
  g_hash_table_replace (self->users, GUINT_TO_POINTER (user->id), user);
  return TRUE;
}

static gboolean
read_host (SimStore *self, guint32 id, JsonObject *o, GError **error)
{
  guint64 port, owner = 0;
  const char *address = sim_json_string (o, "address");
  JsonObject *pair = sim_json_object (o, "pair_info"), *cache = sim_json_object (o, "cache");

  if (!address || !sim_json_uint (o, "http_port", G_MAXUINT16, &port))
    return bad (error, "invalid host");
  SimHost *host = g_new0 (SimHost, 1);
  host->id = id;
  host->global = !sim_json_uint (o, "owner", G_MAXUINT32, &owner);
  host->owner = owner;
  host->address = g_strdup (address);
  host->http_port = port;
  host->key = g_strdup (sim_json_string (pair, "client_private_key"));
  host->certificate = g_strdup (sim_json_string (pair, "client_certificate"));
  host->server_certificate = g_strdup (sim_json_string (pair, "server_certificate"));
  host->name = g_strdup (sim_json_string (cache, "name"));
  host->mac = g_strdup (sim_json_string (cache, "mac"));
  g_hash_table_replace (self->hosts, GUINT_TO_POINTER (host->id), host);
  return TRUE;
}

static gboolean
read_v2 (SimStore *self, JsonObject *root, GError **error)
{
  JsonObject *users = sim_json_object (root, "users"), *hosts = sim_json_object (root, "hosts");
  JsonObjectIter iter;
  const char *key;
  JsonNode *node;
  guint64 id;

  if (!users || !hosts)
    return bad (error, "missing field `users`");
  json_object_iter_init (&iter, users);
  while (json_object_iter_next (&iter, &key, &node))
    if (!JSON_NODE_HOLDS_OBJECT (node) || !read_user (self, key, json_node_get_object (node), error))
      return error && *error ? FALSE : bad (error, "invalid user");
  json_object_iter_init (&iter, hosts);
  while (json_object_iter_next (&iter, &key, &node))
    if (!JSON_NODE_HOLDS_OBJECT (node) || !g_ascii_string_to_unsigned (key, 10, 0, G_MAXUINT32, &id, NULL) ||
        !read_host (self, id, json_node_get_object (node), error))
      return error && *error ? FALSE : bad (error, "invalid host");
  return TRUE;
}

/* The first version had a list of hosts and no users: the hosts become global. */
static gboolean
read_v1 (SimStore *self, JsonArray *hosts, GError **error)
{
  for (guint i = 0; i < json_array_get_length (hosts); i++) {
    JsonNode *node = json_array_get_element (hosts, i);
    if (!JSON_NODE_HOLDS_OBJECT (node) || !read_host (self, i, json_node_get_object (node), error))
      return error && *error ? FALSE : bad (error, "invalid host");
  }
  return TRUE;
}

SimStore *
sim_store_new (const char *text, gsize length_bytes, GError **error)
{
  g_autoptr (SimStore) self = g_new0 (SimStore, 1);

  self->users = g_hash_table_new_full (NULL, NULL, NULL, user_free);
  self->hosts = g_hash_table_new_full (NULL, NULL, NULL, host_free);
  if (!text)
    return g_steal_pointer (&self);
  g_autoptr (JsonNode) node = sim_json_parse (text, length_bytes, FALSE, error);
  if (!node)
    return NULL;
  JsonObject *root = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *hosts = root ? json_object_get_member (root, "hosts") : NULL;
  gboolean good = FALSE;
  if (g_strcmp0 (sim_json_string (root, "version"), "2") == 0)
    good = read_v2 (self, root, error);
  else if (hosts && JSON_NODE_HOLDS_ARRAY (hosts))
    good = read_v1 (self, json_node_get_array (hosts), error);
  else
    bad (error, "data did not match any variant");
  return good ? g_steal_pointer (&self) : NULL;
}

static void
put_text (JsonObject *o, const char *name, const char *text)
{
  if (text)
    json_object_set_string_member (o, name, text);
  else
    json_object_set_null_member (o, name);
}

static JsonObject *
write_user (const SimUser *user)
{
  JsonObject *o = json_object_new ();

  json_object_set_string_member (o, "role", user->admin ? "Admin" : "User");
  json_object_set_string_member (o, "name", user->name);
  json_object_set_null_member (o, "password");
  if (user->hash) {
    JsonObject *password = json_object_new ();
    json_object_set_string_member (password, "salt", user->salt);
    json_object_set_string_member (password, "hash", user->hash);
    json_object_set_object_member (o, "password", password);
  }
  json_object_set_string_member (o, "client_unique_id", user->client_unique_id);
  return o;
}

static JsonObject *
write_host (const SimHost *host)
{
  JsonObject *o = json_object_new (), *cache = json_object_new ();

  if (host->global)
    json_object_set_null_member (o, "owner");
  else
    json_object_set_int_member (o, "owner", host->owner);
  json_object_set_string_member (o, "address", host->address);
  json_object_set_int_member (o, "http_port", host->http_port);
  json_object_set_null_member (o, "pair_info");
  if (host->key) {
    JsonObject *pair = json_object_new ();
    json_object_set_string_member (pair, "client_private_key", host->key);
    json_object_set_string_member (pair, "client_certificate", host->certificate);
    json_object_set_string_member (pair, "server_certificate", host->server_certificate);
    json_object_set_object_member (o, "pair_info", pair);
  }
  put_text (cache, "name", host->name ? host->name : "");
  put_text (cache, "mac", host->mac);
  json_object_set_object_member (o, "cache", cache);
  return o;
}

char *
sim_store_text (const SimStore *self)
{
  JsonObject *root = json_object_new (), *users = json_object_new (), *hosts = json_object_new ();
  g_autoptr (GList) all_users = sim_store_users (self);
  g_autoptr (GList) all_hosts = sim_store_hosts (self);

  for (GList *l = all_users; l; l = l->next) {
    g_autofree char *key = g_strdup_printf ("%u", ((SimUser *) l->data)->id);
    json_object_set_object_member (users, key, write_user (l->data));
  }
  for (GList *l = all_hosts; l; l = l->next) {
    g_autofree char *key = g_strdup_printf ("%u", ((SimHost *) l->data)->id);
    json_object_set_object_member (hosts, key, write_host (l->data));
  }
  json_object_set_string_member (root, "version", "2");
  json_object_set_object_member (root, "users", users);
  json_object_set_object_member (root, "hosts", hosts);
  return sim_json_text (root, TRUE);
}

void
sim_store_watch (SimStore *self, void (*changed) (gpointer data), gpointer data)
{
  self->changed = changed;
  self->data = data;
}

void
sim_store_changed (SimStore *self)
{
  if (self->changed)
    self->changed (self->data);
}

SimUser *
sim_store_user (const SimStore *self, guint32 id)
{
  return g_hash_table_lookup (self->users, GUINT_TO_POINTER (id));
}

SimUser *
sim_store_user_by_name (const SimStore *self, const char *name)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->users);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (strcmp (((SimUser *) value)->name, name) == 0)
      return value;
  return NULL;
}

/* The id is the first member of both. */
static int
by_id (gconstpointer a, gconstpointer b)
{
  guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

  return x < y ? -1 : x > y;
}

GList *
sim_store_users (const SimStore *self)
{
  return g_list_sort (g_hash_table_get_values (self->users), by_id);
}

GList *
sim_store_hosts (const SimStore *self)
{
  return g_list_sort (g_hash_table_get_values (self->hosts), by_id);
}

static guint32
fresh_id (GHashTable *taken)
{
  guint32 id;

  do
    id = g_random_int ();
  while (g_hash_table_contains (taken, GUINT_TO_POINTER (id)));
  return id;
}

SimUser *
sim_store_add_user (SimStore *self, const char *name, gboolean admin, const char *unique_id)
{
  SimUser *user = g_new0 (SimUser, 1);

  user->id = fresh_id (self->users);
  user->name = g_strdup (name);
  user->admin = admin;
  user->client_unique_id = g_strdup (unique_id);
  g_hash_table_replace (self->users, GUINT_TO_POINTER (user->id), user);
  sim_store_changed (self);
  return user;
}

void
sim_store_remove_user (SimStore *self, guint32 id)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->hosts);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (!((SimHost *) value)->global && ((SimHost *) value)->owner == id)
      g_hash_table_iter_remove (&iter);
  g_hash_table_remove (self->users, GUINT_TO_POINTER (id));
  sim_store_changed (self);
}

SimHost *
sim_store_host (const SimStore *self, guint32 id)
{
  return g_hash_table_lookup (self->hosts, GUINT_TO_POINTER (id));
}

SimHost *
sim_store_add_host (SimStore *self, guint32 owner, const char *address, guint16 http_port)
{
  SimHost *host = g_new0 (SimHost, 1);

  host->id = fresh_id (self->hosts);
  host->owner = owner;
  host->address = g_strdup (address);
  host->http_port = http_port;
  g_hash_table_replace (self->hosts, GUINT_TO_POINTER (host->id), host);
  sim_store_changed (self);
  return host;
}

void
sim_store_remove_host (SimStore *self, guint32 id)
{
  g_hash_table_remove (self->hosts, GUINT_TO_POINTER (id));
  sim_store_changed (self);
}

void
sim_store_set_text (char **where, const char *text)
{
  char *old = *where;

  *where = g_strdup (text); /* `text` may be a part of `old` */
  g_free (old);
}

void
sim_store_free (SimStore *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->users);
  g_hash_table_unref (self->hosts);
  g_free (self);
}
