/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/agents.h"

#include "base/clock.h"
#include "tests/support/unit.h"

#define S G_GINT64_CONSTANT (1000000)

static HnAgents *
agents_new (void)
{
  return hn_agents_new (&(HnAgentsRules){ .rate = 100, .burst = 1000 });
}

static HnAgent *
add (HnAgents *agents, const char *connection)
{
  return hn_agents_add (agents, &(HnAgentFacts){ .connection = connection, .expires_us = HN_NEVER }, NULL, 0);
}

static void
register_as (HnAgents *agents, HnAgent *agent, const char *id)
{
  HnMeshError error;

  assert_int_equal (hn_agents_register (agents, agent, id, &error), HN_AGENTS_JOIN);
  hn_agents_end_join (agents, agent, TRUE);
}

static void
assert_refused (HnAgents *agents, HnAgent *agent, const char *id, HnMeshError expected)
{
  HnMeshError error = HN_MESH_ERRORS;

  assert_int_equal (hn_agents_register (agents, agent, id, &error), HN_AGENTS_REFUSED);
  assert_int_equal (error, expected);
}

static void
a_connection_registers_one_id_once (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();
  HnAgent *agent = add (agents, "1");
  HnMeshError error;

  assert_false (hn_agent_is_registered (agent));
  register_as (agents, agent, "a");
  assert_true (hn_agent_is_registered (agent));
  assert_string_equal (hn_agent_get_id (agent), "a");
  assert_ptr_equal (hn_agents_find (agents, "a"), agent);
  assert_ptr_equal (hn_agents_find_connection (agents, "1"), agent);
  assert_int_equal (hn_agents_register (agents, agent, "a", &error), HN_AGENTS_AGAIN);
  assert_refused (agents, agent, "b", HN_MESH_ERROR_ALREADY_REGISTERED);
  assert_int_equal (hn_agents_count_registered (agents), 1);
  hn_agents_remove (agents, agent);
  assert_null (hn_agents_find (agents, "a"));
  assert_int_equal (hn_agents_count (agents), 0);
}

static void
a_join_that_is_refused_may_be_tried_again (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();
  HnAgent *agent = add (agents, "1");
  HnMeshError error;

  assert_int_equal (hn_agents_register (agents, agent, "a", &error), HN_AGENTS_JOIN);
  assert_refused (agents, agent, "a", HN_MESH_ERROR_BUSY);
  hn_agents_end_join (agents, agent, FALSE);
  assert_null (hn_agent_get_id (agent));
  register_as (agents, agent, "b");
  assert_string_equal (hn_agent_get_id (agent), "b");
  hn_agents_remove (agents, agent);
}

static void
the_end_of_an_old_connection_takes_nothing_from_the_new_one (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();
  HnAgent *old = add (agents, "1");
  HnAgent *new = add (agents, "2");

  register_as (agents, old, "a");
  register_as (agents, new, "a");
  assert_ptr_equal (hn_agents_find (agents, "a"), new);
  hn_agents_remove (agents, old);
  assert_ptr_equal (hn_agents_find (agents, "a"), new);
  hn_agents_remove (agents, new);
}

static void
only_who_is_registered_may_relay_and_only_as_itself (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();
  HnAgent *agent = add (agents, "1");
  HnMeshError error = HN_MESH_ERRORS;

  assert_false (hn_agents_may_relay (agent, "a", &error));
  assert_int_equal (error, HN_MESH_ERROR_NOT_REGISTERED);
  register_as (agents, agent, "a");
  assert_true (hn_agents_may_relay (agent, "a", &error));
  assert_false (hn_agents_may_relay (agent, "b", &error));
  assert_int_equal (error, HN_MESH_ERROR_FROM_MISMATCH);
  hn_agents_remove (agents, agent);
}

static void
a_token_may_name_the_ids_that_it_is_good_for (void **unused)
{
  static const struct {
    const char *allowed;
    const char *id;
    gboolean good;
  } rows[] = { { NULL, "a", TRUE }, { "a", "a", TRUE }, { "a", "ab", FALSE }, { "a*", "ab", TRUE }, { "a*", "ba", FALSE }, { "*", "x", TRUE }, { "", "a", FALSE } };
  g_autoptr (HnAgents) agents = agents_new ();
  HnMeshError error;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    HnAgent *agent = hn_agents_add (agents, &(HnAgentFacts){ "1", "me", rows[i].allowed, HN_NEVER }, NULL, 0);

    if (rows[i].good)
      assert_int_equal (hn_agents_register (agents, agent, rows[i].id, &error), HN_AGENTS_JOIN);
    else
      assert_refused (agents, agent, rows[i].id, HN_MESH_ERROR_AGENT_ID_FORBIDDEN);
    hn_agents_remove (agents, agent);
  }
}

static void
only_connections_of_one_identity_have_the_same_card (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();
  HnAgent *nobody = add (agents, "1");
  HnAgent *me = hn_agents_add (agents, &(HnAgentFacts){ "2", "m\"e", NULL, HN_NEVER }, &agents, 0);

  assert_string_equal (hn_agent_get_card (nobody), "{}");
  assert_false (hn_agent_may_replace (nobody));
  assert_string_equal (hn_agent_get_card (me), "{\"identity\":\"m\\\"e\"}");
  assert_true (hn_agent_may_replace (me));
  assert_string_equal (hn_agent_get_connection (me), "2");
  assert_ptr_equal (hn_agent_get_owner (me), &agents);
  hn_agents_remove (agents, nobody);
  hn_agents_remove (agents, me);
}

static void
who_sends_too_much_is_read_more_slowly_and_told_once_a_second (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();
  HnAgent *agent = add (agents, "1");
  HnAgentsDue due = HN_AGENTS_EXPIRED;

  for (guint i = 0; i < 1000; i++)
    assert_int_equal (hn_agents_charge (agents, agent, 0), HN_AGENTS_GO_ON);
  assert_int_equal (hn_agents_deadline (agents), HN_NEVER);
  assert_int_equal (hn_agents_charge (agents, agent, 0), HN_AGENTS_PAUSE_AND_TELL);
  /* what was read before it was paused */
  assert_int_equal (hn_agents_charge (agents, agent, 0), HN_AGENTS_GO_ON);
  assert_int_equal (hn_agents_deadline (agents), S * 11 / 100); /* 1 owed, 10 free again at 100 a second */
  assert_null (hn_agents_next_due (agents, S / 10, &due));
  assert_ptr_equal (hn_agents_next_due (agents, S * 11 / 100, &due), agent);
  assert_int_equal (due, HN_AGENTS_RESUME);
  assert_null (hn_agents_next_due (agents, S * 11 / 100, &due));
  for (guint i = 0; i < 9; i++)
    assert_int_equal (hn_agents_charge (agents, agent, S * 11 / 100), HN_AGENTS_GO_ON);
  assert_int_equal (hn_agents_charge (agents, agent, S * 11 / 100), HN_AGENTS_PAUSE);
  assert_non_null (hn_agents_next_due (agents, S, &due));
  for (guint i = 0; i < 200; i++)
    if (hn_agents_charge (agents, agent, 2 * S) == HN_AGENTS_PAUSE_AND_TELL)
      break;
  assert_non_null (hn_agents_next_due (agents, 4 * S, &due));
  hn_agents_remove (agents, agent);
}

static void
whoever_keeps_the_rate_is_never_paused (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();
  HnAgent *agent = add (agents, "1");

  for (guint i = 0; i < 10000; i++)
    assert_int_equal (hn_agents_charge (agents, agent, i * S / 100), HN_AGENTS_GO_ON);
  hn_agents_remove (agents, agent);
}

static void
a_token_expires_once_and_whoever_is_due_first_comes_first (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();
  HnAgent *late = hn_agents_add (agents, &(HnAgentFacts){ "1", "me", NULL, 5 * S }, NULL, 0);
  HnAgent *early = hn_agents_add (agents, &(HnAgentFacts){ "2", "me", NULL, 3 * S }, NULL, 0);
  HnAgentsDue due = HN_AGENTS_RESUME;

  assert_int_equal (hn_agents_deadline (agents), 3 * S);
  assert_null (hn_agents_next_due (agents, 3 * S - 1, &due));
  assert_ptr_equal (hn_agents_next_due (agents, 5 * S, &due), early);
  assert_int_equal (due, HN_AGENTS_EXPIRED);
  assert_ptr_equal (hn_agents_next_due (agents, 5 * S, &due), late);
  assert_null (hn_agents_next_due (agents, 5 * S, &due));
  assert_int_equal (hn_agents_deadline (agents), HN_NEVER);
  hn_agents_remove (agents, late);
  hn_agents_remove (agents, early);
}

static void
who_is_gone_is_not_due (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();
  HnAgent *agent = hn_agents_add (agents, &(HnAgentFacts){ "1", "me", NULL, S }, NULL, 0);
  HnAgentsDue due;

  hn_agents_remove (agents, agent);
  assert_int_equal (hn_agents_deadline (agents), HN_NEVER);
  assert_null (hn_agents_next_due (agents, 2 * S, &due));
}

static void
remove_it (HnAgent *agent, gpointer agents)
{
  hn_agents_remove (agents, agent);
}

static void
each_may_be_removed_as_it_is_shown (void **unused)
{
  g_autoptr (HnAgents) agents = agents_new ();

  add (agents, "1");
  add (agents, "2");
  add (agents, "3");
  assert_int_equal (hn_agents_count (agents), 3);
  hn_agents_for_each (agents, remove_it, agents);
  assert_int_equal (hn_agents_count (agents), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_connection_registers_one_id_once),
    cmocka_unit_test (a_join_that_is_refused_may_be_tried_again),
    cmocka_unit_test (the_end_of_an_old_connection_takes_nothing_from_the_new_one),
    cmocka_unit_test (only_who_is_registered_may_relay_and_only_as_itself),
    cmocka_unit_test (a_token_may_name_the_ids_that_it_is_good_for),
    cmocka_unit_test (only_connections_of_one_identity_have_the_same_card),
    cmocka_unit_test (who_sends_too_much_is_read_more_slowly_and_told_once_a_second),
    cmocka_unit_test (whoever_keeps_the_rate_is_never_paused),
    cmocka_unit_test (a_token_expires_once_and_whoever_is_due_first_comes_first),
    cmocka_unit_test (who_is_gone_is_not_due),
    cmocka_unit_test (each_may_be_removed_as_it_is_shown),
  };

  hn_agents_free (NULL);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
