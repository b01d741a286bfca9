/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/acme.h"

#include "base/limits.h"

#define PREFIX "/.well-known/acme-challenge/"
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

char *
hn_acme_token_of (HnSlice path)
{
  g_autofree char *token = NULL;

  if (!hn_slice_has_prefix (path, PREFIX))
    return NULL;
  token = g_strndup (path.text + strlen (PREFIX), path.length - strlen (PREFIX));
  if (*token == '\0' || strlen (token) > HN_LIMIT_ACME_TOKEN_BYTES || strspn (token, NAME_CHARS) != strlen (token))
    return NULL;
  return g_steal_pointer (&token);
}

gboolean
hn_acme_is_answer (const char *text, gsize length, const char *token)
{
  gsize prefix = strlen (token);

  if (length > HN_LIMIT_ACME_ANSWER_BYTES || length < prefix + 2 || memcmp (text, token, prefix) != 0 || text[prefix] != '.')
    return FALSE;
  for (gsize i = prefix + 1; i < length; i++)
    if (text[i] == '\0' || strchr (NAME_CHARS, text[i]) == NULL)
      return FALSE;
  return TRUE;
}

void
hn_acme_redirect (const HnHttpHead *head, const char *domain, HnRoute *ret_route)
{
  ret_route->kind = HN_ROUTE_REDIRECT;
  ret_route->status = 308;
  ret_route->location = g_strdup_printf ("https://%s%.*s", domain, (int) head->target.length, head->target.text);
}
