/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a login is a random key in memory; it ends by itself, and with this process. Keys are compared in constant time, each with each. Wrong tokens
 * are counted for each address, and for all addresses together, so that an attacker with many of them (IPv6) gains nothing. */
#include "controller/admin-logins.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"

#define COOKIE "hydraneck_admin"

typedef struct {
  char *key;
  gint64 since_us;
  gint64 used_us;
} Login;

/* Wrong tokens since the window began. */
typedef struct {
  HnAddress from;
  gint64 since_us;
  guint count;
} Tries;

struct _HnAdminLogins {
  GArray *logins; /* of Login */
  GArray *tries;  /* of Tries, by their beginning */
  Tries all;
};

static void
login_clear (gpointer data)
{
  g_free (((Login *) data)->key);
}

static gboolean
is_over (const Login *login, gint64 now_us)
{
  return now_us - login->since_us >= hn_seconds (HN_LIMIT_ADMIN_SECONDS)
         || now_us - login->used_us >= hn_seconds (HN_LIMIT_ADMIN_IDLE_SECONDS);
}

/* ---- tries ---- */

static void
forget_old_tries (HnAdminLogins *self, gint64 now_us)
{
  guint n = 0;

  while (n < self->tries->len && now_us - g_array_index (self->tries, Tries, n).since_us >= hn_seconds (HN_LIMIT_ADMIN_TRIES_SECONDS))
    n++;
  if (n > 0)
    g_array_remove_range (self->tries, 0, n);
  if (now_us - self->all.since_us >= hn_seconds (HN_LIMIT_ADMIN_TRIES_SECONDS))
    self->all.count = 0;
}

static Tries *
find_tries (HnAdminLogins *self, const HnAddress *from)
{
  for (guint i = 0; i < self->tries->len; i++)
    if (hn_address_equal (&g_array_index (self->tries, Tries, i).from, from))
      return &g_array_index (self->tries, Tries, i);
  return NULL;
}

gboolean
hn_admin_logins_may_try (HnAdminLogins *self, const HnAddress *from, gint64 now_us, guint *ret_retry_after_seconds)
{
  const Tries *tries;
  const Tries *full = NULL;

  forget_old_tries (self, now_us);
  tries = find_tries (self, from);
  if (tries != NULL && tries->count >= HN_LIMIT_ADMIN_TRIES)
    full = tries;
  else if (self->all.count >= HN_LIMIT_ADMIN_TRIES_IN_ALL)
    full = &self->all;
  if (full != NULL)
    *ret_retry_after_seconds = (guint) ((full->since_us + hn_seconds (HN_LIMIT_ADMIN_TRIES_SECONDS) - now_us) / G_USEC_PER_SEC) + 1;
  return full == NULL;
}

void
hn_admin_logins_failed (HnAdminLogins *self, const HnAddress *from, gint64 now_us)
{
  Tries *tries;

  forget_old_tries (self, now_us);
  if (self->all.count++ == 0)
    self->all.since_us = now_us;
  tries = find_tries (self, from);
  if (tries != NULL) {
    tries->count++;
  } else {
    /* not more of them than tries in all */
    g_array_append_val (self->tries, ((Tries){ *from, now_us, 1 }));
  }
}

/* ---- logins ---- */

static gint
index_of (const HnAdminLogins *self, const char *key)
{
  gint found = -1;

  for (guint i = 0; i < self->logins->len; i++)
    if (hn_secret_equal (key, g_array_index (self->logins, Login, i).key))
      found = (gint) i;
  return found;
}

static void
make_room (HnAdminLogins *self, gint64 now_us)
{
  guint oldest = 0;

  for (guint i = self->logins->len; i-- > 0;)
    if (is_over (&g_array_index (self->logins, Login, i), now_us))
      g_array_remove_index (self->logins, i);
  if (self->logins->len < HN_LIMIT_ADMIN_LOGINS)
    return;
  for (guint i = 1; i < self->logins->len; i++)
    if (g_array_index (self->logins, Login, i).used_us < g_array_index (self->logins, Login, oldest).used_us)
      oldest = i;
  g_array_remove_index (self->logins, oldest);
}

void
hn_admin_logins_add (HnAdminLogins *self, const char *key, gint64 now_us)
{
  Login login = { g_strdup (key), now_us, now_us };

  make_room (self, now_us);
  g_array_append_val (self->logins, login);
}

gboolean
hn_admin_logins_check (HnAdminLogins *self, const char *key, gint64 now_us)
{
  gint at = index_of (self, key);

  if (at < 0)
    return FALSE;
  if (is_over (&g_array_index (self->logins, Login, at), now_us)) {
    g_array_remove_index (self->logins, (guint) at);
    return FALSE;
  }
  g_array_index (self->logins, Login, at).used_us = now_us;
  return TRUE;
}

gboolean
hn_admin_logins_is_good (const HnAdminLogins *self, const char *key, gint64 now_us)
{
  gint at = index_of (self, key);

  return at >= 0 && !is_over (&g_array_index (self->logins, Login, at), now_us);
}

void
hn_admin_logins_remove (HnAdminLogins *self, const char *key)
{
  gint at = index_of (self, key);

  if (at >= 0)
    g_array_remove_index (self->logins, (guint) at);
}

void
hn_admin_logins_remove_all (HnAdminLogins *self)
{
  g_array_set_size (self->logins, 0);
}

guint
hn_admin_logins_count (const HnAdminLogins *self)
{
  return self->logins->len;
}

/* ---- cookies ---- */

char *
hn_admin_logins_from_cookie (const char *field)
{
  g_auto (GStrv) pairs = g_strsplit (field != NULL ? field : "", ";", HN_LIMIT_HEAD_FIELDS);

  for (guint i = 0; pairs[i] != NULL; i++) {
    const char *pair = g_strstrip (pairs[i]);

    if (g_str_has_prefix (pair, COOKIE "="))
      return g_strdup (pair + strlen (COOKIE "="));
  }
  return NULL;
}

char *
hn_admin_logins_cookie (const char *key, gboolean secure)
{
  return g_strdup_printf (COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", key != NULL ? key : "",
                          key != NULL ? HN_LIMIT_ADMIN_SECONDS : 0, secure ? "; Secure" : "");
}

/* ---- life ---- */

HnAdminLogins *
hn_admin_logins_new (void)
{
  HnAdminLogins *self = g_new0 (HnAdminLogins, 1);

  self->logins = g_array_new (FALSE, FALSE, sizeof (Login));
  g_array_set_clear_func (self->logins, login_clear);
  self->tries = g_array_new (FALSE, FALSE, sizeof (Tries));
  return self;
}

void
hn_admin_logins_free (HnAdminLogins *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->logins);
  g_array_unref (self->tries);
  g_free (self);
}
