/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the page has no script, loads nothing and may load nothing; its one style is named by its hash in a policy of its own. The only thing in it
 * that comes from outside the program is the operator's return_url, escaped, and a link only where it leads to a website. */
#include "api/ended-page.h"

#include <string.h>

#define STYLE                                                                                                                           \
  ":root{color-scheme:dark}"                                                                                                            \
  "body{margin:0;min-height:100vh;display:grid;place-items:center;background:radial-gradient(circle at 50% 30%,#262b3a,#0b0d13);"       \
  "color:#f4f6fb;font:400 clamp(14px,1.15vmin + 6px,30px)/1.45 system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}" \
  "main{box-sizing:border-box;max-width:min(26em,92vw);padding:2em 2.2em;border:1px solid rgba(255,255,255,.14);border-radius:1.2em;"   \
  "background:rgba(18,20,28,.78);text-align:center}"                                                                                    \
  "h1{margin:0 0 .4em;font-size:1.5em;font-weight:600}p{margin:0 0 1.4em;color:#b6bccb}p:last-child{margin:0}"                          \
  "a{display:inline-block;padding:.7em 1.4em;border-radius:.7em;background:#7cb4ff;color:#0b0d13;font-weight:600;text-decoration:none}" \
  "a:focus-visible{outline:.18em solid #f4f6fb;outline-offset:.18em}"

static gboolean
is_website (const char *url)
{
  return url != NULL && (g_ascii_strncasecmp (url, "https://", 8) == 0 || g_ascii_strncasecmp (url, "http://", 7) == 0);
}

static char *
make_page (const char *return_url)
{
  g_autofree char *escaped = is_website (return_url) ? g_markup_escape_text (return_url, -1) : NULL;
  g_autofree char *link = escaped != NULL ? g_strdup_printf ("<p><a href=\"%s\" rel=\"noreferrer\">Start new stream</a></p>", escaped) : NULL;

  return g_strconcat ("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>This stream has ended</title>"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>" STYLE "</style></head>"
                      "<body><main><h1>This stream has ended</h1><p>The session behind this link is over.</p>",
                      link != NULL ? link : "", "</main></body></html>\n", NULL);
}

static char *
make_policy (void)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *text = NULL;
  guint8 digest[32];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) STYLE, -1);
  g_checksum_get_digest (checksum, digest, &length);
  text = g_base64_encode (digest, length);
  return g_strdup_printf ("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", text);
}

/* Scripts ask for anything, a browser that navigates for text/html before all. */
static gboolean
is_navigation (const HnHttpHead *head)
{
  const HnHttpField *accept = hn_http_head_find (head, "Accept");
  g_autofree char *value = accept != NULL ? hn_slice_dup (accept->value) : NULL;

  return value != NULL && strstr (value, "text/html") != NULL
         && (hn_slice_equal (head->method, "GET") || hn_slice_equal (head->method, "HEAD"));
}

void
hn_ended_page_refuse (HnRoute *route, const HnHttpHead *head, const char *return_url)
{
  hn_route_refuse (route, 404, "session not found", NULL);
  if (!is_navigation (head))
    return;
  route->page = make_page (return_url);
  route->page_policy = make_policy ();
}
