/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/outbox.h"

/* Requests that must not be lost: kept on the disk until they are taken, across restarts; sent one after the other; tried again and
 * again. A disk that takes nothing costs their safety, not them: they wait in memory then. */

typedef struct _HnOutboxIo HnOutboxIo;

typedef struct {
  /* From the loop: send it; hn_outbox_io_told() follows, from the loop, once. @text is borrowed. */
  void (*send) (const char *name, const char *text, gpointer user_data);
} HnOutboxIoEvents;

typedef struct {
  const char *directory; /* where they are kept */
  const char *prefix;    /* of log lines; outlives the outbox */
  const char *what;      /* plural, for log lines; outlives the outbox */
  const char *kind;      /* label of its metrics; outlives the outbox */
  guint max_count;
  gint64 max_age_us;     /* older ones are dropped; 0: none is too old */
  gint64 first_pause_us; /* after a failure */
} HnOutboxIoPlace;

/**
 * hn_outbox_io_new:
 * @place: texts of the log outlive it, the rest is copied
 * @random: chance; outlives it
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): what an earlier process left, about to be sent
 */
HnOutboxIo *hn_outbox_io_new (const HnOutboxIoPlace *place, HnRandom *random, const HnOutboxIoEvents *events, gpointer user_data);

/**
 * hn_outbox_io_free:
 * @self: (nullable): what to free; what is on the disk stays there
 */
void hn_outbox_io_free (HnOutboxIo *self);

/**
 * hn_outbox_io_put:
 * @self: an outbox
 * @id: 32 hexadecimal digits
 * @group: who takes it: "" or an IP literal
 * @text: what is to be sent; never sent from inside this call
 */
void hn_outbox_io_put (HnOutboxIo *self, const char *id, const char *group, const char *text);

/**
 * hn_outbox_io_told:
 * @self: an outbox
 * @name: what was sent
 * @verdict: what became of it
 * @why: (nullable): what went wrong
 */
void hn_outbox_io_told (HnOutboxIo *self, const char *name, HnOutboxVerdict verdict, const char *why);

/**
 * hn_outbox_io_get_pending:
 * @self: (nullable): an outbox
 *
 * Returns: how many are neither delivered nor given up
 */
guint hn_outbox_io_get_pending (HnOutboxIo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnOutboxIo, hn_outbox_io_free)
