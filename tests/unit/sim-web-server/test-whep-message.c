/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/whep-message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/fakes/web-server/json.h"

#define OWN "a=x-moonlight-"
#define WHOLE OWN "host-id:7\r\n" OWN "app-id:881448767\r\n" OWN "mode:1280x720x60\r\n" OWN "bitrate:10000\r\n"

static void
an_offer_says_host_app_and_picture (void **unused)
{
  const char *sdp = "v=0\r\n" WHOLE "m=video 9\r\n";
  SimStreamInit init = { 0 };
  g_autoptr (JsonObject) settings = NULL;

  assert_true (sim_whep_message_read_offer (sdp, &init, &settings));
  assert_int_equal (init.host_id, 7);
  assert_int_equal (init.app_id, 881448767);
  assert_ptr_equal (init.offer, sdp);
  assert_int_equal (json_object_get_int_member (settings, "width"), 1280);
  assert_int_equal (json_object_get_int_member (settings, "height"), 720);
  assert_int_equal (json_object_get_int_member (settings, "fps"), 60);
}

static void
an_offer_that_lacks_something_is_none (void **unused)
{
  static const char *const texts[] = {
    "", "junk", "v=0\r\n" WHOLE, "v=0\r\nm=video 9\r\n" WHOLE, /* in a media section it is somebody else's */
    "v=0\r\n" OWN "host-id:7\r\n" OWN "mode:1x1x1\r\n" OWN "bitrate:1\r\nm=video 9\r\n",
    "v=0\r\n" OWN "host-id:x\r\n" OWN "app-id:1\r\n" OWN "mode:1x1x1\r\n" OWN "bitrate:1\r\nm=video 9\r\n",
    "v=0\r\n" OWN "host-id:7\r\n" OWN "app-id:1\r\n" OWN "mode:1280\r\n" OWN "bitrate:1\r\nm=video 9\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    SimStreamInit init = { 0 };
    JsonObject *settings = NULL;

    assert_false (sim_whep_message_read_offer (texts[i], &init, &settings));
    assert_null (settings);
    assert_null (init.offer);
  }
}

static void
each_url_of_a_server_is_a_link (void **unused)
{
  static const char text[] = "[{\"urls\":[\"stun:a:1\"],\"username\":\"\",\"credential\":\"\"},"
                             "{\"urls\":[\"turn:b:2\",\"turn:b:2?transport=tcp\"],\"username\":\"u\",\"credential\":\"c\"}]";
  g_autoptr (JsonNode) node = sim_json_parse (text, strlen (text), FALSE, NULL);
  g_auto (GStrv) links = sim_whep_message_links (json_node_get_array (node));
  g_auto (GStrv) none = sim_whep_message_links (NULL);

  assert_int_equal (g_strv_length (links), 3);
  assert_string_equal (links[0], "<stun:a:1>; rel=\"ice-server\"");
  assert_string_equal (links[1], "<turn:b:2>; rel=\"ice-server\"; username=\"u\"; credential=\"c\"");
  assert_string_equal (links[2], "<turn:b:2?transport=tcp>; rel=\"ice-server\"; username=\"u\"; credential=\"c\"");
  assert_int_equal (g_strv_length (none), 0);
}

static void
only_candidates_of_a_fragment_go_on (void **unused)
{
  g_autofree char *line = sim_whep_message_candidate ("a=candidate:1 1 udp 2 192.0.2.1 9 typ host");
  g_autofree char *other = sim_whep_message_candidate ("a=ice-ufrag:x");

  assert_string_equal (line, "{\"Client\":{\"WebRtc\":{\"AddIceCandidate\":{\"candidate\":\"candidate:1 1 udp 2 192.0.2.1 9 typ host\","
                             "\"sdp_mline_index\":0}}}}");
  assert_null (other);
  assert_null (sim_whep_message_candidate ("a=candidate:\xff"));
}

static void
the_answer_names_the_app_in_its_session_part (void **unused)
{
  g_autofree char *sdp = sim_whep_message_answer ("{\"WebRtc\":{\"Description\":{\"ty\":\"answer\",\"sdp\":\"v=0\\r\\nm=video\\r\\nm=audio\\r\\n\"}}}", "Desk");

  assert_string_equal (sdp, "v=0\r\n" OWN "app-name:Desk\r\nm=video\r\nm=audio\r\n");
  assert_null (sim_whep_message_answer ("{\"DebugLog\":{}}", "Desk"));
  assert_null (sim_whep_message_answer ("{\"WebRtc\":{\"Description\":{\"sdp\":\"v=0\"}}}", "Desk"));
  assert_null (sim_whep_message_answer ("junk", "Desk"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_offer_says_host_app_and_picture),
    cmocka_unit_test (an_offer_that_lacks_something_is_none),
    cmocka_unit_test (each_url_of_a_server_is_a_link),
    cmocka_unit_test (only_candidates_of_a_fragment_go_on),
    cmocka_unit_test (the_answer_names_the_app_in_its_session_part),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
