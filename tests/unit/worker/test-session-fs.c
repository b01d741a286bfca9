/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* session-fs and wireguard-fs, in a directory of their own. */
#include "worker/session-fs.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "worker/wireguard-fs.h"

#define ID "0123456789abcdef0123456789abcdef"
#define NOBODY 65534
#define OTHER "fedcba9876543210fedcba9876543210"

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

static char *
in (void **state, const char *name)
{
  return g_build_filename (*state, name, NULL);
}

static guint
mode_of (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  struct stat status;

  assert_int_equal (lstat (path, &status), 0);
  return status.st_mode & 0777;
}

static char *
create (const char *data_dir, const char *program, GError **error)
{
  const HnSessionFsContent content = { ID, "{}", "{\"note\":1}\n", program, "{\"ticket\":1}", "/opt/hn/hydraneckwebrtc" };

  return hn_session_fs_create (data_dir, &content, error);
}

static void
a_session_directory_is_for_our_user_only (void **state)
{
  g_autofree char *directory = create (*state, "/opt/mws/web-server", NULL);
  g_autofree char *config = g_build_filename (directory, "server/config.json", NULL);
  g_autofree char *link = g_build_filename (directory, "static", NULL);
  g_autofree char *pages = g_file_read_link (link, NULL);
  g_autofree char *issuer_link = g_build_filename (directory, "turn-credentials", NULL);
  g_autofree char *issuer = g_file_read_link (issuer_link, NULL);
  g_autofree char *text = NULL, *note = NULL;

  assert_int_equal (mode_of (directory, "."), 0700);
  assert_int_equal (mode_of (directory, "server"), 0700);
  assert_int_equal (mode_of (directory, "server/config.json"), 0600);
  assert_string_equal (pages, "/opt/mws/static");
  assert_int_equal (mode_of (directory, "turn-credentials.json"), 0600);
  assert_string_equal (issuer, "/opt/hn/hydraneckwebrtc");
  assert_true (g_file_get_contents (config, &text, NULL, NULL));
  assert_string_equal (text, "{}");
  assert_int_equal (mode_of (directory, "session.json"), 0600);
  note = hn_session_fs_read_note (directory);
  assert_string_equal (note, "{\"note\":1}\n");
  assert_true (hn_session_fs_exists (directory));
}

static void
a_session_directory_is_never_taken_over (void **state)
{
  g_autofree char *first = create (*state, "/x/web-server", NULL);
  g_autoptr (GError) error = NULL;

  assert_non_null (first);
  assert_null (create (*state, "/x/web-server", &error));
  assert_string_equal (error->message, "cannot make the session's data directory");
  assert_null (strstr (hn_error_detail (error), ID)); /* it is a key */
  assert_non_null (strstr (hn_error_detail (error), "File exists"));
  assert_true (hn_session_fs_exists (first));
}

static void
removing_a_directory_follows_no_link (void **state)
{
  g_autofree char *outside = in (state, "outside");
  g_autofree char *kept = g_build_filename (outside, "kept", NULL);
  g_autofree char *directory = create (*state, "/x/web-server", NULL);
  g_autofree char *link = g_build_filename (directory, "server", "out", NULL);

  assert_int_equal (g_mkdir (outside, 0700), 0);
  assert_true (g_file_set_contents (kept, "x", 1, NULL));
  assert_int_equal (symlink (outside, link), 0);
  assert_true (hn_session_fs_remove (directory));
  assert_false (hn_session_fs_exists (directory));
  assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
  assert_true (hn_session_fs_remove (directory));
  assert_false (hn_session_fs_exists (NULL));
}

static void
only_directories_named_like_sessions_are_orphans (void **state)
{
  static const char *const kept[] = { "keepme", "0123456789ABCDEF0123456789ABCDEF", "file" };
  g_autofree char *orphan = create (*state, "/x/web-server", NULL);
  g_autofree char *link = in (state, OTHER);
  g_autofree char *target = in (state, "keepme");
  g_autoptr (GPtrArray) orphans = NULL;
  g_autoptr (GPtrArray) none = hn_session_fs_list_orphans ("/nonexistent");

  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++) {
    g_autofree char *path = in (state, kept[i]);

    assert_int_equal (g_mkdir (path, 0700), 0);
  }
  assert_int_equal (symlink (target, link), 0);
  orphans = hn_session_fs_list_orphans (*state);
  assert_int_equal (orphans->len, 1);
  assert_string_equal (g_ptr_array_index (orphans, 0), orphan);
  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++) {
    g_autofree char *path = in (state, kept[i]);

    assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  }
  assert_int_equal (none->len, 0);
}

static void
a_data_directory_is_made_or_named_in_the_error (void **state)
{
  g_autofree char *fresh = in (state, "a/b");
  g_autofree char *file = in (state, "file");
  g_autofree char *below = g_build_filename (file, "x", NULL);
  g_autoptr (GError) error = NULL;

  int lock = hn_session_fs_open (fresh, NULL);

  assert_true (lock >= 0);
  assert_int_equal (mode_of (fresh, "."), 0700);
  assert_true (g_file_set_contents (file, "x", 1, NULL));
  assert_int_equal (hn_session_fs_open (below, &error), -1);
  assert_non_null (strstr (error->message, "sessions.data_dir"));
  close (lock);
}

/* It lies in /tmp by default: who makes it before the worker could plant notes that send Sunshine's password anywhere. */
static void
a_data_directory_that_others_may_write_to_is_refused (void **state)
{
  static const mode_t modes[] = { 0777, 01777, 0770, 0702 };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autoptr (GError) error = NULL;

    assert_int_equal (g_chmod (*state, modes[i]), 0);
    assert_int_equal (hn_session_fs_open (*state, &error), -1);
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_CONFIG));
    assert_non_null (strstr (error->message, "others may write to it"));
  }
  assert_int_equal (g_chmod (*state, 0755), 0);
  close (hn_session_fs_open (*state, NULL));
}

static void
another_users_data_directory_is_refused (void **state)
{
  gboolean privileged = geteuid () == 0; /* anybody else finds /tmp to be another's */
  g_autofree char *link = in (state, "link");
  g_autofree char *with_slash = g_strconcat (link, "/", NULL);
  g_autofree char *target = in (state, "target");
  g_autoptr (GError) error = NULL;

  if (privileged)
    assert_int_equal (chown (*state, NOBODY, NOBODY), 0);
  assert_int_equal (hn_session_fs_open (privileged ? *state : "/tmp", &error), -1);
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_CONFIG));
  assert_non_null (strstr (error->message, "belongs to another user"));
  g_clear_error (&error);
  assert_int_equal (g_mkdir (target, 0700), 0);
  assert_int_equal (symlink (target, link), 0);
  assert_true ((close (hn_session_fs_open (with_slash, NULL))) == 0);
  if (!privileged)
    return;
  assert_int_equal (lchown (link, NOBODY, NOBODY), 0);
  assert_int_equal (hn_session_fs_open (with_slash, &error), -1);
  assert_non_null (strstr (error->message, "a link that another user made"));
}

static void
a_data_directory_has_one_worker_at_a_time (void **state)
{
  g_autoptr (GError) error = NULL;
  int first = hn_session_fs_open (*state, NULL);
  int again;

  assert_true (first >= 0);
  assert_int_equal (hn_session_fs_open (*state, &error), -1);
  assert_true (g_str_has_suffix (error->message, "another worker uses it"));
  close (first);
  again = hn_session_fs_open (*state, NULL);
  assert_true (again >= 0);
  close (again);
}

static void
a_full_disk_leaves_nothing_behind_and_heals_by_itself (void **state)
{
  g_autofree char *directory = in (state, ID);
  g_autofree char *later = NULL;
  g_autoptr (GError) error = NULL;
  struct rlimit before, none;

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &before);
  none = before;
  none.rlim_cur = 1;
  setrlimit (RLIMIT_FSIZE, &none);
  assert_null (create (*state, "/x/web-server", &error));
  setrlimit (RLIMIT_FSIZE, &before);
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_LIMIT)); /* 503: another worker may have room */
  assert_string_equal (error->message, "no space left for the session's data");
  assert_null (strstr (hn_error_detail (error), ID));
  assert_false (g_file_test (directory, G_FILE_TEST_EXISTS));
  later = create (*state, "/x/web-server", NULL);
  assert_non_null (later);
}

static void
which_errors_mean_a_full_disk (void **unused)
{
  assert_true (hn_session_fs_is_full (ENOSPC));
  assert_true (hn_session_fs_is_full (EDQUOT));
  assert_true (hn_session_fs_is_full (EFBIG));
  assert_false (hn_session_fs_is_full (EACCES));
  assert_false (hn_session_fs_is_full (0));
}

static void
the_last_words_are_the_last_line_and_bounded (void **state)
{
  g_autofree char *path = in (state, "web-server.log");
  g_autofree char *none = hn_session_fs_read_last_line (*state);
  g_autofree char *nowhere = hn_session_fs_read_last_line (NULL);
  g_autofree char *filling = g_strnfill (1000, 'x');
  g_autofree char *last = NULL, *cut = NULL;

  assert_string_equal (none, "");
  assert_string_equal (nowhere, "");
  assert_true (g_file_set_contents (path, "first\nsecond\n\n", -1, NULL));
  last = hn_session_fs_read_last_line (*state);
  assert_string_equal (last, "second");
  assert_true (g_file_set_contents (path, "x\nthread 'main' panicked: why\nnote: run with `RUST_BACKTRACE=1` environment\n", -1, NULL));
  g_free (last);
  last = hn_session_fs_read_last_line (*state);
  assert_string_equal (last, "thread 'main' panicked: why");
  assert_true (g_file_set_contents (path, filling, -1, NULL));
  cut = hn_session_fs_read_last_line (*state);
  assert_int_equal (strlen (cut), 300);
}

static void
make_interface (void **state, const char *name, const char *uevent)
{
  g_autofree char *directory = in (state, name);
  g_autofree char *path = g_build_filename (directory, "uevent", NULL);

  assert_int_equal (g_mkdir (directory, 0700), 0);
  assert_true (g_file_set_contents (path, uevent, -1, NULL));
}

static void
wireguard_is_told_by_the_kind_of_an_interface_not_by_its_name (void **state)
{
  assert_false (hn_wireguard_fs_detect ("/nonexistent"));
  make_interface (state, "wg0", "INTERFACE=wg0\nIFINDEX=2\n");
  make_interface (state, "eth0", "DEVTYPE=wireguardish\nINTERFACE=eth0\n");
  assert_false (hn_wireguard_fs_detect (*state));
  make_interface (state, "mesh", "DEVTYPE=wireguard\nINTERFACE=mesh\n");
  assert_true (hn_wireguard_fs_detect (*state));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (a_session_directory_is_for_our_user_only, open_place, close_place),
    cmocka_unit_test_setup_teardown (a_session_directory_is_never_taken_over, open_place, close_place),
    cmocka_unit_test_setup_teardown (removing_a_directory_follows_no_link, open_place, close_place),
    cmocka_unit_test_setup_teardown (only_directories_named_like_sessions_are_orphans, open_place, close_place),
    cmocka_unit_test_setup_teardown (a_data_directory_is_made_or_named_in_the_error, open_place, close_place),
    cmocka_unit_test_setup_teardown (a_data_directory_that_others_may_write_to_is_refused, open_place, close_place),
    cmocka_unit_test_setup_teardown (another_users_data_directory_is_refused, open_place, close_place),
    cmocka_unit_test_setup_teardown (a_data_directory_has_one_worker_at_a_time, open_place, close_place),
    cmocka_unit_test_setup_teardown (a_full_disk_leaves_nothing_behind_and_heals_by_itself, open_place, close_place),
    cmocka_unit_test (which_errors_mean_a_full_disk),
    cmocka_unit_test_setup_teardown (the_last_words_are_the_last_line_and_bounded, open_place, close_place),
    cmocka_unit_test_setup_teardown (wireguard_is_told_by_the_kind_of_an_interface_not_by_its_name, open_place, close_place),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
