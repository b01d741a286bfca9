/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/streamer/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static SimMessage *
parse (const char *line)
{
  return sim_message_parse (line, strlen (line), NULL);
}

static void
assert_kind (const char *line, SimMessageKind kind)
{
  g_autoptr (SimMessage) message = parse (line);

  assert_non_null (message);
  assert_int_equal (message->kind, kind);
}

static void
init_carries_the_webrtc_settings (void **unused)
{
  g_autoptr (SimMessage) message =
      parse ("{\"Init\":{\"webrtc\":{\"port_range\":{\"min\":40000,\"max\":40015},\"nat_1to1\":{\"ips\":[\"192.0.2.7\"],"
             "\"ice_candidate_type\":\"srflx\"},\"network_types\":[\"udp4\"],\"include_loopback_candidates\":false,"
             "\"relay_only\":true,\"ice_disconnected_timeout_seconds\":25},\"ice_servers\":[],\"session\":\"3f9c2a\","
             "\"host_address\":\"127.0.1.1\",\"app\":{\"app_id\":2,\"title\":\"Desktop\"}}}");

  assert_int_equal (message->kind, SIM_MESSAGE_INIT);
  assert_int_equal (message->init->port_min, 40000);
  assert_int_equal (message->init->port_max, 40015);
  assert_string_equal (message->init->nat_ips[0], "192.0.2.7");
  assert_false (message->init->nat_is_host);
  assert_true (message->init->udp4);
  assert_false (message->init->udp6);
  assert_false (message->init->loopback);
  assert_true (message->init->relay_only);
  assert_int_equal (message->init->disconnected_seconds, 25);
  assert_string_equal (message->init->session, "3f9c2a");
  assert_string_equal (message->init->host_address, "127.0.1.1");
  assert_string_equal (message->init->app_title, "Desktop");
}

static void
an_empty_init_has_the_defaults_of_the_configuration (void **unused)
{
  g_autoptr (SimMessage) message = parse ("{\"Init\":{}}");

  assert_int_equal (message->init->port_min, 0);
  assert_null (message->init->nat_ips);
  assert_true (message->init->udp4);
  assert_true (message->init->udp6);
  assert_true (message->init->loopback);
  assert_false (message->init->relay_only);
  assert_int_equal (message->init->disconnected_seconds, 15);
}

static void
the_browsers_messages_are_read (void **unused)
{
  g_autoptr (SimMessage) offer = parse ("{\"Client\":{\"WebRtc\":{\"Description\":{\"ty\":\"offer\",\"sdp\":\"v=0\"}}}}");
  g_autoptr (SimMessage) candidate =
      parse ("{\"Client\":{\"WebRtc\":{\"AddIceCandidate\":{\"candidate\":\"c\",\"sdp_mid\":null,\"sdp_mline_index\":1}}}}");
  g_autoptr (SimMessage) start = parse ("{\"Client\":{\"StartStream\":{\"video_supported_formats\":257}}}");
  g_autoptr (SimMessage) transport = parse ("{\"Client\":{\"SetTransport\":\"WebRTC\"}}");

  assert_int_equal (offer->kind, SIM_MESSAGE_DESCRIPTION);
  assert_string_equal (offer->type, "offer");
  assert_string_equal (offer->text, "v=0");
  assert_int_equal (candidate->kind, SIM_MESSAGE_CANDIDATE);
  assert_string_equal (candidate->text, "c");
  assert_int_equal (candidate->mline, 1);
  assert_int_equal (start->kind, SIM_MESSAGE_START_STREAM);
  assert_int_equal (start->supported_formats, 257);
  assert_int_equal (transport->kind, SIM_MESSAGE_TRANSPORT);
  assert_string_equal (transport->text, "WebRTC");
}

static void
the_parents_messages_are_read (void **unused)
{
  g_autoptr (SimMessage) launch = parse ("{\"Launch\":{\"ok\":false,\"error_code\":-1,\"text\":\"no display\"}}");

  assert_kind ("\"Stop\"", SIM_MESSAGE_STOP);
  assert_kind ("{\"Launch\":{\"ok\":true}}", SIM_MESSAGE_LAUNCH);
  assert_kind ("{\"Terminate\":{\"error_code\":-100}}", SIM_MESSAGE_TERMINATE);
  assert_false (launch->ok);
  assert_int_equal (launch->error_code, -1);
  assert_string_equal (launch->text, "no display");
}

static void
what_is_unknown_or_of_a_wrong_type_is_other (void **unused)
{
  assert_kind ("{}", SIM_MESSAGE_OTHER);
  assert_kind ("null", SIM_MESSAGE_OTHER);
  assert_kind ("\"Go\"", SIM_MESSAGE_OTHER);
  assert_kind ("[1]", SIM_MESSAGE_OTHER);
  assert_kind ("{\"Init\":7}", SIM_MESSAGE_OTHER);
  assert_kind ("{\"Client\":{\"WebRtc\":{\"Description\":{\"ty\":1,\"sdp\":\"v=0\"}}}}", SIM_MESSAGE_OTHER);
  assert_kind ("{\"Client\":{\"WebRtc\":{\"AddIceCandidate\":{\"candidate\":null}}}}", SIM_MESSAGE_OTHER);
}

static void
a_line_that_is_no_json_or_too_deep_is_refused (void **unused)
{
  g_autofree char *deep = g_strnfill (60000, '[');
  g_autoptr (GError) error = NULL;

  assert_null (parse ("{"));
  assert_null (sim_message_parse (deep, strlen (deep), &error));
  assert_string_equal (error->message, "nested too deep");
  assert_kind ("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[\"}", SIM_MESSAGE_OTHER);
}

static void
what_we_say_has_the_shape_the_page_expects (void **unused)
{
  g_autofree char *log = sim_message_debug_log ("text", NULL);
  g_autofree char *fatal = sim_message_debug_log ("text", "fatal");
  g_autofree char *answer = sim_message_description ("answer", "v=0\r\n");
  g_autofree char *candidate = sim_message_candidate ("c", "0", 0);
  g_autofree char *ended = sim_message_terminated (-100);
  g_autofree char *setup = sim_message_setup (NULL);
  g_autofree char *complete = sim_message_complete (640, 360, 30);

  assert_string_equal (log, "{\"Server\":{\"DebugLog\":{\"message\":\"text\",\"ty\":null}}}");
  assert_string_equal (fatal, "{\"Server\":{\"DebugLog\":{\"message\":\"text\",\"ty\":\"fatal\"}}}");
  assert_string_equal (answer, "{\"Server\":{\"WebRtc\":{\"Description\":{\"ty\":\"answer\",\"sdp\":\"v=0\\r\\n\"}}}}");
  assert_string_equal (candidate, "{\"Server\":{\"WebRtc\":{\"AddIceCandidate\":{\"candidate\":\"c\",\"sdp_mid\":\"0\","
                                  "\"sdp_mline_index\":0,\"username_fragment\":null}}}}");
  assert_string_equal (ended, "{\"Server\":{\"ConnectionTerminated\":{\"error_code\":-100}}}");
  assert_string_equal (setup, "{\"Server\":{\"Setup\":{\"ice_servers\":[]}}}");
  assert_string_equal (complete,
                       "{\"Server\":{\"ConnectionComplete\":{\"capabilities\":{\"touch\":true},\"format\":1,\"width\":640,"
                       "\"height\":360,\"fps\":30,\"audio_sample_rate\":48000,\"audio_channel_count\":2,\"audio_streams\":1,"
                       "\"audio_coupled_streams\":1,\"audio_samples_per_frame\":480,"
                       "\"audio_mapping\":[0,1,0,0,0,0,0,0]}}}");
}

static void
a_channel_message_is_a_length_and_json (void **unused)
{
  g_autofree char *framed = sim_message_channel_json ((const guint8 *)"\0\6\"Stop\"", 8);
  g_autofree char *bare = sim_message_channel_json ((const guint8 *)"\"Stop\"", 6);

  assert_string_equal (framed, "\"Stop\"");
  assert_string_equal (bare, "\"Stop\"");
  assert_null (sim_message_channel_json ((const guint8 *)"\0\7\"Stop\"", 8));
  assert_null (sim_message_channel_json ((const guint8 *)"\0", 1));
  assert_null (sim_message_channel_json ((const guint8 *)"", 0));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (init_carries_the_webrtc_settings),
    cmocka_unit_test (an_empty_init_has_the_defaults_of_the_configuration),
    cmocka_unit_test (the_browsers_messages_are_read),
    cmocka_unit_test (the_parents_messages_are_read),
    cmocka_unit_test (what_is_unknown_or_of_a_wrong_type_is_other),
    cmocka_unit_test (a_line_that_is_no_json_or_too_deep_is_refused),
    cmocka_unit_test (what_we_say_has_the_shape_the_page_expects),
    cmocka_unit_test (a_channel_message_is_a_length_and_json),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
