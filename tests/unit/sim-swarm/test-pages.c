/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/support/unit.h"

#include "sim/fakes/swarm/pages.h"

static void
the_stream_page_has_its_assets_and_all_are_served (void **state)
{
  g_autoptr (SimPages) pages = sim_pages_new ();
  const SimPage *page = sim_pages_find (pages, "stream.html");
  g_auto (GStrv) assets = sim_pages_assets (g_bytes_get_data (page->body, NULL), g_bytes_get_size (page->body));

  assert_int_equal (g_strv_length (assets), 3);
  for (guint i = 0; assets[i] != NULL; i++)
    assert_non_null (sim_pages_find (pages, assets[i]));
  assert_int_equal (g_bytes_get_size (sim_pages_find (pages, "stream.js")->body), 16000);
  assert_null (sim_pages_find (pages, "nothing.html"));
}

static void
data_urls_anchors_other_hosts_and_a_cut_page_are_left_alone (void **state)
{
  static const char html[] = "<a href=\"#top\"><img src=\"data:,x\"><script src=\"https://e/x.js\"></script><a href=\"\"><script src=\"a.js\"><link href=\"cut";
  g_auto (GStrv) assets = sim_pages_assets (html, strlen (html));

  assert_int_equal (g_strv_length (assets), 1);
  assert_string_equal (assets[0], "a.js");
}

static void
links_are_resolved_against_the_folder_of_the_page (void **state)
{
  static const char *const rows[][3] = {
    { "/session/1/stream.html?a=/b", "stream.js", "/session/1/stream.js" },
    { "/session/1/stream.html", "styles/a.css", "/session/1/styles/a.css" },
    { "/session/1/stream.html", "./a.js", "/session/1/a.js" },
    { "/session/1/stream.html", "/session/1/_hydraneck/x.js", "/session/1/_hydraneck/x.js" },
    { "/", "a", "/a" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = sim_pages_resolve (rows[i][0], rows[i][1]);

    assert_string_equal (path, rows[i][2]);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_stream_page_has_its_assets_and_all_are_served),
    cmocka_unit_test (data_urls_anchors_other_hosts_and_a_cut_page_are_left_alone),
    cmocka_unit_test (links_are_resolved_against_the_folder_of_the_page),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
