/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/clock.h"
#include "base/config-live.h"
#include "base/config-table.h"
#include "tests/support/unit.h"

static HnConfig *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  HnConfig *config = hn_config_parse (text, strlen (text), "worker.yaml", HN_MODE_WORKER, &error);

  assert_null (error);
  return config;
}

static void
on_changed (const char *path, const char *change, gboolean applied, gpointer data)
{
  g_string_append_printf (data, "%s|%s|%s\n", path, change, applied ? "applied" : "restart");
}

static void
what_is_live_is_exchanged_in_place_and_the_rest_needs_a_restart (void **unused)
{
  g_autoptr (HnConfig) running = parse ("server: {admin_token: one, listen: \":1\", trusted_proxies: [10.0.0.0/8]}\nsessions: {max: 4}\n");
  g_autoptr (HnConfig) fresh = parse ("server: {admin_token: two, admin_token_previous: one, listen: \":2\", trusted_proxies: [10.0.0.1, \"fd00::/8\"]}\n"
                                      "sessions: {max: 6, abandon_timeout: 2h}\nice_servers: [{urls: [\"turn:x\"], credential: hidden}]\nlog: {level: debug}\n"
                                      "moonlight: {default_settings: {fps: 60}}\nnps: {token: hidden}\n");
  g_autoptr (GString) said = g_string_new (NULL);
  const char *borrowed = running->server_admin_token;

  assert_int_equal (hn_config_live_adopt (running, fresh, on_changed, said), 6);
  assert_string_equal (said->str, "server.listen|from :1 to :2|restart\n"
                                  "server.admin_token||applied\n"
                                  "server.admin_token_previous||applied\n"
                                  "server.trusted_proxies|from 10.0.0.0/8 to 10.0.0.1,fd00::/8|restart\n"
                                  "sessions.max|from 4 to 6|applied\n"
                                  "sessions.abandon_timeout|from 2m to 2h|restart\n"
                                  "ice_servers||applied\n"
                                  "moonlight.default_settings||restart\n"
                                  "nps.token||applied\n"
                                  "log.level|from info to debug|applied\n");
  assert_int_equal (running->sessions_max, 6);
  assert_int_equal (running->sessions_abandon_timeout, hn_seconds (120));
  assert_string_equal (running->server_listen, ":1");
  assert_string_equal (running->server_admin_token, "two");
  assert_int_equal (json_array_get_length (running->ice_servers), 1);
  assert_ptr_equal (fresh->server_admin_token, borrowed); /* whoever borrowed it still may look */
  assert_true (hn_config_is_admin (running, "one"));
  assert_true (hn_config_is_admin (running, "two"));
  assert_false (hn_config_is_admin (running, "three"));
  assert_false (hn_config_is_admin (running, NULL));
}

static void
the_same_again_changes_nothing (void **unused)
{
  static const char text[] = "server: {admin_token: one, trusted_proxies: [\"::/0\", 0.0.0.0/0]}\nice_servers: [{urls: [\"turn:x\"]}]\n"
                             "moonlight: {default_settings: {a: 1.5}}\n";
  g_autoptr (HnConfig) running = parse (text);
  g_autoptr (HnConfig) fresh = parse (text);
  g_autoptr (GString) said = g_string_new (NULL);

  assert_int_equal (hn_config_live_adopt (running, fresh, on_changed, said), 0);
  assert_string_equal (said->str, "");
}

static void
a_value_that_is_too_long_for_a_line_is_not_shown (void **unused)
{
  g_autofree char *name = g_strnfill (300, 'x');
  g_autofree char *text = g_strdup_printf ("server: {admin_token: one}\nsunshine: {username: %s}\n", name);
  g_autoptr (HnConfig) running = parse ("server: {admin_token: one}\n");
  g_autoptr (HnConfig) fresh = parse (text);
  g_autoptr (GString) said = g_string_new (NULL);

  assert_int_equal (hn_config_live_adopt (running, fresh, on_changed, said), 1);
  assert_string_equal (said->str, "sunshine.username||applied\n");
}

/* The text of each default reads as the same value again: what --print shows can be put into a file. */
static void
each_value_survives_its_own_text (void **unused)
{
  g_autoptr (HnConfig) config = parse ("server: {admin_token: one, trusted_proxies: [10.0.0.0/8, \"2001:db8::1\"]}\nsessions: {abandon_timeout: 61s}\n");
  guint count = 0;
  const HnConfigOption *rows = hn_config_table_rows (&count);

  for (guint i = 0; i < count; i++) {
    g_autofree char *before = hn_config_value_to_text (config, &rows[i]);
    g_autofree char *after = NULL;

    if (before == NULL || rows[i].type == HN_CONFIG_ICE || rows[i].type == HN_CONFIG_JSON)
      continue;
    assert_null (hn_config_value_from_text (config, &rows[i], before));
    after = hn_config_value_to_text (config, &rows[i]);
    assert_string_equal (before, after);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_live_is_exchanged_in_place_and_the_rest_needs_a_restart),
    cmocka_unit_test (the_same_again_changes_nothing),
    cmocka_unit_test (a_value_that_is_too_long_for_a_line_is_not_shown),
    cmocka_unit_test (each_value_survives_its_own_text),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
