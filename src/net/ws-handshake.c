/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/ws-handshake.h"

/* Rules: a field that must stand once and stands twice is as good as missing. What the other end claims to have chosen must have been offered. */

#define KEY_LENGTH 24 /* 16 bytes in base64 */
#define KEY_BYTES 16
#define SHA1_BYTES 20
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static gboolean
is_key (HnSlice key)
{
  g_autofree char *text = NULL;
  g_autofree guint8 *bytes = NULL;
  g_autofree char *again = NULL;
  gsize n = 0;

  if (key.length != KEY_LENGTH || key.text[KEY_LENGTH - 3] == '=')
    return FALSE;
  text = hn_slice_dup (key);
  bytes = g_base64_decode (text, &n);
  if (n != KEY_BYTES)
    return FALSE;
  again = g_base64_encode (bytes, n); /* GLib skips what is no base64, and does not look at the bits left over */
  return memcmp (again, text, KEY_LENGTH - 3) == 0 && memcmp (again + KEY_LENGTH - 2, text + KEY_LENGTH - 2, 2) == 0;
}

static char *
accept_for (HnSlice key)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[SHA1_BYTES];
  gsize n = sizeof digest;

  g_checksum_update (sum, (const guint8 *) key.text, (gssize) key.length);
  g_checksum_update (sum, (const guint8 *) GUID, (gssize) strlen (GUID));
  g_checksum_get_digest (sum, digest, &n);
  return g_base64_encode (digest, n);
}

char *
hn_ws_accept_key (HnSlice key)
{
  return is_key (key) ? accept_for (key) : NULL;
}

/* The value of a field that stands exactly once. */
static HnSlice
find_once (const HnHttpHead *head, const char *name)
{
  HnSlice value = { NULL, 0 };

  for (guint i = 0; i < head->fields->len; i++) {
    const HnHttpField *field = &g_array_index (head->fields, HnHttpField, i);

    if (!hn_slice_equal_nocase (field->name, name))
      continue;
    if (value.text != NULL)
      return (HnSlice){ NULL, 0 };
    value = field->value;
  }
  return value;
}

HnWsUpgrade
hn_ws_check_upgrade (const HnHttpHead *head)
{
  HnSlice key = find_once (head, "Sec-WebSocket-Key");

  if (!head->upgrade_websocket)
    return (HnWsUpgrade){ .status = 426, .detail = "this path is for WebSockets" };
  if (!hn_slice_equal (find_once (head, "Sec-WebSocket-Version"), "13"))
    return (HnWsUpgrade){ .status = 426, .detail = "the WebSocket version is 13" };
  if (!is_key (key))
    return (HnWsUpgrade){ .status = 400, .detail = "Sec-WebSocket-Key is not 16 bytes in base64" };
  return (HnWsUpgrade){ .status = 101, .key = key };
}

static void
put (GByteArray *out, const char *text)
{
  g_byte_array_append (out, (const guint8 *) text, (guint) strlen (text));
}

static void
put_line (GByteArray *out, const char *name, const char *value)
{
  put (out, name);
  put (out, ": ");
  put (out, value);
  put (out, "\r\n");
}

void
hn_ws_write_switch (HnSlice key, const char *protocol, GByteArray *out)
{
  g_autofree char *accepted = accept_for (key);

  put (out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
  put_line (out, "Sec-WebSocket-Accept", accepted);
  if (protocol != NULL)
    put_line (out, "Sec-WebSocket-Protocol", protocol);
  put (out, "\r\n");
}

/* Whether a comma list holds a word. */
static gboolean
list_holds (HnSlice list, HnSlice word)
{
  gsize start = 0;

  for (gsize at = 0; at <= list.length; at++) {
    gsize from = start, to = at;

    if (at < list.length && list.text[at] != ',')
      continue;
    while (from < to && (list.text[from] == ' ' || list.text[from] == '\t'))
      from++;
    while (to > from && (list.text[to - 1] == ' ' || list.text[to - 1] == '\t'))
      to--;
    if (to > from && to - from == word.length && memcmp (list.text + from, word.text, word.length) == 0)
      return TRUE;
    start = at + 1;
  }
  return FALSE;
}

void
hn_ws_write_request (const char *target, const char *host, const char *key, const char *const *fields, GByteArray *out)
{
  put (out, "GET ");
  put (out, target);
  put (out, " HTTP/1.1\r\n");
  put_line (out, "Host", host);
  put (out, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
  put_line (out, "Sec-WebSocket-Key", key);
  for (guint i = 0; fields != NULL && fields[i] != NULL; i += 2)
    put_line (out, fields[i], fields[i + 1]);
  put (out, "\r\n");
}

const char *
hn_ws_check_switch (const HnHttpHead *head, const char *key, const char *offered, HnSlice *ret_protocol)
{
  g_autofree char *expected = hn_ws_accept_key ((HnSlice){ key, strlen (key) });
  HnSlice protocol = find_once (head, "Sec-WebSocket-Protocol");

  if (head->status != 101)
    return "the server does not switch";
  if (!head->upgrade_websocket)
    return "the server switches to something else";
  if (expected == NULL || !hn_slice_equal (find_once (head, "Sec-WebSocket-Accept"), expected))
    return "the server answers another key";
  if (hn_http_head_find (head, "Sec-WebSocket-Extensions") != NULL)
    return "the server chose an extension that nobody offered";
  if (hn_http_head_find (head, "Sec-WebSocket-Protocol") != NULL
      && (offered == NULL || !list_holds ((HnSlice){ offered, strlen (offered) }, protocol)))
    return "the server chose a protocol that nobody offered";
  *ret_protocol = protocol;
  return NULL;
}
