/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster.h"

#include "api/roster-private.h"

void
hn_roster_free (HnRoster *self)
{
  if (self != NULL)
    self->keeper->free (self);
}

void
hn_roster_join (HnRoster *self, const char *group, const HnRosterSeat *seat, const HnRosterJoinRules *rules, HnRosterJoined joined,
                gpointer user_data)
{
  self->keeper->join (self, group, seat, rules, joined, user_data);
}

void
hn_roster_leave (HnRoster *self, const char *group, const char *connection)
{
  self->keeper->leave (self, group, connection);
}

gboolean
hn_roster_say (HnRoster *self, const char *group, const char *connection, const char *to, const char *text, gsize length)
{
  g_return_val_if_fail (length >= 2 && text[0] == '{', FALSE);
  return self->keeper->say (self, group, connection, to, text, length);
}

void
hn_roster_remove (HnRoster *self, const char *group, const char *member)
{
  self->keeper->remove (self, group, member, NULL);
}

void
hn_roster_take_back (HnRoster *self, const char *group, const char *member, const char *connection)
{
  self->keeper->remove (self, group, member, connection);
}

HnRosterGroup *
hn_roster_find (HnRoster *self, const char *group)
{
  return self->keeper->find (self, group);
}

void
hn_roster_look (HnRoster *self, const char *group, HnRosterLooked looked, gpointer user_data)
{
  self->keeper->look (self, group, looked, user_data);
}

void
hn_roster_list (HnRoster *self, guint limit, HnRosterListed listed, gpointer user_data)
{
  self->keeper->list (self, limit, listed, user_data);
}

void
hn_roster_catch_up (HnRoster *self, const char *group, const char *epoch, guint64 offset, HnRosterCaught caught, gpointer user_data)
{
  self->keeper->catch_up (self, group, epoch, offset, caught, user_data);
}

void
hn_roster_close (HnRoster *self, void (*closed) (gpointer user_data), gpointer user_data)
{
  self->keeper->close (self, closed, user_data);
}

void
hn_roster_get_figures (HnRoster *self, HnRosterFigures *ret_figures)
{
  self->keeper->get_figures (self, ret_figures);
}
