/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sim/fakes/web-server/json.h"
#include "sim/fakes/web-server/nvhttp.h"
#include "sim/fakes/web-server/stream-message.h"

#define FIELDS                                                                                                          \
  "<hostname>BODY-06</hostname><appversion>7.1.431.-1</appversion><GfeVersion>3.23.0.74</GfeVersion>"                   \
  "<HttpsPort>47984</HttpsPort><ExternalPort>47989</ExternalPort><MaxLumaPixelsHEVC>0</MaxLumaPixelsHEVC>"              \
  "<mac>00:00:00:00:00:00</mac><LocalIP>10.0.0.1</LocalIP><ServerCodecModeSupport>257</ServerCodecModeSupport>"         \
  "<PairStatus>0</PairStatus><currentgame>7</currentgame><state>SUNSHINE_SERVER_BUSY</state>"
#define UUID "<uniqueid>2495EB68-1039-4A30-94EA-E130FBF90AFF</uniqueid>"

static SimNvAnswer *
answer (const char *text, GError **error)
{
  return sim_nv_answer_new (text, strlen (text), error);
}

static void
server_info_is_read (void **unused)
{
  g_autoptr (SimNvAnswer) a = answer ("<?xml version=\"1.0\"?><root status_code=\"200\">" FIELDS UUID "</root>", NULL);
  g_autoptr (SimServerInfo) info = sim_server_info_new (a, NULL);

  assert_string_equal (info->unique_id, "2495eb68-1039-4a30-94ea-e130fbf90aff");
  assert_null (info->mac);
  assert_int_equal (info->https_port, 47984);
  assert_int_equal (info->current_game, 7);
  assert_true (info->busy);
  assert_false (info->paired);
}

static void
a_missing_field_is_named (void **unused)
{
  g_autoptr (SimNvAnswer) a = answer ("<root status_code=\"200\">" FIELDS "</root>", NULL);
  g_autoptr (GError) error = NULL;

  assert_null (sim_server_info_new (a, &error));
  assert_non_null (strstr (error->message, "uniqueid"));
}

static void
the_verdict_is_the_roots_attribute (void **unused)
{
  static const struct {
    const char *text;
    int code;
  } bad[] = {
    { "<root status_code=\"401\" status_message=\"no\"/>", SIM_NV_ERROR_UNAUTHENTICATED },
    { "<root status_code=\"503\" status_message=\"no\"/>", SIM_NV_ERROR_REFUSED },
    { "<root/>", SIM_NV_ERROR_REFUSED },
    { "<html/>", SIM_NV_ERROR_PROTOCOL },
    { "<root status_code=\"200\">", SIM_NV_ERROR_PROTOCOL },
    { "", SIM_NV_ERROR_PROTOCOL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    assert_null (answer (bad[i].text, &error));
    assert_true (g_error_matches (error, SIM_NV_ERROR, bad[i].code));
  }
}

static void
apps_are_listed (void **unused)
{
  g_autoptr (SimNvAnswer) a = answer ("<root status_code=\"200\"><App><IsHdrSupported>1</IsHdrSupported><AppTitle>A &amp; "
                                      "B</AppTitle><ID>958645192</ID></App><App><ID>2</ID></App></root>",
                                      NULL);
  SimNvApp *first = g_ptr_array_index (a->apps, 0);

  assert_int_equal (a->apps->len, 2);
  assert_string_equal (first->title, "A & B");
  assert_int_equal (first->id, 958645192);
  assert_true (first->hdr);
}

static void
requests_begin_with_who_and_a_fresh_uuid (void **unused)
{
  g_autofree char *one = sim_nv_query ("/pair", "hydra-1", "phrase=x"), *two = sim_nv_query ("/pair", "hydra-1", NULL);
  const guint8 key[16] = { 0xab };
  g_autofree char *launch = sim_nv_launch_query (5, NULL, key, -3);

  assert_true (g_str_has_prefix (one, "/pair?uniqueid=hydra-1&uuid="));
  assert_true (g_str_has_suffix (one, "&phrase=x"));
  assert_memory_not_equal (one + 28, two + 28, 36);
  assert_true (g_str_has_prefix (launch, "appid=5&mode=1920x1080x60&additionalStates=1&sops=1&rikey=AB00"));
  assert_non_null (strstr (launch, "&rikeyid=-3&localAudioPlayMode=0&surroundAudioInfo=196610&"));
}

static SimStreamKind
kind (const char *text)
{
  SimStreamInit init;
  JsonObject *settings = NULL;
  SimStreamKind found = sim_stream_message_read (text, strlen (text), &init, &settings);

  g_clear_pointer (&settings, json_object_unref);
  return found;
}

static void
messages_of_the_browser_are_told_apart (void **unused)
{
  assert_int_equal (kind ("{\"Init\":{\"host_id\":1,\"app_id\":2}}"), SIM_STREAM_INIT);
  assert_int_equal (kind ("{\"Init\":{\"host_id\":1}}"), SIM_STREAM_UNKNOWN);
  assert_int_equal (kind ("{\"SetTransport\":\"WebRTC\"}"), SIM_STREAM_SET_TRANSPORT);
  assert_int_equal (kind ("{\"SetTransport\":\"Pigeon\"}"), SIM_STREAM_UNKNOWN);
  assert_int_equal (kind ("{\"WebRtc\":{\"AddIceCandidate\":{\"candidate\":\"c\"}}}"), SIM_STREAM_WEB_RTC);
  assert_int_equal (kind ("{\"WebRtc\":{\"Description\":{\"ty\":\"offer\"}}}"), SIM_STREAM_UNKNOWN);
  assert_int_equal (kind ("{\"StartStream\":{\"bitrate\":1,\"packet_size\":1,\"fps\":1,\"width\":1,\"height\":1}}"),
                    SIM_STREAM_START);
  assert_int_equal (kind ("{\"StartStream\":{}}"), SIM_STREAM_UNKNOWN);
  assert_int_equal (kind ("[]"), SIM_STREAM_UNKNOWN);
  assert_int_equal (kind ("{"), SIM_STREAM_NOT_JSON);
}

static void
what_passes_through_keeps_its_bytes (void **unused)
{
  const char *from_browser = "{\"WebRtc\":\n{\"n\":0.1}}";
  gboolean stop = FALSE;
  g_autofree char *line = sim_stream_ipc_client (from_browser, strlen (from_browser));
  g_autofree char *server = sim_stream_ipc_read ("{\"Server\":{\"n\":0.10}}", &stop);
  g_autofree char *loose = sim_stream_ipc_read ("{ \"Server\" : {\"a\":1} }", &stop);

  assert_string_equal (line, "{\"Client\":{\"WebRtc\": {\"n\":0.1}}}");
  assert_string_equal (server, "{\"n\":0.10}");
  assert_string_equal (loose, "{\"a\":1}");
  assert_false (stop);
  assert_null (sim_stream_ipc_read ("\"Stop\"", &stop));
  assert_true (stop);
  assert_null (sim_stream_ipc_read ("nonsense", &stop));
  assert_false (stop);
}

static void
a_launch_tells_why_it_failed (void **unused)
{
  g_autofree char *good = sim_stream_ipc_launch (NULL), *bad = sim_stream_ipc_launch ("no display");

  assert_string_equal (good, "{\"Launch\":{\"ok\":true}}");
  assert_string_equal (bad, "{\"Launch\":{\"ok\":false,\"error_code\":-1,\"text\":\"no display\"}}");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (server_info_is_read),
    cmocka_unit_test (a_missing_field_is_named),
    cmocka_unit_test (the_verdict_is_the_roots_attribute),
    cmocka_unit_test (apps_are_listed),
    cmocka_unit_test (requests_begin_with_who_and_a_fresh_uuid),
    cmocka_unit_test (messages_of_the_browser_are_told_apart),
    cmocka_unit_test (what_passes_through_keeps_its_bytes),
    cmocka_unit_test (a_launch_tells_why_it_failed),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
