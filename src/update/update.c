/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Up to LOOKING nothing on this machine has changed: whatever fails there leaves the old program where it is and removes what was fetched.
 * From SWAPPING on every failure leads back to the old one, which must come up as well. Whoever finds that an update was cut off in between ends
 * it first: a program that nobody runs yet is taken back, else it is proved, or goes. */
#include "update/update.h"

typedef struct {
  HnUpdateState from;
  HnUpdateEvent event;
  HnUpdateState to;
  HnUpdateDo effect;
} Row;

static const Row table[] = {
  /* from                       event                     to                         do                     */
  { HN_UPDATE_RESUMING,         HN_UPDATE_DONE,           HN_UPDATE_CHECKING,        HN_UPDATE_DO_CHECK     },
  { HN_UPDATE_RESUMING,         HN_UPDATE_UNPROVEN,       HN_UPDATE_RELOOKING,       HN_UPDATE_DO_LOOK_AGAIN },
  { HN_UPDATE_RESUMING,         HN_UPDATE_FAILED,         HN_UPDATE_ABORTED,         HN_UPDATE_DO_END       },
  { HN_UPDATE_RELOOKING,        HN_UPDATE_DONE,           HN_UPDATE_PROVING,         HN_UPDATE_DO_PROVE     },
  { HN_UPDATE_RELOOKING,        HN_UPDATE_UNUSED,         HN_UPDATE_TAKING_BACK,     HN_UPDATE_DO_TAKE_BACK },
  { HN_UPDATE_RELOOKING,        HN_UPDATE_UNPROVEN,       HN_UPDATE_RESTARTING,      HN_UPDATE_DO_RESTART   },
  { HN_UPDATE_TAKING_BACK,      HN_UPDATE_DONE,           HN_UPDATE_ABORTED,         HN_UPDATE_DO_END       },
  { HN_UPDATE_TAKING_BACK,      HN_UPDATE_FAILED,         HN_UPDATE_LOST,            HN_UPDATE_DO_END       },
  { HN_UPDATE_CHECKING,         HN_UPDATE_DONE,           HN_UPDATE_SUMMING,         HN_UPDATE_DO_SUM       },
  { HN_UPDATE_CHECKING,         HN_UPDATE_NOTHING_NEWER,  HN_UPDATE_CURRENT,         HN_UPDATE_DO_END       },
  { HN_UPDATE_CHECKING,         HN_UPDATE_FAILED,         HN_UPDATE_ABORTED,         HN_UPDATE_DO_END       },
  { HN_UPDATE_SUMMING,          HN_UPDATE_DONE,           HN_UPDATE_DOWNLOADING,     HN_UPDATE_DO_DOWNLOAD  },
  { HN_UPDATE_SUMMING,          HN_UPDATE_FAILED,         HN_UPDATE_ABORTED,         HN_UPDATE_DO_END       },
  { HN_UPDATE_DOWNLOADING,      HN_UPDATE_DONE,           HN_UPDATE_TRYING,          HN_UPDATE_DO_TRY       },
  { HN_UPDATE_DOWNLOADING,      HN_UPDATE_FAILED,         HN_UPDATE_ABORTED,         HN_UPDATE_DO_DISCARD   },
  { HN_UPDATE_TRYING,           HN_UPDATE_DONE,           HN_UPDATE_LOOKING,         HN_UPDATE_DO_LOOK      },
  { HN_UPDATE_TRYING,           HN_UPDATE_FAILED,         HN_UPDATE_ABORTED,         HN_UPDATE_DO_DISCARD   },
  { HN_UPDATE_LOOKING,          HN_UPDATE_DONE,           HN_UPDATE_SWAPPING,        HN_UPDATE_DO_SWAP      },
  { HN_UPDATE_LOOKING,          HN_UPDATE_FAILED,         HN_UPDATE_ABORTED,         HN_UPDATE_DO_DISCARD   },
  { HN_UPDATE_SWAPPING,         HN_UPDATE_DONE,           HN_UPDATE_RESTARTING,      HN_UPDATE_DO_RESTART   },
  { HN_UPDATE_SWAPPING,         HN_UPDATE_FAILED,         HN_UPDATE_ABORTED,         HN_UPDATE_DO_DISCARD   },
  { HN_UPDATE_RESTARTING,       HN_UPDATE_DONE,           HN_UPDATE_PROVING,         HN_UPDATE_DO_PROVE     },
  { HN_UPDATE_RESTARTING,       HN_UPDATE_FAILED,         HN_UPDATE_RESTORING,       HN_UPDATE_DO_RESTORE   },
  { HN_UPDATE_PROVING,          HN_UPDATE_DONE,           HN_UPDATE_KEPT,            HN_UPDATE_DO_END       },
  { HN_UPDATE_PROVING,          HN_UPDATE_FAILED,         HN_UPDATE_RESTORING,       HN_UPDATE_DO_RESTORE   },
  { HN_UPDATE_RESTORING,        HN_UPDATE_DONE,           HN_UPDATE_RESTARTING_OLD,  HN_UPDATE_DO_RESTART   },
  { HN_UPDATE_RESTORING,        HN_UPDATE_FAILED,         HN_UPDATE_LOST,            HN_UPDATE_DO_END       },
  { HN_UPDATE_RESTARTING_OLD,   HN_UPDATE_DONE,           HN_UPDATE_PROVING_OLD,     HN_UPDATE_DO_PROVE     },
  { HN_UPDATE_RESTARTING_OLD,   HN_UPDATE_FAILED,         HN_UPDATE_PROVING_OLD,     HN_UPDATE_DO_PROVE     },
  { HN_UPDATE_PROVING_OLD,      HN_UPDATE_DONE,           HN_UPDATE_ROLLED_BACK,     HN_UPDATE_DO_END       },
  { HN_UPDATE_PROVING_OLD,      HN_UPDATE_FAILED,         HN_UPDATE_LOST,            HN_UPDATE_DO_END       },
};

HnUpdateDo
hn_update_handle (HnUpdateState *state, HnUpdateEvent event)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    if (table[i].from != *state || table[i].event != event)
      continue;
    *state = table[i].to;
    return table[i].effect;
  }
  return HN_UPDATE_DO_END;
}

const char *
hn_update_state_to_text (HnUpdateState state)
{
  static const char *const texts[] = {
#define TEXT(name, text) [HN_UPDATE_##name] = text,
    HN_UPDATE_STATE_TABLE (TEXT)
#undef TEXT
  };

  return texts[state];
}
