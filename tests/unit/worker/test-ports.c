/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/ports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

/* @user_data: a bit for each TCP port from 8080 on that a stranger holds */
static gboolean
is_free (HnPortKind kind, guint16 port, gpointer user_data)
{
  return kind == HN_PORT_UDP || port < 8080 || port > 8111 || (GPOINTER_TO_UINT (user_data) & (1u << (port - 8080))) == 0;
}

static void
a_session_gets_the_next_free_port_and_its_own_udp_block (void **unused)
{
  g_autoptr (HnPorts) self = hn_ports_new (8080, 3, 40000, 47990);
  HnSlot first, second;

  assert_true (hn_ports_take (self, is_free, NULL, &first, NULL));
  assert_true (hn_ports_take (self, is_free, NULL, &second, NULL));
  assert_int_equal (first.http_port, 8080);
  assert_int_equal (first.udp_min, 40000);
  assert_int_equal (first.udp_max, 40015);
  assert_int_equal (first.mic_min, 40016);
  assert_int_equal (first.mic_max, 40019);
  assert_int_equal (second.http_port, 8081);
  assert_int_equal (second.udp_min, 40020);
  assert_int_equal (second.mic_max, 40039);
  assert_int_equal (hn_ports_count (self), 2);
}

static void
what_is_released_is_taken_again (void **unused)
{
  g_autoptr (HnPorts) self = hn_ports_new (8080, 2, 40000, 47990);
  HnSlot first, second, third;

  hn_ports_take (self, is_free, NULL, &first, NULL);
  hn_ports_take (self, is_free, NULL, &second, NULL);
  hn_ports_release (self, &first);
  assert_int_equal (hn_ports_count (self), 1);
  assert_true (hn_ports_take (self, is_free, NULL, &third, NULL));
  assert_int_equal (third.http_port, first.http_port);
  assert_int_equal (third.udp_min, first.udp_min);
}

static void
one_session_more_than_allowed_is_refused (void **unused)
{
  g_autoptr (HnPorts) self = hn_ports_new (8080, 2, 40000, 47990);
  g_autoptr (GError) error = NULL;
  HnSlot slot = { .http_port = 7 };

  hn_ports_take (self, is_free, NULL, &slot, NULL);
  hn_ports_take (self, is_free, NULL, &slot, NULL);
  slot.http_port = 7;
  assert_false (hn_ports_take (self, is_free, NULL, &slot, &error));
  assert_string_equal (error->message, "max sessions reached");
  assert_int_equal (hn_error_http_status (error), 503);
  assert_int_equal (slot.http_port, 7);
}

static void
our_own_port_and_a_strangers_are_skipped (void **unused)
{
  g_autoptr (HnPorts) self = hn_ports_new (8080, 4, 40000, 8081);
  HnSlot slot;

  assert_true (hn_ports_take (self, is_free, GUINT_TO_POINTER (1u << 0 | 1u << 2), &slot, NULL));
  assert_int_equal (slot.http_port, 8083);
}

static void
the_last_port_of_the_range_is_used_too (void **unused)
{
  g_autoptr (HnPorts) self = hn_ports_new (8080, 2, 40000, 8080);
  HnSlot first, second;

  assert_true (hn_ports_take (self, is_free, NULL, &first, NULL));
  assert_true (hn_ports_take (self, is_free, NULL, &second, NULL));
  assert_int_equal (second.http_port, 8082);
}

static void
a_range_that_strangers_hold_has_no_ports (void **unused)
{
  g_autoptr (HnPorts) self = hn_ports_new (8080, 2, 40000, 47990);
  g_autoptr (GError) error = NULL;
  HnSlot slot;

  assert_false (hn_ports_take (self, is_free, GUINT_TO_POINTER (7u), &slot, &error));
  assert_string_equal (error->message, "no ports available");
  assert_int_equal (hn_error_http_status (error), 503);
  assert_int_equal (hn_ports_count (self), 0);
  assert_true (hn_ports_take (self, is_free, NULL, &slot, NULL));
  assert_int_equal (slot.udp_min, 40000);
}

/* @user_data: the UDP port that a stranger holds */
static gboolean
is_other (HnPortKind kind, guint16 port, gpointer user_data)
{
  return kind == HN_PORT_TCP || port != GPOINTER_TO_UINT (user_data);
}

static void
a_block_of_which_a_stranger_has_any_port_is_skipped (void **unused)
{
  static const guint held[] = { 40000, 40015, 40016, 40019 };

  for (gsize i = 0; i < G_N_ELEMENTS (held); i++) {
    g_autoptr (HnPorts) self = hn_ports_new (8080, 2, 40000, 47990);
    g_autoptr (GError) error = NULL;
    HnSlot slot;

    assert_true (hn_ports_take (self, is_other, GUINT_TO_POINTER (held[i]), &slot, NULL));
    assert_int_equal (slot.udp_min, 40020);
    assert_false (hn_ports_take (self, is_other, GUINT_TO_POINTER (held[i]), &slot, &error));
    assert_string_equal (error->message, "no ports available");
    assert_true (hn_ports_take (self, is_free, NULL, &slot, NULL));
    assert_int_equal (slot.udp_min, 40000);
  }
}

static void
a_range_ends_at_the_last_port_there_is (void **unused)
{
  g_autoptr (HnPorts) http = hn_ports_new (65535, 3, 40000, 47990);
  g_autoptr (HnPorts) udp = hn_ports_new (8080, 3, 65516, 47990);
  g_autoptr (GError) error = NULL;
  HnSlot slot;

  assert_true (hn_ports_take (http, is_free, NULL, &slot, NULL));
  assert_int_equal (slot.http_port, 65535);
  assert_false (hn_ports_take (http, is_free, NULL, &slot, &error));
  assert_string_equal (error->message, "no ports available");
  assert_true (hn_ports_take (udp, is_free, NULL, &slot, NULL));
  assert_int_equal (slot.mic_max, 65535);
  assert_false (hn_ports_take (udp, is_free, NULL, &slot, NULL));
}

static void
more_sessions_are_allowed_while_some_are_there (void **unused)
{
  g_autoptr (HnPorts) self = hn_ports_new (8080, 1, 40000, 8081);
  HnSlot first, second, third;

  assert_true (hn_ports_take (self, is_free, NULL, &first, NULL));
  assert_false (hn_ports_take (self, is_free, NULL, &second, NULL));
  hn_ports_set_max (self, 3);
  assert_true (hn_ports_take (self, is_free, NULL, &second, NULL));
  assert_true (hn_ports_take (self, is_free, NULL, &third, NULL));
  assert_int_equal (second.http_port, 8082); /* 8081 is ours */
  assert_int_equal (third.http_port, 8083);
  assert_int_equal (third.udp_min, 40040);
  assert_int_equal (hn_ports_count (self), 3);
}

static void
fewer_sessions_are_allowed_and_those_that_are_there_stay (void **unused)
{
  g_autoptr (HnPorts) self = hn_ports_new (8080, 3, 40000, 47990);
  g_autoptr (GError) error = NULL;
  HnSlot slots[3], slot;

  for (guint i = 0; i < 3; i++)
    assert_true (hn_ports_take (self, is_free, NULL, &slots[i], NULL));
  hn_ports_set_max (self, 1);
  assert_int_equal (hn_ports_count (self), 3);
  hn_ports_release (self, &slots[0]);
  hn_ports_release (self, &slots[1]);
  assert_false (hn_ports_take (self, is_free, NULL, &slot, &error));
  assert_string_equal (error->message, "max sessions reached");
  hn_ports_release (self, &slots[2]);
  assert_true (hn_ports_take (self, is_free, NULL, &slot, NULL));
  assert_int_equal (slot.udp_min, 40000);
  hn_ports_set_max (self, 3);
  assert_true (hn_ports_take (self, is_free, NULL, &slots[1], NULL));
  assert_int_equal (slots[1].udp_min, 40020);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_session_gets_the_next_free_port_and_its_own_udp_block),
    cmocka_unit_test (what_is_released_is_taken_again),
    cmocka_unit_test (one_session_more_than_allowed_is_refused),
    cmocka_unit_test (our_own_port_and_a_strangers_are_skipped),
    cmocka_unit_test (the_last_port_of_the_range_is_used_too),
    cmocka_unit_test (a_range_that_strangers_hold_has_no_ports),
    cmocka_unit_test (a_block_of_which_a_stranger_has_any_port_is_skipped),
    cmocka_unit_test (a_range_ends_at_the_last_port_there_is),
    cmocka_unit_test (more_sessions_are_allowed_while_some_are_there),
    cmocka_unit_test (fewer_sessions_are_allowed_and_those_that_are_there_stay),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
