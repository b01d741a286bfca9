/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/dialect.h"

typedef struct {
  const char *names[HN_DIALECTS];
  gsize lengths[HN_DIALECTS];
  HnDialectWho who;
} Row;

static const Row rows[] = {
#define ROW(id, hyphen, underscore, who) { { underscore, hyphen }, { sizeof underscore - 1, sizeof hyphen - 1 }, HN_DIALECT_##who },
  HN_DIALECT_TABLE (ROW)
#undef ROW
};

gboolean
hn_dialect_from_text (const char *text, HnDialect *ret_dialect)
{
  if (g_str_equal (text, "hyphen"))
    *ret_dialect = HN_DIALECT_HYPHEN;
  else if (g_str_equal (text, "underscore"))
    *ret_dialect = HN_DIALECT_UNDERSCORE;
  else
    return FALSE;
  return TRUE;
}

HnDialectType
hn_dialect_find (HnSlice name)
{
  for (guint type = 0; type < HN_DIALECT_TYPES; type++)
    for (guint dialect = 0; dialect < HN_DIALECTS; dialect++)
      if (rows[type].lengths[dialect] == name.length && memcmp (rows[type].names[dialect], name.text, name.length) == 0)
        return (HnDialectType) type;
  return HN_DIALECT_TYPES;
}

const char *
hn_dialect_get_name (HnDialectType type, HnDialect dialect)
{
  return rows[type].names[dialect];
}

gboolean
hn_dialect_is_common (HnDialectType type)
{
  return rows[type].lengths[0] == rows[type].lengths[1] && memcmp (rows[type].names[0], rows[type].names[1], rows[type].lengths[0]) == 0;
}

HnDialectWho
hn_dialect_who_sends (HnDialectType type)
{
  return rows[type].who;
}

char *
hn_dialect_doc (void)
{
  static const char *const who[] = { "clients; it is relayed", "the server alone", "clients, to the server alone" };
  GString *text = g_string_new ("| `type` | in the other dialect | who sends it |\n|---|---|---|\n");

  for (guint i = 0; i < HN_DIALECT_TYPES; i++) {
    g_string_append_printf (text, "| `%s` |", rows[i].names[HN_DIALECT_UNDERSCORE]);
    if (hn_dialect_is_common (i))
      g_string_append (text, " the same |");
    else
      g_string_append_printf (text, " `%s` |", rows[i].names[HN_DIALECT_HYPHEN]);
    g_string_append_printf (text, " %s |\n", who[rows[i].who]);
  }
  return g_string_free (text, FALSE);
}
