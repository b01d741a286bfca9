/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Who joins by the demo's page without a token of its own: a guest, who may enter the rooms that `rooms.demo` names, under a name of its choice, for half a day. */

#define HN_DEMO_GUEST_SECONDS (12 * 60 * 60)

/**
 * hn_demo_guest_check_name:
 * @name: (nullable): what a stranger wants to be called
 * @error: INVALID: empty, too long (HN_LIMIT_GUEST_NAME characters), or with control characters
 *
 * Returns: (transfer full): the name without the space around it
 */
char *hn_demo_guest_check_name (const char *name, GError **error);

/**
 * hn_demo_guest_claims:
 * @id: fresh and unique, behind `guest-`
 * @name: a checked name
 * @rooms: a room's name, or a prefix that ends in `*`
 * @audience: (nullable): what `tokens.audience` asks for
 * @utc_us: now
 *
 * Returns: (transfer full): claims for hn_jwt_sign()
 */
char *hn_demo_guest_claims (const char *id, const char *name, const char *rooms, const char *audience, gint64 utc_us);
