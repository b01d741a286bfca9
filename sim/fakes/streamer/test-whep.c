/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/streamer/whep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OPUS "a=rtpmap:63 red/48000/2\r\na=rtpmap:109 opus/48000/2\r\n"

static void
the_payload_types_are_those_of_the_offer (void **unused)
{
  int video = -1, audio = -1;

  assert_true (sim_whep_payloads ("v=0\r\n" OPUS "a=rtpmap:96 VP8/90000\r\n"
                                  "a=rtpmap:103 H264/90000\r\na=fmtp:103 packetization-mode=1;profile-level-id=42001f\r\n"
                                  "a=rtpmap:107 H264/90000\r\na=fmtp:107 packetization-mode=0;profile-level-id=42e01f\r\n"
                                  "a=rtpmap:108 H264/90000\r\na=fmtp:108 packetization-mode=1;profile-level-id=42e01f\r\n",
                                  &video, &audio));
  assert_int_equal (video, 108);
  assert_int_equal (audio, 109);
}

static void
any_h264_in_packetization_mode_1_will_do (void **unused)
{
  int video = -1, audio = -1;

  assert_true (sim_whep_payloads (OPUS "a=rtpmap:97 H264/90000\na=fmtp:97 packetization-mode=1;profile-level-id=64001f\n", &video, &audio));
  assert_int_equal (video, 97);
}

static void
an_offer_without_either_is_refused (void **unused)
{
  int video = 7, audio = 8;

  assert_false (sim_whep_payloads (OPUS, &video, &audio));
  assert_false (sim_whep_payloads ("a=rtpmap:97 H264/90000\r\na=fmtp:97 packetization-mode=1\r\n", &video, &audio));
  assert_false (sim_whep_payloads (OPUS "a=rtpmap:200 H264/90000\r\na=fmtp:200 packetization-mode=1\r\n", &video, &audio));
  assert_false (sim_whep_payloads ("", &video, &audio));
  assert_int_equal (video, 7);
  assert_int_equal (audio, 8);
}

static void
the_answer_has_all_candidates_in_its_first_section (void **unused)
{
  const char *const two[] = { "candidate:1", "candidate:2", NULL };
  g_autofree char *many = sim_whep_answer ("v=0\r\nm=video\r\na=mid:0\r\nm=audio\r\n", two);
  g_autofree char *one = sim_whep_answer ("v=0\r\nm=video\r\n", two);

  assert_string_equal (many, "v=0\r\nm=video\r\na=mid:0\r\na=candidate:1\r\na=candidate:2\r\na=end-of-candidates\r\nm=audio\r\n");
  assert_string_equal (one, "v=0\r\nm=video\r\na=candidate:1\r\na=candidate:2\r\na=end-of-candidates\r\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_payload_types_are_those_of_the_offer),
    cmocka_unit_test (any_h264_in_packetization_mode_1_will_do),
    cmocka_unit_test (an_offer_without_either_is_refused),
    cmocka_unit_test (the_answer_has_all_candidates_in_its_first_section),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
