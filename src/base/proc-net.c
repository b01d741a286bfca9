/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses stand there as 32-bit words in the machine's byte order, ports as they are. */
#include "base/proc-net.h"

#include <string.h>

#define LISTENING "0A"

enum { COLUMN_LOCAL = 1, COLUMN_STATE = 3, COLUMN_INODE = 9, COLUMNS };

static gboolean
read_address (const char *text, HnAddress *ret_address)
{
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  gsize words = strlen (text) / 8;
  guint32 parts[4];

  if (words != 1 && words != 4)
    return FALSE;
  for (gsize i = 0; i < words; i++) {
    g_autofree char *word = g_strndup (text + 8 * i, 8);

    parts[i] = (guint32) g_ascii_strtoull (word, NULL, 16);
  }
  if (words == 1)
    memcpy (ret_address->bytes, mapped, sizeof mapped);
  memcpy (ret_address->bytes + (words == 1 ? 12 : 0), parts, 4 * words);
  return TRUE;
}

static gboolean
is_wildcard (const HnAddress *address)
{
  HnAddress all;

  return (hn_address_parse ("::", &all) && hn_address_equal (address, &all)) || (hn_address_parse ("0.0.0.0", &all) && hn_address_equal (address, &all));
}

static gboolean
matches (char **columns, const HnAddress *wanted, guint16 port, gboolean listening)
{
  g_auto (GStrv) local = g_strsplit (columns[COLUMN_LOCAL], ":", 2);
  HnAddress address;

  if (local[0] == NULL || local[1] == NULL || g_ascii_strtoull (local[1], NULL, 16) != port || !read_address (local[0], &address))
    return FALSE;
  if (listening && !g_str_equal (columns[COLUMN_STATE], LISTENING))
    return FALSE;
  return wanted == NULL || hn_address_equal (wanted, &address) || is_wildcard (wanted) || is_wildcard (&address);
}

/* Words of a line, without the empty ones between two blanks. */
static char **
split_line (const char *line)
{
  g_auto (GStrv) parts = g_strsplit_set (line, " \t", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0')
      g_strv_builder_add (builder, parts[i]);
  return g_strv_builder_end (builder);
}

guint64
hn_proc_net_find (const char *table, const HnAddress *address, guint16 port, gboolean listening)
{
  g_autofree char *ending = g_strdup_printf (":%04X ", port);
  const char *end = table + strlen (table);

  /* line by line, behind the first: a busy machine has tens of thousands */
  for (const char *next = memchr (table, '\n', (gsize) (end - table)); next != NULL;) {
    const char *begin = next + 1;
    gsize length;
    g_autofree char *line = NULL;
    g_auto (GStrv) columns = NULL;

    next = memchr (begin, '\n', (gsize) (end - begin));
    length = (gsize) ((next != NULL ? next : end) - begin);
    if (memmem (begin, length, ending, strlen (ending)) == NULL)
      continue;
    line = g_strndup (begin, length);
    columns = split_line (line);
    if (g_strv_length (columns) >= COLUMNS && matches (columns, address, port, listening))
      return g_ascii_strtoull (columns[COLUMN_INODE], NULL, 10);
  }
  return 0;
}
