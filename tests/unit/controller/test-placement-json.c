/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/placement-json.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "tests/support/unit.h"

#define ID "0123456789abcdef0123456789abcdef"
#define TIMEOUT (60 * (gint64) G_USEC_PER_SEC)
#define AT(seconds) ((seconds) * (gint64) G_USEC_PER_SEC)

static void
beat (HnRegistry *registry, const char *id, guint active, guint max)
{
  HnWorkerReport *self = hn_worker_report_new ();

  self->id = g_strdup (id);
  self->url = g_strdup ("http://127.0.26.1:47990");
  self->boot_id = g_strdup ("boot");
  self->api_token = g_strdup ("token");
  self->version = g_strdup ("0.9");
  self->active_sessions = active;
  self->max_sessions = max;
  self->wireguard = TRUE;
  assert_non_null (hn_registry_heartbeat (registry, self, AT (10), NULL, NULL));
}

static void
expect (const HnPlacementJson *placement, const GError *error, const char *expected)
{
  g_autofree char *text = hn_placement_json_text (placement, ID, error, 0);

  if (strstr (text, expected) == NULL)
    print_message ("%s\nhas no %s\n", text, expected);
  assert_non_null (strstr (text, expected));
}

static void
the_least_loaded_is_chosen_and_the_others_are_told_apart (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, 0);
  g_autoptr (HnPlacementJson) placement = hn_placement_json_new ("10.0.0.1");

  beat (registry, "free", 1, 10);
  beat (registry, "busy", 5, 10);
  beat (registry, "full", 2, 2);
  beat (registry, "drained", 0, 10);
  hn_registry_drain (registry, "drained", TRUE, HN_NEVER);
  hn_placement_json_look (placement, registry, NULL);
  hn_placement_json_chose (placement, "free", FALSE);
  expect (placement, NULL, "\"why\":\"the least loaded of 2 workers with room\"");
  expect (placement, NULL, "{\"worker_id\":\"free\",\"state\":\"healthy\",\"load\":1,\"max_sessions\":10,\"chosen\":true}");
  expect (placement, NULL, "\"worker_id\":\"busy\",\"state\":\"healthy\",\"load\":5,\"max_sessions\":10,\"why_not\":\"no less loaded\"");
  expect (placement, NULL, "\"worker_id\":\"full\",\"state\":\"healthy\",\"load\":2,\"max_sessions\":2,\"why_not\":\"full\"");
  expect (placement, NULL, "\"worker_id\":\"drained\",\"state\":\"draining\",\"load\":0,\"max_sessions\":10,\"why_not\":\"draining\"");
  expect (placement, NULL, "{\"session_id\":\"" ID "\",\"worker_id\":\"free\",\"body_ip\":\"10.0.0.1\",\"answered\":\"1970-01-01T00:00:00Z\"");
}

static void
a_body_that_is_bound_decides_by_itself (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, 0);
  g_autoptr (HnPlacementJson) placement = hn_placement_json_new ("10.0.0.1");

  beat (registry, "a", 0, 10);
  beat (registry, "b", 5, 10);
  hn_placement_json_look (placement, registry, NULL);
  hn_placement_json_chose (placement, "b", TRUE);
  expect (placement, NULL, "\"why\":\"this body's session is there, or was being created there: that worker's word decides\"");
  expect (placement, NULL, "\"why_not\":\"this body's session is elsewhere\"");
}

static void
who_refused_is_named_and_not_asked_again (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, 0);
  g_autoptr (HnPlacementJson) placement = hn_placement_json_new ("10.0.0.1");
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_LIMIT, "max sessions reached");

  beat (registry, "a", 0, 10);
  hn_placement_json_look (placement, registry, NULL);
  hn_placement_json_chose (placement, "a", FALSE);
  expect (placement, NULL, "\"why\":\"the only worker with room\"");
  hn_placement_json_refused (placement, "a", error);
  hn_placement_json_look (placement, registry, "a");
  hn_placement_json_chose (placement, NULL, FALSE);
  expect (placement, error, "\"why\":\"no worker could take it\"");
  expect (placement, error, "\"why_not\":\"did not serve this session\"");
  expect (placement, error, "\"refused_by\":[{\"worker_id\":\"a\",\"error\":\"max sessions reached\"}]");
  expect (placement, error, "\"end\":{\"reason\":\"create_failed\",\"message\":\"max sessions reached\",\"mend\":\"raise `sessions.max`, or add a worker\"}");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_least_loaded_is_chosen_and_the_others_are_told_apart),
    cmocka_unit_test (a_body_that_is_bound_decides_by_itself),
    cmocka_unit_test (who_refused_is_named_and_not_asked_again),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
