/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The page's files, from `./static` or where HYDRANECK_SIM_STATIC points. Validators are made from inode, length and time
 * of change; ranges are cut by libsoup, which does so for every whole 200 answer.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "sim/fakes/web-server/web.h"

static const struct {
  const char *suffix;
  const char *type;
} types[] = {
  { ".html", "text/html; charset=utf-8" },
  { ".js", "text/javascript; charset=utf-8" },
  { ".mjs", "text/javascript; charset=utf-8" },
  { ".css", "text/css; charset=utf-8" },
  { ".json", "application/json" },
  { ".map", "application/json" },
  { ".svg", "image/svg+xml" },
  { ".png", "image/png" },
  { ".jpg", "image/jpeg" },
  { ".ico", "image/x-icon" },
  { ".wasm", "application/wasm" },
  { ".woff2", "font/woff2" },
  { ".ttf", "font/ttf" },
  { ".txt", "text/plain; charset=utf-8" },
};

static const char *
type_of (const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_suffix (path, types[i].suffix))
      return types[i].type;
  return "application/octet-stream";
}

/* No empty, dot or dot-dot segment, no backslash; hidden files stay hidden. */
static gboolean
is_safe (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path + 1, "/", -1);

  if (path[0] != '/' || strchr (path, '\\'))
    return FALSE;
  for (guint i = 0; parts[i]; i++)
    if (parts[i][0] == '.' || (!*parts[i] && parts[i + 1]))
      return FALSE;
  return TRUE;
}

static gboolean
unchanged (SoupMessageHeaders *request, const char *etag, gint64 mtime)
{
  const char *tags = soup_message_headers_get_list (request, "If-None-Match");
  const char *since = soup_message_headers_get_one (request, "If-Modified-Since");

  if (tags)
    return strcmp (tags, "*") == 0 || strstr (tags, etag);
  g_autoptr (GDateTime) then = since ? soup_date_time_new_from_http_string (since) : NULL;
  return then && mtime <= g_date_time_to_unix (then);
}

static void
describe (SoupServerMessage *message, const char *etag, gint64 mtime, const char *path)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (mtime);
  g_autofree char *date = soup_date_time_to_string (time, SOUP_DATE_HTTP);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *disposition = g_strdup_printf ("inline; filename=\"%s\"", name);

  sim_web_header (message, "ETag", etag);
  sim_web_header (message, "Last-Modified", date);
  sim_web_header (message, "Accept-Ranges", "bytes");
  sim_web_header (message, "Content-Disposition", disposition);
}

static char *
file_of (const char *path)
{
  const char *root = g_getenv ("HYDRANECK_SIM_STATIC");

  return g_build_filename (root && *root ? root : "./static", path, NULL);
}

char *
sim_static_template (void)
{
  g_autofree char *file = file_of ("config.js");
  char *text = NULL;

  return g_file_get_contents (file, &text, NULL, NULL) ? text : NULL;
}

void
sim_static_serve (SimWeb *web, SoupServerMessage *message, const char *path)
{
  SoupMessageHeaders *request = soup_server_message_get_request_headers (message);
  const char *wanted = strcmp (path, "/") == 0 ? "/index.html" : path;
  g_autofree char *file = file_of (wanted);
  g_autofree char *content = NULL;
  gsize length = 0;
  GStatBuf st;

  if (!is_safe (wanted) || g_stat (file, &st) != 0 || !S_ISREG (st.st_mode) ||
      !g_file_get_contents (file, &content, &length, NULL)) {
    sim_web_text (message, 404, NULL);
    return;
  }
  g_autofree char *etag = g_strdup_printf ("\"%lx:%lx:%lx:%lx\"", (gulong) st.st_ino, (gulong) st.st_size,
                                           (gulong) st.st_mtim.tv_sec, (gulong) st.st_mtim.tv_nsec);
  const char *if_range = soup_message_headers_get_one (request, "If-Range");
  if (if_range && strcmp (if_range, etag) != 0)
    soup_message_headers_remove (request, "Range");
  describe (message, etag, st.st_mtim.tv_sec, file);
  if (unchanged (request, etag, st.st_mtim.tv_sec)) {
    sim_web_status (message, 304);
    return;
  }
  sim_web_status (message, 200);
  soup_server_message_set_response (message, type_of (file), SOUP_MEMORY_TAKE, g_steal_pointer (&content), length);
}
