/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the dashboard can do what an admin can, so it is used only from its own pages.
 *  - `Host` is an address of this machine (the one that is listened at, or loopback by any of its names, whatever port an `ssh -L` has), or what
 *    `server.admin_origin` says: a name that somebody else's DNS points here (rebinding) is refused;
 *  - a browser that says where a request comes from (`Origin`, `Sec-Fetch-Site`) must name us: only the page itself may be opened from elsewhere, by a
 *    link. Another port of this host is a stranger, although cookies and SameSite cannot tell;
 *  - what changes something must say so in a field that no form and no foreign script can set (a cross-origin fetch would be asked about first);
 *  - nothing below `/session/` exists here. */
#include "controller/admin-rules.h"

#include <string.h>

#define CHANGE_FIELD "X-Hydraneck-Admin"
#define LOGIN_BODY_BYTES 4096

static gboolean
is_loopback_name (HnSlice name)
{
  return hn_slice_equal_nocase (name, "localhost") || hn_slice_equal (name, "127.0.0.1") || hn_slice_equal (name, "[::1]");
}

/* `host`, `host:port`, `[v6]` or `[v6]:port` without the port. */
static HnSlice
without_port (HnSlice host)
{
  const char *colon;

  if (host.length > 0 && host.text[0] == '[') {
    const char *end = memchr (host.text, ']', host.length);

    return (HnSlice){ host.text, end != NULL ? (gsize) (end - host.text) + 1 : host.length };
  }
  colon = memchr (host.text, ':', host.length);
  return (HnSlice){ host.text, colon != NULL ? (gsize) (colon - host.text) : host.length };
}

static gboolean
is_listen_host (HnSlice name, const char *listen_host)
{
  g_autofree char *bracketed = strchr (listen_host, ':') != NULL ? g_strdup_printf ("[%s]", listen_host) : NULL;

  if (*listen_host == '\0')
    return FALSE;
  return hn_slice_equal_nocase (name, bracketed != NULL ? bracketed : listen_host);
}

/* With all addresses listened at, any IP literal is one of ours, and no name is. */
static gboolean
is_any_address (HnSlice name, const char *listen_host)
{
  g_autofree char *text = hn_slice_dup (name);
  gsize length = strlen (text);
  HnAddress address;

  if (*listen_host != '\0' && !g_str_equal (listen_host, "0.0.0.0") && !g_str_equal (listen_host, "::"))
    return FALSE;
  if (length > 2 && text[0] == '[') {
    text[length - 1] = '\0';
    return hn_address_parse (text + 1, &address);
  }
  return hn_address_parse (text, &address);
}

static gboolean
is_configured (HnSlice host, const char *origin)
{
  const char *authority = origin != NULL ? strstr (origin, "://") : NULL;

  return authority != NULL && hn_slice_equal_nocase (host, authority + 3);
}

static gboolean
host_is_ours (const HnHttpHead *head, const char *listen_host, const char *origin)
{
  const HnHttpField *field = hn_http_head_find (head, "Host");
  HnSlice name;

  if (field == NULL || field->value.length == 0)
    return FALSE;
  name = without_port (field->value);
  return is_configured (field->value, origin) || is_loopback_name (name) || is_listen_host (name, listen_host)
         || is_any_address (name, listen_host);
}

static gboolean
is_read (const HnHttpHead *head)
{
  return hn_slice_equal (head->method, "GET") || hn_slice_equal (head->method, "HEAD");
}

/* Typed, bookmarked, or from our own page; the page itself also by a link. */
static gboolean
comes_from_here (const HnHttpHead *head)
{
  const HnHttpField *site = hn_http_head_find (head, "Sec-Fetch-Site");

  if (!hn_route_check_origin (head))
    return FALSE;
  if (site == NULL || hn_slice_equal (site->value, "same-origin") || hn_slice_equal (site->value, "none"))
    return TRUE;
  return is_read (head) && hn_slice_equal (head->path, "/");
}

void
hn_admin_rules_decide (const HnHttpHead *head, const char *listen_host, const char *origin, HnRoute *ret_route)
{
  const char *wrong = hn_route_check_path (head->path);

  ret_route->kind = HN_ROUTE_API;
  ret_route->body_limit_bytes = LOGIN_BODY_BYTES;
  if (wrong != NULL)
    hn_route_refuse (ret_route, 400, "malformed path", wrong);
  else if (!host_is_ours (head, listen_host, origin))
    hn_route_refuse (ret_route, 421, "unknown host", "open the dashboard by the address of 'server.admin_listen', or name its host in 'server.admin_origin'");
  else if (!comes_from_here (head))
    hn_route_refuse (ret_route, 403, "foreign origin", "the dashboard is used from its own pages only");
  else if (!is_read (head) && hn_http_head_find (head, CHANGE_FIELD) == NULL)
    hn_route_refuse (ret_route, 403, "foreign origin", "send '" CHANGE_FIELD ": 1' with what changes something");
}
