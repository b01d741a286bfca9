/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Do relays work? What follows from one look after another. Pure. */

typedef struct _HnTurnHealth HnTurnHealth;

/* What is to be done; any of them together. */
typedef enum {
  HN_TURN_HEALTH_DO_NOTHING = 0,
  HN_TURN_HEALTH_DO_TELL_FAILED = 1 << 0,    /* it worked, or was not known, and now it fails */
  HN_TURN_HEALTH_DO_TELL_HEALED = 1 << 1,    /* it failed, and now it works */
  HN_TURN_HEALTH_DO_ASK_RESTART = 1 << 2,    /* coturn should be started anew */
  HN_TURN_HEALTH_DO_TELL_RESTARTED = 1 << 3, /* it works again after that */
  HN_TURN_HEALTH_DO_LOOK_AGAIN = 1 << 4,     /* nothing is believed yet: look again in HN_LIMIT_TURN_DOUBT_MS */
} HnTurnHealthDo;

/* One look at all servers. */
typedef struct {
  gboolean ok;
  gboolean would_restart_help; /* it does not answer, or oddly; a server that refuses us is alive */
  gint64 rtt_us;
  const char *error; /* (nullable) */
} HnTurnLook;

/* What is shown. */
typedef struct {
  gboolean is_known; /* there was a look */
  gboolean ok;
  gint64 rtt_us;       /* of the last look that was well; 0 before it */
  gint64 since_utc_us; /* since when it is so */
  const char *error;   /* (nullable) */
} HnTurnView;

/**
 * hn_turn_health_new:
 * @may_restart: whether a restart can be asked for
 *
 * Returns: (transfer full): nothing is known yet
 */
HnTurnHealth *hn_turn_health_new (gboolean may_restart);

/**
 * hn_turn_health_look:
 * @self: health
 * @look: what was seen
 * @utc_us: now
 *
 * Returns: what is to be done
 */
HnTurnHealthDo hn_turn_health_look (HnTurnHealth *self, const HnTurnLook *look, gint64 utc_us);

/**
 * hn_turn_health_get_view:
 * @self: health
 *
 * Returns: what is shown; texts are owned by @self
 */
HnTurnView hn_turn_health_get_view (const HnTurnHealth *self);

/**
 * hn_turn_health_free:
 * @self: (nullable): what to free
 */
void hn_turn_health_free (HnTurnHealth *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTurnHealth, hn_turn_health_free)
