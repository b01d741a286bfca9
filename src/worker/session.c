/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of one session.
 *
 * A session whose creation fails was never given to anybody: it is cleaned up and forgotten. One that dies afterwards is shown as
 * `error` for a while, so that somebody can look. Who streams is seen by its socket; a page that needs none says now and then that it plays, and
 * counts as one that streams for as long as it does. Cleaning up happens once: whatever else happens meanwhile finds no row. The
 * first reason for an end is the reason. Before `ready` there is a deadline over all; each state has its own besides. */

#include "worker/session.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"

#define WAIT_SECONDS 20                /* for the body's older session to be cleaned up */
#define CLEAN_UP_SECONDS 15            /* cancel, stop, unpair; beyond that it is forced */
#define START_SLACK_SECONDS 2          /* probe, directory, spawn: on top of HN_LIMIT_READY_SECONDS */
#define ALIVE_SECONDS 30               /* at most: between two words of a page whose stream has no socket */
#define ALIVE_MISSED 3                 /* as many words that do not come, and it plays no more; also a part of the time to be abandoned */

typedef struct {
  HnLife from;
  HnSessionHappening happening;
  HnLife to;
  HnSessionDo effects;
} Row;

#define FAIL (HN_SESSION_DO_REPLY_ERROR | HN_SESSION_DO_CLEAN_UP | HN_SESSION_DO_REPORT)
#define END (HN_SESSION_DO_CLEAN_UP | HN_SESSION_DO_REPORT)
#define GONE (HN_SESSION_DO_FORGET | HN_SESSION_DO_REPORT)

static const Row table[] = {
  /* from            happening                      to                what to do */
  { HN_LIFE_WAITING,  HN_SESSION_TURN_CAME,          HN_LIFE_STARTING, HN_SESSION_DO_START | HN_SESSION_DO_REPORT },
  { HN_LIFE_WAITING,  HN_SESSION_CREATE_FAILED,      HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_WAITING,  HN_SESSION_END_ASKED,          HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_WAITING,  HN_SESSION_TIME_UP,            HN_LIFE_STOPPING, FAIL },

  { HN_LIFE_STARTING, HN_SESSION_ANSWERS,            HN_LIFE_PAIRING,  HN_SESSION_DO_PAIR | HN_SESSION_DO_REPORT },
  { HN_LIFE_STARTING, HN_SESSION_CREATE_FAILED,      HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_STARTING, HN_SESSION_END_ASKED,          HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_STARTING, HN_SESSION_PROCESS_ENDED,      HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_STARTING, HN_SESSION_TIME_UP,            HN_LIFE_STOPPING, FAIL },

  { HN_LIFE_PAIRING,  HN_SESSION_CHOSEN,             HN_LIFE_READY,    HN_SESSION_DO_REPLY | HN_SESSION_DO_REPORT },
  { HN_LIFE_PAIRING,  HN_SESSION_CREATE_FAILED,      HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_PAIRING,  HN_SESSION_END_ASKED,          HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_PAIRING,  HN_SESSION_PROCESS_ENDED,      HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_PAIRING,  HN_SESSION_DIRECTORY_LOST,     HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_PAIRING,  HN_SESSION_TIME_UP,            HN_LIFE_STOPPING, FAIL },

  { HN_LIFE_READY,    HN_SESSION_PAGE_SEEN,          HN_LIFE_READY,    HN_SESSION_DO_NOTHING },
  { HN_LIFE_READY,    HN_SESSION_PAGE_LEFT,          HN_LIFE_READY,    HN_SESSION_DO_NOTHING },
  { HN_LIFE_READY,    HN_SESSION_PLAYER_LEFT,        HN_LIFE_READY,    HN_SESSION_DO_NOTHING },
  { HN_LIFE_READY,    HN_SESSION_PLAYS,              HN_LIFE_PLAYING,  HN_SESSION_DO_REPORT },
  { HN_LIFE_READY,    HN_SESSION_TUNNEL_OPENED,      HN_LIFE_ACTIVE,   HN_SESSION_DO_REPORT },
  { HN_LIFE_READY,    HN_SESSION_END_ASKED,          HN_LIFE_STOPPING, END },
  { HN_LIFE_READY,    HN_SESSION_PROCESS_ENDED,      HN_LIFE_FAILING,  END },
  { HN_LIFE_READY,    HN_SESSION_DIRECTORY_LOST,     HN_LIFE_FAILING,  END },
  { HN_LIFE_READY,    HN_SESSION_TIME_UP,            HN_LIFE_STOPPING, END },

  { HN_LIFE_ACTIVE,   HN_SESSION_PAGE_SEEN,          HN_LIFE_ACTIVE,   HN_SESSION_DO_NOTHING },
  { HN_LIFE_ACTIVE,   HN_SESSION_PAGE_LEFT,          HN_LIFE_ACTIVE,   HN_SESSION_DO_NOTHING },
  { HN_LIFE_ACTIVE,   HN_SESSION_PLAYER_LEFT,        HN_LIFE_ACTIVE,   HN_SESSION_DO_NOTHING },
  { HN_LIFE_ACTIVE,   HN_SESSION_TUNNEL_OPENED,      HN_LIFE_ACTIVE,   HN_SESSION_DO_REPORT },
  { HN_LIFE_ACTIVE,   HN_SESSION_LAST_TUNNEL_CLOSED, HN_LIFE_IDLE,     HN_SESSION_DO_REPORT },
  { HN_LIFE_ACTIVE,   HN_SESSION_END_ASKED,          HN_LIFE_STOPPING, END },
  { HN_LIFE_ACTIVE,   HN_SESSION_PROCESS_ENDED,      HN_LIFE_FAILING,  END },
  { HN_LIFE_ACTIVE,   HN_SESSION_DIRECTORY_LOST,     HN_LIFE_FAILING,  END },

  { HN_LIFE_PLAYING,  HN_SESSION_PAGE_SEEN,          HN_LIFE_PLAYING,  HN_SESSION_DO_NOTHING },
  { HN_LIFE_PLAYING,  HN_SESSION_PAGE_LEFT,          HN_LIFE_PLAYING,  HN_SESSION_DO_NOTHING }, /* another one than that which plays */
  { HN_LIFE_PLAYING,  HN_SESSION_PLAYER_LEFT,        HN_LIFE_IDLE,     HN_SESSION_DO_REPORT },
  { HN_LIFE_PLAYING,  HN_SESSION_PLAYS,              HN_LIFE_PLAYING,  HN_SESSION_DO_NOTHING },
  { HN_LIFE_PLAYING,  HN_SESSION_PLAY_STOPPED,       HN_LIFE_IDLE,     HN_SESSION_DO_REPORT },
  { HN_LIFE_PLAYING,  HN_SESSION_TUNNEL_OPENED,      HN_LIFE_ACTIVE,   HN_SESSION_DO_REPORT },
  { HN_LIFE_PLAYING,  HN_SESSION_END_ASKED,          HN_LIFE_STOPPING, END },
  { HN_LIFE_PLAYING,  HN_SESSION_PROCESS_ENDED,      HN_LIFE_FAILING,  END },
  { HN_LIFE_PLAYING,  HN_SESSION_DIRECTORY_LOST,     HN_LIFE_FAILING,  END },
  { HN_LIFE_PLAYING,  HN_SESSION_TIME_UP,            HN_LIFE_IDLE,     HN_SESSION_DO_REPORT },

  { HN_LIFE_IDLE,     HN_SESSION_PAGE_SEEN,          HN_LIFE_IDLE,     HN_SESSION_DO_NOTHING },
  { HN_LIFE_IDLE,     HN_SESSION_PAGE_LEFT,          HN_LIFE_IDLE,     HN_SESSION_DO_NOTHING },
  { HN_LIFE_IDLE,     HN_SESSION_PLAYER_LEFT,        HN_LIFE_IDLE,     HN_SESSION_DO_NOTHING },
  { HN_LIFE_IDLE,     HN_SESSION_PLAYS,              HN_LIFE_PLAYING,  HN_SESSION_DO_REPORT },
  { HN_LIFE_IDLE,     HN_SESSION_TUNNEL_OPENED,      HN_LIFE_ACTIVE,   HN_SESSION_DO_REPORT },
  { HN_LIFE_IDLE,     HN_SESSION_END_ASKED,          HN_LIFE_STOPPING, END },
  { HN_LIFE_IDLE,     HN_SESSION_PROCESS_ENDED,      HN_LIFE_FAILING,  END },
  { HN_LIFE_IDLE,     HN_SESSION_DIRECTORY_LOST,     HN_LIFE_FAILING,  END },
  { HN_LIFE_IDLE,     HN_SESSION_TIME_UP,            HN_LIFE_STOPPING, END },

  { HN_LIFE_STOPPING, HN_SESSION_CLEANED,            HN_LIFE_STOPPED,  GONE },
  { HN_LIFE_STOPPING, HN_SESSION_TIME_UP,            HN_LIFE_STOPPING, HN_SESSION_DO_FORCE },

  { HN_LIFE_FAILING,  HN_SESSION_CLEANED,            HN_LIFE_ERROR,    HN_SESSION_DO_REPORT },
  { HN_LIFE_FAILING,  HN_SESSION_END_ASKED,          HN_LIFE_STOPPING, HN_SESSION_DO_REPORT },
  { HN_LIFE_FAILING,  HN_SESSION_TIME_UP,            HN_LIFE_FAILING,  HN_SESSION_DO_FORCE },

  { HN_LIFE_ERROR,    HN_SESSION_END_ASKED,          HN_LIFE_STOPPED,  GONE },
  { HN_LIFE_ERROR,    HN_SESSION_TIME_UP,            HN_LIFE_STOPPED,  GONE },
};

static const HnSessionState public_states[] = {
  [HN_LIFE_WAITING] = HN_SESSION_STARTING,  [HN_LIFE_STARTING] = HN_SESSION_STARTING, [HN_LIFE_PAIRING] = HN_SESSION_PAIRING,
  [HN_LIFE_READY] = HN_SESSION_READY,       [HN_LIFE_ACTIVE] = HN_SESSION_ACTIVE,     [HN_LIFE_IDLE] = HN_SESSION_IDLE,
  [HN_LIFE_PLAYING] = HN_SESSION_ACTIVE,    [HN_LIFE_STOPPING] = HN_SESSION_STOPPING, [HN_LIFE_STOPPED] = HN_SESSION_STOPPED,
  [HN_LIFE_FAILING] = HN_SESSION_ERROR,     [HN_LIFE_ERROR] = HN_SESSION_ERROR,
};

static const struct {
  const char *text;
  const char *sentence;
} reasons[] = {
#define HN_END_ROW(reason, text, sentence) [HN_END_##reason] = { text, sentence },
  HN_END_TABLE (HN_END_ROW)
#undef HN_END_ROW
};

struct _HnSession {
  HnLife life;
  HnEndReason reason;
  gboolean was_ready;
  gint64 created_us;
  gint64 deadline_us;
  gint64 left_us;  /* until when the next page is waited for; HN_NEVER when none was left */
  gint64 plays_us; /* until when the last word of its page counts, that it plays */
  char page[HN_ID_LENGTH + 1]; /* the newest that shows the stream; empty: none yet */
  HnSessionTimes times;
};

const char *
hn_end_reason_to_text (HnEndReason reason)
{
  return reasons[reason].text;
}

const char *
hn_end_reason_to_sentence (HnEndReason reason)
{
  return reasons[reason].sentence;
}

static const Row *
find_row (HnLife from, HnSessionHappening happening)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (table[i].from == from && table[i].happening == happening)
      return &table[i];
  return NULL;
}

/* Until when the state may last that begins now. */
static gint64
deadline_of (const HnSession *self, gint64 now_us)
{
  gint64 create_us = self->created_us + hn_seconds (HN_LIMIT_CREATE_SECONDS);

  switch (self->life) {
  case HN_LIFE_WAITING:
    return MIN (create_us, now_us + hn_seconds (WAIT_SECONDS));
  case HN_LIFE_STARTING:
    return MIN (create_us, now_us + hn_seconds (HN_LIMIT_READY_SECONDS + START_SLACK_SECONDS));
  case HN_LIFE_PAIRING:
    return create_us;
  case HN_LIFE_PLAYING:
    return self->plays_us;
  case HN_LIFE_READY:
  case HN_LIFE_IDLE:
    return hn_clock_earliest (self->left_us, now_us + self->times.abandon_us);
  case HN_LIFE_STOPPING:
  case HN_LIFE_FAILING:
    return now_us + hn_seconds (CLEAN_UP_SECONDS);
  case HN_LIFE_ERROR:
    return now_us + self->times.keep_error_us;
  case HN_LIFE_ACTIVE:
  case HN_LIFE_STOPPED:
    return HN_NEVER;
  }
  return HN_NEVER;
}

/* A page that was left shortens the wait for the next one. In a tab that goes on streaming it means nothing after a while, or nothing at all
 * where it is known to be another page than the one that plays. */
static void
note_page (HnSession *self, HnSessionHappening happening, gint64 now_us)
{
  gboolean is_left = happening == HN_SESSION_PLAYER_LEFT || (happening == HN_SESSION_PAGE_LEFT && self->life != HN_LIFE_PLAYING);
  gboolean is_back = happening == HN_SESSION_PAGE_SEEN || happening == HN_SESSION_PLAYS || happening == HN_SESSION_TUNNEL_OPENED;

  if (is_left)
    self->left_us = now_us + self->times.leave_us;
  else if (is_back || self->left_us < now_us)
    self->left_us = HN_NEVER;
  if (happening == HN_SESSION_PLAYS)
    self->plays_us = now_us + ALIVE_MISSED * hn_session_alive_us (self->times.abandon_us);
}

static HnEndReason
reason_of (const HnSession *self, HnSessionHappening happening, HnEndReason given)
{
  if (happening == HN_SESSION_PROCESS_ENDED)
    return HN_END_PROCESS_EXITED;
  if (happening == HN_SESSION_DIRECTORY_LOST)
    return HN_END_DATA_DIRECTORY_LOST;
  if (happening == HN_SESSION_TIME_UP)
    return !hn_session_serves (self) ? HN_END_CREATE_TIMEOUT : self->left_us != HN_NEVER ? HN_END_PAGE_LEFT : HN_END_ABANDONED;
  return given;
}

HnSessionDo
hn_session_handle (HnSession *self, HnSessionHappening happening, HnEndReason reason, gint64 now_us)
{
  const Row *row = find_row (self->life, happening);

  if (row == NULL)
    return HN_SESSION_DO_NOTHING;
  if (self->reason == HN_END_NONE && (row->effects & HN_SESSION_DO_CLEAN_UP) != 0)
    self->reason = reason_of (self, happening, reason);
  if (happening != HN_SESSION_TIME_UP)
    note_page (self, happening, now_us);
  self->life = row->to;
  self->was_ready |= row->to == HN_LIFE_READY;
  self->deadline_us = deadline_of (self, now_us);
  return row->effects;
}

gint64
hn_session_deadline (const HnSession *self)
{
  return self->deadline_us;
}

HnLife
hn_session_get_life (const HnSession *self)
{
  return self->life;
}

HnSessionState
hn_session_get_state (const HnSession *self)
{
  return public_states[self->life];
}

HnEndReason
hn_session_get_reason (const HnSession *self)
{
  return self->reason;
}

gint64
hn_session_get_created (const HnSession *self)
{
  return self->created_us;
}

gboolean
hn_session_was_ready (const HnSession *self)
{
  return self->was_ready;
}

gboolean
hn_session_serves (const HnSession *self)
{
  return self->life == HN_LIFE_READY || self->life == HN_LIFE_IDLE || hn_session_is_streaming (self);
}

gboolean
hn_session_is_streaming (const HnSession *self)
{
  return self->life == HN_LIFE_ACTIVE || self->life == HN_LIFE_PLAYING;
}

void
hn_session_page_opens (HnSession *self, const char *page)
{
  g_strlcpy (self->page, page, sizeof self->page);
}

gboolean
hn_session_is_taken_from (const HnSession *self, const char *page)
{
  return *self->page != '\0' && strcmp (self->page, page) != 0;
}

gint64
hn_session_alive_us (gint64 abandon_us)
{
  return MIN (hn_seconds (ALIVE_SECONDS), abandon_us / ALIVE_MISSED);
}

gsize
hn_session_table_rows (void)
{
  return G_N_ELEMENTS (table);
}

HnSession *
hn_session_new (gint64 now_us, const HnSessionTimes *times)
{
  HnSession *self = g_new0 (HnSession, 1);

  self->life = HN_LIFE_WAITING;
  self->created_us = now_us;
  self->left_us = HN_NEVER;
  self->times = *times;
  self->deadline_us = deadline_of (self, now_us);
  return self;
}

void
hn_session_free (HnSession *self)
{
  g_free (self);
}
