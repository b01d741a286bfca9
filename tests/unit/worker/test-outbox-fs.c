/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* outbox-fs and ended-fs, in a directory of their own. */
#include "worker/outbox-fs.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "tests/support/unit.h"
#include "worker/ended-fs.h"
#include "worker/ended.h"
#include "worker/session-fs.h"

#define ID "0123456789abcdef0123456789abcdef"
#define HOURS(n) (hn_seconds ((n) * 3600.0))

static int
open_place (void **state)
{
  *state = g_dir_make_tmp ("hn-test-XXXXXX", NULL);
  return *state != NULL ? 0 : -1;
}

static int
close_place (void **state)
{
  hn_session_fs_remove (*state);
  g_free (*state);
  return 0;
}

static guint
mode_of (const char *path)
{
  struct stat status;

  assert_int_equal (lstat (path, &status), 0);
  return status.st_mode & 0777;
}

static void
put (const char *directory, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  g_mkdir_with_parents (directory, 0700);
  assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
what_is_written_is_there_for_the_next_one_oldest_first (void **state)
{
  g_autofree char *directory = g_build_filename (*state, "spool", "nps", NULL);
  g_autofree char *later = hn_outbox_fs_name (2000000, ID, "");
  g_autofree char *earlier = hn_outbox_fs_name (1, ID, "fd00::1");
  g_autofree char *path = g_build_filename (directory, later, NULL);
  g_autofree char *text = NULL, *id = hn_outbox_fs_id (earlier);
  g_autoptr (HnOutboxFs) first = hn_outbox_fs_new (directory);
  g_autoptr (HnOutboxFs) next = hn_outbox_fs_new (directory);
  g_autoptr (GPtrArray) files = NULL;
  const HnOutboxFile *file;

  assert_string_equal (id, ID);
  assert_int_equal (hn_outbox_fs_time (later), 2000000);
  assert_true (hn_outbox_fs_write (first, later, "{\"a\":1}", NULL));
  assert_true (hn_outbox_fs_write (first, earlier, "{}", NULL));
  assert_int_equal (mode_of (directory), 0700);
  assert_int_equal (mode_of (path), 0600);
  files = hn_outbox_fs_list (next);
  assert_int_equal (files->len, 2);
  file = g_ptr_array_index (files, 0);
  assert_string_equal (file->name, earlier);
  assert_string_equal (file->group, "fd00::1");
  file = g_ptr_array_index (files, 1);
  assert_string_equal (file->group, "");
  assert_int_equal (file->bytes, 7);
  text = hn_outbox_fs_read (next, later);
  assert_string_equal (text, "{\"a\":1}");
  hn_outbox_fs_remove (next, later);
  hn_outbox_fs_remove (next, later);
  assert_null (hn_outbox_fs_read (next, later));
}

static void
what_is_not_ours_is_passed_over_and_what_was_being_written_removed (void **state)
{
  static const char *const odd[] = { "x", ".json", "00000000000000000001-" ID, "00000000000000000001-" ID "x.json",
                                     "00000000000000000001-" ID "-10.0.0.1x.json", "0000000000000000000a-" ID ".json",
                                     "00000000000000000001-0123456789ABCDEF0123456789abcdef.json" };
  g_autoptr (HnOutboxFs) files = hn_outbox_fs_new (*state);
  g_autofree char *unfinished = g_build_filename (*state, "00000000000000000001-" ID ".json.unfinished", NULL);
  g_autofree char *link = g_build_filename (*state, "00000000000000000001-" ID ".json", NULL);
  g_autofree char *kept = g_build_filename (*state, odd[0], NULL);
  g_autoptr (GPtrArray) found = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++)
    put (*state, odd[i], "{}");
  assert_true (g_file_set_contents (unfinished, "{\"half", -1, NULL));
  assert_int_equal (symlink (kept, link), 0);
  found = hn_outbox_fs_list (files);
  assert_int_equal (found->len, 0);
  assert_null (hn_outbox_fs_read (files, "00000000000000000001-" ID ".json"));
  assert_false (g_file_test (unfinished, G_FILE_TEST_EXISTS));
  assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
}

static void
a_request_that_is_too_long_is_not_read (void **state)
{
  g_autoptr (HnOutboxFs) files = hn_outbox_fs_new (*state);
  g_autofree char *longest = g_strnfill (HN_LIMIT_SPOOL_REQUEST_BYTES, 'x');
  g_autofree char *longer = g_strnfill (HN_LIMIT_SPOOL_REQUEST_BYTES + 1, 'x');
  g_autofree char *text = NULL;

  put (*state, "a", longest);
  put (*state, "b", longer);
  text = hn_outbox_fs_read (files, "a");
  assert_string_equal (text, longest);
  assert_null (hn_outbox_fs_read (files, "b"));
}

static void
what_is_put_aside_is_bounded (void **state)
{
  g_autoptr (HnOutboxFs) files = hn_outbox_fs_new (*state);
  g_autofree char *aside = g_build_filename (*state, "rejected", NULL);
  g_autoptr (HnOutboxFs) rejected = hn_outbox_fs_new (aside);
  g_autoptr (GPtrArray) left = NULL;

  for (guint i = 0; i < HN_LIMIT_SPOOL_REJECTED + 5; i++) {
    g_autofree char *name = hn_outbox_fs_name (i, ID, "");

    assert_true (hn_outbox_fs_write (files, name, "{}", NULL));
    hn_outbox_fs_reject (files, name);
    assert_null (hn_outbox_fs_read (files, name));
  }
  left = hn_outbox_fs_list (rejected);
  assert_int_equal (left->len, HN_LIMIT_SPOOL_REJECTED);
  assert_int_equal (hn_outbox_fs_time (((HnOutboxFile *) g_ptr_array_index (left, 0))->name), 5);
}

static void
a_full_disk_is_told_and_leaves_no_piece (void **state)
{
  g_autoptr (HnOutboxFs) files = hn_outbox_fs_new (*state);
  g_autofree char *name = hn_outbox_fs_name (1, ID, "");
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GError) error = NULL;
  struct rlimit before, none;

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &before);
  none = before;
  none.rlim_cur = 1;
  setrlimit (RLIMIT_FSIZE, &none);
  assert_false (hn_outbox_fs_write (files, name, "{\"a\":1}", &error));
  setrlimit (RLIMIT_FSIZE, &before);
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_LIMIT));
  dir = g_dir_open (*state, 0, NULL);
  assert_null (g_dir_read_name (dir));
  assert_true (hn_outbox_fs_write (files, name, "{\"a\":1}", NULL));
}

/* ---- logs of ended sessions ---- */

static char *
session_with_log (const char *data_dir, const char *id, const char *log)
{
  char *directory = g_build_filename (data_dir, id, NULL);

  put (directory, "web-server.log", log);
  return directory;
}

static void
the_log_of_an_ended_session_is_kept_for_our_user_only (void **state)
{
  g_autofree char *directory = session_with_log (*state, ID, "its words\n");
  g_autofree char *ended = g_build_filename (*state, "ended", NULL);
  g_autofree char *folder = NULL, *path = NULL, *text = NULL;
  g_autoptr (GDir) dir = NULL;

  hn_ended_fs_keep (*state, directory);
  dir = g_dir_open (ended, 0, NULL);
  folder = g_build_filename (ended, g_dir_read_name (dir), NULL);
  assert_null (g_dir_read_name (dir));
  assert_non_null (strstr (folder, "/01234567-20"));
  assert_null (strstr (folder, ID));
  path = g_build_filename (folder, "web-server.log", NULL);
  assert_int_equal (mode_of (ended), 0700);
  assert_int_equal (mode_of (folder), 0700);
  assert_int_equal (mode_of (path), 0600);
  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  assert_string_equal (text, "its words\n");
  assert_int_equal (hn_ended_fs_prune (*state, HOURS (24)), 0);
}

static void
a_log_that_is_no_plain_file_is_not_kept (void **state)
{
  g_autofree char *directory = g_build_filename (*state, ID, NULL);
  g_autofree char *log = g_build_filename (directory, "web-server.log", NULL);
  g_autofree char *ended = g_build_filename (*state, "ended", NULL);

  assert_int_equal (g_mkdir (directory, 0700), 0);
  hn_ended_fs_keep (*state, directory);
  assert_int_equal (symlink ("/etc/passwd", log), 0);
  hn_ended_fs_keep (*state, directory);
  assert_false (g_file_test (ended, G_FILE_TEST_EXISTS));
}

static void
old_logs_are_removed_and_what_is_not_ours_stays (void **state)
{
  g_autofree char *old = hn_ended_name (ID, hn_clock_utc_us () - HOURS (25));
  g_autofree char *young = hn_ended_name (ID, hn_clock_utc_us () - HOURS (23));
  g_autofree char *ended = g_build_filename (*state, "ended", NULL);
  g_autofree char *old_path = g_build_filename (ended, old, NULL);
  g_autofree char *young_path = g_build_filename (ended, young, NULL);
  g_autofree char *other = g_build_filename (ended, "notes", NULL);

  put (old_path, "web-server.log", "x");
  put (young_path, "web-server.log", "x");
  put (other, "a", "x");
  assert_int_equal (hn_ended_fs_prune (*state, HOURS (24)), 1);
  assert_false (g_file_test (old_path, G_FILE_TEST_EXISTS));
  assert_true (g_file_test (young_path, G_FILE_TEST_EXISTS));
  assert_true (g_file_test (other, G_FILE_TEST_EXISTS));
  assert_int_equal (hn_ended_fs_prune ("/nonexistent", HOURS (24)), 0);
}

#define T(f) cmocka_unit_test_setup_teardown (f, open_place, close_place)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (what_is_written_is_there_for_the_next_one_oldest_first),
    T (what_is_not_ours_is_passed_over_and_what_was_being_written_removed),
    T (a_request_that_is_too_long_is_not_read),
    T (what_is_put_aside_is_bounded),
    T (a_full_disk_is_told_and_leaves_no_piece),
    T (the_log_of_an_ended_session_is_kept_for_our_user_only),
    T (a_log_that_is_no_plain_file_is_not_kept),
    T (old_logs_are_removed_and_what_is_not_ours_stays),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
