/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The life of one update, as a table: nothing is run before it is verified, nothing stays that does not come up healthy. */

/* X (state, text) */
#define HN_UPDATE_STATE_TABLE(X)               \
  X (RESUMING, "looking whether the last update came to its end") \
  X (RELOOKING, "looking what became of it")   \
  X (TAKING_BACK, "taking it back")            \
  X (CHECKING, "checking")                     \
  X (SUMMING, "verifying the signature")       \
  X (DOWNLOADING, "downloading")               \
  X (TRYING, "trying the new program")         \
  X (LOOKING, "looking at the running service") \
  X (SWAPPING, "swapping")                     \
  X (RESTARTING, "restarting")                 \
  X (PROVING, "waiting until it is healthy")   \
  X (RESTORING, "putting the old one back")    \
  X (RESTARTING_OLD, "restarting the old one") \
  X (PROVING_OLD, "waiting for the old one")   \
  X (CURRENT, "up to date")                    \
  X (KEPT, "updated")                          \
  X (ABORTED, "aborted")                       \
  X (ROLLED_BACK, "rolled back")               \
  X (LOST, "neither is healthy")

typedef enum {
#define HN_UPDATE_STATE_ENUM(state, text) HN_UPDATE_##state,
  HN_UPDATE_STATE_TABLE (HN_UPDATE_STATE_ENUM)
#undef HN_UPDATE_STATE_ENUM
} HnUpdateState;

typedef enum {
  HN_UPDATE_DONE,   /* the step went well */
  HN_UPDATE_FAILED, /* it did not */
  HN_UPDATE_NOTHING_NEWER,
  HN_UPDATE_UNPROVEN, /* the last update was cut off behind its swap; or, looked at, its service does not run as it should */
  HN_UPDATE_UNUSED,   /* the service still runs the old one */
} HnUpdateEvent;

/* What must be done now. */
typedef enum {
  HN_UPDATE_DO_RESUME,
  HN_UPDATE_DO_LOOK_AGAIN,
  HN_UPDATE_DO_TAKE_BACK,
  HN_UPDATE_DO_CHECK,
  HN_UPDATE_DO_SUM,
  HN_UPDATE_DO_DOWNLOAD,
  HN_UPDATE_DO_TRY,
  HN_UPDATE_DO_LOOK,
  HN_UPDATE_DO_SWAP,
  HN_UPDATE_DO_RESTART,
  HN_UPDATE_DO_PROVE,
  HN_UPDATE_DO_RESTORE,
  HN_UPDATE_DO_DISCARD, /* remove what was fetched, then end */
  HN_UPDATE_DO_END,
} HnUpdateDo;

/**
 * hn_update_handle:
 * @state: (inout): where it stands; HN_UPDATE_RESUMING at first, with HN_UPDATE_DO_RESUME to be done
 * @event: what happened there
 *
 * Returns: what must be done now; in a state that is an end, or for an event that is none there, HN_UPDATE_DO_END and @state stays
 */
HnUpdateDo hn_update_handle (HnUpdateState *state, HnUpdateEvent event);

/**
 * hn_update_state_to_text:
 * @state: a state
 *
 * Returns: what it is, for people
 */
const char *hn_update_state_to_text (HnUpdateState state);
