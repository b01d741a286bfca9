/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/limits.h"
#include "net/http-edit.h"
#include "worker/browser-rules.h"

/* Any request head against a worker with one session: nothing reaches the web-server but what a browser may do, as one request, under the
 * name that we gave, and from where it came. */

#define ID "0123456789abcdef0123456789abcdef"
#define USER "hn-user"

static gboolean
find (const char *session_id, HnBrowserTarget *ret_target, gpointer user_data)
{
  *ret_target = (HnBrowserTarget){ ID, "127.0.0.1", 8080, USER };
  return strcmp (session_id, ID) == 0;
}

static gboolean
is_spelling (HnSlice name, const char *of)
{
  g_autofree char *plain = g_strdelimit (hn_slice_dup (name), "_", '-');

  return g_ascii_strcasecmp (plain, of) == 0;
}

static guint
count_spellings (const HnHttpHead *head, const char *of)
{
  guint count = 0;

  for (guint i = 0; i < head->fields->len; i++)
    count += is_spelling (g_array_index (head->fields, HnHttpField, i).name, of) ? 1 : 0;
  return count;
}

static void
check_fields (const HnHttpHead *head, const HnHttpHead *sent, gboolean trusted)
{
  const HnHttpField *user = hn_http_head_find (sent, "X-Forwarded-User");

  must (user != NULL && hn_slice_equal (user->value, USER) && count_spellings (sent, "x-forwarded-user") == 1);
  must (count_spellings (sent, "authorization") == 0 && count_spellings (sent, "proxy-authorization") == 0);
  must (count_spellings (sent, "x-forwarded-for") == 1 && count_spellings (sent, "x-forwarded-proto") == 1);
  must (trusted || hn_slice_equal (hn_http_head_find (sent, "X-Forwarded-For")->value, "127.0.0.9"));
  must (count_spellings (sent, "forwarded") == 0 && count_spellings (sent, "cookie") <= 1 && count_spellings (sent, "expect") == 0);
  if (count_spellings (sent, "cookie") == 1)
    must (hn_slice_has_prefix (hn_http_head_find (sent, "Cookie")->value, "mlSession="));
  must (sent->upgrade_websocket == head->upgrade_websocket);
}

/* By another way than the rules themselves: on the decoded path. */
static void
check_allowed (const HnHttpHead *head)
{
  static const char *const never[] = { "/session/" ID "/api/pair", "/session/" ID "/api/login", "/session/" ID "/api/host/wake" };
  g_autofree char *path = g_uri_unescape_segment (head->path.text, head->path.text + head->path.length, NULL);
  gboolean reads = hn_slice_equal (head->method, "GET") || hn_slice_equal (head->method, "HEAD");

  must (path != NULL && g_str_has_prefix (path, "/session/" ID "/"));
  must (strstr (path, "/../") == NULL && strstr (path, "//") == NULL && !g_str_has_suffix (path, "/.."));
  if (!reads)
    must (strcmp (path, "/session/" ID "/api/host/cancel") == 0 || g_str_has_prefix (path, "/session/" ID "/api/host/stream/"));
  for (gsize i = 0; i < G_N_ELEMENTS (never); i++)
    must (!g_str_has_prefix (path, never[i]));
}

static void
check_proxied (const HnHttpHead *head, const HnRoute *route, gboolean trusted)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (HnHttpHead) sent = NULL;
  guint status = 0;

  must (route->upstream_port == 8080 && strcmp (route->upstream_host, "127.0.0.1") == 0 && strcmp (route->tag, ID) == 0);
  check_allowed (head);
  hn_http_edit_request (head, route, out);
  must (hn_http_head_find_end ((const char *) out->data, out->len) == out->len);
  if (out->len > HN_LIMIT_HEAD_BYTES || head->fields->len + 8 > HN_LIMIT_HEAD_FIELDS)
    return; /* with what is added it is too much for a strict reader */
  sent = hn_http_head_parse_request ((const char *) out->data, out->len, &status, NULL);
  must (sent != NULL && sent->body == head->body);
  must (sent->content_length == head->content_length);
  must (sent->target.length == head->target.length && memcmp (sent->target.text, head->target.text, head->target.length) == 0);
  must (sent->method.length == head->method.length && memcmp (sent->method.text, head->method.text, head->method.length) == 0);
  check_fields (head, sent, trusted);
}

static gboolean
try_route (const HnHttpHead *head, gboolean trusted)
{
  g_autoptr (GArray) networks = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
  HnNetwork network;
  HnBrowserWorld world = { find, NULL, networks, NULL };
  HnPeer peer = { .port = 1 };
  HnRoute route;
  g_autofree char *session_id = NULL;
  gboolean proxied;

  must (hn_network_parse ("127.0.0.9/32", &network) && hn_address_parse ("127.0.0.9", &peer.address));
  if (trusted)
    g_array_append_val (networks, network);
  hn_route_init (&route);
  hn_browser_rules_route (head, &peer, &world, &route, &session_id);
  must (session_id == NULL || strcmp (session_id, ID) == 0);
  proxied = route.kind == HN_ROUTE_PROXY;
  must (!proxied || session_id != NULL);
  if (proxied)
    check_proxied (head, &route, trusted);
  if (route.kind == HN_ROUTE_REFUSE)
    must (route.status >= 400 && route.status < 500 && route.error != NULL);
  if (route.kind == HN_ROUTE_REDIRECT)
    must (route.status == 308 && g_str_has_prefix (route.location, "/session/" ID "/") && strchr (route.location, '\n') == NULL);
  hn_route_clear (&route);
  return proxied;
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  guint status = 0;
  gsize end = hn_http_head_find_end (bytes, length);
  g_autoptr (HnHttpHead) head = end > 0 ? hn_http_head_parse_request (bytes, end, &status, NULL) : NULL;

  if (head == NULL)
    return FALSE;
  return try_route (head, FALSE) | try_route (head, TRUE);
}
