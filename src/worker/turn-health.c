/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules: a change is told once; a refusal is looked at again before it is believed, because coturn takes a database that is busy for a wrong password. After HN_LIMIT_TURN_FAILURES looks in a row at a server that does not answer, a restart is asked for, then each time after
 * twice as many; a look at one that answers and refuses begins the count anew. */

#include "worker/turn-health.h"

#include "base/limits.h"

struct _HnTurnHealth {
  gboolean may_restart;
  HnTurnView view;
  char *error;
  guint silences; /* in a row */
  guint next_restart;
  gboolean was_restarted; /* since it last worked */
  gboolean doubting;      /* the last look was refused, and is not believed */
};

static HnTurnHealthDo
handle_failure (HnTurnHealth *self, const HnTurnLook *look)
{
  self->silences = look->would_restart_help ? self->silences + 1 : 0;
  if (!self->may_restart || self->silences < self->next_restart)
    return HN_TURN_HEALTH_DO_NOTHING;
  self->silences = 0;
  self->next_restart *= 2;
  self->was_restarted = TRUE;
  return HN_TURN_HEALTH_DO_ASK_RESTART;
}

static HnTurnHealthDo
handle_success (HnTurnHealth *self)
{
  gboolean was_restarted = self->was_restarted;

  self->silences = 0;
  self->next_restart = HN_LIMIT_TURN_FAILURES;
  self->was_restarted = FALSE;
  return was_restarted ? HN_TURN_HEALTH_DO_TELL_RESTARTED : HN_TURN_HEALTH_DO_NOTHING;
}

static gboolean
is_doubtful (const HnTurnHealth *self, const HnTurnLook *look)
{
  return !self->doubting && !look->ok && !look->would_restart_help && (!self->view.is_known || self->view.ok);
}

HnTurnHealthDo
hn_turn_health_look (HnTurnHealth *self, const HnTurnLook *look, gint64 utc_us)
{
  HnTurnHealthDo todo;
  gboolean changed = !self->view.is_known || self->view.ok != look->ok;

  self->doubting = is_doubtful (self, look);
  if (self->doubting)
    return HN_TURN_HEALTH_DO_LOOK_AGAIN;
  todo = look->ok ? handle_success (self) : handle_failure (self, look);
  if (changed && !look->ok)
    todo |= HN_TURN_HEALTH_DO_TELL_FAILED;
  else if (changed && self->view.is_known)
    todo |= HN_TURN_HEALTH_DO_TELL_HEALED;
  if (changed)
    self->view.since_utc_us = utc_us;
  self->view.is_known = TRUE;
  self->view.ok = look->ok;
  if (look->ok)
    self->view.rtt_us = look->rtt_us;
  g_free (self->error);
  self->error = look->ok ? NULL : g_strdup (look->error);
  return todo;
}

HnTurnView
hn_turn_health_get_view (const HnTurnHealth *self)
{
  HnTurnView view = self->view;

  view.error = self->error;
  return view;
}

HnTurnHealth *
hn_turn_health_new (gboolean may_restart)
{
  HnTurnHealth *self = g_new0 (HnTurnHealth, 1);

  self->may_restart = may_restart;
  self->next_restart = HN_LIMIT_TURN_FAILURES;
  return self;
}

void
hn_turn_health_free (HnTurnHealth *self)
{
  if (self == NULL)
    return;
  g_free (self->error);
  g_free (self);
}
