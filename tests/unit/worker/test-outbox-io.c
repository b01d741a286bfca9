/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* outbox-io in a directory of its own, with a disk that can be full. */
#include "worker/outbox-io.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/limits.h"
#include "tests/support/unit.h"
#include "worker/outbox-fs.h"
#include "worker/session-fs.h"

#define ID "0123456789abcdef0123456789abcdef"

typedef struct {
  char *directory;
  HnRandom *random;
  HnOutboxIo *outbox;
  GPtrArray *sent; /* names, as they came */
  GPtrArray *texts;
  struct rlimit room;
} World;

static void
on_send (const char *name, const char *text, gpointer data)
{
  World *world = data;

  g_ptr_array_add (world->sent, g_strdup (name));
  g_ptr_array_add (world->texts, g_strdup (text));
}

static void
open_outbox (World *world, gint64 max_age_us)
{
  static const HnOutboxIoEvents events = { on_send };
  const HnOutboxIoPlace place = { world->directory, "worker", "requests", "record", 1000, max_age_us, 1000 };

  world->outbox = hn_outbox_io_new (&place, world->random, &events, world);
}

static int
open_world (void **state)
{
  World *world = g_new0 (World, 1);

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &world->room);
  world->directory = g_dir_make_tmp ("hn-test-XXXXXX", NULL);
  world->random = hn_random_new_seeded (1);
  world->sent = g_ptr_array_new_with_free_func (g_free);
  world->texts = g_ptr_array_new_with_free_func (g_free);
  open_outbox (world, 0);
  *state = world;
  return 0;
}

static int
close_world (void **state)
{
  World *world = *state;

  setrlimit (RLIMIT_FSIZE, &world->room);
  hn_outbox_io_free (world->outbox);
  hn_session_fs_remove (world->directory);
  hn_random_free (world->random);
  g_ptr_array_unref (world->sent);
  g_ptr_array_unref (world->texts);
  g_free (world->directory);
  g_free (world);
  return 0;
}

static void
fill_disk (World *world)
{
  struct rlimit none = world->room;

  none.rlim_cur = 1;
  setrlimit (RLIMIT_FSIZE, &none);
}

static void
free_disk (World *world)
{
  setrlimit (RLIMIT_FSIZE, &world->room);
}

static const char *
wait_sent (World *world, guint number)
{
  while (world->sent->len < number)
    g_main_context_iteration (NULL, TRUE);
  return g_ptr_array_index (world->sent, number - 1);
}

static guint
files_of (World *world)
{
  g_autoptr (HnOutboxFs) files = hn_outbox_fs_new (world->directory);
  g_autoptr (GPtrArray) list = hn_outbox_fs_list (files);

  return list->len;
}

static void
what_is_put_is_sent_from_the_loop_and_kept_until_it_is_taken (void **state)
{
  World *world = *state;

  hn_outbox_io_put (world->outbox, ID, "", "{}");
  assert_int_equal (world->sent->len, 0);
  assert_int_equal (files_of (world), 1);
  hn_outbox_io_told (world->outbox, wait_sent (world, 1), HN_OUTBOX_AGAIN, "not now");
  assert_int_equal (files_of (world), 1);
  assert_int_equal (hn_outbox_io_get_pending (world->outbox), 1);
  hn_outbox_io_told (world->outbox, wait_sent (world, 2), HN_OUTBOX_DELIVERED, NULL);
  assert_int_equal (files_of (world), 0);
  assert_int_equal (hn_outbox_io_get_pending (world->outbox), 0);
}

static void
a_full_disk_costs_safety_but_no_request (void **state)
{
  World *world = *state;

  fill_disk (world);
  hn_outbox_io_put (world->outbox, ID, "", "{\"held\":1}");
  assert_int_equal (files_of (world), 0);
  wait_sent (world, 1);
  assert_string_equal (g_ptr_array_index (world->texts, 0), "{\"held\":1}");
  hn_outbox_io_told (world->outbox, g_ptr_array_index (world->sent, 0), HN_OUTBOX_AGAIN, "not now");
  free_disk (world);
  hn_outbox_io_put (world->outbox, ID, "", "{\"later\":1}");
  assert_int_equal (files_of (world), 2); /* what was held is safe now, too */
}

static void
memory_holds_a_bounded_number_and_the_end_saves_them (void **state)
{
  World *world = *state;

  fill_disk (world);
  for (guint i = 0; i < HN_LIMIT_SPOOL_MEMORY + 5; i++) {
    g_autofree char *id = g_strdup_printf ("%032x", i);

    hn_outbox_io_put (world->outbox, id, "", "{\"a\":1}");
  }
  assert_int_equal (hn_outbox_io_get_pending (world->outbox), HN_LIMIT_SPOOL_MEMORY);
  free_disk (world);
  g_clear_pointer (&world->outbox, hn_outbox_io_free);
  assert_int_equal (files_of (world), HN_LIMIT_SPOOL_MEMORY);
  open_outbox (world, 0);
  assert_int_equal (hn_outbox_io_get_pending (world->outbox), HN_LIMIT_SPOOL_MEMORY);
}

static void
what_cannot_be_read_or_is_too_old_is_given_up (void **state)
{
  World *world = *state;
  g_autofree char *young = hn_outbox_fs_name (hn_clock_utc_us (), ID, "");
  g_autofree char *old = hn_outbox_fs_name (1000000, ID, "");
  g_autofree char *old_path = g_build_filename (world->directory, old, NULL);
  g_autofree char *young_path = g_build_filename (world->directory, young, NULL);
  g_autofree char *endless = g_build_filename (world->directory, "00000000000000000002-" ID ".json", NULL);
  g_autofree char *filling = g_strnfill (HN_LIMIT_SPOOL_REQUEST_BYTES + 1, 'x');

  hn_outbox_io_free (world->outbox);
  assert_true (g_file_set_contents (old_path, "{}", -1, NULL));
  assert_true (g_file_set_contents (young_path, "{}", -1, NULL));
  assert_true (g_file_set_contents (endless, filling, -1, NULL));
  open_outbox (world, hn_seconds (3600));
  assert_int_equal (hn_outbox_io_get_pending (world->outbox), 3);
  assert_string_equal (wait_sent (world, 1), young);
  assert_int_equal (hn_outbox_io_get_pending (world->outbox), 1);
  assert_int_equal (files_of (world), 1);
}

#define T(f) cmocka_unit_test_setup_teardown (f, open_world, close_world)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (what_is_put_is_sent_from_the_loop_and_kept_until_it_is_taken),
    T (a_full_disk_costs_safety_but_no_request),
    T (memory_holds_a_bounded_number_and_the_end_saves_them),
    T (what_cannot_be_read_or_is_too_old_is_given_up),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
