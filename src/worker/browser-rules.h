/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/route.h"

/* What a browser may do under `/session/{id}/`, and what of its request reaches the session's web-server. Pure. */

typedef struct {
  const char *id;
  const char *host;  /* where its web-server listens, IP literal */
  guint16 http_port;
  const char *user;  /* value of X-Forwarded-User */
  gboolean ended;    /* only a rating is taken any more */
} HnBrowserTarget;

typedef struct {
  /* the session with that id if it lets browsers in, else NULL; borrowed until the call returns */
  gboolean (*find) (const char *session_id, HnBrowserTarget *ret_target, gpointer user_data);
  gpointer user_data;
  GArray *trusted; /* (nullable) of HnNetwork: whose X-Forwarded-* are believed */
  const char *return_url; /* (nullable) where somebody goes whose session is over */
} HnBrowserWorld;

/**
 * hn_browser_rules_route:
 * @head: a request
 * @peer: who sent it
 * @world: sessions and trusted proxies
 * @ret_route: (inout): an initialised route
 * @ret_session_id: (out) (transfer full) (nullable): the session that the request belongs to, if it may go on
 */
void hn_browser_rules_route (const HnHttpHead *head, const HnPeer *peer, const HnBrowserWorld *world, HnRoute *ret_route,
                             char **ret_session_id);
