/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests as text in, XML as text out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/fakes/body/nvhttp.h"

#define LAUNCH "/launch?rikey=00&rikeyid=1&localAudioPlayMode=0&appid="

typedef struct {
  SimIdentity *identity;
  SimEvents *events;
  SimBody *body;
} World;

static const SimBodyOptions options = { "sunshine", "sunshine", NULL };

static int
make_world (void **state)
{
  World *w = g_new0 (World, 1);

  w->identity = sim_identity_new (NULL);
  *state = w;
  return 0;
}

static int
end_world (void **state)
{
  World *w = *state;

  sim_identity_free (w->identity);
  g_free (w);
  return 0;
}

static int
begin (void **state)
{
  World *w = *state;

  w->events = sim_events_new ();
  w->body = sim_body_new ("127.0.1.7", w->identity, &options, w->events);
  return 0;
}

static int
finish (void **state)
{
  World *w = *state;

  g_clear_pointer (&w->body, sim_body_free);
  g_clear_pointer (&w->events, sim_events_free);
  return 0;
}

static SimAnswer *
get (World *w, gboolean https, const char *target)
{
  g_autofree char *head = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
  g_autoptr (SimRequest) request = sim_request_parse (head, strlen (head), NULL);
  SimAnswer *answer = sim_answer_new ();

  assert_non_null (request);
  sim_nvhttp_answer (w->body, request, https, answer);
  assert_int_equal (answer->status, 200);
  return answer;
}

static void
assert_has (World *w, gboolean https, const char *target, const char *expected)
{
  g_autoptr (SimAnswer) answer = get (w, https, target);

  if (strstr (answer->body->str, expected) == NULL)
    fail_msg ("'%s' is not in '%s'", expected, answer->body->str);
}

static void
the_server_tells_its_state_and_ports (void **state)
{
  World *w = *state;

  assert_has (w, FALSE, "/serverinfo?uniqueid=a",
              "<root status_code=\"200\"><hostname>SIM-BODY-07</hostname><appversion>7.1.431.-1<");
  assert_has (w, FALSE, "/serverinfo?uniqueid=a", "<GfeVersion>3.23.0.74</GfeVersion>");
  assert_has (w, FALSE, "/serverinfo?uniqueid=a", "<HttpsPort>47984</HttpsPort><ExternalPort>47989</ExternalPort>");
  assert_has (w, FALSE, "/serverinfo?uniqueid=a", "<mac>00:00:00:00:00:00</mac><LocalIP>127.0.1.7</LocalIP>");
  assert_has (w, FALSE, "/serverinfo?uniqueid=a", "<currentgame>0</currentgame><state>SUNSHINE_SERVER_FREE</state>");
}

static void
only_https_with_an_id_says_paired (void **state)
{
  World *w = *state;

  assert_has (w, FALSE, "/serverinfo?uniqueid=a", "<PairStatus>0<");
  assert_has (w, TRUE, "/serverinfo", "<PairStatus>0<");
  assert_has (w, TRUE, "/serverinfo?uniqueid=a", "<PairStatus>1<");
}

static void
the_default_apps_have_the_ids_of_their_names (void **state)
{
  World *w = *state;

  assert_has (w, TRUE, "/applist",
              "<App><IsHdrSupported>0</IsHdrSupported><AppTitle>Desktop</AppTitle><ID>958645192</ID></App>"
              "<App><IsHdrSupported>0</IsHdrSupported><AppTitle>Steam Big Picture</AppTitle><ID>870779643</ID></App></root>");
}

static void
an_app_of_the_same_name_gets_another_id (void **state)
{
  World *w = *state;
  JsonObject *app = json_object_new ();

  json_object_set_string_member (app, "name", "Desktop");
  assert_true (sim_body_put_app (w->body, app, -1));
  assert_int_equal (sim_body_app_id (w->body, 0), 958645192);
  assert_int_not_equal (sim_body_app_id (w->body, 1), 958645192);
}

static void
a_launch_makes_the_server_busy_until_it_is_cancelled (void **state)
{
  World *w = *state;

  assert_has (w, TRUE, LAUNCH "958645192", "<sessionUrl0>rtsp://127.0.1.7:48010</sessionUrl0><gamesession>1</gamesession>");
  assert_has (w, TRUE, "/serverinfo", "<currentgame>958645192</currentgame><state>SUNSHINE_SERVER_BUSY</state>");
  assert_has (w, TRUE, "/resume?rikey=0&rikeyid=1&corever=1",
              "<sessionUrl0>rtspenc://127.0.1.7:48010</sessionUrl0><resume>1</resume>");
  assert_has (w, TRUE, LAUNCH "958645192", "status_code=\"400\" status_message=\"An app is already running on this host\"");
  assert_has (w, TRUE, "/cancel", "<root status_code=\"200\"><cancel>1</cancel>");
  assert_has (w, TRUE, "/serverinfo", "<currentgame>0</currentgame>");
}

static void
launch_and_resume_name_what_is_wrong (void **state)
{
  World *w = *state;

  assert_has (w, TRUE, "/launch?appid=1", "status_code=\"400\" status_message=\"Missing a required launch parameter\"");
  assert_has (w, TRUE, LAUNCH "1", "status_code=\"404\" status_message=\"Failed to start the specified application\"");
  assert_has (w, TRUE, "/resume?rikey=0&rikeyid=1", "status_code=\"503\" status_message=\"No running app to resume\"");
  w->body->faults[SIM_FAULT_LAUNCH_STATUS] = 503;
  assert_has (w, TRUE, LAUNCH "958645192", "status_code=\"503\" status_message=\"Failed to initialize video capture/encoding.");
  w->body->faults[SIM_FAULT_LAUNCH_STATUS] = 400;
  assert_has (w, TRUE, LAUNCH "958645192", "status_code=\"400\" status_message=\"An app is already running on this host\"");
}

static void
an_older_generation_says_so (void **state)
{
  World *w = *state;

  assert_has (w, FALSE, "/serverinfo", "<appversion>7.1.431.-1</appversion>");
  w->body->faults[SIM_FAULT_OLD_GENERATION] = 1;
  assert_has (w, FALSE, "/serverinfo", "<appversion>6.0.0.0</appversion>");
}

static void
an_unknown_path_is_answered_twice (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) answer = get (w, FALSE, "/unpair?uniqueid=a");

  assert_non_null (strstr (answer->body->str, "<root status_code=\"404\""));
  assert_true (g_str_has_prefix (answer->stray->str, "HTTP/1.1 404 NOT FOUND\r\n"));
}

static void
the_app_list_is_not_there_without_tls (void **state)
{
  World *w = *state;

  assert_has (w, FALSE, "/applist", "status_code=\"404\"");
}

static void
phase_1_is_held_under_its_id (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) answer = get (w, FALSE, "/pair?uniqueid=a%20b&phrase=getservercert&salt=00&clientcert=00");

  assert_string_equal (answer->hold, "a b");
  assert_int_equal (answer->body->len, 0);
}

static void
pairing_errors_have_their_xml (void **state)
{
  World *w = *state;

  assert_has (w, FALSE, "/pair", "<root status_code=\"400\" status_message=\"Missing uniqueid parameter\"></root>");
  assert_has (w, FALSE, "/pair?uniqueid=x&clientchallenge=00", "status_message=\"Invalid uniqueid\"");
  assert_has (w, TRUE, "/pair?uniqueid=x&phrase=pairchallenge", "<root status_code=\"200\"><paired>1</paired></root>");
}

static void
an_unpaired_certificate_gets_401_and_a_paired_one_goes_on (void **state)
{
  World *w = *state;
  g_autoptr (GBytes) der = sim_pairing_cert_der (w->identity->cert_pem);
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  assert_true (sim_nvhttp_greet (w->body, der, answer));
  assert_non_null (strstr (answer->body->str,
                           "<root status_code=\"401\" query=\"\" status_message=\"The client is not authorized. Certificate "
                           "verification failed.\"/>"));
  assert_non_null (sim_body_add_client (w->body, "roth", w->identity->cert_pem));
  assert_false (sim_nvhttp_greet (w->body, der, answer));
  w->body->faults[SIM_FAULT_CLIENTS_UNKNOWN] = 1;
  assert_true (sim_nvhttp_greet (w->body, der, answer));
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, begin, finish)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (the_server_tells_its_state_and_ports),
    TEST (only_https_with_an_id_says_paired),
    TEST (the_default_apps_have_the_ids_of_their_names),
    TEST (an_app_of_the_same_name_gets_another_id),
    TEST (a_launch_makes_the_server_busy_until_it_is_cancelled),
    TEST (launch_and_resume_name_what_is_wrong),
    TEST (an_older_generation_says_so),
    TEST (an_unknown_path_is_answered_twice),
    TEST (the_app_list_is_not_there_without_tls),
    TEST (phase_1_is_held_under_its_id),
    TEST (pairing_errors_have_their_xml),
    TEST (an_unpaired_certificate_gets_401_and_a_paired_one_goes_on),
  };

  return cmocka_run_group_tests (tests, make_world, end_world);
}
