/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A file of `KEY=value` lines as settings are often kept in. A `#` at the beginning of a line, or behind white space, begins a comment; a value may stand in
 * single quotes, as it is, or in double quotes, where \\ \" \n \r \t are escapes; `export ` before a key is skipped. Nothing is expanded. Pure. */

typedef struct {
  char **variables; /* `KEY=value` texts, %NULL at the end, in order */
  guint *lines;     /* of each */
} HnEnvFile;

/**
 * hn_env_file_parse:
 * @text: (array length=length): the file
 * @length: bytes
 * @file: its name for messages
 * @error: CONFIG: `file:line: …`, without the value
 *
 * Returns: (transfer full) (nullable): what it says; an unclosed quote, a key that is none or comes twice is an error
 */
HnEnvFile *hn_env_file_parse (const char *text, gsize length, const char *file, GError **error);

/**
 * hn_env_file_free:
 * @self: (nullable): what to free
 */
void hn_env_file_free (HnEnvFile *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnEnvFile, hn_env_file_free)
