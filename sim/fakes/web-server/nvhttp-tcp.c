/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/nvhttp-tcp.h"

#include <stdio.h>
#include <string.h>

#include "sim/fakes/web-server/nvhttp.h"
#include "sim/fakes/web-server/tls-tcp.h"

#define ANSWER_MAX (8 * 1024 * 1024)

static GSocketConnection *
dial (const SimNvEndpoint *endpoint, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) why = NULL;

  g_socket_client_set_timeout (client, endpoint->connect_seconds);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_autoptr (GSocketConnectable) there = g_network_address_new (endpoint->address, endpoint->port);
  g_autoptr (GSocketConnection) plain = g_socket_client_connect (client, there, cancellable, &why);
  if (!plain) {
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_CONNECT, "error sending request: %s", why->message);
    return NULL;
  }
  g_socket_set_timeout (g_socket_connection_get_socket (plain), 0);
  return g_steal_pointer (&plain);
}

/* Value of a header (transfer full), or NULL; `head` is the text up to the blank line. */
static char *
header (const char *head, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);

  for (guint i = 1; lines[0] && lines[i]; i++) {
    char *colon = strchr (lines[i], ':');
    if (!colon)
      continue;
    *colon = '\0';
    if (g_ascii_strcasecmp (lines[i], name) == 0)
      return g_strdup (g_strstrip (colon + 1));
  }
  return NULL;
}

static GBytes *
unchunk (const char *at, gsize left)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  for (;;) {
    const char *eol = g_strstr_len (at, left, "\r\n");
    char *stop = NULL;
    guint64 size = eol ? g_ascii_strtoull (at, &stop, 16) : 0;
    if (!eol || stop == at)
      return NULL;
    left -= eol + 2 - at;
    at = eol + 2;
    if (size == 0)
      return g_byte_array_free_to_bytes (g_steal_pointer (&out));
    if (left < 2 || size > left - 2)
      return NULL;
    g_byte_array_append (out, (const guint8 *) at, size);
    at += size + 2;
    left -= size + 2;
  }
}

/* The body when `all` holds a whole answer, else NULL; `at_end`: nothing more will come. */
static GBytes *
whole_body (GByteArray *all, gboolean at_end, guint *ret_status)
{
  const char *text = (const char *) all->data;
  const char *blank = all->len ? g_strstr_len (text, all->len, "\r\n\r\n") : NULL;

  if (!blank || sscanf (text, "HTTP/1.%*1u %3u", ret_status) != 1)
    return NULL;
  g_autofree char *head = g_strndup (text, blank - text);
  gsize have = all->len - (blank + 4 - text);
  g_autofree char *length = header (head, "Content-Length");
  g_autofree char *coding = header (head, "Transfer-Encoding");
  guint64 want = have;

  if (coding && g_ascii_strcasecmp (coding, "chunked") == 0)
    return unchunk (blank + 4, have);
  if (length && !g_ascii_string_to_unsigned (length, 10, 0, ANSWER_MAX, &want, NULL))
    return NULL;
  if (length ? have < want : !at_end)
    return NULL;
  return g_bytes_new (blank + 4, want);
}

static GBytes *
read_answer (GSocket *socket, SimTls *tls, GCancellable *cancellable, GError **error)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  guint status = 0;

  for (;;) {
    char buffer[16384];
    gssize n = tls ? sim_tls_read (tls, buffer, sizeof buffer, cancellable, error)
                   : g_socket_receive (socket, buffer, sizeof buffer, cancellable, error);
    if (n < 0)
      return NULL;
    g_byte_array_append (all, (const guint8 *) buffer, n);
    g_autoptr (GBytes) body = whole_body (all, n == 0, &status);
    if (body && status == 200)
      return g_steal_pointer (&body);
    if (body || n == 0 || all->len > ANSWER_MAX) {
      g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, body ? "HTTP status %u" : "answer cut short (%u)",
                   status);
      return NULL;
    }
  }
}

static gboolean
write_request (GSocketConnection *there, SimTls *tls, const char *text, GCancellable *cancellable, GError **error)
{
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (there));

  return tls ? sim_tls_write (tls, text, strlen (text), cancellable, error)
             : g_output_stream_write_all (out, text, strlen (text), NULL, cancellable, error);
}

GBytes *
sim_nvhttp_get (const SimNvEndpoint *endpoint, const char *target, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSocketConnection) there = dial (endpoint, cancellable, error);
  GSocket *socket = there ? g_socket_connection_get_socket (there) : NULL;
  g_autoptr (SimTls) tls = NULL;

  if (there && endpoint->key)
    tls = sim_tls_new (socket, endpoint->certificate, endpoint->key, endpoint->pinned, cancellable, error);
  if (!there || (endpoint->key && !tls))
    return NULL;
  g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: %s:%u\r\nAccept: */*\r\n"
                                              "Connection: close\r\n\r\n",
                                              target, endpoint->address, endpoint->port);
  if (!write_request (there, tls, request, cancellable, error))
    return NULL;
  return read_answer (socket, tls, cancellable, error);
}
