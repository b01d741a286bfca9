/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* JSON objects as the rows of a table for a terminal: columns as wide as their widest cell, two spaces between them, the last one open. What strangers
 * chose cannot move the cursor: control and direction characters are shown as `\x1b`. */

typedef struct {
  const char *title;
  const char *member; /* of a row's object; `mic.state` looks into the object `mic` */
  guint max_width;    /* a longer cell is cut and ends with `…`; 0: never */
} HnTextColumn;

/**
 * hn_text_table:
 * @columns: (array length=n_columns): from left to right
 * @n_columns: how many, at least one
 * @rows: of objects; anything else among them is left out
 *
 * An absent, null or empty member is `-`, a boolean `yes` or `no`.
 *
 * Returns: (transfer full): lines, each with its newline; the titles first
 */
char *hn_text_table (const HnTextColumn *columns, gsize n_columns, JsonArray *rows);

/**
 * hn_text_member:
 * @object: where to look
 * @path: member; `a.b` looks into the object `a`
 *
 * Returns: (transfer full): what a cell of that member shows, uncut
 */
char *hn_text_member (JsonObject *object, const char *path);
