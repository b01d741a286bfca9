/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Which worker URLs a controller believes, and which URL a browser gets. Pure. */

typedef struct {
  gboolean is_https;
  gboolean is_literal; /* @host is an IP address */
  char *host;          /* without brackets */
  guint16 port;
} HnUrlRulesTarget;

/**
 * hn_url_rules_read_worker:
 * @url: a worker's `url`
 * @ret_target: (out caller-allocates): where it leads; to be cleared
 * @error: INVALID naming the field `url`: neither https nor a loopback or private address, or with a path, user or query
 *
 * Returns: whether a controller may call it
 */
gboolean hn_url_rules_read_worker (const char *url, HnUrlRulesTarget *ret_target, GError **error);

/**
 * hn_url_rules_check_pages:
 * @target: where a worker's `url` leads
 * @public_url: (nullable): its `public_url`
 * @error: INVALID: sessions of such a worker could be created, but not be shown
 *
 * Returns: whether browsers can reach its sessions: proxied by us, which plain HTTP to an address is, or at an https @public_url
 */
gboolean hn_url_rules_check_pages (const HnUrlRulesTarget *target, const char *public_url, GError **error);

/**
 * hn_url_rules_target_clear:
 * @self: a target
 */
void hn_url_rules_target_clear (HnUrlRulesTarget *self);

/**
 * hn_url_rules_stream_url:
 * @domain: (nullable): `server.domain`
 * @base_url: scheme and host as the caller, or a trusted proxy before us, addressed us
 * @public_url: (nullable): `worker.public_url`
 * @stream_path: path and query of the stream page
 *
 * Returns: (transfer full): below @public_url if that is https (getUserMedia needs a secure context), else below our domain, else
 *   below @base_url
 */
char *hn_url_rules_stream_url (const char *domain, const char *base_url, const char *public_url, const char *stream_path);

/**
 * hn_url_rules_stream_path:
 * @session_id: whose page
 * @stream_path: (nullable): path as the worker gave it
 * @stream_url: (nullable): URL as the worker gave it, used without a path
 *
 * Returns: (transfer full) (nullable): a path below `/session/{session_id}/`, or %NULL when neither gives one
 */
char *hn_url_rules_stream_path (const char *session_id, const char *stream_path, const char *stream_url);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HnUrlRulesTarget, hn_url_rules_target_clear)
