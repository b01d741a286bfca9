/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Who has a port, by what `/proc` tells. */

typedef enum { HN_HOLDER_TCP, HN_HOLDER_UDP } HnHolderKind;

typedef struct {
  guint64 pid;   /* 0: somebody whom we may not see, or a connection that just ended */
  char *command; /* (nullable) its name */
} HnHolder;

/**
 * hn_holder_find:
 * @kind: TCP: who listens; UDP: who has it
 * @host: (nullable): literal; %NULL or "" : whatever address
 * @port: port
 *
 * Returns: (transfer full) (nullable): %NULL: nobody
 */
HnHolder *hn_holder_find (HnHolderKind kind, const char *host, guint16 port);

/**
 * hn_holder_free:
 * @self: (nullable): what to free
 */
void hn_holder_free (HnHolder *self);

/**
 * hn_holder_describe:
 * @self: a holder
 *
 * Returns: (transfer full): `nginx (pid 812)`
 */
char *hn_holder_describe (const HnHolder *self);

/**
 * hn_holder_is_session:
 * @self: a holder
 *
 * Returns: whether it is a part of a session, or us
 */
gboolean hn_holder_is_session (const HnHolder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHolder, hn_holder_free)
