/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In WAL mode a reader never meets a writer's lock (coturn takes a busy database for a wrong password). Nothing waits for the disk: what a power cut takes
 * away are secrets of sessions that ended with it. */
#include "worker/turn-userdb-fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define BUSY_MS 200       /* other workers of this machine write too */
#define BUSY_OPEN_MS 5000 /* nobody is served yet, and a coturn that starts beside us makes its tables */
#define BUSY_LOOK_MS 20

struct _HnTurnUserdbFs {
  sqlite3 *db;
  char *realm;
};

/* Makes the file for its owner and group before SQLite would make it for everybody. */
static gboolean
prepare_file (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
  struct stat status;
  int reason = errno;

  if (fd >= 0 && fstat (fd, &status) == 0 && (status.st_mode & 0007) != 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "cannot use turn.userdb '%s': others may read the secrets in it: chmod 660", path);
    close (fd);
    return FALSE;
  }
  if (fd >= 0)
    return close (fd) == 0;
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "cannot use turn.userdb '%s': %s", path, g_strerror (reason));
  return FALSE;
}

static gboolean
run (HnTurnUserdbFs *self, const char *sql, const char *value, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int result = sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL);

  if (result == SQLITE_OK && value != NULL) {
    sqlite3_bind_text (statement, 1, self->realm, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text (statement, 2, value, -1, SQLITE_TRANSIENT);
  }
  while (result == SQLITE_OK || result == SQLITE_ROW)
    result = sqlite3_step (statement);
  sqlite3_finalize (statement);
  if (result == SQLITE_DONE)
    return TRUE;
  g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "coturn's database: %s", sqlite3_errmsg (self->db));
  return FALSE;
}

/* SQLite waits for a lock, but not for one whose holder has yet to write: then the mode cannot be changed, and it says so at once. So it is looked at
 * here, and SQLite waits for none: both together would wait for their product. */
static gboolean
change_mode (HnTurnUserdbFs *self, GError **error)
{
  sqlite3_busy_timeout (self->db, 0);
  for (int waited_ms = 0; waited_ms < BUSY_OPEN_MS; waited_ms += BUSY_LOOK_MS) {
    if (run (self, "PRAGMA journal_mode=WAL", NULL, NULL))
      return TRUE;
    if (sqlite3_errcode (self->db) != SQLITE_BUSY)
      break;
    sqlite3_sleep (BUSY_LOOK_MS);
  }
  return run (self, "PRAGMA journal_mode=WAL", NULL, error);
}

HnTurnUserdbFs *
hn_turn_userdb_fs_open (const char *path, const char *realm, GError **error)
{
  g_autoptr (HnTurnUserdbFs) self = g_new0 (HnTurnUserdbFs, 1);
  g_autoptr (GError) local = NULL;

  if (!prepare_file (path, error))
    return NULL;
  self->realm = g_strdup (realm);
  if (sqlite3_open_v2 (path, &self->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "cannot use turn.userdb '%s': %s", path, sqlite3_errmsg (self->db));
    return NULL;
  }
  if (change_mode (self, &local) && sqlite3_busy_timeout (self->db, BUSY_OPEN_MS) == SQLITE_OK && run (self, "PRAGMA synchronous=OFF", NULL, &local)
      && run (self, "CREATE TABLE IF NOT EXISTS turn_secret (realm varchar(127) default '', value varchar(256), primary key (realm,value))", NULL,
              &local)) {
    sqlite3_busy_timeout (self->db, BUSY_MS);
    return g_steal_pointer (&self);
  }
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "cannot use turn.userdb '%s': %s", path, local->message);
  return NULL;
}

gboolean
hn_turn_userdb_fs_add (HnTurnUserdbFs *self, const char *secret, GError **error)
{
  return run (self, "INSERT OR IGNORE INTO turn_secret (realm, value) VALUES (?1, ?2)", secret, error);
}

gboolean
hn_turn_userdb_fs_remove (HnTurnUserdbFs *self, const char *secret, GError **error)
{
  return run (self, "DELETE FROM turn_secret WHERE realm = ?1 AND value = ?2", secret, error);
}

gboolean
hn_turn_userdb_fs_purge (HnTurnUserdbFs *self, const char *prefix, GError **error)
{
  return run (self, "DELETE FROM turn_secret WHERE realm = ?1 AND substr(value, 1, length(?2)) = ?2", prefix, error);
}

void
hn_turn_userdb_fs_free (HnTurnUserdbFs *self)
{
  if (self == NULL)
    return;
  sqlite3_close (self->db);
  g_free (self->realm);
  g_free (self);
}
