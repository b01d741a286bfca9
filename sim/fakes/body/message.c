/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP/1.1 as far as a one-request-per-connection server needs it: a head is a request line and fields,
 * a body is as long as Content-Length says, and every answer closes the connection. */
#include "sim/fakes/body/message.h"

#include <stdarg.h>
#include <string.h>

#include "sim/fakes/body/json.h"

static void
parse_query (GHashTable *query, const char *text)
{
  g_auto (GStrv) pairs = g_strsplit (text, "&", -1);

  for (guint i = 0; pairs[i] != NULL; i++) {
    char *equals = strchr (pairs[i], '=');
    g_autofree char *name = NULL;
    g_autofree char *value = NULL;

    if (equals != NULL)
      *equals = '\0';
    name = g_uri_unescape_string (pairs[i], NULL);
    value = g_uri_unescape_string (equals != NULL ? equals + 1 : "", NULL);
    if (name != NULL && *name != '\0' && value != NULL && !g_hash_table_contains (query, name))
      g_hash_table_insert (query, g_steal_pointer (&name), g_steal_pointer (&value));
  }
}

static gboolean
parse_line (SimRequest *self, const char *line, GError **error)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  char *mark;

  if (g_strv_length (words) != 3 || words[1][0] != '/' || !g_str_has_prefix (words[2], "HTTP/1.")) {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_FAILED, "malformed request line");
    return FALSE;
  }
  mark = strchr (words[1], '?');
  if (mark != NULL) {
    parse_query (self->query, mark + 1);
    *mark = '\0';
  }
  self->method = g_strdup (words[0]);
  self->path = g_strdup (words[1]);
  return TRUE;
}

static gboolean
parse_field (SimRequest *self, const char *line, GError **error)
{
  const char *colon = strchr (line, ':');
  g_autofree char *name = NULL;

  if (colon == NULL || colon == line || line[0] == ' ' || line[0] == '\t') {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_FAILED, "malformed header line");
    return FALSE;
  }
  name = g_ascii_strdown (line, colon - line);
  if (!g_hash_table_contains (self->headers, name))
    g_hash_table_insert (self->headers, g_steal_pointer (&name), g_strstrip (g_strdup (colon + 1)));
  return TRUE;
}

SimRequest *
sim_request_parse (const char *head, gsize length, GError **error)
{
  g_autoptr (SimRequest) self = g_new0 (SimRequest, 1);
  g_autofree char *text = g_strndup (head, length);
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);

  self->query = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->body = g_string_new (NULL);
  if (!parse_line (self, lines[0] != NULL ? lines[0] : "", error))
    return NULL;
  for (guint i = 1; lines[i] != NULL && lines[i][0] != '\0'; i++)
    if (!parse_field (self, lines[i], error))
      return NULL;
  return g_steal_pointer (&self);
}

gboolean
sim_request_body_bytes (const SimRequest *self, gsize *ret_bytes)
{
  const char *text = sim_request_header (self, "content-length");
  guint64 bytes = 0;

  if (sim_request_header (self, "transfer-encoding") != NULL)
    return FALSE;
  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 0, SIM_MESSAGE_BODY_MAX_BYTES, &bytes, NULL))
    return FALSE;
  *ret_bytes = (gsize)bytes;
  return TRUE;
}

const char *
sim_request_header (const SimRequest *self, const char *name)
{
  return g_hash_table_lookup (self->headers, name);
}

const char *
sim_request_query (const SimRequest *self, const char *name)
{
  return g_hash_table_lookup (self->query, name);
}

void
sim_request_free (SimRequest *self)
{
  if (self == NULL)
    return;
  g_free (self->method);
  g_free (self->path);
  g_clear_pointer (&self->query, g_hash_table_unref);
  g_clear_pointer (&self->headers, g_hash_table_unref);
  if (self->body != NULL)
    g_string_free (self->body, TRUE);
  g_clear_pointer (&self->client_cert, g_bytes_unref);
  g_free (self);
}

static const char *
reason_of (guint status)
{
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 307:
    return "Temporary Redirect";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 500:
    return "Internal Server Error";
  case 503:
    return "Service Unavailable";
  default:
    return "Status";
  }
}

SimAnswer *
sim_answer_new (void)
{
  SimAnswer *self = g_new0 (SimAnswer, 1);

  self->status = 200;
  self->headers = g_string_new (NULL);
  self->body = g_string_new (NULL);
  self->stray = g_string_new (NULL);
  self->released = g_string_new (NULL);
  return self;
}

void
sim_answer_header (SimAnswer *self, const char *name, const char *value)
{
  g_string_append_printf (self->headers, "%s: %s\r\n", name, value);
}

GString *
sim_answer_wire (const SimAnswer *self)
{
  GString *wire = g_string_new (NULL);

  g_string_append_printf (wire, "HTTP/1.1 %u %s\r\n%sContent-Length: %" G_GSIZE_FORMAT "\r\nConnection: close\r\n\r\n",
                          self->status, reason_of (self->status), self->headers->str, self->body->len);
  g_string_append_len (wire, self->body->str, (gssize)self->body->len);
  g_string_append_len (wire, self->stray->str, (gssize)self->stray->len);
  return wire;
}

void
sim_answer_free (SimAnswer *self)
{
  if (self == NULL)
    return;
  g_string_free (self->headers, TRUE);
  g_string_free (self->body, TRUE);
  g_string_free (self->stray, TRUE);
  g_string_free (self->released, TRUE);
  g_free (self->hold);
  g_free (self->release);
  g_free (self);
}

void
sim_answer_json (SimAnswer *self, guint status, char *text)
{
  g_autofree char *owned = text;

  self->status = status;
  sim_answer_header (self, "Content-Type", "application/json");
  g_string_assign (self->body, owned);
}

void
sim_answer_hydra_error (SimAnswer *self, guint status, const char *format, ...)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  json_object_set_string_member (object, "error", text);
  json_object_set_int_member (object, "code", status);
  sim_answer_json (self, status, sim_json_text (object));
}
