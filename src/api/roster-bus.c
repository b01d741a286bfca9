/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: what is not exactly as it is written here is none. A word is letters, digits and `._:~@+-`; other bytes are %XX, nothing is a `%` alone,
 * and what is absent is a `-`. Texts are read where they lie: the byte before the first member of what was said becomes its `{`. */
#include "api/roster-bus.h"

#include <string.h>

#define BEGIN "{\"roster\":\"1 "

/* ---- words ---- */

void
hn_roster_bus_append_word (GString *out, const char *text)
{
  static const char digits[] = "0123456789ABCDEF";

  if (text == NULL) {
    g_string_append_c (out, '-');
  } else if (*text == '\0') {
    g_string_append_c (out, '%');
  } else if (g_str_equal (text, "-")) {
    g_string_append (out, "%2D");
  } else {
    for (; *text != '\0'; text++) {
      guint8 byte = (guint8) *text;

      if (g_ascii_isalnum (*text) || strchr ("._:~@+-", *text) != NULL) {
        g_string_append_c (out, *text);
      } else {
        g_string_append_c (out, '%');
        g_string_append_c (out, digits[byte >> 4]);
        g_string_append_c (out, digits[byte & 15]);
      }
    }
  }
}

char *
hn_roster_bus_word (const char *text)
{
  GString *word = g_string_new (NULL);

  hn_roster_bus_append_word (word, text);
  return g_string_free (word, FALSE);
}

gboolean
hn_roster_bus_decode (char *word)
{
  char *to = word;

  if (g_str_equal (word, "%")) {
    *word = '\0';
    return TRUE;
  }
  for (const char *from = word; *from != '\0'; from++) {
    if (*from == '%') {
      int high = g_ascii_xdigit_value (from[1]);
      int low = high >= 0 ? g_ascii_xdigit_value (from[2]) : -1;

      if (low < 0 || (high == 0 && low == 0))
        return FALSE;
      *to++ = (char) (high << 4 | low);
      from += 2;
    } else {
      *to++ = *from;
    }
  }
  *to = '\0';
  return TRUE;
}

/* The next word, ended by a space, or by @end for the last one. */
static char *
next_word (char **at, char end)
{
  char *word = *at;
  gsize length = strcspn (word, " \"");

  if (length == 0 || word[length] != end)
    return NULL;
  word[length] = '\0';
  *at = word + length + 1;
  return word;
}

static gboolean
read_text (char **at, char end, const char **ret_text)
{
  char *word = next_word (at, end);

  if (word == NULL || !hn_roster_bus_decode (word))
    return FALSE;
  *ret_text = word;
  return TRUE;
}

static gboolean
read_optional (char **at, char end, const char **ret_text)
{
  if (**at == '-' && (*at)[1] == end) {
    *at += 2;
    *ret_text = NULL;
    return TRUE;
  }
  return read_text (at, end, ret_text);
}

static gboolean
read_number (char **at, char end, guint64 *ret_number)
{
  const char *word = next_word (at, end);

  return word != NULL && g_ascii_string_to_unsigned (word, 10, 0, G_MAXINT64, ret_number, NULL);
}

static gboolean
read_time (char **at, char end, gint64 *ret_us)
{
  guint64 us = 0;

  if (!read_number (at, end, &us))
    return FALSE;
  *ret_us = (gint64) us;
  return TRUE;
}

/* ---- messages ---- */

/* What stands behind a header: `,` and members, or `}`. It becomes an object. */
static gboolean
read_object (char *at, const char *end, HnRosterBusMessage *message)
{
  if (at + 1 == end && *at == '}') {
    message->text = "{}";
    message->length = 2;
    return TRUE;
  }
  if (end - at < 3 || *at != ',' || end[-1] != '}')
    return FALSE;
  *at = '{';
  message->text = at;
  message->length = (gsize) (end - at);
  return TRUE;
}

static gboolean
read_said (char *at, const char *end, HnRosterBusMessage *message)
{
  message->kind = HN_ROSTER_SAID;
  return read_text (&at, ' ', &message->process) && read_number (&at, ' ', &message->number) && read_text (&at, ' ', &message->connection)
         && read_text (&at, ' ', &message->member) && read_optional (&at, '"', &message->to) && read_object (at, end, message);
}

/* `,`, so many bytes, an object and `}`, which is cut off. */
static gboolean
read_card (char *at, char *end, guint64 skip, HnRosterBusMessage *message)
{
  if (at >= end || *at != ',' || skip >= (guint64) (end - at) || end - at - (gint64) skip < 4 || at[skip + 1] != '{' || end[-1] != '}'
      || end[-2] != '}')
    return FALSE;
  end[-1] = '\0';
  message->text = at + skip + 1;
  message->length = (gsize) (end - 1 - message->text);
  return TRUE;
}

static gboolean
read_came (char *at, char *end, HnRosterBusMessage *message)
{
  guint64 skip = 0;

  message->kind = HN_ROSTER_CAME;
  return read_text (&at, ' ', &message->process) && read_text (&at, ' ', &message->connection) && read_text (&at, ' ', &message->member)
         && read_time (&at, ' ', &message->since_utc_us) && read_time (&at, ' ', &message->came_utc_us)
         && read_optional (&at, ' ', &message->replaces) && read_number (&at, '"', &skip) && read_card (at, end, skip, message);
}

static gboolean
read_left (char *at, const char *end, HnRosterBusMessage *message)
{
  static const char causes[] = "glr"; /* in the order of HnRosterCause */
  const char *cause, *found;

  message->kind = HN_ROSTER_LEFT;
  message->text = "";
  if (!read_text (&at, ' ', &message->process) || !read_text (&at, ' ', &message->connection) || !read_text (&at, ' ', &message->member)
      || !read_time (&at, ' ', &message->since_utc_us) || !read_text (&at, '"', &cause))
    return FALSE;
  found = *cause != '\0' && cause[1] == '\0' ? strchr (causes, *cause) : NULL;
  if (found == NULL || at >= end)
    return FALSE;
  message->cause = (HnRosterCause) (found - causes);
  return TRUE;
}

gboolean
hn_roster_bus_read_kept (guint64 offset, char *text, gsize length, HnRosterBusMessage *ret_message)
{
  char *end = text + length;
  const char *kind;

  *ret_message = (HnRosterBusMessage){ .offset = offset };
  if (strlen (text) != length || !read_text (&text, ' ', &ret_message->epoch) || !read_text (&text, ' ', &kind) || kind[0] == '\0'
      || kind[1] != '\0')
    return FALSE;
  if (*kind == 's')
    return read_said (text, end, ret_message);
  return *kind == 'c' ? read_came (text, end, ret_message) : *kind == 'l' && read_left (text, end, ret_message);
}

gboolean
hn_roster_bus_peek (const char *text, guint64 *ret_offset)
{
  gboolean ours = g_str_has_prefix (text, BEGIN);

  *ret_offset = ours ? g_ascii_strtoull (text + strlen (BEGIN), NULL, 10) : 0;
  return ours;
}

HnRosterBusSort
hn_roster_bus_read (char *text, gsize length, HnRosterBusMessage *ret_message)
{
  char *at = text + strlen (BEGIN);
  guint64 offset = 0;

  if (!g_str_has_prefix (text, BEGIN))
    return HN_ROSTER_BUS_FOREIGN;
  if (!read_number (&at, ' ', &offset) || offset == 0 || !hn_roster_bus_read_kept (offset, at, (gsize) (text + length - at), ret_message))
    return HN_ROSTER_BUS_BROKEN;
  return HN_ROSTER_BUS_OURS;
}

HnRosterEvent
hn_roster_bus_to_event (const HnRosterBusMessage *message)
{
  gboolean said = message->kind == HN_ROSTER_SAID;

  return (HnRosterEvent){
    .kind = message->kind,
    .cause = message->cause,
    .offset = message->offset,
    .epoch = message->epoch,
    .seat = { .member = message->member,
              .connection = message->connection,
              .process = message->process,
              .since_utc_us = message->since_utc_us,
              .card = message->kind == HN_ROSTER_CAME ? message->text : "{}" },
    .to = message->to,
    .text = said ? message->text : NULL,
    .length = said ? message->length : 0,
  };
}

GString *
hn_roster_bus_write_said (const char *process, guint64 number, const char *connection, const char *member, const char *to,
                          const char *text, gsize length)
{
  GString *out = g_string_sized_new (length + 128);

  g_string_append (out, "s ");
  hn_roster_bus_append_word (out, process);
  g_string_append_printf (out, " %" G_GUINT64_FORMAT " ", number);
  hn_roster_bus_append_word (out, connection);
  g_string_append_c (out, ' ');
  hn_roster_bus_append_word (out, member);
  g_string_append_c (out, ' ');
  hn_roster_bus_append_word (out, to);
  g_string_append (out, length > 2 ? "\"," : "\"");
  g_string_append_len (out, text + 1, (gssize) length - 1);
  return out;
}

/* ---- seats ---- */

const HnRosterSeat *
hn_roster_bus_read_seat (char *connection, char *record)
{
  HnRosterSeat seat = { .connection = connection };
  gint64 since_us = 0, came_us = 0;

  if (!hn_roster_bus_decode (connection) || !read_text (&record, ' ', &seat.process) || !read_text (&record, ' ', &seat.member)
      || !read_time (&record, ' ', &since_us) || !read_time (&record, ' ', &came_us) || *record != '{')
    return NULL;
  seat.card = record;
  return hn_roster_seat_new_at (&seat, seat.process, since_us, came_us);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const HnRosterSeat *one = *(const HnRosterSeat *const *) a, *other = *(const HnRosterSeat *const *) b;
  gint64 one_us = hn_roster_seat_get_came (one), other_us = hn_roster_seat_get_came (other);
  int by_member;

  if (one->since_utc_us != other->since_utc_us)
    return one->since_utc_us < other->since_utc_us ? -1 : 1;
  by_member = strcmp (one->member, other->member);
  if (by_member != 0)
    return by_member;
  if (one_us != other_us)
    return one_us < other_us ? -1 : 1;
  return strcmp (one->connection, other->connection);
}

void
hn_roster_bus_sort_seats (GPtrArray *seats)
{
  g_ptr_array_sort (seats, compare);
}
