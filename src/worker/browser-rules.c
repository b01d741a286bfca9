/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The session id is the only key of a browser, and it opens no more than watching a stream needs: the child's API that adds
 * hosts, pairs, wakes or logs in would give a stranger a way into the mesh. So: an allow-list, decided on the decoded path (the
 * child decodes too), after dot segments, encoded slashes and NUL have been refused. What is ours (`quit`, `rating`, …) goes to
 * our own API. The child knows a user by X-Forwarded-User: every spelling of it that a browser sends is dropped, with
 * `Authorization` and every cookie but the child's. */

#include "worker/browser-rules.h"

#include <string.h>

#include "api/ended-page.h"
#include "api/worker-api.h"
#include "base/id.h"
#include "worker/inject.h"
#include "worker/moonlight-json.h"

#define PREFIX "/session/"
#define COOKIE "mlSession="

/* X-Forwarded-User is set last: hn_browser_rules_route() has dropped every other spelling before. */
static const struct {
  const char *methods; /* with a blank around each */
  const char *path;    /* behind the session's prefix */
} allowed_api[] = {
  { " GET HEAD ", "api/authenticate" },
  { " GET HEAD ", "api/user" },
  { " GET HEAD ", "api/hosts" },
  { " GET HEAD ", "api/host" },
  { " GET HEAD ", "api/apps" },
  { " GET HEAD ", "api/app/image" },
  { " GET HEAD ", "api/settings/default" },
  { " POST ", "api/host/cancel" },
  { " GET ", "api/host/stream" },
};

static const struct {
  const char *path;
  gboolean is_prefix;
} ours[] = {
  { "quit", FALSE }, { "rating", FALSE }, { "mic/offer", FALSE }, { "mic", FALSE }, { "ice", FALSE }, { "_hydraneck/", TRUE },
};

static gboolean
is_ours (const char *rest)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ours); i++)
    if (ours[i].is_prefix ? g_str_has_prefix (rest, ours[i].path) : strcmp (rest, ours[i].path) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
has_method (const char *methods, HnSlice method)
{
  for (const char *at = methods; at[1] != '\0'; at = strchr (at + 1, ' '))
    if (strchr (at + 1, ' ') == at + 1 + method.length && memcmp (at + 1, method.text, method.length) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_api (const char *rest)
{
  return strcmp (rest, "api") == 0 || g_str_has_prefix (rest, "api/");
}

static gboolean
is_allowed (const HnHttpHead *head, const char *rest)
{
  if (!is_api (rest))
    return has_method (" GET HEAD ", head->method);
  if (g_str_has_prefix (rest, "api/host/stream/"))
    return has_method (" GET HEAD OPTIONS POST PATCH DELETE ", head->method);
  for (gsize i = 0; i < G_N_ELEMENTS (allowed_api); i++)
    if (strcmp (rest, allowed_api[i].path) == 0)
      return has_method (allowed_api[i].methods, head->method);
  return FALSE;
}

/* Whether the child may answer it with a page. */
static gboolean
may_be_page (const char *rest)
{
  const char *slash = strrchr (rest, '/');
  const char *name = slash != NULL ? slash + 1 : rest;
  const char *dot = strrchr (name, '.');

  if (is_api (rest))
    return FALSE;
  return dot == NULL || g_ascii_strcasecmp (dot, ".html") == 0 || g_ascii_strcasecmp (dot, ".htm") == 0;
}

/* `X_Forwarded_User` and the like: some servers take `_` for `-`. */
static void
drop_user_spellings (const HnHttpHead *head, HnRoute *route)
{
  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);
    g_autofree char *name = NULL;
    g_autofree char *plain = NULL;

    if (field->name.length != strlen (HN_MOONLIGHT_USER_HEADER))
      continue;
    name = hn_slice_dup (field->name);
    plain = g_strdelimit (g_strdup (name), "_", '-');
    if (g_ascii_strcasecmp (plain, HN_MOONLIGHT_USER_HEADER) == 0)
      hn_route_drop_request_field (route, name);
  }
}

/* Cuts the first cookie off a list, without the white space around it. */
static HnSlice
next_cookie (HnSlice *rest)
{
  const char *semicolon = memchr (rest->text, ';', rest->length);
  HnSlice cookie = { rest->text, semicolon != NULL ? (gsize) (semicolon - rest->text) : rest->length };
  gsize used = cookie.length + (semicolon != NULL ? 1 : 0);

  rest->text += used;
  rest->length -= used;
  while (cookie.length > 0 && g_ascii_isspace (cookie.text[0])) {
    cookie.text++;
    cookie.length--;
  }
  while (cookie.length > 0 && g_ascii_isspace (cookie.text[cookie.length - 1]))
    cookie.length--;
  return cookie;
}

/* Of all cookies only the child's own. */
static void
keep_child_cookie (const HnHttpHead *head, HnRoute *route)
{
  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);
    HnSlice rest = field->value;

    if (!hn_slice_equal_nocase (field->name, "cookie"))
      continue;
    while (rest.length > 0) {
      HnSlice cookie = next_cookie (&rest);

      if (hn_slice_has_prefix (cookie, COOKIE)) {
        g_autofree char *text = hn_slice_dup (cookie);

        hn_route_set_request_field (route, "Cookie", text);
        return;
      }
    }
  }
  hn_route_drop_request_field (route, "Cookie");
}

static void
add_page_rules (const char *session_id, HnRoute *route)
{
  static const char *const dropped[] = { "Range",    "If-Range", "If-None-Match",      "If-Modified-Since",
                                         "If-Match", "Accept-Encoding", "If-Unmodified-Since" };

  for (gsize i = 0; i < G_N_ELEMENTS (dropped); i++)
    hn_route_drop_request_field (route, dropped[i]);
  route->filter = hn_inject_filter ();
  route->filter_data = hn_inject_tag (session_id);
  route->filter_data_free = g_free;
}

static void
proxy (const HnHttpHead *head, const HnPeer *peer, const HnBrowserWorld *world, const HnBrowserTarget *target, const char *rest,
       HnRoute *route)
{
  route->kind = HN_ROUTE_PROXY;
  route->upstream_host = g_strdup (target->host);
  route->upstream_port = target->http_port;
  route->tag = g_strdup (target->id);
  hn_route_forwarded (route, head, peer, world->trusted);
  hn_route_drop_request_field (route, "Authorization");
  hn_route_drop_request_field (route, "Proxy-Authorization");
  hn_route_drop_request_field (route, HN_WORKER_API_FROM_FIELD);
  drop_user_spellings (head, route);
  keep_child_cookie (head, route);
  hn_route_set_request_field (route, HN_MOONLIGHT_USER_HEADER, target->user);
  hn_route_set_response_field (route, "Referrer-Policy", "no-referrer");
  if (may_be_page (rest))
    add_page_rules (target->id, route);
}

/* `/session/{id}` without its slash: relative links of the page would miss the prefix. */
static void
redirect (const HnHttpHead *head, HnRoute *route)
{
  const char *query = head->target.text + head->path.length;

  route->kind = HN_ROUTE_REDIRECT;
  route->status = 308;
  route->location = g_strdup_printf ("%.*s/%.*s", (int) head->path.length, head->path.text,
                                     (int) (head->target.length - head->path.length), query);
}

/* The overlay of a stream that has ended asks for one. */
static gboolean
is_rating (const HnHttpHead *head, const char *rest)
{
  return hn_slice_equal (head->method, "POST") && strcmp (rest, "rating") == 0;
}

static void
route_session (const HnHttpHead *head, const HnPeer *peer, const HnBrowserWorld *world, const char *path, HnRoute *route,
               char **ret_session_id)
{
  const char *slash = strchr (path + strlen (PREFIX), '/');
  g_autofree char *id = slash != NULL ? g_strndup (path + strlen (PREFIX), (gsize)(slash - path) - strlen (PREFIX))
                                      : g_strdup (path + strlen (PREFIX));
  HnBrowserTarget target = { 0 };

  if (!hn_id_is_valid (id) || !world->find (id, &target, world->user_data)
      || (target.ended && !is_rating (head, slash != NULL ? slash + 1 : ""))) {
    hn_ended_page_refuse (route, head, world->return_url);
    return;
  }
  if (!hn_route_check_origin (head)) {
    hn_route_refuse (route, 403, "foreign origin", "Origin must be the host that the page came from");
    return;
  }
  if (slash == NULL) {
    redirect (head, route);
  } else if (is_ours (slash + 1)) {
    route->kind = HN_ROUTE_API;
  } else if (!is_allowed (head, slash + 1)) {
    hn_route_refuse (route, 403, "not allowed for browsers", NULL);
    return;
  } else {
    proxy (head, peer, world, &target, slash + 1, route);
  }
  *ret_session_id = g_steal_pointer (&id);
}

void
hn_browser_rules_route (const HnHttpHead *head, const HnPeer *peer, const HnBrowserWorld *world, HnRoute *ret_route,
                        char **ret_session_id)
{
  const char *wrong = hn_route_check_path (head->path);
  g_autofree char *path = NULL;

  *ret_session_id = NULL;
  if (wrong != NULL) {
    hn_route_refuse (ret_route, 400, "malformed path", wrong);
    return;
  }
  path = g_uri_unescape_segment (head->path.text, head->path.text + head->path.length, NULL);
  if (path == NULL || !g_utf8_validate (path, -1, NULL)) {
    hn_route_refuse (ret_route, 400, "malformed path", "it is not UTF-8");
    return;
  }
  if (strcmp (path, "/session") == 0 || strcmp (path, "/session/") == 0)
    hn_ended_page_refuse (ret_route, head, world->return_url);
  else if (g_str_has_prefix (path, PREFIX))
    route_session (head, peer, world, path, ret_route, ret_session_id);
  else
    ret_route->kind = HN_ROUTE_API;
}
