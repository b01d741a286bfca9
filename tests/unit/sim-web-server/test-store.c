/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sim/fakes/web-server/fault.h"
#include "sim/fakes/web-server/login.h"
#include "sim/fakes/web-server/store.h"

#define LOGIN "\"first_login_create_admin\":true,\"first_login_assign_global_hosts\":true"

static SimStore *
from (const char *text)
{
  return sim_store_new (text, text ? strlen (text) : 0, NULL);
}

static void
what_is_written_is_read_back (void **unused)
{
  g_autoptr (SimStore) store = from (NULL);
  guint32 user = sim_store_add_user (store, "hydra-1", FALSE, "hydra-1")->id;
  SimHost *host = sim_store_add_host (store, user, "10.10.100.6", 47989);
  guint32 id = host->id;

  sim_login_set_password (sim_store_user (store, user), "pw");
  sim_store_set_text (&host->key, "KEY\r\n");
  sim_store_set_text (&host->certificate, "OURS");
  sim_store_set_text (&host->server_certificate, "THEIRS");
  sim_store_set_text (&host->name, "BODY-06");
  g_autofree char *text = sim_store_text (store);
  g_autoptr (SimStore) again = from (text);
  g_autofree char *second = sim_store_text (again);
  assert_string_equal (text, second);
  assert_string_equal (sim_store_host (again, id)->key, "KEY\r\n");
  assert_int_equal (sim_store_host (again, id)->owner, user);
  assert_true (sim_login_password_fits (sim_store_user (again, user), "pw"));
  assert_false (sim_login_password_fits (sim_store_user (again, user), "pW"));
}

static void
hosts_of_the_first_version_become_global (void **unused)
{
  g_autoptr (SimStore) store =
      from ("{\"hosts\":[{\"address\":\"10.0.0.1\",\"http_port\":47989,\"cache\":{\"name\":\"A\",\"mac\":null},"
            "\"paired\":null}]}");
  g_autoptr (GList) hosts = sim_store_hosts (store);

  assert_int_equal (g_list_length (hosts), 1);
  assert_true (((SimHost *) hosts->data)->global);
}

static void
data_that_does_not_fit_is_refused (void **unused)
{
  static const char *const bad[] = {
    "", "{}", "[]", "{\"version\":\"2\"}", "{\"version\":\"2\",\"users\":{\"x\":{}},\"hosts\":{}}",
    "{\"version\":\"2\",\"users\":{},\"hosts\":{\"1\":{\"address\":\"a\"}}}",
    "{\"version\":\"2\",\"users\":{},\"hosts\":{\"1\":7}}", "{\"hosts\":[7]}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    assert_null (sim_store_new (bad[i], strlen (bad[i]), &error));
    assert_non_null (error);
    assert_null (from (bad[i]));
  }
}

static void
a_user_takes_its_hosts_along (void **unused)
{
  g_autoptr (SimStore) store = from (NULL);
  SimUser *user = sim_store_add_user (store, "a", FALSE, "a");
  guint32 host = sim_store_add_host (store, user->id, "x", 1)->id;

  sim_store_remove_user (store, user->id);
  assert_null (sim_store_user_by_name (store, "a"));
  assert_null (sim_store_host (store, host));
}

static guint
who (SimLogins *logins, SimStore *store, const char *config_text, SimCredentials shown, gint64 utc_us, guint32 *user)
{
  g_autoptr (SimConfig) config = sim_config_new (config_text, strlen (config_text), FALSE, NULL);
  SimLoginBy by;

  return sim_logins_who (logins, store, config, &shown, utc_us, &by, user);
}

static void
credentials_are_tried_in_their_order (void **unused)
{
  const char *none = "{\"web_server\":{" LOGIN "}}";
  const char *header = "{\"web_server\":{" LOGIN ",\"forwarded_header\":{\"username_header\":\"X\"}}}";
  const char *closed = "{\"web_server\":{" LOGIN ",\"forwarded_header\":{\"username_header\":\"X\","
                       "\"auto_create_missing_user\":false}}}";
  g_autoptr (SimStore) store = from (NULL);
  g_autoptr (SimLogins) logins = sim_logins_new ();
  guint32 root = sim_store_add_user (store, "root", TRUE, "root")->id, found = 0;
  g_autofree char *token = sim_logins_open (logins, root, 1000);
  g_autofree char *bearer = g_strconcat ("Bearer ", token, NULL);
  g_autofree char *cookie = g_strconcat ("a=b; mlSession=", token, NULL);

  assert_int_equal (who (logins, store, closed, (SimCredentials){ .forwarded = "new" }, 0, &found), 401);
  assert_int_equal (who (logins, store, header, (SimCredentials){ .forwarded = "n\xc3\xa9w" }, 0, &found), 400);
  assert_int_equal (who (logins, store, header, (SimCredentials){ .forwarded = "new", bearer }, 0, &found), 200);
  assert_string_equal (sim_store_user (store, found)->client_unique_id, "new");
  assert_int_equal (who (logins, store, none, (SimCredentials){ .forwarded = "new" }, 0, &found), 401);
  assert_int_equal (who (logins, store, none, (SimCredentials){ .authorization = bearer }, 0, &found), 200);
  assert_int_equal (found, root);
  assert_int_equal (who (logins, store, none, (SimCredentials){ .authorization = "Basic x" }, 0, &found), 400);
  assert_int_equal (who (logins, store, none, (SimCredentials){ .authorization = "Bearer x" }, 0, &found), 400);
  assert_int_equal (who (logins, store, none, (SimCredentials){ .cookie = cookie }, 0, &found), 200);
  assert_int_equal (who (logins, store, none, (SimCredentials){ .cookie = cookie }, 1000, &found), 401);
  assert_int_equal (who (logins, store, none, (SimCredentials){ .cookie = cookie }, 0, &found), 401);
  g_autofree char *by_default = g_strdup_printf ("{\"web_server\":{" LOGIN ",\"default_user_id\":%u}}", root);
  assert_int_equal (who (logins, store, by_default, (SimCredentials){ NULL }, 0, &found), 200);
}

static void
faults_are_named_or_refused (void **unused)
{
  SimFaults faults;
  g_autofree char *unknown = NULL;

  assert_true (sim_faults_parse (NULL, &faults, NULL));
  assert_int_equal (faults.stop_delay_ms, 10000);
  assert_true (sim_faults_parse ("pair-silent, stop-delay-ms=5", &faults, NULL));
  assert_int_equal (faults.stop_delay_ms, 5);
  assert_int_equal (faults.pair_silent, 1);
  assert_false (sim_faults_parse ("pair-loud", &faults, &unknown));
  assert_string_equal (unknown, "pair-loud");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_written_is_read_back),
    cmocka_unit_test (hosts_of_the_first_version_become_global),
    cmocka_unit_test (data_that_does_not_fit_is_refused),
    cmocka_unit_test (a_user_takes_its_hosts_along),
    cmocka_unit_test (credentials_are_tried_in_their_order),
    cmocka_unit_test (faults_are_named_or_refused),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
