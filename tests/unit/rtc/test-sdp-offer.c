/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/sdp-offer.h"

#include <string.h>

#include "base/limits.h"
#include "tests/support/unit.h"

#define FINGERPRINT \
  "F1:32:91:CA:1E:3D:3E:7C:6E:2C:5B:39:10:1A:37:47:65:1C:D5:35:E6:21:B3:4F:6E:1F:35:97:90:35:2F:1F"
#define SESSION "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define ICE "a=ice-ufrag:zRcd\r\na=ice-pwd:xOKWzDqgBhGBMOkPRyVqVYl4\r\na=ice-options:trickle\r\n"
#define DTLS "a=fingerprint:sha-256 " FINGERPRINT "\r\na=setup:actpass\r\n"
#define CODECS                                                                                                      \
  "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"           \
  "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n"
#define HOST "a=candidate:2457856719 1 udp 2122260223 192.168.7.20 46243 typ host generation 0 network-id 1\r\n"
#define AUDIO_LINE "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0\r\n"
#define AUDIO_REST                                                                                                       \
  "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n" HOST ICE DTLS                                                        \
  "a=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendonly\r\na=msid:- x\r\na=rtcp-mux\r\n" CODECS \
  "a=ssrc:1337 cname:abc\r\n"
#define BUNDLE "a=group:BUNDLE 0\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
#define CHROMIUM SESSION BUNDLE AUDIO_LINE AUDIO_REST

/* what a webrtcbin makes of hn_sdp_offer_to_text() */
#define MADE(type, mid)                                                                                                       \
  "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-options:trickle\r\na=group:BUNDLE " mid "\r\nm=audio 9 UDP/TLS/RTP/SAVPF " type "\r\n" \
  "c=IN IP4 0.0.0.0\r\na=ice-ufrag:ours\r\na=ice-pwd:oursoursoursoursoursours\r\na=mid:" mid "\r\na=rtcp-mux\r\na=setup:active\r\n"    \
  "a=rtpmap:" type " OPUS/48000/2\r\na=recvonly\r\na=fingerprint:sha-256 AA\r\n"                                            \
  "a=candidate:1 1 UDP 2015363327 10.1.2.3 40016 typ host\r\na=candidate:2 1 UDP 1 10.1.2.3 40017 typ host\r\na=end-of-candidates\r\n"

static HnSdpOffer *
parse (const char *text)
{
  GError *error = NULL;
  HnSdpOffer *self = hn_sdp_offer_parse (text, strlen (text), &error);

  if (self == NULL)
    fail_msg ("refused: %s", error->message);
  return self;
}

static void
assert_refused (const char *text, const char *why)
{
  g_autofree char *whole = g_strconcat ("offer refused: ", why, NULL);
  GError *error = NULL;

  assert_null (hn_sdp_offer_parse (text, strlen (text), &error));
  assert_hn_error (error, HN_ERROR_INVALID, whole);
}

static char *
replace (const char *text, const char *from, const char *to)
{
  GString *string = g_string_new (text);

  assert_true (g_string_replace (string, from, to, 0) > 0);
  return g_string_free (string, FALSE);
}

static void
assert_replaced_refused (const char *from, const char *to, const char *why)
{
  g_autofree char *text = replace (CHROMIUM, from, to);

  assert_refused (text, why);
}

static void
chromiums_offer_is_understood (void **unused)
{
  g_autoptr (HnSdpOffer) self = parse (CHROMIUM);

  assert_int_equal (self->payload_type, 111);
  assert_int_equal (self->sections->len, 1);
  assert_true (self->bundled);
  assert_true (self->fec);
  assert_string_equal (self->ufrag, "zRcd");
  assert_string_equal (self->pwd, "xOKWzDqgBhGBMOkPRyVqVYl4");
  assert_string_equal (self->fingerprint, "sha-256 " FINGERPRINT);
  assert_string_equal (self->setup, "actpass");
  assert_int_equal (self->candidates->len, 1);
  assert_string_equal (g_ptr_array_index (self->candidates, 0), "candidate:2457856719 1 UDP 2122260223 192.168.7.20 46243 typ host");
}

static void
what_goes_on_is_ours_and_small (void **unused)
{
  g_autoptr (HnSdpOffer) self = parse (CHROMIUM);
  g_autofree char *text = hn_sdp_offer_to_text (self);
  g_autoptr (HnSdpOffer) again = parse (text);

  assert_null (strstr (text, "extmap"));
  assert_null (strstr (text, "red/"));
  assert_null (strstr (text, "G722"));
  assert_null (strstr (text, "ssrc"));
  assert_non_null (strstr (text, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"));
  assert_non_null (strstr (text, "a=fmtp:111 minptime=10;useinbandfec=1\r\n"));
  assert_string_equal (again->ufrag, self->ufrag);
  assert_int_equal (again->candidates->len, 1);
}

static void
opus_is_found_by_name_whatever_its_number_or_place (void **unused)
{
  g_autofree char *firefox = replace (CHROMIUM, ":111 ", ":109 ");
  g_autofree char *firefox_line = replace (firefox, "SAVPF 111 63 9 0", "SAVPF 109 9 0 8 101");
  g_autofree char *red_first = replace (CHROMIUM, "SAVPF 111 63 9 0", "SAVPF 63 111 9 0");
  g_autofree char *no_fec = replace (firefox_line, "useinbandfec=1", "useinbandfec=0");
  g_autoptr (HnSdpOffer) a = parse (firefox_line);
  g_autoptr (HnSdpOffer) b = parse (red_first);
  g_autoptr (HnSdpOffer) c = parse (no_fec);
  g_autofree char *answer = hn_sdp_offer_answer (a, MADE ("109", "0"), NULL, NULL);

  assert_int_equal (a->payload_type, 109);
  assert_int_equal (b->payload_type, 111);
  assert_false (c->fec);
  assert_non_null (answer);
  assert_non_null (strstr (answer, "m=audio 9 UDP/TLS/RTP/SAVPF 109\r\n"));
}

static void
an_answer_rejects_everything_but_the_audio_in_the_offers_order (void **unused)
{
  static const char offer[] = SESSION "a=group:BUNDLE v a d\r\n"
                                      "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\na=sendrecv\r\n" ICE DTLS HOST
                                      "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=bundle-only\r\na=mid:a\r\na=sendonly\r\na=rtcp-mux\r\n" CODECS
                                      "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\na=bundle-only\r\n"
                                      "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:b\r\na=rtcp-mux\r\n" ICE CODECS;
  g_autoptr (HnSdpOffer) self = parse (offer);
  g_autofree char *answer = hn_sdp_offer_answer (self, MADE ("111", "a"), NULL, NULL);

  assert_int_equal (self->audio, 1);
  /* ICE, fingerprint and candidates of the group stand in its first section */
  assert_string_equal (self->ufrag, "zRcd");
  assert_int_equal (self->candidates->len, 1);
  assert_string_equal (
    answer, "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE a\r\n"
            "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:v\r\n"
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:ours\r\na=ice-pwd:oursoursoursoursoursours\r\na=mid:a\r\n"
            "a=rtcp-mux\r\na=setup:active\r\na=rtpmap:111 OPUS/48000/2\r\na=recvonly\r\na=fingerprint:sha-256 AA\r\n"
            "a=candidate:1 1 UDP 2015363327 10.1.2.3 40016 typ host\r\na=candidate:2 1 UDP 1 10.1.2.3 40017 typ host\r\n"
            "a=end-of-candidates\r\n"
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:d\r\n"
            "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:b\r\n");
}

static void
behind_a_nat_the_peer_is_told_the_public_address (void **unused)
{
  g_autoptr (HnSdpOffer) self = parse (CHROMIUM);
  g_autofree char *answer = hn_sdp_offer_answer (self, MADE ("111", "0"), "203.0.113.5", NULL);

  assert_non_null (strstr (answer, "a=candidate:1 1 UDP 2015363327 203.0.113.5 40016 typ host\r\n"));
  assert_null (strstr (answer, "10.1.2.3"));
}

static void
an_offer_without_mid_or_bundle_gets_an_answer_without (void **unused)
{
  g_autofree char *text = replace (SESSION AUDIO_LINE AUDIO_REST, "a=mid:0\r\n", "");
  g_autoptr (HnSdpOffer) self = parse (text);
  g_autofree char *answer = hn_sdp_offer_answer (self, MADE ("111", "0"), NULL, NULL);

  assert_false (self->bundled);
  assert_null (strstr (answer, "a=mid"));
  assert_null (strstr (answer, "BUNDLE"));
}

static void
bare_newlines_and_credentials_before_all_sections_are_understood (void **unused)
{
  g_autofree char *without = replace (AUDIO_LINE AUDIO_REST, ICE DTLS, "");
  g_autofree char *text = g_strconcat (SESSION ICE DTLS, without, NULL);
  g_autofree char *bare = replace (text, "\r\n", "\n");
  g_autoptr (HnSdpOffer) self = parse (bare);

  assert_string_equal (self->ufrag, "zRcd");
}

static void
candidates_that_are_names_or_too_many_are_counted_and_not_taken (void **unused)
{
  g_autoptr (GString) text = g_string_new (CHROMIUM);
  g_autoptr (HnSdpOffer) self = NULL;

  g_string_append (text, "a=candidate:1 1 udp 9 5b1b1b1b-0000-4000-8000-012345678901.local 5000 typ host\r\n");
  for (guint i = 0; i < 60; i++)
    g_string_append_printf (text, "a=candidate:%u 1 udp 9 192.0.2.%u 5000 typ host\r\n", i, i + 1);
  self = parse (text->str);
  assert_int_equal (self->candidates->len, HN_LIMIT_MIC_CANDIDATES);
  assert_int_equal (self->dropped, 1 + 61 - HN_LIMIT_MIC_CANDIDATES);
}

static void
each_offer_that_cannot_be_taken_is_refused_with_its_reason (void **unused)
{
  g_autofree char *video = replace (CHROMIUM, "m=audio", "m=video");

  assert_refused ("", "it is not SDP (no 'v=0')");
  assert_refused ("junk", "it is not SDP (no 'v=0')");
  assert_refused (SESSION, "it has no audio");
  assert_refused (video, "it has no audio");
  assert_replaced_refused ("m=audio 9 ", "m=audio 0 ", "its audio is rejected (port 0)");
  assert_replaced_refused ("UDP/TLS/RTP/SAVPF", "RTP/AVP", "its audio is not sent by DTLS-SRTP over UDP");
  assert_replaced_refused ("a=sendonly", "a=recvonly", "its audio is not sent");
  assert_replaced_refused ("a=sendonly", "a=inactive", "its audio is not sent");
  assert_replaced_refused ("a=rtcp-mux", "a=rtcp-mix", "its audio has no rtcp-mux");
  assert_replaced_refused ("opus/48000/2", "speex/16000", "its audio has no Opus (opus/48000/2)");
  assert_replaced_refused ("SAVPF 111 ", "SAVPF 112 ", "its audio has no Opus (opus/48000/2)");
  assert_replaced_refused ("SAVPF 111 63 9 0\r\n", "SAVPF\r\n", "an m-line is malformed");
  assert_replaced_refused ("m=audio 9 ", "m=audio 65536 ", "an m-line is malformed");
  assert_replaced_refused ("m=audio 9 ", "m=audio -9 ", "an m-line is malformed");
  assert_replaced_refused ("111 63 9 0", "111  63 9 0", "an m-line is malformed");
  assert_replaced_refused ("a=mid:0", "a=mid:a b", "a mid is malformed");
  assert_replaced_refused ("a=ice-ufrag:zRcd", "a=ice-ufrag:zRc", "its ICE credentials are missing or malformed");
  assert_replaced_refused ("a=ice-ufrag:zRcd", "a=ice-ufrag:zRc:d", "its ICE credentials are missing or malformed");
  assert_replaced_refused ("a=ice-pwd:xOKWzDqg", "a=ice-pwd:", "its ICE credentials are missing or malformed");
  assert_replaced_refused ("F1:32", "F1-32", "its fingerprint is missing or malformed (sha-256, sha-384 or sha-512)");
  assert_replaced_refused ("sha-256", "sha-1", "its fingerprint is missing or malformed (sha-256, sha-384 or sha-512)");
  assert_replaced_refused ("a=setup:actpass", "a=setup:holdconn", "its setup is none of actpass, active and passive");
  assert_replaced_refused ("a=ice-options", "a=\x01ice-options", "it is not text");
  assert_replaced_refused ("a=ice-options", "a=\xff\xfe", "it is not text");
}

static void
an_offer_cut_anywhere_is_taken_or_refused_and_never_worse (void **unused)
{
  static const char offer[] = CHROMIUM;

  for (gsize length = 0; length < sizeof offer; length++) {
    g_autofree char *exact = g_memdup2 (offer, length);
    g_autoptr (GError) error = NULL;
    g_autoptr (HnSdpOffer) self = hn_sdp_offer_parse (exact, length, &error);

    assert_true ((self == NULL) == (error != NULL));
  }
}

static void
any_changed_byte_is_taken_or_refused_and_what_is_taken_is_written_well (void **unused)
{
  static const char offer[] = CHROMIUM;
  g_autoptr (GRand) chance = g_rand_new_with_seed (7);

  for (guint round = 0; round < 20000; round++) {
    g_autofree char *text = g_strdup (offer);
    g_autoptr (HnSdpOffer) self = NULL;
    g_autofree char *out = NULL;

    for (guint i = 0; i < 3; i++)
      text[g_rand_int_range (chance, 0, (gint32) sizeof offer - 1)] = (char) g_rand_int_range (chance, 0, 256);
    self = hn_sdp_offer_parse (text, sizeof offer - 1, NULL);
    if (self == NULL)
      continue;
    out = hn_sdp_offer_to_text (self);
    hn_sdp_offer_free (parse (out));
  }
}

static void
an_offer_may_be_64_kib_and_no_more (void **unused)
{
  g_autoptr (GString) text = g_string_new (CHROMIUM);
  GError *error = NULL;
  g_autoptr (HnSdpOffer) self = NULL;

  while (text->len < HN_LIMIT_MIC_SDP_BYTES)
    g_string_append_c (text, 'x');
  self = hn_sdp_offer_parse (text->str, text->len, &error);
  assert_non_null (self);
  g_string_append_c (text, 'x');
  assert_null (hn_sdp_offer_parse (text->str, text->len, &error));
  assert_hn_error (error, HN_ERROR_TOO_LARGE, "offer refused: longer than 65536 bytes");
}

static void
too_many_m_lines_are_refused (void **unused)
{
  g_autoptr (GString) text = g_string_new (CHROMIUM);

  for (guint i = 0; i < 40; i++)
    g_string_append (text, "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n");
  assert_refused (text->str, "too many m-lines");
}

static void
a_made_answer_that_refuses_or_has_no_candidate_is_an_error (void **unused)
{
  g_autoptr (HnSdpOffer) self = parse (CHROMIUM);
  g_autofree char *rejected = replace (MADE ("111", "0"), "m=audio 9 ", "m=audio 0 ");
  GError *error = NULL;

  assert_null (hn_sdp_offer_answer (self, rejected, NULL, &error));
  assert_hn_error (error, HN_ERROR_PROTOCOL, "the answer that was made refuses the audio");
  assert_null (hn_sdp_offer_answer (self, MADE ("96", "0"), NULL, &error));
  assert_hn_error (error, HN_ERROR_PROTOCOL, "the answer that was made refuses the audio");
  assert_null (hn_sdp_offer_answer (self, "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", NULL, &error));
  assert_hn_error (error, HN_ERROR_PROTOCOL, "no local candidate could be gathered");
}

static void
trickled_candidates_are_added_within_the_limit (void **unused)
{
  static const char fragment[] = "a=ice-ufrag:zRcd\r\na=ice-pwd:xOKWzDqgBhGBMOkPRyVqVYl4\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
                                 "a=candidate:1 1 udp 2113667327 192.0.2.1 4343 typ host\r\n"
                                 "a=candidate:2 1 udp 2113667327 x.local 4343 typ host\r\na=end-of-candidates\r\n";
  g_autoptr (HnSdpOffer) self = parse (CHROMIUM);
  GError *error = NULL;
  guint first = 0;

  assert_true (hn_sdp_offer_add_fragment (self, fragment, strlen (fragment), &first, &error));
  assert_int_equal (first, 1);
  assert_int_equal (self->candidates->len, 2);
  for (guint i = 0; i < 100; i++)
    assert_true (hn_sdp_offer_add_fragment (self, fragment, strlen (fragment), &first, &error));
  assert_int_equal (self->candidates->len, HN_LIMIT_MIC_CANDIDATES);
}

static void
candidates_of_another_generation_are_refused (void **unused)
{
  static const char fragment[] = "a=ice-ufrag:else\r\na=ice-pwd:x\r\nm=audio 9 RTP/AVP 0\r\na=candidate:1 1 udp 9 192.0.2.1 1 typ host\r\n";
  g_autoptr (HnSdpOffer) self = parse (CHROMIUM);
  GError *error = NULL;
  guint first = 0;

  assert_false (hn_sdp_offer_add_fragment (self, fragment, strlen (fragment), &first, &error));
  assert_hn_error (error, HN_ERROR_UNPROCESSABLE, "candidates refused: they belong to another ICE generation");
  assert_int_equal (self->candidates->len, 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (chromiums_offer_is_understood),
    cmocka_unit_test (what_goes_on_is_ours_and_small),
    cmocka_unit_test (opus_is_found_by_name_whatever_its_number_or_place),
    cmocka_unit_test (an_answer_rejects_everything_but_the_audio_in_the_offers_order),
    cmocka_unit_test (behind_a_nat_the_peer_is_told_the_public_address),
    cmocka_unit_test (an_offer_without_mid_or_bundle_gets_an_answer_without),
    cmocka_unit_test (bare_newlines_and_credentials_before_all_sections_are_understood),
    cmocka_unit_test (candidates_that_are_names_or_too_many_are_counted_and_not_taken),
    cmocka_unit_test (each_offer_that_cannot_be_taken_is_refused_with_its_reason),
    cmocka_unit_test (an_offer_cut_anywhere_is_taken_or_refused_and_never_worse),
    cmocka_unit_test (any_changed_byte_is_taken_or_refused_and_what_is_taken_is_written_well),
    cmocka_unit_test (an_offer_may_be_64_kib_and_no_more),
    cmocka_unit_test (too_many_m_lines_are_refused),
    cmocka_unit_test (a_made_answer_that_refuses_or_has_no_candidate_is_an_error),
    cmocka_unit_test (trickled_candidates_are_added_within_the_limit),
    cmocka_unit_test (candidates_of_another_generation_are_refused),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
