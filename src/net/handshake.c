/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the first place that says a token counts; one that says it twice says nothing good, so that no two readers of a request can take different ones. */
#include "net/handshake.h"

#include "net/rate-limit.h"

#define PROTOCOL "Sec-WebSocket-Protocol"
#define BEARER_ITEM "bearer."
#define BEARER "Bearer "

/* Calls @each for every item of every field of that name, until it answers FALSE. */
static void
for_each_item (const HnHttpHead *head, const char *name, gboolean (*each) (HnSlice item, gpointer data), gpointer data)
{
  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);
    HnSlice rest = field->value;

    if (!hn_slice_equal_nocase (field->name, name))
      continue;
    while (rest.length > 0) {
      const char *comma = memchr (rest.text, ',', rest.length);
      HnSlice item = { rest.text, comma != NULL ? (gsize) (comma - rest.text) : rest.length };
      gsize used = MIN (item.length + 1, rest.length);

      while (item.length > 0 && g_ascii_isspace (*item.text))
        item = (HnSlice){ item.text + 1, item.length - 1 };
      while (item.length > 0 && g_ascii_isspace (item.text[item.length - 1]))
        item.length--;
      if (item.length > 0 && !each (item, data))
        return;
      rest = (HnSlice){ rest.text + used, rest.length - used };
    }
  }
}

/* ---- the query ---- */

/* Its escapes read; NULL when that gives no text. */
static char *
decode (HnSlice value)
{
  g_autoptr (GString) text = g_string_sized_new (value.length);

  for (gsize i = 0; i < value.length; i++) {
    int high = value.text[i] == '%' && i + 2 < value.length ? g_ascii_xdigit_value (value.text[i + 1]) : -1;
    int low = high >= 0 ? g_ascii_xdigit_value (value.text[i + 2]) : -1;

    if (value.text[i] == '%' && low < 0)
      return NULL;
    g_string_append_c (text, value.text[i] == '%' ? (char) (high * 16 + low) : value.text[i]);
    i += value.text[i] == '%' ? 2 : 0;
  }
  if (!g_utf8_validate (text->str, (gssize) text->len, NULL))
    return NULL;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
hn_handshake_dup_query (const HnHttpHead *head, const char *name, guint *ret_count)
{
  gsize length = strlen (name);
  const char *at = head->target.text + MIN (head->path.length + 1, head->target.length);
  const char *end = head->target.text + head->target.length;
  HnSlice found = { NULL };
  guint count = 0;

  while (at < end) {
    const char *stop = memchr (at, '&', (gsize) (end - at));

    if (stop == NULL)
      stop = end;
    if ((gsize) (stop - at) > length && memcmp (at, name, length) == 0 && at[length] == '=' && count++ == 0)
      found = (HnSlice){ at + length + 1, (gsize) (stop - at) - length - 1 };
    at = stop + 1;
  }
  if (ret_count != NULL)
    *ret_count = count;
  return count > 0 ? decode (found) : NULL;
}

/* ---- the token ---- */

typedef struct {
  guint count;
  HnSlice first;
} Found;

static gboolean
see_token (HnSlice item, gpointer data)
{
  Found *found = data;
  gsize prefix = strlen (BEARER_ITEM);

  if (hn_slice_has_prefix (item, BEARER_ITEM) && found->count++ == 0)
    found->first = (HnSlice){ item.text + prefix, item.length - prefix };
  return TRUE;
}

static void
see_authorization (const HnHttpHead *head, Found *found)
{
  gsize prefix = strlen (BEARER);

  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);

    if (!hn_slice_equal_nocase (field->name, "Authorization") || field->value.length <= prefix
        || g_ascii_strncasecmp (field->value.text, BEARER, prefix) != 0)
      continue;
    if (found->count++ == 0)
      found->first = (HnSlice){ field->value.text + prefix, field->value.length - prefix };
  }
}

HnHandshakeToken
hn_handshake_find_token (const HnHttpHead *head, char **ret_token)
{
  Found found = { 0 };
  g_autofree char *token = hn_handshake_dup_query (head, "token", &found.count);

  *ret_token = NULL;
  if (found.count == 0) {
    see_authorization (head, &found);
    if (found.count == 0)
      for_each_item (head, PROTOCOL, see_token, &found);
    if (found.count > 0)
      token = g_utf8_validate (found.first.text, (gssize) found.first.length, NULL) ? hn_slice_dup (found.first) : NULL;
  }
  if (found.count == 0 || (found.count == 1 && token != NULL && *token == '\0'))
    return HN_HANDSHAKE_NO_TOKEN;
  if (found.count > 1 || token == NULL)
    return HN_HANDSHAKE_ODD_TOKEN;
  *ret_token = g_steal_pointer (&token);
  return HN_HANDSHAKE_TOKEN;
}

/* ---- protocols ---- */

typedef struct {
  const char *name;
  gboolean found;
} Wanted;

static gboolean
see_name (HnSlice item, gpointer data)
{
  Wanted *wanted = data;

  wanted->found = hn_slice_equal (item, wanted->name);
  return !wanted->found;
}

gboolean
hn_handshake_offers (const HnHttpHead *head, const char *protocol)
{
  Wanted wanted = { .name = protocol };

  for_each_item (head, PROTOCOL, see_name, &wanted);
  return wanted.found;
}

/* ---- where from ---- */

gboolean
hn_handshake_check_origin (const HnHttpHead *head, const char *const *allowed)
{
  const HnHttpField *origin = hn_http_head_find (head, "Origin");

  if (allowed == NULL || *allowed == NULL || hn_route_check_origin (head))
    return TRUE;
  for (guint i = 0; origin != NULL && allowed[i] != NULL; i++)
    if (g_str_equal (allowed[i], "*") || hn_slice_equal_nocase (origin->value, allowed[i]))
      return TRUE;
  return FALSE;
}

static gboolean
join (HnSlice item, gpointer data)
{
  GString *text = data;

  if (text->len > 0)
    g_string_append_c (text, ',');
  g_string_append_len (text, item.text, (gssize) item.length);
  return TRUE;
}

HnAddress
hn_handshake_get_client (const HnHttpHead *head, const HnPeer *peer, GArray *trusted)
{
  g_autoptr (GString) forwarded = g_string_new (NULL);

  for_each_item (head, "X-Forwarded-For", join, forwarded);
  return hn_rate_limit_client (&peer->address, forwarded->str, trusted);
}
