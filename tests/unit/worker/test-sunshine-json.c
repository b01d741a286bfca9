/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/sunshine-json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
the_pin_always_goes_with_a_name (void **unused)
{
  g_autofree char *body = hn_sunshine_json_pin ("0427", "hydra-1");

  assert_string_equal (body, "{\"pin\":\"0427\",\"name\":\"hydra-1\"}\n");
}

static void
a_status_is_a_boolean_or_in_old_versions_a_text (void **unused)
{
  static const struct {
    const char *text;
    gboolean readable;
    gboolean status;
  } rows[] = {
    { "{\"status\":true}", TRUE, TRUE },      { "{\"status\":false}", TRUE, FALSE },
    { "{\"status\":\"true\"}", TRUE, TRUE },  { "{\"status\":\"false\"}", TRUE, FALSE },
    { "{\"status\":\"maybe\"}", FALSE, FALSE }, { "{\"status\":1}", FALSE, FALSE },
    { "{}", FALSE, FALSE },                   { "", FALSE, FALSE },
    { "[true]", FALSE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    gboolean status = FALSE;

    assert_int_equal (hn_sunshine_json_parse_status (rows[i].text, strlen (rows[i].text), &status), rows[i].readable);
    assert_int_equal (status, rows[i].status);
  }
}

static void
an_applications_place_in_the_list_is_its_index (void **unused)
{
  static const char apps[] = "{\"env\":{},\"apps\":[{\"name\":\"Desktop\"},7,{\"name\":\"Forest\",\"cmd\":\"C:\\\\f.exe\"}]}";
  g_autofree char *command = NULL, *none = NULL;
  int index = 5;

  assert_true (hn_sunshine_json_find_app (apps, strlen (apps), "Forest", &index, &command));
  assert_int_equal (index, 2);
  assert_string_equal (command, "C:\\f.exe");
  assert_true (hn_sunshine_json_find_app (apps, strlen (apps), "Desktop", &index, &none));
  assert_int_equal (index, 0);
  assert_null (none);
  assert_true (hn_sunshine_json_find_app (apps, strlen (apps), "Sea", &index, &none));
  assert_int_equal (index, -1);
  assert_false (hn_sunshine_json_find_app ("{}", 2, "Sea", &index, &none));
  assert_false (hn_sunshine_json_find_app ("", 0, "Sea", &index, &none));
}

static void
an_application_is_registered_with_its_command (void **unused)
{
  g_autofree char *body = hn_sunshine_json_app ("Forest", "C:\\f.exe", -1);

  assert_string_equal (body, "{\"name\":\"Forest\",\"cmd\":\"C:\\\\f.exe\",\"index\":-1}\n");
}

static void
a_client_is_found_by_its_name_in_both_kinds_of_list (void **unused)
{
#define LIST "[7,{\"name\":\"other\",\"uuid\":\"U1\"},{\"name\":\"hydra-1\",\"uuid\":\"U2\"}]"
  static const char now[] = "{\"named_certs\":" LIST ",\"status\":true}", old[] = LIST, odd[] = "{\"named_certs\":7}";
#undef LIST
  g_autofree char *first = hn_sunshine_json_find_client (now, strlen (now), "hydra-1");
  g_autofree char *second = hn_sunshine_json_find_client (old, strlen (old), "hydra-1");

  assert_string_equal (first, "U2");
  assert_string_equal (second, "U2");
  assert_null (hn_sunshine_json_find_client (now, strlen (now), "hydra-2"));
  assert_null (hn_sunshine_json_find_client (odd, strlen (odd), "hydra-1"));
  assert_null (hn_sunshine_json_find_client ("7", 1, "hydra-1"));
  assert_null (hn_sunshine_json_find_client ("", 0, "hydra-1"));
}

static void
unpairing_names_the_client_by_uuid (void **unused)
{
  g_autofree char *body = hn_sunshine_json_unpair ("U2");

  assert_string_equal (body, "{\"uuid\":\"U2\"}\n");
}

static void
an_application_is_called_as_its_experience_or_its_file (void **unused)
{
  static const struct {
    const char *experience;
    const char *path;
    const char *name;
  } rows[] = {
    { "Forest", "C:\\x.exe", "Forest" },        { NULL, "C:\\exp\\Forest.exe", "Forest" },
    { NULL, "Forest.v2.exe", "Forest.v2" },     { NULL, "C:/exp/Forest", "Forest" },
    { NULL, "C:\\exp\\.exe", ".exe" },          { NULL, "C:\\exp\\", "exp\\" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = hn_sunshine_json_app_name (rows[i].experience, rows[i].path);

    assert_string_equal (name, rows[i].name);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_pin_always_goes_with_a_name),
    cmocka_unit_test (a_status_is_a_boolean_or_in_old_versions_a_text),
    cmocka_unit_test (an_applications_place_in_the_list_is_its_index),
    cmocka_unit_test (an_application_is_registered_with_its_command),
    cmocka_unit_test (a_client_is_found_by_its_name_in_both_kinds_of_list),
    cmocka_unit_test (unpairing_names_the_client_by_uuid),
    cmocka_unit_test (an_application_is_called_as_its_experience_or_its_file),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
