/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/login.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "sim/fakes/web-server/json.h"

#define ROUNDS 150000
#define SALT_BYTES 16
#define HASH_BYTES 32
#define TOKEN_HEX 64

typedef struct {
  guint32 user;
  gint64 expires_us;
} Login;

struct SimLogins {
  GHashTable *by_token;
};

static char *
to_hex (const guint8 *bytes, gsize n)
{
  GString *hex = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);
  return g_string_free (hex, FALSE);
}

static gboolean
is_token (const char *text)
{
  return strlen (text) == TOKEN_HEX && strspn (text, "0123456789abcdefABCDEF") == TOKEN_HEX;
}

/* (transfer full) (nullable): the value of `mlSession`. */
static char *
cookie_token (const char *header)
{
  g_auto (GStrv) pairs = g_strsplit (header ? header : "", ";", -1);

  for (guint i = 0; pairs[i]; i++)
    if (g_str_has_prefix (g_strstrip (pairs[i]), "mlSession="))
      return g_strdup (pairs[i] + strlen ("mlSession="));
  return NULL;
}

static guint
by_token (SimLogins *self, const char *token, gint64 utc_us, guint32 *ret_user)
{
  g_autofree char *lower = g_ascii_strdown (token, -1);
  Login *login = g_hash_table_lookup (self->by_token, lower);

  if (login && login->expires_us <= utc_us) {
    g_hash_table_remove (self->by_token, lower);
    return 401;
  }
  if (login)
    *ret_user = login->user;
  return login ? 200 : 401;
}

static guint
by_forwarded (SimStore *store, JsonObject *rule, const char *name, guint32 *ret_user)
{
  for (const char *p = name; *p; p++)
    if ((guchar) *p < 0x20 || (guchar) *p > 0x7e)
      return 400;
  SimUser *user = sim_store_user_by_name (store, name);
  if (!user && sim_json_bool (rule, "auto_create_missing_user", TRUE))
    user = sim_store_add_user (store, name, FALSE, name);
  if (user)
    *ret_user = user->id;
  return user ? 200 : 401;
}

static guint
by_bearer (SimLogins *self, const char *header, gint64 utc_us, guint32 *ret_user)
{
  if (!g_str_has_prefix (header, "Bearer ") || !is_token (header + strlen ("Bearer ")))
    return 400;
  return by_token (self, header + strlen ("Bearer "), utc_us, ret_user);
}

static guint
by_default (SimStore *store, const SimConfig *config, guint32 *ret_user)
{
  guint64 id;

  if (!sim_json_uint (sim_config_section (config, "web_server"), "default_user_id", G_MAXUINT32, &id) ||
      !sim_store_user (store, id))
    return 401;
  *ret_user = id;
  return 200;
}

guint
sim_logins_who (SimLogins *self, SimStore *store, const SimConfig *config, const SimCredentials *shown, gint64 utc_us,
                SimLoginBy *ret_by, guint32 *ret_user)
{
  g_autofree char *cookie = cookie_token (shown->cookie);
  JsonObject *rule = sim_json_object (sim_config_section (config, "web_server"), "forwarded_header");

  if (rule && shown->forwarded) {
    *ret_by = SIM_LOGIN_BY_FORWARDED;
    return by_forwarded (store, rule, shown->forwarded, ret_user);
  }
  if (shown->authorization) {
    *ret_by = SIM_LOGIN_BY_BEARER;
    return by_bearer (self, shown->authorization, utc_us, ret_user);
  }
  if (cookie) {
    *ret_by = SIM_LOGIN_BY_COOKIE;
    return by_token (self, cookie, utc_us, ret_user);
  }
  guint status = by_default (store, config, ret_user);
  *ret_by = status == 200 ? SIM_LOGIN_BY_DEFAULT : SIM_LOGIN_BY_NOTHING;
  return status;
}

char *
sim_logins_open (SimLogins *self, guint32 user, gint64 expires_us)
{
  guint8 bytes[TOKEN_HEX / 2];
  Login *login = g_new0 (Login, 1);

  RAND_bytes (bytes, sizeof bytes);
  login->user = user;
  login->expires_us = expires_us;
  char *token = to_hex (bytes, sizeof bytes);
  g_hash_table_replace (self->by_token, g_strdup (token), login);
  return token;
}

void
sim_logins_close (SimLogins *self, const SimCredentials *shown)
{
  g_autofree char *cookie = cookie_token (shown->cookie);

  if (shown->authorization && g_str_has_prefix (shown->authorization, "Bearer "))
    g_hash_table_remove (self->by_token, shown->authorization + strlen ("Bearer "));
  else if (cookie)
    g_hash_table_remove (self->by_token, cookie);
}

static char *
derive (const char *password, const guint8 *salt)
{
  guint8 hash[HASH_BYTES];

  PKCS5_PBKDF2_HMAC (password, strlen (password), salt, SALT_BYTES, ROUNDS, EVP_sha256 (), sizeof hash, hash);
  return to_hex (hash, sizeof hash);
}

void
sim_login_set_password (SimUser *user, const char *password)
{
  guint8 salt[SALT_BYTES];

  RAND_bytes (salt, sizeof salt);
  g_free (user->salt);
  g_free (user->hash);
  user->salt = to_hex (salt, sizeof salt);
  user->hash = derive (password, salt);
}

gboolean
sim_login_password_fits (const SimUser *user, const char *password)
{
  guint8 salt[SALT_BYTES];

  if (!user->hash || strlen (user->salt) != 2 * SALT_BYTES || strlen (user->hash) != 2 * HASH_BYTES)
    return FALSE;
  for (guint i = 0; i < SALT_BYTES; i++)
    salt[i] = g_ascii_xdigit_value (user->salt[2 * i]) << 4 | g_ascii_xdigit_value (user->salt[2 * i + 1]);
  g_autofree char *hash = derive (password, salt);
  return CRYPTO_memcmp (hash, user->hash, 2 * HASH_BYTES) == 0;
}

SimLogins *
sim_logins_new (void)
{
  SimLogins *self = g_new0 (SimLogins, 1);

  self->by_token = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
sim_logins_free (SimLogins *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->by_token);
  g_free (self);
}
