/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-cluster.h"

/* The store of a roster-cluster as a model in memory, with a link to each roster whose two connections are as slow as the test wants: what is asked, what
 * is answered and what is heard each wait in a line of their own until the test lets the oldest through. What it does to groups is what the scripts of
 * roster-redis do. */

typedef struct _Model Model;
typedef struct _ModelLink ModelLink;

struct _ModelLink {
  Model *model;
  HnRosterCluster *cluster; /* (nullable): it died */
  char *process;
  gboolean up, dropped, woken;
  GQueue asked, answers, heard;
  GQueue ghosts; /* asked on connections that are gone: the store may read them yet */
  GHashTable *subscribed; /* set of groups */
};

struct _Model {
  gint64 now_us, lease_us;
  char *run, *data;
  guint lives;          /* of run and data */
  GHashTable *groups;   /* name → its state */
  GHashTable *leases;   /* process → its state */
  GPtrArray *links;     /* of ModelLink */
  guint64 executed;     /* asks, in all */
};

Model *model_new (gint64 lease_us);
void model_free (Model *self);
ModelLink *model_join (Model *self, const char *process, const HnRosterEvents *events, gpointer user_data);
void model_kill (ModelLink *link); /* what it asked may still be carried out */

/* Each lets one thing happen, and returns whether there was one. */
gboolean model_execute (ModelLink *link); /* the oldest question is carried out */
gboolean model_answer (ModelLink *link);  /* the oldest answer arrives */
gboolean model_hear (ModelLink *link);    /* the oldest message or subscription arrives */
gboolean model_run (ModelLink *link);     /* the roster's turn, if it wants one */

typedef enum { CUT_LOST, CUT_EXECUTED, CUT_LATE } ModelCut;

gboolean model_execute_ghost (ModelLink *link);
void model_cut (ModelLink *link, ModelCut how); /* both connections end; what was asked is lost, was carried out before that, or is later */
void model_mend (ModelLink *link);                   /* they are there again */
void model_lose_data (Model *self, gboolean restart);

/* What the store has. */
guint model_count_seats (Model *self, const char *group);
gboolean model_has_seat (Model *self, const char *group, const char *connection);
