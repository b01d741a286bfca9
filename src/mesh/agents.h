/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mesh/mesh-message.h"

/* The agents that are connected here: what each of them may do, and when. Pure; who is there in the whole mesh is the roster's and the directory's matter. */

typedef struct _HnAgents HnAgents;
typedef struct _HnAgent HnAgent; /* one connection */

typedef struct {
  guint rate;  /* messages a second that are taken from one agent */
  guint burst; /* so many at once */
} HnAgentsRules;

/* Who connects. All copied. */
typedef struct {
  const char *connection; /* id, unique in the mesh */
  const char *identity;   /* (nullable): whom its token names; %NULL: there are no tokens */
  const char *allowed;    /* (nullable): the one id that it may register, or the prefix of several before a `*` */
  gint64 expires_us;      /* monotonic time at which its token does, or HN_NEVER */
} HnAgentFacts;

typedef enum {
  HN_AGENTS_JOIN,    /* ask the roster; nothing more is read of this agent until hn_agents_end_join() */
  HN_AGENTS_AGAIN,   /* it is registered by this very id: it gets the list once more */
  HN_AGENTS_REFUSED, /* it gets an error */
} HnAgentsAnswer;

typedef enum {
  HN_AGENTS_GO_ON,
  HN_AGENTS_PAUSE,          /* read nothing more of it until it is due */
  HN_AGENTS_PAUSE_AND_TELL, /* likewise, and say so */
} HnAgentsPace;

typedef enum {
  HN_AGENTS_RESUME,  /* it may be read again */
  HN_AGENTS_EXPIRED, /* its token is */
} HnAgentsDue;

/**
 * hn_agents_new:
 * @rules: copied
 *
 * Returns: (transfer full): nobody is connected
 */
HnAgents *hn_agents_new (const HnAgentsRules *rules);

/**
 * hn_agents_free:
 * @self: (nullable): everybody was removed
 */
void hn_agents_free (HnAgents *self);

/**
 * hn_agents_add:
 * @self: agents
 * @facts: who connects
 * @owner: what hn_agent_get_owner() gives back
 * @now_us: monotonic time
 *
 * Returns: (transfer none): not registered yet
 */
HnAgent *hn_agents_add (HnAgents *self, const HnAgentFacts *facts, gpointer owner, gint64 now_us);

/**
 * hn_agents_remove:
 * @self: agents
 * @agent: who is disconnected; freed
 */
void hn_agents_remove (HnAgents *self, HnAgent *agent);

/**
 * hn_agents_register:
 * @self: agents
 * @agent: who wants to
 * @agent_id: as which id
 * @ret_error: (out): REFUSED: why
 *
 * Returns: what is to be done
 */
HnAgentsAnswer hn_agents_register (HnAgents *self, HnAgent *agent, const char *agent_id, HnMeshError *ret_error);

/**
 * hn_agents_end_join:
 * @self: agents
 * @agent: whose join was answered
 * @joined: whether it has the id now
 */
void hn_agents_end_join (HnAgents *self, HnAgent *agent, gboolean joined);

/**
 * hn_agents_may_relay:
 * @agent: who sends
 * @from: as whom
 * @ret_error: (out): why not
 *
 * Returns: whether it may
 */
gboolean hn_agents_may_relay (const HnAgent *agent, const char *from, HnMeshError *ret_error);

/**
 * hn_agents_charge:
 * @self: agents
 * @agent: who sent a message, of whatever kind
 * @now_us: monotonic time
 *
 * Nothing is lost by too many messages: they are read more slowly.
 *
 * Returns: what is to be done after this message
 */
HnAgentsPace hn_agents_charge (HnAgents *self, HnAgent *agent, gint64 now_us);

/**
 * hn_agents_deadline:
 * @self: agents
 *
 * Returns: when somebody is due next, or HN_NEVER
 */
gint64 hn_agents_deadline (const HnAgents *self);

/**
 * hn_agents_next_due:
 * @self: agents
 * @now_us: monotonic time
 * @ret_due: (out): for what
 *
 * To be called until it returns %NULL.
 *
 * Returns: (transfer none) (nullable): who is due
 */
HnAgent *hn_agents_next_due (HnAgents *self, gint64 now_us, HnAgentsDue *ret_due);

/**
 * hn_agents_find:
 * @self: agents
 * @agent_id: an id
 *
 * Returns: (transfer none) (nullable): who is registered by it here
 */
HnAgent *hn_agents_find (HnAgents *self, const char *agent_id);

/**
 * hn_agents_find_connection:
 * @self: agents
 * @connection: of an agent
 *
 * Returns: (transfer none) (nullable): that agent, registered or not
 */
HnAgent *hn_agents_find_connection (HnAgents *self, const char *connection);

/**
 * hn_agents_for_each:
 * @self: agents
 * @each: called for all that are connected, in the order in which they came; it may remove the one that it is given
 * @user_data: for @each
 */
void hn_agents_for_each (HnAgents *self, void (*each) (HnAgent *agent, gpointer user_data), gpointer user_data);

/**
 * hn_agents_count:
 * @self: agents
 *
 * Returns: how many are connected
 */
guint hn_agents_count (const HnAgents *self);

/**
 * hn_agents_count_registered:
 * @self: agents
 *
 * Returns: how many are registered
 */
guint hn_agents_count_registered (const HnAgents *self);

/**
 * hn_agent_is_registered:
 * @self: an agent
 *
 * Returns: whether it is
 */
gboolean hn_agent_is_registered (const HnAgent *self);

/**
 * hn_agent_get_id:
 * @self: an agent
 *
 * Returns: (nullable): the id by which it is registered, or wants to be
 */
const char *hn_agent_get_id (const HnAgent *self);

/**
 * hn_agent_get_connection:
 * @self: an agent
 *
 * Returns: its connection's id
 */
const char *hn_agent_get_connection (const HnAgent *self);

/**
 * hn_agent_get_owner:
 * @self: an agent
 *
 * Returns: as given to hn_agents_add()
 */
gpointer hn_agent_get_owner (const HnAgent *self);

/**
 * hn_agent_get_card:
 * @self: an agent
 *
 * Returns: a JSON object that is the same for connections of one identity, and for no others
 */
const char *hn_agent_get_card (const HnAgent *self);

/**
 * hn_agent_may_replace:
 * @self: an agent
 *
 * Returns: whether it may take an id over from another connection of the same identity: only who has one may
 */
gboolean hn_agent_may_replace (const HnAgent *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnAgents, hn_agents_free)
