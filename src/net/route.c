/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/route.h"

#include <arpa/inet.h>
#include <string.h>

/* Rules: what X-Forwarded-* a stranger sends is thrown away; what a trusted proxy sends is kept and our view appended. A path is plain when
 * no decoder, however often it decodes, finds a segment in it that was not there before. */

#define FIRST_V4_BYTE 12

/* Names and values stand in a few larger pieces, for there are a dozen of them in every request. */
struct _HnRouteText {
  HnRouteText *next;
  gsize used;
  gsize size;
  char bytes[];
};

#define TEXT_BYTES 1000
#define FIELDS_USUAL 8

static const char *
keep_text (HnRoute *self, const char *text)
{
  gsize length = strlen (text) + 1;
  HnRouteText *piece = self->texts;
  char *copy;

  if (piece == NULL || piece->size - piece->used < length) {
    gsize size = MAX (length, TEXT_BYTES);

    piece = g_malloc (sizeof *piece + size);
    *piece = (HnRouteText){ .next = self->texts, .size = size };
    self->texts = piece;
  }
  copy = piece->bytes + piece->used;
  memcpy (copy, text, length);
  piece->used += length;
  return copy;
}

void
hn_route_init (HnRoute *self)
{
  *self = (HnRoute){ .kind = HN_ROUTE_REFUSE, .status = 404 };
}

void
hn_route_clear (HnRoute *self)
{
  if (self->filter_data_free != NULL)
    self->filter_data_free (self->filter_data);
  if (self->websocket_data != NULL && self->websocket_data_free != NULL)
    self->websocket_data_free (self->websocket_data);
  g_clear_pointer (&self->protocol, g_free);
  g_clear_pointer (&self->error, g_free);
  g_clear_pointer (&self->detail, g_free);
  g_clear_pointer (&self->location, g_free);
  g_clear_pointer (&self->page, g_free);
  g_clear_pointer (&self->page_policy, g_free);
  g_clear_pointer (&self->answer, g_free);
  g_clear_pointer (&self->upstream_host, g_free);
  g_clear_pointer (&self->request_set, g_array_unref);
  g_clear_pointer (&self->request_drop, g_ptr_array_unref);
  g_clear_pointer (&self->response_set, g_array_unref);
  g_clear_pointer (&self->tag, g_free);
  for (HnRouteText *piece = self->texts; piece != NULL; piece = self->texts) {
    self->texts = piece->next;
    g_free (piece);
  }
  hn_route_init (self);
}

void
hn_route_refuse (HnRoute *self, guint status, const char *error, const char *detail)
{
  self->kind = HN_ROUTE_REFUSE;
  self->status = status;
  g_free (self->error);
  self->error = g_strdup (error);
  g_free (self->detail);
  self->detail = g_strdup (detail);
}

static void
set_field (HnRoute *self, GArray **fields, const char *name, const char *value)
{
  HnRouteField field = { keep_text (self, name), keep_text (self, value) };

  if (*fields == NULL)
    *fields = g_array_sized_new (FALSE, FALSE, sizeof (HnRouteField), FIELDS_USUAL);
  for (guint i = 0; i < (*fields)->len; i++)
    if (g_ascii_strcasecmp (g_array_index (*fields, HnRouteField, i).name, name) == 0) {
      g_array_remove_index (*fields, i);
      break;
    }
  g_array_append_val (*fields, field);
}

void
hn_route_set_request_field (HnRoute *self, const char *name, const char *value)
{
  set_field (self, &self->request_set, name, value);
}

void
hn_route_set_response_field (HnRoute *self, const char *name, const char *value)
{
  set_field (self, &self->response_set, name, value);
}

void
hn_route_drop_request_field (HnRoute *self, const char *name)
{
  if (self->request_drop == NULL)
    self->request_drop = g_ptr_array_sized_new (FIELDS_USUAL);
  g_ptr_array_add (self->request_drop, (gpointer) keep_text (self, name));
}

static void
address_to_text (const HnAddress *address, char text[INET6_ADDRSTRLEN])
{
  HnNetwork mapped = { .prefix = 96 };

  mapped.address.bytes[10] = mapped.address.bytes[11] = 0xff;
  if (memcmp (address->bytes, mapped.address.bytes, FIRST_V4_BYTE) == 0)
    inet_ntop (AF_INET, address->bytes + FIRST_V4_BYTE, text, INET6_ADDRSTRLEN);
  else
    inet_ntop (AF_INET6, address->bytes, text, INET6_ADDRSTRLEN);
}

/* All values of a field as one list. */
static char *
joined_values (const HnHttpHead *head, const char *name)
{
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);

    if (!hn_slice_equal_nocase (field->name, name) || field->value.length == 0)
      continue;
    g_string_append (all, all->len > 0 ? ", " : "");
    g_string_append_len (all, field->value.text, (gssize) field->value.length);
  }
  return g_string_free (all, FALSE);
}

void
hn_route_forwarded (HnRoute *self, const HnHttpHead *head, const HnPeer *peer, GArray *trusted)
{
  gboolean keep = trusted != NULL && hn_networks_contain (trusted, &peer->address);
  char address[INET6_ADDRSTRLEN];
  g_autofree char *chain = keep ? joined_values (head, "X-Forwarded-For") : NULL;
  g_autofree char *list = NULL;
  const HnHttpField *host = keep ? hn_http_head_find (head, "X-Forwarded-Host") : NULL;
  const HnHttpField *scheme = keep ? hn_http_head_find (head, "X-Forwarded-Proto") : NULL;
  gboolean secure = scheme != NULL ? hn_slice_equal_nocase (scheme->value, "https") : peer->secure;
  g_autofree char *host_text = NULL;

  if (host == NULL)
    host = hn_http_head_find (head, "Host");
  host_text = host != NULL ? hn_slice_dup (host->value) : g_strdup ("");
  address_to_text (&peer->address, address);
  if (chain != NULL && *chain != '\0')
    list = g_strconcat (chain, ", ", address, NULL);
  hn_route_set_request_field (self, "X-Forwarded-For", list != NULL ? list : address);
  hn_route_set_request_field (self, "X-Forwarded-Host", host_text);
  hn_route_set_request_field (self, "X-Forwarded-Proto", secure ? "https" : "http");
  hn_route_drop_request_field (self, "Forwarded");
}

/* The byte that an escape at @text stands for, or -1. */
static int
unescape (HnSlice path, gsize at)
{
  int high, low;

  if (at + 2 >= path.length)
    return -1;
  high = g_ascii_xdigit_value (path.text[at + 1]);
  low = g_ascii_xdigit_value (path.text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Whether an escaped percent sign begins another escape, of a byte that changes the path's shape, or of one that nobody can tell: what
 * follows it must be plain by itself. */
static gboolean
is_escaped_twice (HnSlice path, gsize at)
{
  static const char *const shapes[] = { "2e", "2f", "5c", "00", "25", "3b" };
  HnSlice next = { path.text + at + 3, MIN (path.length - at - 3, 2) };

  if (next.length > 0 && (next.text[0] == '%' || (next.length > 1 && g_ascii_isxdigit (next.text[0]) && next.text[1] == '%')))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    if (hn_slice_equal_nocase (next, shapes[i]))
      return TRUE;
  return FALSE;
}

static const char *
check_escape (HnSlice path, gsize at)
{
  int byte = unescape (path, at);

  if (byte < 0)
    return "malformed escape in the path";
  if (byte == '/' || byte == '\\')
    return "encoded slash in the path";
  if (byte < 0x20 || byte == 0x7f)
    return "encoded control character in the path";
  if (byte == '%' && is_escaped_twice (path, at))
    return "doubly encoded path";
  return NULL;
}

/* Whether a segment is `.` or `..` in any spelling, parameters (`..;x`) included. */
static gboolean
is_dot_segment (HnSlice path, gsize start, gsize end)
{
  guint dots = 0;

  for (gsize i = start; i < end && path.text[i] != ';'; i++) {
    if (path.text[i] == '%' && unescape (path, i) == '.')
      i += 2;
    else if (path.text[i] == '%' && unescape (path, i) == ';')
      return dots == 1 || dots == 2;
    else if (path.text[i] != '.')
      return FALSE;
    dots++;
  }
  return dots == 1 || dots == 2;
}

const char *
hn_route_check_path (HnSlice path)
{
  gsize start = 1;

  if (path.length == 0 || path.text[0] != '/')
    return "path without a leading slash";
  for (gsize i = 1; i <= path.length; i++) {
    char c = i < path.length ? path.text[i] : '/';

    if (c == '%' && check_escape (path, i) != NULL)
      return check_escape (path, i);
    if (c == '\\' || c == '\0')
      return "backslash or NUL in the path";
    if (c != '/')
      continue;
    if (i == start && i < path.length)
      return "empty segment in the path";
    if (is_dot_segment (path, start, i))
      return "dot segment in the path";
    start = i + 1;
  }
  return NULL;
}

static HnSlice
without_port (HnSlice host, const char *port)
{
  gsize length = strlen (port);

  if (host.length > length && memcmp (host.text + host.length - length, port, length) == 0)
    host.length -= length;
  return host;
}

gboolean
hn_route_check_origin (const HnHttpHead *head)
{
  const HnHttpField *origin = NULL;
  const HnHttpField *host = hn_http_head_find (head, "Host");
  HnSlice theirs, ours;
  gboolean secure;

  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);

    if (!hn_slice_equal_nocase (field->name, "Origin"))
      continue;
    if (origin != NULL)
      return FALSE;
    origin = field;
  }
  if (origin == NULL)
    return TRUE;
  secure = hn_slice_has_prefix (origin->value, "https://");
  if (host == NULL || (!secure && !hn_slice_has_prefix (origin->value, "http://")))
    return FALSE;
  theirs = (HnSlice){ origin->value.text + (secure ? 8 : 7), origin->value.length - (secure ? 8 : 7) };
  theirs = without_port (theirs, secure ? ":443" : ":80");
  ours = without_port (host->value, secure ? ":443" : ":80");
  return theirs.length > 0 && theirs.length == ours.length && g_ascii_strncasecmp (theirs.text, ours.text, ours.length) == 0;
}
