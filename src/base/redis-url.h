/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Where a Redis is: `redis://[user:password@]host[:port][/db]`, or `unix:///path[?db=N][&password=…]`, as a value. Pure. */

typedef struct {
  char *host; /* (nullable) a name or an IP literal, without brackets; %NULL: @path */
  guint16 port;
  char *path;     /* (nullable) of a UNIX socket */
  char *user;     /* (nullable) */
  char *password; /* (nullable) */
  guint db;
} HnRedisUrl;

#define HN_REDIS_PORT 6379
#define HN_REDIS_DB_MAX 1023

/**
 * hn_redis_url_parse:
 * @text: a URL
 * @error: INVALID: what is wrong, to follow its name; never a part of it, since it may hold a password
 *
 * TLS (`rediss://`) is refused: stunnel does that well.
 *
 * Returns: (transfer full) (nullable): where that is
 */
HnRedisUrl *hn_redis_url_parse (const char *text, GError **error);

/**
 * hn_redis_url_describe:
 * @self: where a Redis is
 *
 * Returns: (transfer full): `host:port/db` or `path/db`, for the log, without the password
 */
char *hn_redis_url_describe (const HnRedisUrl *self);

/**
 * hn_redis_url_free:
 * @self: (nullable): what to free
 */
void hn_redis_url_free (HnRedisUrl *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRedisUrl, hn_redis_url_free)
