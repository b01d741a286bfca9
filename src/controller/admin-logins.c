/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a login is a random key in memory; it ends by itself, and with this process. Keys are compared in constant time, each with each. Wrong tokens
 * are counted for each client (of IPv6 the first 64 bits, which one customer has), and for all together, so that an attacker with many addresses gains
 * nothing. Who comes from this machine itself is everybody who came by an `ssh -L`: they are counted together, apart from the strangers, and as
 * generously as those are together; neither locks the other out. */
#include "controller/admin-logins.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "net/rate-limit.h"

#define COOKIE "hydraneck_admin"

typedef struct {
  char *key;
  gint64 since_us;
  gint64 used_us;
} Login;

/* Wrong tokens since the window began. */
typedef struct {
  char *from; /* (nullable): key of a client; NULL: of several */
  gint64 since_us;
  guint count;
} Tries;

struct _HnAdminLogins {
  GArray *logins; /* of Login */
  GArray *tries;  /* of Tries, by their beginning */
  Tries strangers; /* all of them */
  Tries here;
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
tries_clear (gpointer data)
{
  g_free (((Tries *) data)->from);
}

static gboolean
window_is_over (const Tries *tries, gint64 now_us)
{
  return now_us - tries->since_us >= hn_seconds (HN_LIMIT_ADMIN_TRIES_SECONDS);
}

static void
forget_old_tries (HnAdminLogins *self, gint64 now_us)
{
  guint n = 0;

  while (n < self->tries->len && window_is_over (&g_array_index (self->tries, Tries, n), now_us))
    n++;
  if (n > 0)
    g_array_remove_range (self->tries, 0, n);
  if (window_is_over (&self->strangers, now_us))
    self->strangers.count = 0;
  if (window_is_over (&self->here, now_us))
    self->here.count = 0;
}

static Tries *
find_tries (HnAdminLogins *self, const char *from)
{
  for (guint i = 0; i < self->tries->len; i++)
    if (g_str_equal (g_array_index (self->tries, Tries, i).from, from))
      return &g_array_index (self->tries, Tries, i);
  return NULL;
}

/* The count that keeps @client from trying, if one does. */
static const Tries *
find_full (HnAdminLogins *self, const HnAddress *client)
{
  const Tries *together = hn_address_is_loopback (client) ? &self->here : &self->strangers;
  g_autofree char *from = hn_rate_limit_key ("", client);
  const Tries *tries = find_tries (self, from);

  if (tries != NULL && tries->count >= HN_LIMIT_ADMIN_TRIES)
    return tries;
  return together->count >= HN_LIMIT_ADMIN_TRIES_TOGETHER ? together : NULL;
}

gboolean
hn_admin_logins_may_try (HnAdminLogins *self, const HnAddress *client, gint64 now_us, guint *ret_retry_after_seconds)
{
  const Tries *full;

  forget_old_tries (self, now_us);
  full = find_full (self, client);
  if (full != NULL)
    *ret_retry_after_seconds = (guint) ((full->since_us + hn_seconds (HN_LIMIT_ADMIN_TRIES_SECONDS) - now_us) / G_USEC_PER_SEC) + 1;
  return full == NULL;
}

static void
count (Tries *tries, gint64 now_us)
{
  if (tries->count++ == 0)
    tries->since_us = now_us;
}

void
hn_admin_logins_failed (HnAdminLogins *self, const HnAddress *client, gint64 now_us)
{
  g_autofree char *from = hn_rate_limit_key ("", client);
  Tries *tries;

  forget_old_tries (self, now_us);
  if (hn_address_is_loopback (client)) {
    count (&self->here, now_us);
    return;
  }
  count (&self->strangers, now_us);
  tries = find_tries (self, from);
  if (tries != NULL) {
    tries->count++;
  } else {
    /* not more of them than tries of all strangers */
    g_array_append_val (self->tries, ((Tries){ g_steal_pointer (&from), now_us, 1 }));
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
  g_array_set_clear_func (self->tries, tries_clear);
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
