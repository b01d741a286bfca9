/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/redis-url.h"

#include <string.h>

#include "base/error.h"

#define RULE "must be redis://[user:password@]host[:port][/db] or unix:///path[?db=N]"

static gboolean
read_number (const char *text, guint64 min, guint64 max, guint64 *ret_number)
{
  return g_ascii_string_to_unsigned (text, 10, min, max, ret_number, NULL);
}

static gboolean
read_db (const char *text, HnRedisUrl *self)
{
  guint64 db = 0;

  if (!read_number (text, 0, HN_REDIS_DB_MAX, &db))
    return FALSE;
  self->db = (guint) db;
  return TRUE;
}

/* `user:password`, `:password` or `password`, each percent-encoded. */
static gboolean
read_who (const char *text, HnRedisUrl *self)
{
  const char *colon = strchr (text, ':');

  if (colon != NULL && colon > text) {
    self->user = g_uri_unescape_segment (text, colon, NULL);
    if (self->user == NULL)
      return FALSE;
  }
  self->password = g_uri_unescape_string (colon != NULL ? colon + 1 : text, NULL);
  return self->password != NULL;
}

/* `host`, `host:port`, `[::1]:port` */
static gboolean
read_where (const char *text, HnRedisUrl *self)
{
  const char *end = *text == '[' ? strchr (text, ']') : strchr (text, ':');
  guint64 port = HN_REDIS_PORT;

  if (*text == '[') {
    if (end == NULL)
      return FALSE;
    self->host = g_strndup (text + 1, (gsize) (end - text) - 1);
    end++;
  } else {
    end = end != NULL ? end : text + strlen (text);
    self->host = g_strndup (text, (gsize) (end - text));
  }
  if (*self->host == '\0' || strpbrk (self->host, " \t\"<>\\^`{|}?#@") != NULL || (*end != '\0' && (*end != ':' || !read_number (end + 1, 1, 65535, &port))))
    return FALSE;
  self->port = (guint16) port;
  return TRUE;
}

static gboolean
read_network (const char *rest, HnRedisUrl *self)
{
  const char *slash = strchr (rest, '/');
  g_autofree char *authority = slash != NULL ? g_strndup (rest, (gsize) (slash - rest)) : g_strdup (rest);
  char *at = strrchr (authority, '@');

  if (at != NULL)
    *at = '\0';
  return (at == NULL || read_who (authority, self)) && read_where (at != NULL ? at + 1 : authority, self)
         && (slash == NULL || slash[1] == '\0' || read_db (slash + 1, self));
}

static gboolean
read_socket (const char *rest, HnRedisUrl *self)
{
  g_auto (GStrv) parts = g_strsplit (rest, "?", 2);
  g_auto (GStrv) words = g_strsplit (parts[0] != NULL && parts[1] != NULL ? parts[1] : "", "&", -1);

  if (parts[0] == NULL || *parts[0] != '/')
    return FALSE;
  self->path = g_strdup (parts[0]);
  for (guint i = 0; words[i] != NULL; i++) {
    gboolean is_password = g_str_has_prefix (words[i], "password=") && self->password == NULL;

    if (is_password)
      self->password = g_uri_unescape_string (words[i] + strlen ("password="), NULL);
    if (is_password ? self->password == NULL : !g_str_has_prefix (words[i], "db=") || !read_db (words[i] + strlen ("db="), self))
      return FALSE;
  }
  return TRUE;
}

HnRedisUrl *
hn_redis_url_parse (const char *text, GError **error)
{
  g_autoptr (HnRedisUrl) self = g_new0 (HnRedisUrl, 1);
  gboolean good = FALSE;

  if (g_str_has_prefix (text, "rediss://")) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "must not be rediss://: let stunnel speak TLS to Redis, and name where it listens by redis://");
    return NULL;
  }
  if (g_str_has_prefix (text, "redis://"))
    good = read_network (text + strlen ("redis://"), self);
  else if (g_str_has_prefix (text, "unix://"))
    good = read_socket (text + strlen ("unix://"), self);
  else if (g_str_has_prefix (text, "redis+unix://")) /* as some clients have it */
    good = read_socket (text + strlen ("redis+unix://"), self);
  if (good)
    return g_steal_pointer (&self);
  g_set_error (error, HN_ERROR, HN_ERROR_INVALID, RULE);
  return NULL;
}

char *
hn_redis_url_describe (const HnRedisUrl *self)
{
  if (self->path != NULL)
    return g_strdup_printf ("%s/%u", self->path, self->db);
  return g_strdup_printf (strchr (self->host, ':') != NULL ? "[%s]:%u/%u" : "%s:%u/%u", self->host, self->port, self->db);
}

void
hn_redis_url_free (HnRedisUrl *self)
{
  if (self == NULL)
    return;
  g_free (self->host);
  g_free (self->path);
  g_free (self->user);
  g_free (self->password);
  g_free (self);
}
