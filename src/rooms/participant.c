/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/participant.h"

#include <string.h>

#include "base/clock.h"
#include "base/json-scan.h"

char *
hn_participant_card (const char *user_id, const char *user_name)
{
  GString *card = g_string_new ("{\"user_id\":");

  hn_json_append_string (card, user_id);
  g_string_append (card, ",\"username\":");
  hn_json_append_string (card, user_name);
  g_string_append_c (card, '}');
  return g_string_free (card, FALSE);
}

/* Cards come through a store that others can write to. */
static gboolean
is_card (const char *card, gsize length)
{
  HnJsonValue value;
  HnJsonMember member;
  gsize position = 0;

  return hn_json_scan (card, length, 1, &value, NULL) && value.kind == HN_JSON_OBJECT && value.length == length
         && hn_json_object_next (&value, &position, &member);
}

void
hn_participant_append (GString *out, const HnRosterSeat *seat, const char *time_name, gint64 utc_us)
{
  char time[HN_CLOCK_ISO8601_SIZE];
  gsize length = seat->card != NULL ? strlen (seat->card) : 0;

  if (length > 0 && is_card (seat->card, length)) {
    g_string_append_len (out, seat->card, (gssize) length - 1);
  } else {
    g_autofree char *card = hn_participant_card (seat->member, seat->member);

    g_string_append_len (out, card, (gssize) strlen (card) - 1);
  }
  hn_clock_iso8601 (utc_us, time);
  g_string_append_printf (out, ",\"%s\":\"%s\"}", time_name, time);
}

void
hn_participant_append_list (GString *out, const char *room, const HnRosterSeat *seats, guint n_seats)
{
  g_string_append (out, "\"room_id\":");
  hn_json_append_string (out, room);
  g_string_append (out, ",\"participants\":[");
  for (guint i = 0; i < n_seats; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    hn_participant_append (out, &seats[i], "joined_at", seats[i].since_utc_us);
  }
  g_string_append_printf (out, "],\"participant_count\":%u", n_seats);
}
