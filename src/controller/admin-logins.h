/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/address.h"

/* Who is logged in to the dashboard, and who has tried too often. Pure: the keys are made by who calls. */

typedef struct _HnAdminLogins HnAdminLogins;

/**
 * hn_admin_logins_new:
 *
 * Returns: (transfer full): nobody
 */
HnAdminLogins *hn_admin_logins_new (void);

/**
 * hn_admin_logins_free:
 * @self: (nullable): what to free
 */
void hn_admin_logins_free (HnAdminLogins *self);

/**
 * hn_admin_logins_may_try:
 * @self: logins
 * @client: who wants to, as far as proxies tell
 * @now_us: monotonic time
 * @ret_retry_after_seconds: (out): when to come again, if not now
 *
 * Returns: whether a token from there may be looked at at all
 */
gboolean hn_admin_logins_may_try (HnAdminLogins *self, const HnAddress *client, gint64 now_us, guint *ret_retry_after_seconds);

/**
 * hn_admin_logins_failed:
 * @self: logins
 * @client: who brought a wrong token, likewise
 * @now_us: monotonic time
 */
void hn_admin_logins_failed (HnAdminLogins *self, const HnAddress *client, gint64 now_us);

/**
 * hn_admin_logins_add:
 * @self: logins
 * @key: random text; kept as a copy
 * @now_us: monotonic time
 *
 * Beyond HN_LIMIT_ADMIN_LOGINS the one that was used longest ago is ended.
 */
void hn_admin_logins_add (HnAdminLogins *self, const char *key, gint64 now_us);

/**
 * hn_admin_logins_check:
 * @self: logins
 * @key: (nullable): what a cookie says
 * @now_us: monotonic time
 *
 * Returns: whether it is a login that has not expired: HN_LIMIT_ADMIN_IDLE_SECONDS without use, HN_LIMIT_ADMIN_SECONDS in all
 */
gboolean hn_admin_logins_check (HnAdminLogins *self, const char *key, gint64 now_us);

/**
 * hn_admin_logins_is_good:
 * @self: logins
 * @key: a login
 * @now_us: monotonic time
 *
 * Returns: the same as hn_admin_logins_check(), but this is no use of it
 */
gboolean hn_admin_logins_is_good (const HnAdminLogins *self, const char *key, gint64 now_us);

/**
 * hn_admin_logins_remove:
 * @self: logins
 * @key: (nullable): a login that ends
 */
void hn_admin_logins_remove (HnAdminLogins *self, const char *key);

/**
 * hn_admin_logins_remove_all:
 * @self: logins
 *
 * The token has changed: whoever logged in with the old one does so again.
 */
void hn_admin_logins_remove_all (HnAdminLogins *self);

/**
 * hn_admin_logins_count:
 * @self: logins
 *
 * Returns: how many there are, the expired included
 */
guint hn_admin_logins_count (const HnAdminLogins *self);

/**
 * hn_admin_logins_from_cookie:
 * @field: (nullable): value of a `Cookie` field
 *
 * Returns: (transfer full) (nullable): the login that it carries
 */
char *hn_admin_logins_from_cookie (const char *field);

/**
 * hn_admin_logins_cookie:
 * @key: (nullable): a login; %NULL makes the browser forget it
 * @secure: whether the browser speaks https
 *
 * Returns: (transfer full): value of a `Set-Cookie` field
 */
char *hn_admin_logins_cookie (const char *key, gboolean secure);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnAdminLogins, hn_admin_logins_free)
