/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What somebody who looked at a node found, each with what mends it. */

typedef enum { HN_FINDING_OK, HN_FINDING_WARN, HN_FINDING_FAIL } HnFindingLevel;

typedef struct _HnFindings HnFindings;

/**
 * hn_findings_new:
 *
 * Returns: (transfer full): nothing found
 */
HnFindings *hn_findings_new (void);

/**
 * hn_findings_free:
 * @self: (nullable): what to free
 */
void hn_findings_free (HnFindings *self);

/**
 * hn_findings_add:
 * @self: findings
 * @level: how bad it is
 * @check: a word for what was looked at
 * @mend: (nullable): what to do or to type; every warning and failure has one
 * @format: printf format: what is so
 */
void hn_findings_add (HnFindings *self, HnFindingLevel level, const char *check, const char *mend, const char *format, ...) G_GNUC_PRINTF (5, 6);

/**
 * hn_findings_count:
 * @self: findings
 * @level: of which level
 *
 * Returns: how many there are
 */
guint hn_findings_count (const HnFindings *self, HnFindingLevel level);

/**
 * hn_findings_to_text:
 * @self: findings
 *
 * Returns: (transfer full): a line for each, `ok`, `warn` or `FAIL` first, and their sum
 */
char *hn_findings_to_text (const HnFindings *self);

/**
 * hn_findings_to_json:
 * @self: findings
 *
 * Returns: (transfer full): `{"findings":[{"level":"fail","check":"…","what":"…","mend":"…"}],"ok":1,"warn":0,"fail":1}` and a newline
 */
char *hn_findings_to_json (const HnFindings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnFindings, hn_findings_free)
