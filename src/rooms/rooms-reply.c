/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/rooms-reply.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json-scan.h"
#include "rooms/participant.h"

/* What such servers say by themselves. */
static const char *
standard_text (guint status, const char *message)
{
  switch (status) {
  case 404:
    return g_str_equal (message, "not found") ? "Not Found" : message;
  case 405:
    return "Method Not Allowed";
  case 401:
    return g_str_equal (message, "unauthorized") ? "Not authenticated" : message;
  case 429:
    return "Too Many Requests";
  case 500:
    return "Internal Server Error";
  default:
    return message;
  }
}

char *
hn_rooms_reply_error (guint status, const char *message, const char *detail)
{
  GString *out = g_string_new ("{\"detail\":");

  hn_json_append_string (out, standard_text (status, message));
  g_string_append (out, "}\n");
  return g_string_free (out, FALSE);
}

char *
hn_rooms_reply_bad_number (const char *name, const char *value, guint min, guint max)
{
  g_autofree char *message = g_strdup_printf ("Input should be a valid integer from %u to %u", min, max);
  GString *out = g_string_new ("{\"detail\":[{\"type\":\"int_parsing\",\"loc\":[\"query\",");

  hn_json_append_string (out, name);
  g_string_append (out, "],\"msg\":");
  hn_json_append_string (out, message);
  g_string_append (out, ",\"input\":");
  hn_json_append_string (out, value);
  g_string_append (out, "}]}\n");
  return g_string_free (out, FALSE);
}

/* Milliseconds with three decimals, whatever the locale. */
static char *
milliseconds (gint64 us)
{
  return us < 0 ? g_strdup ("null") : g_strdup_printf ("%" G_GINT64_FORMAT ".%03d", us / 1000, (int) (us % 1000));
}

char *
hn_rooms_reply_health (const HnRoomsHealth *health)
{
  gboolean healthy = !health->has_redis || health->is_up;
  char time[HN_CLOCK_ISO8601_SIZE];
  g_autofree char *latency = milliseconds (health->has_redis && health->is_up ? health->latency_us : -1);
  GString *out = g_string_new (NULL);

  hn_clock_iso8601 (health->utc_us, time);
  g_string_append_printf (out, "{\"status\":\"%s\",\"timestamp\":\"%s\",\"version\":", healthy ? "healthy" : "unhealthy", time);
  hn_json_append_string (out, health->version);
  g_string_append_printf (out, ",\"uptime_seconds\":%" G_GINT64_FORMAT ",\"components\":[{\"name\":\"redis\",\"status\":\"%s\",\"latency_ms\":%s,\"error\":%s,\"details\":%s}]}\n",
                          health->uptime_us / hn_seconds (1), !health->has_redis ? "disabled" : healthy ? "healthy" : "unhealthy", latency,
                          healthy ? "null" : "\"not reached\"", health->has_redis ? "null" : "{\"instances\":\"this one alone\"}");
  return g_string_free (out, FALSE);
}

char *
hn_rooms_reply_room (const char *room, const HnRosterSeat *seats, guint n_seats, const HnRoomsFigures *figures)
{
  GString *out = g_string_new ("{");

  hn_participant_append_list (out, room, seats, n_seats);
  if (figures != NULL) {
    g_string_append_printf (out, ",\"connections_here\":%u", figures->connections);
    if (figures->epoch != NULL) {
      g_string_append_printf (out, ",\"offset\":%" G_GUINT64_FORMAT ",\"epoch\":", figures->offset);
      hn_json_append_string (out, figures->epoch);
    }
  }
  g_string_append (out, "}\n");
  return g_string_free (out, FALSE);
}

typedef struct {
  const char *name;
  guint members;
} Row;

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  return strcmp (((const Row *) a)->name, ((const Row *) b)->name);
}

char *
hn_rooms_reply_list (const char *const *rooms, const guint *members, guint n_rooms)
{
  g_autofree Row *rows = g_new (Row, MAX (n_rooms, 1));
  GString *out = g_string_new ("{\"rooms\":[");

  for (guint i = 0; i < n_rooms; i++)
    rows[i] = (Row){ rooms[i], members[i] };
  qsort (rows, n_rooms, sizeof (Row), compare_rows);
  for (guint i = 0; i < n_rooms; i++) {
    g_string_append (out, i > 0 ? ",{\"room_id\":" : "{\"room_id\":");
    hn_json_append_string (out, rows[i].name);
    g_string_append_printf (out, ",\"participant_count\":%u}", rows[i].members);
  }
  g_string_append_printf (out, "],\"count\":%u}\n", n_rooms);
  return g_string_free (out, FALSE);
}
