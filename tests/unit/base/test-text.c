/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text-table.h"
#include "base/yaml-text.h"

#include <string.h>

#include "base/json.h"
#include "tests/support/unit.h"

static const HnTextColumn columns[] = {
  { "ID", "id", 0 },
  { "LOAD", "load", 0 },
  { "MIC", "mic.state", 0 },
  { "NAME", "name", 8 },
};

static char *
table_of (const char *rows)
{
  g_autofree char *text = g_strdup_printf ("{\"rows\":%s}", rows);
  g_autoptr (JsonObject) object = hn_json_parse_object (text, strlen (text), NULL);
  JsonArray *array = NULL;

  assert_non_null (object);
  assert_true (hn_json_get_array (object, "rows", TRUE, &array, NULL));
  return hn_text_table (columns, G_N_ELEMENTS (columns), array);
}

static void
columns_are_as_wide_as_their_widest_cell (void **unused)
{
  g_autofree char *text = table_of ("[{\"id\":\"a\",\"load\":12,\"mic\":{\"state\":\"live\"},\"name\":\"x\"},"
                                    "{\"id\":\"longer\",\"load\":true,\"mic\":null,\"name\":\"\"}]");

  assert_string_equal (text, "ID      LOAD  MIC   NAME\n"
                             "a       12    live  x\n"
                             "longer  yes   -     -\n");
}

static void
wide_characters_count_twice_and_long_cells_are_cut (void **unused)
{
  g_autofree char *text = table_of ("[{\"id\":\"日本\",\"load\":1.5,\"name\":\"123456789\"},{\"id\":\"é\",\"load\":2,\"name\":\"12345678\"}]");

  assert_string_equal (text, "ID    LOAD  MIC  NAME\n"
                             "日本  1.5   -    1234567…\n"
                             "é     2     -    12345678\n");
}

static void
a_strangers_text_cannot_drive_the_terminal (void **unused)
{
  g_autofree char *text = table_of ("[{\"id\":\"a\\u001b[2J\\nb\",\"load\":0,\"name\":\"\\u202e\"}]");

  assert_non_null (strstr (text, "a\\x1b[2J\\x0ab"));
  assert_null (strchr (text, '\033'));
  assert_non_null (strstr (text, "\\xe2"));
}

static void
rows_that_are_no_objects_are_left_out (void **unused)
{
  g_autofree char *text = table_of ("[1,null,[],\"x\"]");

  assert_string_equal (text, "ID  LOAD  MIC  NAME\n");
}

static void
yaml_is_what_the_json_was (void **unused)
{
  const char *text = "{\"sessions\":[{\"id\":\"3f9c\",\"age\":\"1h2m3s\",\"n\":7,\"ok\":true,\"none\":null}],\"empty\":[],\"also\":{},"
                     "\"no\":\"yes\",\"odd\":\"a: b # c\",\"lines\":\"a\\nb\",\"neg\":\"-1\"}";
  g_autoptr (JsonNode) node = hn_json_parse (text, strlen (text), NULL);
  g_autofree char *yaml = hn_yaml_text (node);

  assert_string_equal (yaml, "sessions:\n"
                             "- id: \"3f9c\"\n"
                             "  age: \"1h2m3s\"\n"
                             "  \"n\": 7\n"
                             "  ok: true\n"
                             "  none: null\n"
                             "empty: []\n"
                             "also: {}\n"
                             "\"no\": \"yes\"\n"
                             "odd: 'a: b # c'\n"
                             "lines: |-\n"
                             "  a\n"
                             "  b\n"
                             "neg: \"-1\"\n");
}

static void
a_single_value_is_a_document_too (void **unused)
{
  g_autoptr (JsonNode) node = hn_json_parse ("\"null\"", 6, NULL);
  g_autofree char *yaml = hn_yaml_text (node);

  assert_string_equal (yaml, "\"null\"\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (columns_are_as_wide_as_their_widest_cell),
    cmocka_unit_test (wide_characters_count_twice_and_long_cells_are_cut),
    cmocka_unit_test (a_strangers_text_cannot_drive_the_terminal),
    cmocka_unit_test (rows_that_are_no_objects_are_left_out),
    cmocka_unit_test (yaml_is_what_the_json_was),
    cmocka_unit_test (a_single_value_is_a_document_too),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
