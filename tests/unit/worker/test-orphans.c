/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* orphans-proc: which processes are ours for certain. */
#include "worker/orphans-proc.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/unit.h"
#include "worker/session-proc.h"

typedef struct {
  char *data_dir;
  pid_t child;
} World;

static int
open_world (void **state)
{
  World *world = g_new0 (World, 1);

  world->data_dir = g_dir_make_tmp ("hn-test-XXXXXX", NULL);
  *state = world;
  return world->data_dir != NULL ? 0 : -1;
}

static int
close_world (void **state)
{
  World *world = *state;

  if (world->child > 0) {
    kill (world->child, SIGKILL);
    waitpid (world->child, NULL, 0);
  }
  g_rmdir (world->data_dir);
  g_free (world->data_dir);
  g_free (world);
  return 0;
}

/* A program that waits for ever; what it says when it runs: its environment is set by then. */
static void
start (World *world, const char *directory, const char *variable)
{
  const char *const argv[] = { "sh", "-c", "echo; read x", NULL };
  const char *const environment[] = { "PATH=/usr/bin:/bin", variable, NULL };
  int out[2], in[2];
  char said;

  assert_int_equal (pipe (out), 0);
  assert_int_equal (pipe (in), 0);
  world->child = fork ();
  if (world->child == 0) {
    if (chdir (directory) != 0 || dup2 (in[0], 0) < 0 || dup2 (out[1], 1) < 0)
      _exit (1);
    execve ("/bin/sh", (char *const *) argv, (char *const *) environment);
    _exit (1);
  }
  assert_int_equal (read (out[0], &said, 1), 1);
  close (in[0]);
  close (out[0]);
  close (out[1]);
  /* in[1] stays open: it reads for ever */
}

static void
what_carries_our_mark_is_killed_wherever_it_went (void **state)
{
  World *world = *state;
  g_autofree char *mark = hn_orphans_proc_mark (world->data_dir);
  int status = 0;

  start (world, "/", mark);
  assert_true (hn_session_proc_is_running (world->child));
  assert_int_equal (hn_orphans_proc_kill (world->data_dir), 1);
  waitid (P_PID, (id_t) world->child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
  assert_int_equal (kill (world->child, 0), 0); /* it answers, and yet: */
  assert_false (hn_session_proc_is_running (world->child));
  assert_int_equal (waitpid (world->child, &status, 0), world->child);
  assert_false (hn_session_proc_is_running (world->child));
  world->child = 0;
  assert_true (WIFSIGNALED (status));
  assert_int_equal (hn_orphans_proc_kill (world->data_dir), 0);
}

static void
a_person_who_looks_around_in_a_session_directory_is_left_alone (void **state)
{
  World *world = *state;

  start (world, world->data_dir, NULL);
  assert_int_equal (hn_orphans_proc_kill (world->data_dir), 0);
  assert_true (hn_session_proc_is_running (world->child));
}

static void
what_belongs_to_another_workers_directory_is_left_alone (void **state)
{
  World *world = *state;
  g_autofree char *mark = hn_orphans_proc_mark (world->data_dir);
  g_autofree char *other = g_strconcat (mark, "-2", NULL);
  g_autofree char *within = g_strconcat ("X=", mark, NULL);

  start (world, "/", other);
  assert_int_equal (hn_orphans_proc_kill (world->data_dir), 0);
  assert_true (hn_session_proc_is_running (world->child));
  kill (world->child, SIGKILL);
  waitpid (world->child, NULL, 0);
  start (world, "/", within);
  assert_int_equal (hn_orphans_proc_kill (world->data_dir), 0);
}

static void
one_directory_has_one_mark_however_it_is_spelled (void **state)
{
  World *world = *state;
  g_autofree char *odd = g_strconcat (world->data_dir, "/.//", NULL);
  g_autofree char *mark = hn_orphans_proc_mark (world->data_dir);
  g_autofree char *same = hn_orphans_proc_mark (odd);

  assert_string_equal (mark, same);
  assert_null (hn_orphans_proc_mark ("/nonexistent"));
  assert_int_equal (hn_orphans_proc_kill ("/nonexistent"), 0);
}

#define T(f) cmocka_unit_test_setup_teardown (f, open_world, close_world)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (what_carries_our_mark_is_killed_wherever_it_went),
    T (a_person_who_looks_around_in_a_session_directory_is_left_alone),
    T (what_belongs_to_another_workers_directory_is_left_alone),
    T (one_directory_has_one_mark_however_it_is_spelled),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
