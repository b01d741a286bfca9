/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/random.h"

/* Ids. A session id is 128 random bits as 32 lower-case hex digits and the only key of a browser: logs show its first 8. */

#define HN_ID_LENGTH 32
#define HN_ID_SHORT_LENGTH 8

/**
 * hn_id_new:
 * @random: chance
 *
 * Returns: (transfer full): a fresh session id
 */
char *hn_id_new (HnRandom *random);

/**
 * hn_id_is_valid:
 * @text: (nullable): NUL-terminated text
 *
 * Returns: whether @text has the form of a session id
 */
gboolean hn_id_is_valid (const char *text);

/**
 * hn_worker_id_is_valid:
 * @text: (nullable): NUL-terminated text
 *
 * Returns: whether @text can be a worker's id: 1 to 64 of A-Z a-z 0-9 . _ : - since it is a part of paths and of log lines
 */
gboolean hn_worker_id_is_valid (const char *text);

/* What to say of one that is not, behind its name. */
#define HN_WORKER_ID_RULE "must be 1 to 64 letters, digits and characters of '._:-'"

/**
 * HnIdShort:
 *
 * The first 8 characters of an id, by value, for log lines.
 */
typedef struct {
  char text[HN_ID_SHORT_LENGTH + 1];
} HnIdShort;

/**
 * hn_id_short:
 * @id: (nullable): a session id
 *
 * Returns: its first 8 characters, or "-"
 */
HnIdShort hn_id_short (const char *id);

/**
 * hn_secret_equal:
 * @a: (nullable): one secret
 * @b: (nullable): the other
 *
 * Compares in a time that depends on the lengths only. %NULL and "" are equal to nothing.
 *
 * Returns: whether both are the same
 */
gboolean hn_secret_equal (const char *a, const char *b);
