/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* When the PIN is posted, and what decides whether a pairing succeeded. Pure. */

typedef struct _HnPairing HnPairing;

typedef enum {
  HN_PAIRING_PIN_KNOWN,    /* web-server said its PIN */
  HN_PAIRING_PAIRED,       /* web-server said that it is paired */
  HN_PAIRING_REFUSED,      /* web-server said `PairError` */
  HN_PAIRING_BROKEN,       /* web-server's answer ended, or made no sense */
  HN_PAIRING_PIN_TAKEN,    /* Sunshine: true */
  HN_PAIRING_PIN_EARLY,    /* Sunshine: false, nothing is pending yet */
  HN_PAIRING_PIN_UNSURE,   /* no answer came: it may have been taken */
  HN_PAIRING_PIN_REFUSED,  /* Sunshine does not let us: credentials, or an odd answer */
  HN_PAIRING_TIME_UP,      /* the deadline has passed */
} HnPairingEvent;

typedef enum {
  HN_PAIRING_DO_NOTHING = 0,
  HN_PAIRING_DO_POST = 1 << 0,    /* post the PIN, then tell the answer */
  HN_PAIRING_DO_SUCCEED = 1 << 1,
  HN_PAIRING_DO_FAIL = 1 << 2,    /* see hn_pairing_get_error() */
} HnPairingDo;

/**
 * hn_pairing_new:
 * @now_us: monotonic time
 *
 * Returns: (transfer full): a pairing that begins now
 */
HnPairing *hn_pairing_new (gint64 now_us);

/**
 * hn_pairing_free:
 * @self: (nullable): what to free
 */
void hn_pairing_free (HnPairing *self);

/**
 * hn_pairing_handle:
 * @self: a pairing
 * @event: what happened
 * @why: (nullable): for BROKEN and PIN_REFUSED: what to tell the caller
 * @now_us: monotonic time
 *
 * Returns: what must now be done
 */
HnPairingDo hn_pairing_handle (HnPairing *self, HnPairingEvent event, const char *why, gint64 now_us);

/**
 * hn_pairing_deadline:
 * @self: a pairing
 *
 * Returns: when to send %HN_PAIRING_TIME_UP, or %HN_NEVER
 */
gint64 hn_pairing_deadline (const HnPairing *self);

/**
 * hn_pairing_get_error:
 * @self: a pairing that failed
 *
 * Returns: (transfer none): UPSTREAM `pair failed: …` or TIMEOUT `pair failed: timed out after 30s`
 */
const GError *hn_pairing_get_error (const HnPairing *self);

/**
 * hn_pairing_table_rows:
 *
 * Returns: how many rows the table has
 */
gsize hn_pairing_table_rows (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPairing, hn_pairing_free)
