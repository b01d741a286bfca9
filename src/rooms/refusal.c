/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/refusal.h"

#include <string.h>

#include "base/json-scan.h"

static const HnRefusalRow rows[] = {
#define ROW(id, error, message, close_code, reason, status, reconnect, when) { #id, error, message, close_code, reason, status, HN_REFUSAL_##reconnect, when },
  HN_REFUSAL_TABLE (ROW)
#undef ROW
};

const HnRefusalRow *
hn_refusal_get (HnRefusal id)
{
  return &rows[id];
}

static char *
fill_in (const char *message, guint number, const char *why)
{
  GString *text = g_string_new (message);
  g_autofree char *digits = g_strdup_printf ("%u", number);

  g_string_replace (text, "{}", digits, 1);
  g_string_replace (text, "{why}", why != NULL ? why : "", 1);
  return g_string_free (text, FALSE);
}

void
hn_refusal_write_error (GString *out, HnRefusal id, guint number, const char *why)
{
  g_autofree char *message = fill_in (rows[id].message, number, why);

  g_string_append_printf (out, "{\"type\":\"error\",\"payload\":{\"code\":\"%s\",\"message\":", rows[id].error);
  hn_json_append_string (out, message);
  g_string_append (out, ",\"details\":null},\"sender_id\":null,\"room_id\":null,\"timestamp\":null}");
}

static void
append_cell (GString *text, const char *cell)
{
  if (cell == NULL)
    g_string_append (text, " – |");
  else
    g_string_append_printf (text, " `%s` |", cell);
}

char *
hn_refusal_doc (void)
{
  static const char *const answers[] = { "no", "yes", "with a new token", "stays open" };
  GString *text = g_string_new ("| when | `error` code | its message | close | reason | reconnect |\n|---|---|---|---|---|---|\n");

  for (guint i = 0; i < HN_REFUSALS; i++) {
    g_string_append_printf (text, "| %s |", rows[i].when);
    append_cell (text, rows[i].error);
    append_cell (text, rows[i].message);
    if (rows[i].close_code != 0)
      g_string_append_printf (text, " %u |", rows[i].close_code);
    else
      g_string_append (text, " – |");
    append_cell (text, rows[i].reason);
    g_string_append_printf (text, " %s |\n", answers[rows[i].reconnect]);
  }
  return g_string_free (text, FALSE);
}
