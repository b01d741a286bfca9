/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/places.h"

#include "tests/support/unit.h"

static void
send_nothing (gpointer socket, HnWsMessage *message)
{
}

static void
a_room_is_there_from_the_first_to_the_last (void **unused)
{
  g_autoptr (HnPlaces) self = hn_places_new (send_nothing, "null");
  HnRoom *room, *other;

  assert_null (hn_places_find (self, "r1"));
  room = hn_places_take (self, "r1");
  assert_string_equal (hn_room_get_id (room), "r1");
  assert_ptr_equal (hn_places_take (self, "r1"), room);
  other = hn_places_take (self, "r2");
  assert_ptr_not_equal (other, room);
  assert_int_equal (hn_places_get_rooms (self), 2);
  hn_places_give_back (self, room);
  assert_ptr_equal (hn_places_find (self, "r1"), room);
  hn_places_give_back (self, room);
  assert_null (hn_places_find (self, "r1"));
  assert_ptr_equal (hn_places_find (self, "r2"), other);
  assert_int_equal (hn_places_get_rooms (self), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_room_is_there_from_the_first_to_the_last),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
