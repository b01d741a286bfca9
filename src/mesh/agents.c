/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a connection registers one id, once. With tokens a token may name the ids that it is good for. Messages are taken at `rate`, and `burst` of them at once: who sends more is not read until a tenth of a
 * second's worth is free again, and is told so once a second at most. */
#include "mesh/agents.h"

#include <string.h>

#include "base/agenda.h"
#include "base/clock.h"

#define TELL_SECONDS 1
#define RESUME_PART 10 /* of a second's messages are free when an agent is read again */

typedef enum { STRANGER, JOINING, REGISTERED } State;

struct _HnAgent {
  State state;
  char *agent_id; /* (nullable) */
  char *connection;
  char *card;
  char *allowed; /* (nullable) */
  gboolean has_identity;
  gpointer owner;
  double tokens;
  gint64 filled_us;
  gint64 told_us;    /* that it sends too much, or HN_NEVER */
  gint64 resume_us;  /* HN_NEVER: it is not paused */
  gint64 expires_us; /* HN_NEVER: it does not */
  GList link;
};

struct _HnAgents {
  HnAgentsRules rules;
  GQueue all;                /* of HnAgent */
  GHashTable *by_connection; /* all of them */
  GHashTable *by_id;         /* the registered ones */
  HnAgenda *due;             /* who is, at the earlier of both */
};

/* ---- deadlines ---- */

static gint64
deadline_of (const HnAgent *agent)
{
  return hn_clock_earliest (agent->resume_us, agent->expires_us);
}

gint64
hn_agents_deadline (const HnAgents *self)
{
  return hn_agenda_get_next (self->due);
}

HnAgent *
hn_agents_next_due (HnAgents *self, gint64 now_us, HnAgentsDue *ret_due)
{
  HnAgent *agent = hn_agenda_take (self->due, now_us);

  if (agent == NULL)
    return NULL;
  if (agent->expires_us != HN_NEVER && agent->expires_us <= now_us) {
    *ret_due = HN_AGENTS_EXPIRED;
    agent->expires_us = HN_NEVER;
  } else {
    *ret_due = HN_AGENTS_RESUME;
    agent->resume_us = HN_NEVER;
  }
  hn_agenda_put (self->due, agent, deadline_of (agent));
  return agent;
}

/* ---- registering ---- */

static gboolean
is_allowed (const HnAgent *agent, const char *agent_id)
{
  gsize length = agent->allowed != NULL ? strlen (agent->allowed) : 0;

  if (length == 0)
    return agent->allowed == NULL;
  if (agent->allowed[length - 1] == '*')
    return strncmp (agent->allowed, agent_id, length - 1) == 0;
  return g_str_equal (agent->allowed, agent_id);
}

static HnAgentsAnswer
refuse (HnMeshError error, HnMeshError *ret_error)
{
  *ret_error = error;
  return HN_AGENTS_REFUSED;
}

HnAgentsAnswer
hn_agents_register (HnAgents *self, HnAgent *agent, const char *agent_id, HnMeshError *ret_error)
{
  switch (agent->state) {
  case REGISTERED:
    return g_str_equal (agent->agent_id, agent_id) ? HN_AGENTS_AGAIN : refuse (HN_MESH_ERROR_ALREADY_REGISTERED, ret_error);
  case JOINING:
    return refuse (HN_MESH_ERROR_BUSY, ret_error);
  case STRANGER:
    break;
  }
  if (!is_allowed (agent, agent_id))
    return refuse (HN_MESH_ERROR_AGENT_ID_FORBIDDEN, ret_error);
  agent->state = JOINING;
  agent->agent_id = g_strdup (agent_id);
  return HN_AGENTS_JOIN;
}

void
hn_agents_end_join (HnAgents *self, HnAgent *agent, gboolean joined)
{
  if (joined) {
    agent->state = REGISTERED;
    g_hash_table_replace (self->by_id, agent->agent_id, agent);
  } else {
    agent->state = STRANGER;
    g_clear_pointer (&agent->agent_id, g_free);
  }
}

gboolean
hn_agents_may_relay (const HnAgent *agent, const char *from, HnMeshError *ret_error)
{
  if (agent->state != REGISTERED) {
    *ret_error = HN_MESH_ERROR_NOT_REGISTERED;
    return FALSE;
  }
  *ret_error = HN_MESH_ERROR_FROM_MISMATCH;
  return g_str_equal (agent->agent_id, from);
}

/* ---- pace ---- */

static void
fill (const HnAgents *self, HnAgent *agent, gint64 now_us)
{
  double more = (double) (now_us - agent->filled_us) * self->rules.rate / G_USEC_PER_SEC;

  agent->tokens = MIN (agent->tokens + MAX (more, 0), self->rules.burst);
  agent->filled_us = now_us;
}

HnAgentsPace
hn_agents_charge (HnAgents *self, HnAgent *agent, gint64 now_us)
{
  double wanted = CLAMP (self->rules.rate / RESUME_PART, 1, self->rules.burst);

  fill (self, agent, now_us);
  agent->tokens--;
  if (agent->tokens >= 0 || agent->resume_us != HN_NEVER)
    return HN_AGENTS_GO_ON;
  agent->resume_us = now_us + (gint64) ((wanted - agent->tokens) * G_USEC_PER_SEC / self->rules.rate);
  hn_agenda_put (self->due, agent, deadline_of (agent));
  if (agent->told_us != HN_NEVER && now_us - agent->told_us < hn_seconds (TELL_SECONDS))
    return HN_AGENTS_PAUSE;
  agent->told_us = now_us;
  return HN_AGENTS_PAUSE_AND_TELL;
}

/* ---- who is there ---- */

HnAgent *
hn_agents_find (HnAgents *self, const char *agent_id)
{
  return g_hash_table_lookup (self->by_id, agent_id);
}

HnAgent *
hn_agents_find_connection (HnAgents *self, const char *connection)
{
  return g_hash_table_lookup (self->by_connection, connection);
}

void
hn_agents_for_each (HnAgents *self, void (*each) (HnAgent *agent, gpointer user_data), gpointer user_data)
{
  for (GList *at = self->all.head, *next; at != NULL; at = next) {
    next = at->next;
    each (at->data, user_data);
  }
}

guint
hn_agents_count (const HnAgents *self)
{
  return self->all.length;
}

guint
hn_agents_count_registered (const HnAgents *self)
{
  return g_hash_table_size (self->by_id);
}

gboolean
hn_agent_is_registered (const HnAgent *self)
{
  return self->state == REGISTERED;
}

const char *
hn_agent_get_id (const HnAgent *self)
{
  return self->agent_id;
}

const char *
hn_agent_get_connection (const HnAgent *self)
{
  return self->connection;
}

gpointer
hn_agent_get_owner (const HnAgent *self)
{
  return self->owner;
}

const char *
hn_agent_get_card (const HnAgent *self)
{
  return self->card;
}

gboolean
hn_agent_may_replace (const HnAgent *self)
{
  return self->has_identity;
}

static char *
card_of (const char *identity)
{
  GString *card = g_string_new ("{");

  if (identity != NULL) {
    g_string_append (card, "\"identity\":");
    hn_json_append_string (card, identity);
  }
  return g_string_free (g_string_append_c (card, '}'), FALSE);
}

HnAgent *
hn_agents_add (HnAgents *self, const HnAgentFacts *facts, gpointer owner, gint64 now_us)
{
  HnAgent *agent = g_new0 (HnAgent, 1);

  agent->connection = g_strdup (facts->connection);
  agent->card = card_of (facts->identity);
  agent->has_identity = facts->identity != NULL;
  agent->allowed = g_strdup (facts->allowed);
  agent->owner = owner;
  agent->tokens = self->rules.burst;
  agent->filled_us = now_us;
  agent->told_us = agent->resume_us = HN_NEVER;
  agent->expires_us = facts->expires_us;
  agent->link.data = agent;
  g_queue_push_tail_link (&self->all, &agent->link);
  g_hash_table_insert (self->by_connection, agent->connection, agent);
  hn_agenda_put (self->due, agent, deadline_of (agent));
  return agent;
}

void
hn_agents_remove (HnAgents *self, HnAgent *agent)
{
  g_queue_unlink (&self->all, &agent->link);
  g_hash_table_remove (self->by_connection, agent->connection);
  if (agent->state == REGISTERED && hn_agents_find (self, agent->agent_id) == agent)
    g_hash_table_remove (self->by_id, agent->agent_id);
  hn_agenda_put (self->due, agent, HN_NEVER);
  g_free (agent->agent_id);
  g_free (agent->connection);
  g_free (agent->card);
  g_free (agent->allowed);
  g_free (agent);
}

HnAgents *
hn_agents_new (const HnAgentsRules *rules)
{
  HnAgents *self = g_new0 (HnAgents, 1);

  self->rules = *rules;
  self->by_connection = g_hash_table_new (g_str_hash, g_str_equal);
  self->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  self->due = hn_agenda_new ();
  return self;
}

void
hn_agents_free (HnAgents *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->by_connection);
  g_hash_table_unref (self->by_id);
  hn_agenda_free (self->due);
  g_free (self);
}
