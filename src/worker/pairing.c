/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The PIN rules.
 *
 * web-server tells its PIN before it has asked Sunshine for anything, and Sunshine takes a PIN only while a client waits for one:
 * so the first post comes 0.3 s later, and each `false` is followed by another post 0.3 s after it. After the first `true`
 * nothing is posted ever again: a second PIN in the middle of the handshake destroys it. That holds too when a post got no
 * answer. And `true` does not mean that the PIN was right: only web-server's second line decides. All of it has 30 s. */

#include "worker/pairing.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

typedef enum {
  STATE_BEGUN,   /* no PIN yet */
  STATE_DELAY,   /* until the next post */
  STATE_POSTING, /* a post is under way */
  STATE_TAKEN,   /* no post ever again */
  STATE_OVER,
} State;

typedef enum { FAIL_NOT, FAIL_HANDSHAKE, FAIL_ALREADY, FAIL_WHY, FAIL_TIME } Failure;

typedef struct {
  State from;
  HnPairingEvent event;
  State to;
  HnPairingDo effects;
  Failure failure;
} Row;

static const Row table[] = {
  /* from         event                   to             what to do             why it fails */
  { STATE_BEGUN,   HN_PAIRING_PIN_KNOWN,   STATE_DELAY,   HN_PAIRING_DO_NOTHING, FAIL_NOT },
  { STATE_BEGUN,   HN_PAIRING_PAIRED,      STATE_OVER,    HN_PAIRING_DO_SUCCEED, FAIL_NOT },
  { STATE_BEGUN,   HN_PAIRING_REFUSED,     STATE_OVER,    HN_PAIRING_DO_FAIL,    FAIL_ALREADY },
  { STATE_BEGUN,   HN_PAIRING_BROKEN,      STATE_OVER,    HN_PAIRING_DO_FAIL,    FAIL_WHY },

  { STATE_DELAY,   HN_PAIRING_TIME_UP,     STATE_POSTING, HN_PAIRING_DO_POST,    FAIL_NOT },
  { STATE_DELAY,   HN_PAIRING_PAIRED,      STATE_OVER,    HN_PAIRING_DO_SUCCEED, FAIL_NOT },
  { STATE_DELAY,   HN_PAIRING_REFUSED,     STATE_OVER,    HN_PAIRING_DO_FAIL,    FAIL_ALREADY },
  { STATE_DELAY,   HN_PAIRING_BROKEN,      STATE_OVER,    HN_PAIRING_DO_FAIL,    FAIL_WHY },

  { STATE_POSTING, HN_PAIRING_PIN_TAKEN,   STATE_TAKEN,   HN_PAIRING_DO_NOTHING, FAIL_NOT },
  { STATE_POSTING, HN_PAIRING_PIN_EARLY,   STATE_DELAY,   HN_PAIRING_DO_NOTHING, FAIL_NOT },
  { STATE_POSTING, HN_PAIRING_PIN_UNSURE,  STATE_TAKEN,   HN_PAIRING_DO_NOTHING, FAIL_NOT },
  { STATE_POSTING, HN_PAIRING_PIN_REFUSED, STATE_OVER,    HN_PAIRING_DO_FAIL,    FAIL_WHY },
  { STATE_POSTING, HN_PAIRING_PAIRED,      STATE_OVER,    HN_PAIRING_DO_SUCCEED, FAIL_NOT },
  { STATE_POSTING, HN_PAIRING_REFUSED,     STATE_OVER,    HN_PAIRING_DO_FAIL,    FAIL_HANDSHAKE },
  { STATE_POSTING, HN_PAIRING_BROKEN,      STATE_OVER,    HN_PAIRING_DO_FAIL,    FAIL_WHY },

  { STATE_TAKEN,   HN_PAIRING_PAIRED,      STATE_OVER,    HN_PAIRING_DO_SUCCEED, FAIL_NOT },
  { STATE_TAKEN,   HN_PAIRING_REFUSED,     STATE_OVER,    HN_PAIRING_DO_FAIL,    FAIL_HANDSHAKE },
  { STATE_TAKEN,   HN_PAIRING_BROKEN,      STATE_OVER,    HN_PAIRING_DO_FAIL,    FAIL_WHY },
};

struct _HnPairing {
  State state;
  gint64 limit_us; /* 30 s after the beginning */
  gint64 post_us;  /* in STATE_DELAY */
  GError *error;
};

static void
set_failure (HnPairing *self, Failure failure, const char *why)
{
  switch (failure) {
  case FAIL_NOT:
    break;
  case FAIL_HANDSHAKE:
    g_set_error_literal (&self->error, HN_ERROR, HN_ERROR_UPSTREAM,
                         "pair failed: the handshake did not complete (crypto handshake rejected by Sunshine)");
    hn_error_set_detail (self->error,
                         "the versions of moonlight-web-stream and Sunshine may not fit, or another client pairs with "
                         "this body at the same time");
    break;
  case FAIL_ALREADY:
    g_set_error_literal (&self->error, HN_ERROR, HN_ERROR_UPSTREAM,
                         "pair failed: refused before the pin was posted (crypto handshake rejected by Sunshine)");
    hn_error_set_detail (self->error, "check that Sunshine runs on the body and is reachable on port 47989");
    break;
  case FAIL_WHY:
    g_set_error (&self->error, HN_ERROR, HN_ERROR_UPSTREAM, "pair failed: %s", why != NULL ? why : "no result");
    break;
  case FAIL_TIME:
    g_set_error (&self->error, HN_ERROR, HN_ERROR_TIMEOUT, "pair failed: timed out after %ds", HN_LIMIT_PAIR_SECONDS);
    hn_error_set_detail (self->error, "Sunshine is slow or does not answer on port 47989");
    break;
  }
}

static HnPairingDo
move (HnPairing *self, State to, HnPairingDo effects, Failure failure, const char *why, gint64 now_us)
{
  self->state = to;
  self->post_us = to == STATE_DELAY ? now_us + HN_LIMIT_PIN_DELAY_MS * G_GINT64_CONSTANT (1000) : HN_NEVER;
  set_failure (self, failure, why);
  return effects;
}

HnPairingDo
hn_pairing_handle (HnPairing *self, HnPairingEvent event, const char *why, gint64 now_us)
{
  if (self->state == STATE_OVER)
    return HN_PAIRING_DO_NOTHING;
  if (event == HN_PAIRING_TIME_UP && now_us >= self->limit_us)
    return move (self, STATE_OVER, HN_PAIRING_DO_FAIL, FAIL_TIME, NULL, now_us);
  if (event == HN_PAIRING_TIME_UP && (self->state != STATE_DELAY || now_us < self->post_us))
    return HN_PAIRING_DO_NOTHING;
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    const Row *row = &table[i];

    if (row->from == self->state && row->event == event)
      return move (self, row->to, row->effects, row->failure, why, now_us);
  }
  return HN_PAIRING_DO_NOTHING;
}

gint64
hn_pairing_deadline (const HnPairing *self)
{
  if (self->state == STATE_OVER)
    return HN_NEVER;
  return hn_clock_earliest (self->limit_us, self->post_us);
}

const GError *
hn_pairing_get_error (const HnPairing *self)
{
  return self->error;
}

gsize
hn_pairing_table_rows (void)
{
  return G_N_ELEMENTS (table);
}

HnPairing *
hn_pairing_new (gint64 now_us)
{
  HnPairing *self = g_new0 (HnPairing, 1);

  self->state = STATE_BEGUN;
  self->limit_us = now_us + hn_seconds (HN_LIMIT_PAIR_SECONDS);
  self->post_us = HN_NEVER;
  return self;
}

void
hn_pairing_free (HnPairing *self)
{
  if (self == NULL)
    return;
  g_clear_error (&self->error);
  g_free (self);
}
