/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * hn_harmless_append:
 * @line: what is written for a person: a log line, a table
 * @text: a stranger's, UTF-8 or not
 *
 * Appends @text so that it can neither forge a second line, nor drive a terminal (C1 too), nor turn the direction of writing: such bytes are shown as
 * `\x1b`.
 */
void hn_harmless_append (GString *line, const char *text);
