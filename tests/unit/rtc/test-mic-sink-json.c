/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/mic-sink-json.h"

#include <string.h>

#include "base/error.h"
#include "tests/support/unit.h"

static void
assert_base (const char *url, const char *wanted)
{
  g_autofree char *base = hn_mic_sink_base (url);

  if (wanted == NULL)
    assert_null (base);
  else
    assert_string_equal (base, wanted);
}

static void
any_address_below_a_session_is_one_of_it (void **unused)
{
  assert_base ("http://h/session/abc/stream.html?hostId=1#x", "http://h/session/abc/");
  assert_base ("https://h:8443/session/abc/", "https://h:8443/session/abc/");
  assert_base ("http://[2001:db8::1]:8080/session/abc/mic/offer", "http://[2001:db8::1]:8080/session/abc/");
  assert_base ("http://user:secret@h/session/abc/", "http://h/session/abc/");
}

static void
any_other_is_none (void **unused)
{
  const char *const urls[] = { "",           "foo",           "ftp://h/session/abc/", "http://h/session/", "http://h/session//", "http://h/session/abc",
                               "http://h/x", "http://h/x/session/abc/", "http:///session/abc/", "http://h:99999/session/abc/" };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    assert_base (urls[i], NULL);
}

static void
turn_servers_get_webrtcbins_form_and_others_are_passed_over (void **unused)
{
  const char *text = "{\"ice_servers\":[{\"urls\":[\"stun:s:3478\"]},{\"urls\":[\"turn:t:3478?transport=udp\",\"turns:[2001:db8::1]:5349\",7],"
                     "\"username\":\"1700:abc\",\"credential\":\"p/w+@=\"},{\"urls\":[\"turn:nameless:1\"]},5],\"relay\":true}";
  HnMicSinkIce ice = { 0 };
  g_autoptr (GError) error = NULL;

  assert_true (hn_mic_sink_read_ice (text, strlen (text), &ice, &error));
  assert_int_equal (g_strv_length (ice.turn_servers), 2);
  assert_string_equal (ice.turn_servers[0], "turn://1700%3Aabc:p%2Fw%2B%40%3D@t:3478?transport=udp");
  assert_string_equal (ice.turn_servers[1], "turns://1700%3Aabc:p%2Fw%2B%40%3D@[2001:db8::1]:5349");
  assert_true (ice.relay);
  hn_mic_sink_ice_clear (&ice);
  assert_null (ice.turn_servers);
}

static void
assert_refused (const char *text, const char *words)
{
  HnMicSinkIce ice = { 0 };
  g_autoptr (GError) error = NULL;

  assert_false (hn_mic_sink_read_ice (text, strlen (text), &ice, &error));
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
  assert_string_equal (error->message, words);
  assert_null (ice.turn_servers);
}

static void
an_answer_that_is_none_is_refused_with_its_field (void **unused)
{
  assert_refused ("{}", "field 'ice_servers' is required");
  assert_refused ("{\"ice_servers\":3}", "field 'ice_servers' must be a list");
  assert_refused ("{\"ice_servers\":[],\"relay\":\"yes\"}", "field 'relay' must be true or false");
  assert_refused ("{\"ice_servers\":[{\"urls\":\"turn:t\"}]}", "field 'urls' must be a list");
  assert_refused ("{\"ice_servers\":[{\"urls\":[],\"username\":1}]}", "field 'username' must be a string");
}

static void
assert_words (const char *text, const char *wanted)
{
  g_autofree char *words = hn_mic_sink_read_refusal (text, strlen (text));

  if (wanted == NULL)
    assert_null (words);
  else
    assert_string_equal (words, wanted);
}

static void
a_refusals_words_are_found_if_it_has_any (void **unused)
{
  assert_words ("{\"error\":\"session not found\"}", "session not found");
  assert_words ("{\"error\":3}", NULL);
  assert_words ("{}", NULL);
  assert_words ("<html>", NULL);
  assert_words ("", NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (any_address_below_a_session_is_one_of_it),
    cmocka_unit_test (any_other_is_none),
    cmocka_unit_test (turn_servers_get_webrtcbins_form_and_others_are_passed_over),
    cmocka_unit_test (an_answer_that_is_none_is_refused_with_its_field),
    cmocka_unit_test (a_refusals_words_are_found_if_it_has_any),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
