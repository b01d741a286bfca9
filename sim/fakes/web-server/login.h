/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "sim/fakes/web-server/config.h"
#include "sim/fakes/web-server/store.h"

/**
 * SimLogins:
 *
 * Login sessions: tokens of 64 hex digits, in memory only. Pure; main thread.
 */
typedef struct SimLogins SimLogins;

/**
 * SimCredentials:
 * @forwarded: (nullable): value of the configured forwarded header
 * @authorization: (nullable): the header
 * @cookie: (nullable): the `Cookie` header
 *
 * What a request shows.
 */
typedef struct {
  const char *forwarded;
  const char *authorization;
  const char *cookie;
} SimCredentials;

/**
 * SimLoginBy:
 *
 * Which of the credentials decided.
 */
typedef enum {
  SIM_LOGIN_BY_NOTHING,
  SIM_LOGIN_BY_FORWARDED,
  SIM_LOGIN_BY_BEARER,
  SIM_LOGIN_BY_COOKIE,
  SIM_LOGIN_BY_DEFAULT,
} SimLoginBy;

/** sim_logins_new: (transfer full) no sessions yet */
SimLogins *sim_logins_new (void);

/** sim_logins_free: (nullable) @self: released */
void sim_logins_free (SimLogins *self);

/**
 * sim_logins_who:
 * @self: the sessions
 * @store: users; a missing forwarded one is added
 * @config: says what the forwarded header may do and who is the default
 * @shown: the credentials
 * @utc_us: the time, for expired sessions
 * @ret_by: (out): what decided
 * @ret_user: (out): the user's id; untouched unless the answer is 200
 *
 * The order is forwarded header, bearer, cookie, default user.
 *
 * Returns: 200, 400 or 401
 */
guint sim_logins_who (SimLogins *self, SimStore *store, const SimConfig *config, const SimCredentials *shown,
                      gint64 utc_us, SimLoginBy *ret_by, guint32 *ret_user);

/**
 * sim_logins_open:
 * @self: the sessions
 * @user: whose
 * @expires_us: when it ends, UTC
 *
 * Returns: (transfer full): its token
 */
char *sim_logins_open (SimLogins *self, guint32 user, gint64 expires_us);

/**
 * sim_logins_close:
 * @self: the sessions
 * @shown: the credentials that carry the token
 */
void sim_logins_close (SimLogins *self, const SimCredentials *shown);

/**
 * sim_login_set_password:
 * @user: whose
 * @password: in the clear; stored as PBKDF2-HMAC-SHA256, 150 000 rounds (some 50 ms of CPU)
 */
void sim_login_set_password (SimUser *user, const char *password);

/**
 * sim_login_password_fits:
 * @user: who it should be
 * @password: in the clear
 *
 * Returns: whether it is the user's
 */
gboolean sim_login_password_fits (const SimUser *user, const char *password);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimLogins, sim_logins_free)
