/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-client.h"

/* The roles that may run on this machine, asked for their health together: before an update (which are there?) and after it (do they come up?). */

typedef struct _HnRolesHttp HnRolesHttp;

/**
 * hn_roles_http_new:
 * @client: outlives this
 * @urls: (nullable): of the roles, NULL-terminated
 *
 * Returns: (transfer full): nobody has been asked
 */
HnRolesHttp *hn_roles_http_new (HnHttpClient *client, const char *const *urls);

/**
 * hn_roles_http_free:
 * @self: (nullable): what to free; nobody may be asked at this moment
 */
void hn_roles_http_free (HnRolesHttp *self);

/**
 * hn_roles_http_ask:
 * @self: roles
 * @done: from the loop, once all have answered or not
 * @user_data: for @done
 */
void hn_roles_http_ask (HnRolesHttp *self, void (*done) (gpointer user_data), gpointer user_data);

/**
 * hn_roles_http_note_there:
 * @self: roles, asked
 *
 * Those that have answered are there: they must come up again.
 */
void hn_roles_http_note_there (HnRolesHttp *self);

/**
 * hn_roles_http_set_there:
 * @self: roles
 * @urls: of those that were there, NULL-terminated
 */
void hn_roles_http_set_there (HnRolesHttp *self, const char *const *urls);

/**
 * hn_roles_http_is_any_there:
 * @self: roles
 *
 * Returns: whether one is
 */
gboolean hn_roles_http_is_any_there (const HnRolesHttp *self);

/**
 * hn_roles_http_get_there:
 * @self: roles
 *
 * Returns: (transfer full): URLs of those that are there
 */
GStrv hn_roles_http_get_there (const HnRolesHttp *self);

/**
 * hn_roles_http_count_sessions:
 * @self: roles, asked
 *
 * Returns: sessions of all
 */
guint hn_roles_http_count_sessions (const HnRolesHttp *self);

/**
 * hn_roles_http_all_are:
 * @self: roles, asked
 * @version: a version
 *
 * Returns: whether all that are there have answered as this version
 */
gboolean hn_roles_http_all_are (const HnRolesHttp *self, const char *version);

/**
 * hn_roles_http_begin_proof:
 * @self: roles
 *
 * From here on it counts for how long one process answers.
 */
void hn_roles_http_begin_proof (HnRolesHttp *self);

/**
 * hn_roles_http_find_unsteady:
 * @self: roles, asked
 * @version: the version that they must be
 * @steady_us: for how long
 * @now_us: monotonic time
 *
 * Returns: (nullable): URL of one that is there and has not answered as @version, from one and the same process, for so long
 */
const char *hn_roles_http_find_unsteady (HnRolesHttp *self, const char *version, gint64 steady_us, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRolesHttp, hn_roles_http_free)
