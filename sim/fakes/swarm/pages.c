/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names and sizes are those of a stream page as moonlight-web-stream has it; the contents are padding. */
#include "sim/fakes/swarm/pages.h"

#include <string.h>

#define MAX_ASSETS 64

struct SimPages {
  GHashTable *pages; /* name to SimPage */
};

static const char html[] = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Fake stream</title>\n"
                           "<link rel=\"icon\" href=\"data:,\">\n"
                           "<link rel=\"stylesheet\" href=\"styles/standard.css\">\n"
                           "<script type=\"module\" src=\"styles/index.js\"></script>\n"
                           "<script type=\"module\" src=\"stream.js\"></script>\n"
                           "</head><body><div id=\"root\"></div></body></html>\n";

static const struct {
  const char *name;
  const char *type;
  const char *text;
  const char *open, *close; /* of a comment that pads it */
  gsize bytes;
} rows[] = {
  { "stream.html", "text/html; charset=utf-8", html, "<!--", "-->\n", 3000 },
  { "styles/standard.css", "text/css", "body { margin: 0 }\n", "/*", "*/\n", 6000 },
  { "styles/index.js", "text/javascript", "export {}\n", "/*", "*/\n", 1000 },
  { "stream.js", "text/javascript", "export {}\n", "/*", "*/\n", 16000 },
  { "config.js", "text/javascript", "export default {}\n", "/*", "*/\n", 200 },
  { "api/user", "application/json", "{\"name\":\"fake\"}\n", "", "", 0 },
};

static void
page_free (gpointer data)
{
  SimPage *self = data;

  g_bytes_unref (self->body);
  g_free (self);
}

static GBytes *
padded (guint row)
{
  GString *text = g_string_new (rows[row].text);
  gsize fixed = text->len + strlen (rows[row].open) + strlen (rows[row].close);

  if (rows[row].bytes > fixed) {
    g_string_append (text, rows[row].open);
    for (gsize i = fixed; i < rows[row].bytes; i++)
      g_string_append_c (text, i % 80 == 79 ? '\n' : '.');
    g_string_append (text, rows[row].close);
  }
  return g_string_free_to_bytes (text);
}

SimPages *
sim_pages_new (void)
{
  SimPages *self = g_new0 (SimPages, 1);

  self->pages = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, page_free);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    SimPage *page = g_new0 (SimPage, 1);

    page->type = rows[i].type;
    page->body = padded (i);
    g_hash_table_insert (self->pages, (char *)rows[i].name, page);
  }
  return self;
}

void
sim_pages_free (SimPages *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->pages);
  g_free (self);
}

const SimPage *
sim_pages_find (const SimPages *self, const char *name)
{
  return g_hash_table_lookup (self->pages, name);
}

/* The value of an attribute that ends where @at begins, as in `src="…"`. */
static char *
quoted (const char *at, const char *end)
{
  const char *close = memchr (at, '"', (gsize)(end - at));

  return close != NULL ? g_strndup (at, (gsize)(close - at)) : NULL;
}

GStrv
sim_pages_assets (const char *page, gsize length)
{
  static const char *const attributes[] = { "src=\"", "href=\"" };
  g_autoptr (GStrvBuilder) found = g_strv_builder_new ();
  const char *end = page + length;
  guint n = 0;

  for (const char *at = page; at < end && n < MAX_ASSETS; at++) {
    for (guint i = 0; i < G_N_ELEMENTS (attributes); i++) {
      gsize width = strlen (attributes[i]);
      g_autofree char *value = NULL;

      if ((gsize)(end - at) <= width || memcmp (at, attributes[i], width) != 0)
        continue;
      value = quoted (at + width, end);
      if (value != NULL && *value != '\0' && *value != '#' && strchr (value, ':') == NULL) {
        g_strv_builder_add (found, value);
        n++;
      }
    }
  }
  return g_strv_builder_end (found);
}

char *
sim_pages_resolve (const char *base, const char *link)
{
  gsize plain = strcspn (base, "?");
  gsize folder = plain;

  if (*link == '/')
    return g_strdup (link);
  if (g_str_has_prefix (link, "./"))
    link += 2;
  while (folder > 0 && base[folder - 1] != '/')
    folder--;
  return g_strdup_printf ("%.*s%s", (int)folder, base, link);
}
