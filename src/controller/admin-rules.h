/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/route.h"

/* What the dashboard's origin lets in, before anything is looked at that a request brings. Pure. */

/**
 * hn_admin_rules_decide:
 * @head: a request
 * @listen_host: IP literal of `server.admin_listen`, or "" for all addresses
 * @origin: (nullable): `server.admin_origin`
 * @ret_route: API, or the refusal
 */
void hn_admin_rules_decide (const HnHttpHead *head, const char *listen_host, const char *origin, HnRoute *ret_route);
