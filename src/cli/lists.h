/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/text-table.h"
#include "cli/ask.h"

/* The lists of the API as tables for people. */

typedef struct {
  const char *plural;   /* the API's member and path: `workers` */
  const char *singular; /* what a person may say as well */
  const HnTextColumn *columns;
  gsize n_columns;
} HnList;

/**
 * hn_lists_find:
 * @text: `workers`, `worker`, `sessions` or `session`
 *
 * Returns: (transfer none) (nullable): the list
 */
const HnList *hn_lists_find (const char *text);

/**
 * hn_lists_text:
 * @list: which
 * @object: the API's answer
 * @error: PROTOCOL when the list is not in it
 *
 * Returns: (transfer full) (nullable): the table, or `no workers`
 */
char *hn_lists_text (const HnList *list, JsonObject *object, GError **error);

/**
 * hn_lists_names:
 * @list: which
 * @object: the API's answer
 * @error: likewise
 *
 * Returns: (transfer full) (nullable): an id a line
 */
char *hn_lists_names (const HnList *list, JsonObject *object, GError **error);

/**
 * hn_lists_print_lines:
 * @text: lines of somebody's log
 *
 * Prints them; what a terminal would obey is made visible.
 *
 * Returns: whether they could be written
 */
gboolean hn_lists_print_lines (const char *text);
