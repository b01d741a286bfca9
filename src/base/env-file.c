/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/env-file.h"

#include <string.h>

#include "base/error.h"

typedef struct {
  GPtrArray *variables;
  GArray *lines;
} Found;

static gboolean
is_key (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalpha (text[i]) && text[i] != '_' && (i == 0 || !g_ascii_isdigit (text[i])))
      return FALSE;
  return length > 0;
}

static const char *
skip_space (const char *at)
{
  while (*at == ' ' || *at == '\t')
    at++;
  return at;
}

static gboolean
read_escape (char letter, GString *value)
{
  static const char letters[] = "\\\"nrt", meant[] = "\\\"\n\r\t";
  const char *found = letter != '\0' ? strchr (letters, letter) : NULL;

  if (found != NULL)
    g_string_append_c (value, meant[found - letters]);
  return found != NULL;
}

/* @at: behind the quote that opens it. Returns what is wrong. */
static const char *
read_quoted (const char *at, char quote, GString *value)
{
  for (; *at != quote; at++) {
    if (*at == '\0')
      return "a quote is not closed";
    if (*at != '\\' || quote == '\'')
      g_string_append_c (value, *at);
    else if (!read_escape (*++at, value))
      return "an escape that is none";
  }
  at = skip_space (at + 1);
  return *at == '\0' || *at == '#' ? NULL : "something follows the quoted value";
}

static void
read_plain (const char *at, GString *value)
{
  for (; *at != '\0'; at++) {
    if (*at == '#' && (value->len == 0 || g_ascii_isspace (at[-1])))
      break;
    g_string_append_c (value, *at);
  }
  while (value->len > 0 && g_ascii_isspace (value->str[value->len - 1]))
    g_string_truncate (value, value->len - 1);
}

/* Returns what is wrong with @line. */
static const char *
read_line (const char *line, guint number, Found *found)
{
  const char *at = skip_space (line), *equals = strchr (at, '=');
  g_autoptr (GString) value = g_string_new (NULL);
  g_autofree char *key = NULL;
  const char *wrong = NULL;

  if (*at == '\0' || *at == '#')
    return NULL;
  if (equals == NULL)
    return "is no KEY=value";
  if (g_str_has_prefix (at, "export "))
    at = skip_space (at + strlen ("export "));
  if (!is_key (at, (gsize) (equals - at)))
    return "a key is letters, digits and _, directly before its =";
  key = g_strndup (at, (gsize) (equals - at));
  for (guint i = 0; i < found->variables->len; i++)
    if (g_str_has_prefix (found->variables->pdata[i], key) && ((char *) found->variables->pdata[i])[strlen (key)] == '=')
      return "a key that was given before";
  at = skip_space (equals + 1);
  if (*at == '"' || *at == '\'')
    wrong = read_quoted (at + 1, *at, value);
  else
    read_plain (at, value);
  g_ptr_array_add (found->variables, g_strconcat (key, "=", value->str, NULL));
  g_array_append_val (found->lines, number);
  return wrong;
}

HnEnvFile *
hn_env_file_parse (const char *text, gsize length, const char *file, GError **error)
{
  g_autofree char *copy = g_strndup (text, length);
  g_autoptr (GPtrArray) variables = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) lines = g_array_new (FALSE, FALSE, sizeof (guint));
  Found found = { variables, lines };
  g_auto (GStrv) split = g_strsplit (copy, "\n", -1);
  HnEnvFile *self;

  if (!g_utf8_validate_len (text, length, NULL)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: is not UTF-8 text", file);
    return NULL;
  }
  for (guint i = 0; split[i] != NULL; i++) {
    const char *wrong;

    if (g_str_has_suffix (split[i], "\r"))
      split[i][strlen (split[i]) - 1] = '\0';
    wrong = read_line (split[i], i + 1, &found);
    if (wrong != NULL) {
      g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s:%u: %s", file, i + 1, wrong);
      return NULL;
    }
  }
  g_ptr_array_add (variables, NULL);
  self = g_new0 (HnEnvFile, 1);
  self->variables = (char **) g_ptr_array_free (g_steal_pointer (&variables), FALSE);
  self->lines = (guint *) (gpointer) g_array_free (g_steal_pointer (&lines), FALSE);
  return self;
}

void
hn_env_file_free (HnEnvFile *self)
{
  if (self == NULL)
    return;
  g_strfreev (self->variables);
  g_free (self->lines);
  g_free (self);
}
