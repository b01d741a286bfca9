/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/redis-url.h"

#include "tests/support/unit.h"

static void
assert_same (const char *a, const char *b)
{
  if (a == NULL || b == NULL)
    assert_ptr_equal (a, b);
  else
    assert_string_equal (a, b);
}

static void
urls_say_where_and_as_whom (void **unused)
{
  static const struct {
    const char *text, *host;
    guint port;
    const char *path, *user, *password;
    guint db;
    const char *described;
  } rows[] = {
    { "redis://localhost", "localhost", 6379, NULL, NULL, NULL, 0, "localhost:6379/0" },
    { "redis://redis:6380", "redis", 6380, NULL, NULL, NULL, 0, "redis:6380/0" },
    { "redis://127.0.0.1:6379/", "127.0.0.1", 6379, NULL, NULL, NULL, 0, "127.0.0.1:6379/0" },
    { "redis://127.0.0.1/15", "127.0.0.1", 6379, NULL, NULL, NULL, 15, "127.0.0.1:6379/15" },
    { "redis://:pass@h/1", "h", 6379, NULL, NULL, "pass", 1, "h:6379/1" },
    { "redis://pass@h", "h", 6379, NULL, NULL, "pass", 0, "h:6379/0" },
    { "redis://ann:p%40ss%2Fw%3Ard@h:1", "h", 1, NULL, "ann", "p@ss/w:rd", 0, "h:1/0" },
    { "redis://ann:a:b@h", "h", 6379, NULL, "ann", "a:b", 0, "h:6379/0" },
    { "redis://[::1]:7000/2", "::1", 7000, NULL, NULL, NULL, 2, "[::1]:7000/2" },
    { "redis://[::1]", "::1", 6379, NULL, NULL, NULL, 0, "[::1]:6379/0" },
    { "unix:///run/redis.sock", NULL, 0, "/run/redis.sock", NULL, NULL, 0, "/run/redis.sock/0" },
    { "unix:///run/redis.sock?db=3", NULL, 0, "/run/redis.sock", NULL, NULL, 3, "/run/redis.sock/3" },
    { "redis+unix:///run/redis.sock", NULL, 0, "/run/redis.sock", NULL, NULL, 0, "/run/redis.sock/0" },
    { "unix:///r?password=a%26b&db=3", NULL, 0, "/r", NULL, "a&b", 3, "/r/3" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (HnRedisUrl) url = hn_redis_url_parse (rows[i].text, &error);
    g_autofree char *described = NULL;

    assert_null (error);
    assert_same (url->host, rows[i].host);
    assert_int_equal (url->port, rows[i].port);
    assert_same (url->path, rows[i].path);
    assert_same (url->user, rows[i].user);
    assert_same (url->password, rows[i].password);
    assert_int_equal (url->db, rows[i].db);
    described = hn_redis_url_describe (url);
    assert_string_equal (described, rows[i].described);
  }
}

static void
what_is_no_such_url_is_refused (void **unused)
{
  static const char *const wrong[] = {
    "", "localhost:6379", "http://h", "redis:/h", "redis://", "redis://:6379", "redis://h:0", "redis://h:65536", "redis://h:x", "redis://h:", "redis://h/x",
    "redis://h/-1", "redis://h/1024", "redis://h/1/2", "redis://a b", "redis://h?db=1", "redis://[::1", "redis://[]", "redis://[::1]x", "redis://%zz@h",
    "redis://u%zz:p@h", "redis://u:p%zz@h", "unix://", "unix://run/x", "unix:///r?dbs=1", "unix:///r?db=x", "unix:///r?password=a&password=b",
    "unix:///r?password=%zz",
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    GError *error = NULL;

    assert_null (hn_redis_url_parse (wrong[i], &error));
    assert_hn_error (error, HN_ERROR_INVALID, "must be redis://[user:password@]host[:port][/db] or unix:///path[?db=N]");
  }
}

static void
tls_is_refused_with_its_mend (void **unused)
{
  GError *error = NULL;

  assert_null (hn_redis_url_parse ("rediss://h:6379", &error));
  assert_hn_error (error, HN_ERROR_INVALID, "must not be rediss://: let stunnel speak TLS to Redis, and name where it listens by redis://");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (urls_say_where_and_as_whom),
    cmocka_unit_test (what_is_no_such_url_is_refused),
    cmocka_unit_test (tls_is_refused_with_its_mend),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
