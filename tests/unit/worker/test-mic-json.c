/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/mic-json.h"

#include <string.h>

#include "base/json.h"
#include "tests/support/unit.h"

static void
an_offers_sdp_keeps_its_line_ends (void **unused)
{
  static const char text[] = "{\"type\":\"offer\",\"sdp\":\"v=0\\r\\no=-\\r\\n\"}";
  g_autofree char *sdp = hn_mic_json_read_offer (text, strlen (text), NULL);

  assert_string_equal (sdp, "v=0\r\no=-\r\n");
}

static void
what_is_no_offer_is_refused_by_name (void **unused)
{
  static const struct {
    const char *text;
    const char *why;
  } wrong[] = {
    { "{}", "field 'type' is required" },
    { "{\"type\":\"answer\",\"sdp\":\"v=0\"}", "field 'type' must be 'offer'" },
    { "{\"type\":\"offer\"}", "field 'sdp' must be a string" },
    { "{\"type\":\"offer\",\"sdp\":null}", "field 'sdp' must be a string" },
    { "{\"type\":\"offer\",\"sdp\":7}", "field 'sdp' must be a string" },
    { "{\"type\":\"offer\",\"sdp\":[\"v=0\"]}", "field 'sdp' must be a string" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    GError *error = NULL;

    assert_null (hn_mic_json_read_offer (wrong[i].text, strlen (wrong[i].text), &error));
    assert_hn_error (error, HN_ERROR_INVALID, wrong[i].why);
  }
  assert_null (hn_mic_json_read_offer (NULL, 0, NULL));
  assert_null (hn_mic_json_read_offer ("junk", 4, NULL));
}

static void
an_answer_is_written_as_browsers_take_it (void **unused)
{
  g_autoptr (JsonObject) object = hn_mic_json_answer ("v=0\r\n");
  g_autofree char *text = hn_json_to_text (object);

  assert_string_equal (text, "{\"type\":\"answer\",\"sdp\":\"v=0\\r\\n\"}\n");
}

static void
ice_servers_are_what_a_peer_connection_wants (void **unused)
{
  static const char configured[] = "{\"s\":[{\"urls\":[\"stun:a:1\"],\"username\":\"\",\"credential\":\"\"},"
                                   "{\"urls\":[\"turn:b:2\",\"turn:b:2?transport=tcp\"],\"username\":\"u\",\"credential\":\"c\"}]}";
  g_autoptr (JsonObject) in = hn_json_parse_object (configured, strlen (configured), NULL);
  JsonArray *servers = NULL;
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *text = NULL;

  assert_true (hn_json_get_array (in, "s", TRUE, &servers, NULL));
  object = hn_mic_json_ice (servers, TRUE);
  text = hn_json_to_text (object);
  assert_string_equal (text, "{\"ice_servers\":[{\"urls\":[\"stun:a:1\"]},{\"urls\":[\"turn:b:2\",\"turn:b:2?transport=tcp\"],"
                             "\"username\":\"u\",\"credential\":\"c\"}],\"relay\":true}\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_offers_sdp_keeps_its_line_ends),
    cmocka_unit_test (what_is_no_offer_is_refused_by_name),
    cmocka_unit_test (an_answer_is_written_as_browsers_take_it),
    cmocka_unit_test (ice_servers_are_what_a_peer_connection_wants),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
