/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"

/* What stands behind an HnRoster: one of the two places where groups are kept. */

/**
 * HnRosterKeeper:
 *
 * The functions of roster.h, one for each.
 */
typedef struct {
  void (*free) (HnRoster *self);
  void (*join) (HnRoster *self, const char *group, const HnRosterSeat *seat, const HnRosterJoinRules *rules, HnRosterJoined joined,
                gpointer user_data);
  void (*leave) (HnRoster *self, const char *group, const char *connection);
  gboolean (*say) (HnRoster *self, const char *group, const char *connection, const char *to, const char *text, gsize length);
  void (*remove) (HnRoster *self, const char *group, const char *member, const char *connection); /* (nullable): all of its seats */
  HnRosterGroup *(*find) (HnRoster *self, const char *group);
  void (*look) (HnRoster *self, const char *group, HnRosterLooked looked, gpointer user_data);
  void (*list) (HnRoster *self, guint limit, HnRosterListed listed, gpointer user_data);
  void (*catch_up) (HnRoster *self, const char *group, const char *epoch, guint64 offset, HnRosterCaught caught, gpointer user_data);
  void (*close) (HnRoster *self, void (*closed) (gpointer user_data), gpointer user_data);
  void (*get_figures) (HnRoster *self, HnRosterFigures *ret_figures);
} HnRosterKeeper;

struct _HnRoster {
  const HnRosterKeeper *keeper;
};
