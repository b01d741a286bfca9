/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A session has one microphone. A second offer replaces the first, in whatever state that is: a reloaded page must not wait for the old one to be
 * noticed. What is silent ends: a browser that was killed says nothing, and ICE would not notice it for minutes. Each session may offer so often in
 * so long, because each offer costs threads and sockets. Every offer gets exactly one reply. */

#include "worker/mic.h"

#include "base/clock.h"
#include "base/limits.h"

struct _HnMic {
  gint64 silence_us;
  gint64 answer_us;
  HnMicState state;
  HnMicEnd end;
  gint64 since_us;      /* when the state began */
  gint64 heard_us;      /* last packet of this receiver, or 0 */
  guint number;
  gint64 offers_us[HN_LIMIT_MIC_OFFERS]; /* a ring of when the last ones came */
  guint n_offers;
};

typedef struct {
  HnMicState from;
  HnMicHappening happening;
  HnMicState to;
  HnMicEnd end;
  guint effects; /* HnMicDo */
} Row;

static const Row table[] = {
  /* from             happening             to                 end                       do                                                      */
  { HN_MIC_OFF,        HN_MIC_OFFERED,       HN_MIC_ANSWERING,  HN_MIC_END_NONE,          HN_MIC_DO_START },

  { HN_MIC_ANSWERING,  HN_MIC_OFFERED,       HN_MIC_ANSWERING,  HN_MIC_END_REPLACED,      HN_MIC_DO_REPLY_ERROR | HN_MIC_DO_STOP | HN_MIC_DO_START },
  { HN_MIC_ANSWERING,  HN_MIC_ANSWERED,      HN_MIC_CONNECTING, HN_MIC_END_NONE,          HN_MIC_DO_REPLY },
  { HN_MIC_ANSWERING,  HN_MIC_CLOSED,        HN_MIC_OFF,        HN_MIC_END_FAILED,        HN_MIC_DO_REPLY_ERROR | HN_MIC_DO_STOP },
  { HN_MIC_ANSWERING,  HN_MIC_STOP_ASKED,    HN_MIC_OFF,        HN_MIC_END_STOPPED,       HN_MIC_DO_REPLY_ERROR | HN_MIC_DO_STOP },
  { HN_MIC_ANSWERING,  HN_MIC_SESSION_ENDED, HN_MIC_OFF,        HN_MIC_END_SESSION_ENDED, HN_MIC_DO_REPLY_ERROR | HN_MIC_DO_STOP },
  { HN_MIC_ANSWERING,  HN_MIC_TIME_UP,       HN_MIC_OFF,        HN_MIC_END_NO_ANSWER,     HN_MIC_DO_REPLY_ERROR | HN_MIC_DO_STOP },

  { HN_MIC_CONNECTING, HN_MIC_OFFERED,       HN_MIC_ANSWERING,  HN_MIC_END_REPLACED,      HN_MIC_DO_STOP | HN_MIC_DO_START },
  { HN_MIC_CONNECTING, HN_MIC_CONNECTED,     HN_MIC_LIVE,       HN_MIC_END_NONE,          HN_MIC_DO_NOTHING },
  { HN_MIC_CONNECTING, HN_MIC_CLOSED,        HN_MIC_OFF,        HN_MIC_END_NO_CONNECTION, HN_MIC_DO_STOP },
  { HN_MIC_CONNECTING, HN_MIC_STOP_ASKED,    HN_MIC_OFF,        HN_MIC_END_STOPPED,       HN_MIC_DO_STOP },
  { HN_MIC_CONNECTING, HN_MIC_SESSION_ENDED, HN_MIC_OFF,        HN_MIC_END_SESSION_ENDED, HN_MIC_DO_STOP },
  { HN_MIC_CONNECTING, HN_MIC_TIME_UP,       HN_MIC_OFF,        HN_MIC_END_NO_CONNECTION, HN_MIC_DO_STOP },

  { HN_MIC_LIVE,       HN_MIC_OFFERED,       HN_MIC_ANSWERING,  HN_MIC_END_REPLACED,      HN_MIC_DO_STOP | HN_MIC_DO_START },
  { HN_MIC_LIVE,       HN_MIC_CLOSED,        HN_MIC_OFF,        HN_MIC_END_LOST,          HN_MIC_DO_STOP },
  { HN_MIC_LIVE,       HN_MIC_STOP_ASKED,    HN_MIC_OFF,        HN_MIC_END_STOPPED,       HN_MIC_DO_STOP },
  { HN_MIC_LIVE,       HN_MIC_SESSION_ENDED, HN_MIC_OFF,        HN_MIC_END_SESSION_ENDED, HN_MIC_DO_STOP },
  { HN_MIC_LIVE,       HN_MIC_TIME_UP,       HN_MIC_OFF,        HN_MIC_END_SILENT,        HN_MIC_DO_STOP },
};

const char *
hn_mic_state_to_text (HnMicState state)
{
  static const char *const texts[] = { "off", "answering", "connecting", "live" };

  return texts[state];
}

const char *
hn_mic_end_to_text (HnMicEnd end)
{
  static const char *const texts[] = {
#define END_TEXT(reason, text) [HN_MIC_END_##reason] = text,
    HN_MIC_END_TABLE (END_TEXT)
#undef END_TEXT
  };

  return texts[end];
}

gboolean
hn_mic_allow_offer (HnMic *self, gint64 now_us, gint64 *ret_retry_us)
{
  guint slot = self->n_offers % HN_LIMIT_MIC_OFFERS;
  gint64 free_us = self->offers_us[slot] + hn_seconds (HN_LIMIT_MIC_OFFERS_SECONDS);

  if (self->n_offers >= HN_LIMIT_MIC_OFFERS && free_us > now_us) {
    *ret_retry_us = free_us - now_us;
    return FALSE;
  }
  self->offers_us[slot] = now_us;
  self->n_offers++;
  return TRUE;
}

HnMicDo
hn_mic_handle (HnMic *self, HnMicHappening happening, gint64 now_us)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    const Row *row = &table[i];

    if (row->from != self->state || row->happening != happening)
      continue;
    self->state = row->to;
    self->since_us = now_us;
    if ((row->effects & HN_MIC_DO_STOP) != 0)
      self->end = row->end;
    if ((row->effects & HN_MIC_DO_START) != 0) {
      self->number++;
      self->heard_us = 0;
    }
    return (HnMicDo) row->effects;
  }
  return HN_MIC_DO_NOTHING;
}

void
hn_mic_heard (HnMic *self, gint64 last_packet_us)
{
  self->heard_us = MAX (self->heard_us, last_packet_us);
}

gint64
hn_mic_deadline (const HnMic *self)
{
  switch (self->state) {
  case HN_MIC_OFF:
    return HN_NEVER;
  case HN_MIC_ANSWERING:
    return self->since_us + self->answer_us;
  case HN_MIC_CONNECTING:
  case HN_MIC_LIVE:
    return MAX (self->since_us, self->heard_us) + self->silence_us;
  }
  return HN_NEVER;
}

HnMicState
hn_mic_get_state (const HnMic *self)
{
  return self->state;
}

HnMicEnd
hn_mic_get_end (const HnMic *self)
{
  return self->end;
}

guint
hn_mic_get_number (const HnMic *self)
{
  return self->number;
}

HnMic *
hn_mic_new (gint64 silence_us, gint64 answer_us)
{
  HnMic *self = g_new0 (HnMic, 1);

  self->silence_us = silence_us;
  self->answer_us = answer_us;
  return self;
}

void
hn_mic_free (HnMic *self)
{
  g_free (self);
}
