/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/turn-userdb-fs.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/unit.h"

typedef struct {
  char *folder;
  char *path;
  HnTurnUserdbFs *db;
} World;

/* What coturn would read. */
static char *
secrets (World *world, const char *realm)
{
  GString *all = g_string_new (NULL);
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;

  assert_int_equal (sqlite3_open_v2 (world->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
  assert_int_equal (sqlite3_prepare_v2 (db, "select value from turn_secret where realm = ?1 order by value", -1, &statement, NULL), SQLITE_OK);
  sqlite3_bind_text (statement, 1, realm, -1, SQLITE_TRANSIENT);
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_string_append_printf (all, "%s ", (const char *) sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return g_string_free (all, FALSE);
}

static void
assert_secrets (World *world, const char *expected)
{
  g_autofree char *all = secrets (world, "r");

  assert_string_equal (all, expected);
}

static int
set_up (void **state)
{
  World *world = g_new0 (World, 1);

  world->folder = g_dir_make_tmp ("hydraneck-userdb-XXXXXX", NULL);
  world->path = g_build_filename (world->folder, "turn.db", NULL);
  world->db = hn_turn_userdb_fs_open (world->path, "r", NULL);
  *state = world;
  return world->db != NULL ? 0 : -1;
}

static int
tear_down (void **state)
{
  World *world = *state;
  static const char *const ends[] = { "", "-wal", "-shm" };

  hn_turn_userdb_fs_free (world->db);
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autofree char *path = g_strconcat (world->path, ends[i], NULL);

    g_unlink (path);
  }
  g_rmdir (world->folder);
  g_free (world->folder);
  g_free (world->path);
  g_free (world);
  return 0;
}

static void
a_secret_is_there_until_it_is_removed (void **state)
{
  World *world = *state;

  assert_true (hn_turn_userdb_fs_add (world->db, "one", NULL));
  assert_true (hn_turn_userdb_fs_add (world->db, "one", NULL));
  assert_true (hn_turn_userdb_fs_add (world->db, "it's; drop", NULL));
  assert_secrets (world, "it's; drop one ");
  assert_true (hn_turn_userdb_fs_remove (world->db, "one", NULL));
  assert_true (hn_turn_userdb_fs_remove (world->db, "one", NULL));
  assert_secrets (world, "it's; drop ");
}

static void
a_purge_takes_what_begins_so_in_this_realm_only (void **state)
{
  World *world = *state;
  g_autoptr (HnTurnUserdbFs) other = hn_turn_userdb_fs_open (world->path, "s", NULL);
  g_autofree char *rest = NULL;

  hn_turn_userdb_fs_add (world->db, "a_1-x", NULL);
  hn_turn_userdb_fs_add (world->db, "a_1-y", NULL);
  hn_turn_userdb_fs_add (world->db, "ab1-z", NULL); /* `_` is no wildcard */
  hn_turn_userdb_fs_add (world->db, "operator's own", NULL);
  hn_turn_userdb_fs_add (other, "a_1-x", NULL);
  assert_true (hn_turn_userdb_fs_purge (world->db, "a_1-", NULL));
  assert_secrets (world, "ab1-z operator's own ");
  rest = secrets (world, "s");
  assert_string_equal (rest, "a_1-x ");
}

static void
a_file_that_others_may_read_is_refused (void **state)
{
  World *world = *state;
  struct stat status;
  g_autoptr (GError) error = NULL;

  assert_int_equal (stat (world->path, &status), 0);
  assert_int_equal (status.st_mode & 0007, 0);
  chmod (world->path, 0664);
  assert_null (hn_turn_userdb_fs_open (world->path, "r", &error));
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_CONFIG));
  assert_non_null (strstr (error->message, "chmod 660"));
}

static void
what_is_no_database_is_refused (void **state)
{
  World *world = *state;
  g_autofree char *path = g_build_filename (world->folder, "other", NULL);
  g_autofree char *nowhere = g_build_filename (world->folder, "no", "folder", NULL);
  g_autoptr (GError) error = NULL;

  assert_null (hn_turn_userdb_fs_open (nowhere, "r", &error));
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_CONFIG));
  g_clear_error (&error);
  assert_true (g_file_set_contents_full (path, "no database at all, but longer than its head would be: it would be a hundred bytes long, and so is this one", -1,
                                         G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  assert_null (hn_turn_userdb_fs_open (path, "r", &error));
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_CONFIG));
  g_unlink (path);
}

#define STARTING_US 400000 /* longer than a worker waits while it serves */

/* A coturn that makes its tables holds the file for itself. The lock goes by the clock: who waits for it cannot be asked whether it does. */
static gpointer
hold_for_a_while (gpointer data)
{
  sqlite3 *db = data;
  GMutex mutex;
  GCond never;
  gint64 until_us = g_get_monotonic_time () + STARTING_US;

  g_mutex_init (&mutex);
  g_cond_init (&never);
  g_mutex_lock (&mutex);
  while (g_cond_wait_until (&never, &mutex, until_us))
    ;
  g_mutex_unlock (&mutex);
  g_cond_clear (&never);
  g_mutex_clear (&mutex);
  assert_int_equal (sqlite3_exec (db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
  return NULL;
}

/* @lock: EXCLUSIVE while it writes, IMMEDIATE while it has yet to (SQLite does not wait for that one by itself when the mode is changed) */
static void
expect_wait_for (World *world, const char *lock)
{
  g_autofree char *begin = g_strdup_printf ("BEGIN %s; CREATE TABLE made (x)", lock);
  g_autofree char *path = g_build_filename (world->folder, "starting.db", NULL);
  g_autoptr (GError) error = NULL;
  HnTurnUserdbFs *db;
  sqlite3 *coturn = NULL;
  GThread *thread;

  assert_true (g_file_set_contents (path, "", 0, NULL));
  assert_int_equal (g_chmod (path, 0660), 0);
  assert_int_equal (sqlite3_open_v2 (path, &coturn, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, NULL), SQLITE_OK);
  assert_int_equal (sqlite3_exec (coturn, begin, NULL, NULL, NULL), SQLITE_OK);
  thread = g_thread_new ("coturn", hold_for_a_while, coturn);
  db = hn_turn_userdb_fs_open (path, "r", &error);
  g_thread_join (thread);
  assert_null (error);
  assert_non_null (db);
  hn_turn_userdb_fs_free (db);
  sqlite3_close (coturn);
  g_unlink (path);
}

static void
a_coturn_that_starts_beside_it_is_waited_for (void **state)
{
  expect_wait_for (*state, "EXCLUSIVE");
  expect_wait_for (*state, "IMMEDIATE");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (a_secret_is_there_until_it_is_removed, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_purge_takes_what_begins_so_in_this_realm_only, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_file_that_others_may_read_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown (what_is_no_database_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_coturn_that_starts_beside_it_is_waited_for, set_up, tear_down),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
