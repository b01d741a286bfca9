/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/body-queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

#define A "aaaaaaaa000000000000000000000000"
#define B "bbbbbbbb000000000000000000000000"
#define C "cccccccc000000000000000000000000"

static HnBodyTurn
enter (HnBodyQueue *self, const char *body, const char *id, gboolean replace, GPtrArray *replaced, GError **error)
{
  HnAddress address;

  assert_true (hn_address_parse (body, &address));
  return hn_body_queue_enter (self, &address, body, id, replace, replaced, error);
}

static void
a_free_body_is_had_at_once (void **unused)
{
  g_autoptr (HnBodyQueue) self = hn_body_queue_new ();
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func (g_free);

  assert_int_equal (enter (self, "10.0.0.1", A, FALSE, replaced, NULL), HN_BODY_FREE);
  assert_int_equal (enter (self, "10.0.0.2", B, FALSE, replaced, NULL), HN_BODY_FREE);
  assert_int_equal (replaced->len, 0);
}

static void
an_old_session_without_a_stream_is_ended_and_waited_for (void **unused)
{
  g_autoptr (HnBodyQueue) self = hn_body_queue_new ();
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *next = NULL;

  enter (self, "10.0.0.1", A, FALSE, replaced, NULL);
  assert_int_equal (enter (self, "10.0.0.1", B, FALSE, replaced, NULL), HN_BODY_WAIT);
  assert_int_equal (replaced->len, 1);
  assert_string_equal (g_ptr_array_index (replaced, 0), A);
  next = hn_body_queue_leave (self, A);
  assert_string_equal (next, B);
  assert_null (hn_body_queue_leave (self, B));
  assert_int_equal (enter (self, "10.0.0.1", C, FALSE, replaced, NULL), HN_BODY_FREE);
}

static void
a_session_that_streams_keeps_its_body (void **unused)
{
  g_autoptr (HnBodyQueue) self = hn_body_queue_new ();
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  enter (self, "10.0.0.1", A, FALSE, replaced, NULL);
  hn_body_queue_set_streaming (self, A, TRUE);
  assert_int_equal (enter (self, "10.0.0.1", B, FALSE, replaced, &error), HN_BODY_REFUSED);
  assert_string_equal (error->message, "body 10.0.0.1 already in use by session aaaaaaaa");
  assert_int_equal (hn_error_http_status (error), 409);
  assert_int_equal (replaced->len, 0);
  assert_null (hn_body_queue_leave (self, A));
}

static void
every_spelling_of_an_address_is_the_same_body (void **unused)
{
  g_autoptr (HnBodyQueue) self = hn_body_queue_new ();
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func (g_free);

  enter (self, "10.0.0.1", A, FALSE, replaced, NULL);
  hn_body_queue_set_streaming (self, A, TRUE);
  assert_int_equal (enter (self, "::ffff:10.0.0.1", B, FALSE, replaced, NULL), HN_BODY_REFUSED);
}

static void
replace_takes_the_body_from_a_stream (void **unused)
{
  g_autoptr (HnBodyQueue) self = hn_body_queue_new ();
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func (g_free);

  enter (self, "10.0.0.1", A, FALSE, replaced, NULL);
  hn_body_queue_set_streaming (self, A, TRUE);
  assert_int_equal (enter (self, "10.0.0.1", B, TRUE, replaced, NULL), HN_BODY_WAIT);
  assert_string_equal (g_ptr_array_index (replaced, 0), A);
}

static void
a_stream_that_ended_protects_nothing (void **unused)
{
  g_autoptr (HnBodyQueue) self = hn_body_queue_new ();
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func (g_free);

  enter (self, "10.0.0.1", A, FALSE, replaced, NULL);
  hn_body_queue_set_streaming (self, A, TRUE);
  hn_body_queue_set_streaming (self, A, FALSE);
  assert_int_equal (enter (self, "10.0.0.1", B, FALSE, replaced, NULL), HN_BODY_WAIT);
}

static void
the_last_to_ask_gets_the_body (void **unused)
{
  g_autoptr (HnBodyQueue) self = hn_body_queue_new ();
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *next = NULL;

  enter (self, "10.0.0.1", A, FALSE, replaced, NULL);
  enter (self, "10.0.0.1", B, FALSE, replaced, NULL);
  g_ptr_array_set_size (replaced, 0);
  assert_int_equal (enter (self, "10.0.0.1", C, FALSE, replaced, NULL), HN_BODY_WAIT);
  assert_int_equal (replaced->len, 2);
  assert_string_equal (g_ptr_array_index (replaced, 1), B);
  assert_null (hn_body_queue_leave (self, B));
  next = hn_body_queue_leave (self, A);
  assert_string_equal (next, C);
}

static void
a_waiting_session_that_leaves_gives_up_its_place (void **unused)
{
  g_autoptr (HnBodyQueue) self = hn_body_queue_new ();
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func (g_free);

  enter (self, "10.0.0.1", A, FALSE, replaced, NULL);
  enter (self, "10.0.0.1", B, FALSE, replaced, NULL);
  assert_null (hn_body_queue_leave (self, B));
  assert_null (hn_body_queue_leave (self, A));
  assert_null (hn_body_queue_leave (self, C));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_free_body_is_had_at_once),
    cmocka_unit_test (an_old_session_without_a_stream_is_ended_and_waited_for),
    cmocka_unit_test (a_session_that_streams_keeps_its_body),
    cmocka_unit_test (every_spelling_of_an_address_is_the_same_body),
    cmocka_unit_test (replace_takes_the_body_from_a_stream),
    cmocka_unit_test (a_stream_that_ended_protects_nothing),
    cmocka_unit_test (the_last_to_ask_gets_the_body),
    cmocka_unit_test (a_waiting_session_that_leaves_gives_up_its_place),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
