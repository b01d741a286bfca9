/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/front.h"
#include "worker/browser-rules.h"

/* A worker's byte path without sessions: `bench-own HOST PORT UPSTREAM_HOST UPSTREAM_PORT [CERT KEY]`. The front door, the worker's own rules for browsers
 * (allow-list, X-Forwarded-*, X-Forwarded-User, cookies, Referrer-Policy, the script in each page), the proxy and the tunnel are those of the
 * product; only the table of sessions has one row instead of many, and there is no API behind it. */

typedef struct {
  GHashTable *sessions; /* id → HnBrowserTarget */
  HnBrowserWorld world;
} Bench;

static gboolean
find (const char *session_id, HnBrowserTarget *ret_target, gpointer user_data)
{
  const HnBrowserTarget *target = g_hash_table_lookup (((Bench *) user_data)->sessions, session_id);

  if (target != NULL)
    *ret_target = *target;
  return target != NULL;
}

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer user_data)
{
  Bench *self = user_data;
  g_autofree char *session_id = NULL;

  hn_browser_rules_route (head, peer, &self->world, ret_route, &session_id);
  if (ret_route->kind == HN_ROUTE_API)
    hn_route_refuse (ret_route, 404, "no API here", NULL);
}

static const HnFrontEvents events = { .route = on_route };

int
main (int argc, char **argv)
{
  Bench self = { .sessions = g_hash_table_new (g_str_hash, g_str_equal) };
  HnBrowserTarget target = { .id = "0123456789abcdef0123456789abcdef", .user = "browser" };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (HnPoller) poller = hn_poller_new (NULL);
  g_autoptr (GError) error = NULL;
  HnFrontOptions options = { .keepalive_timeout_us = (gint64) 3600 * G_USEC_PER_SEC };
  int fd;

  if ((argc != 5 && argc != 7) || !g_str_has_prefix (argv[1], "127."))
    return 64;
  signal (SIGPIPE, SIG_IGN);
  target.host = argv[3];
  target.http_port = (guint16) atoi (argv[4]);
  g_hash_table_insert (self.sessions, (gpointer) target.id, &target);
  self.world = (HnBrowserWorld){ .find = find, .user_data = &self };
  fd = hn_front_bind (argv[1], (guint16) atoi (argv[2]), &error);
  if (fd < 0) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  if (argc == 7 && (options.tls = hn_tls_new (argv[5], argv[6], &error)) == NULL) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  hn_front_new (poller, fd, &options, &events, &self);
  puts ("ready");
  fflush (stdout);
  g_main_loop_run (loop);
  return 0;
}
