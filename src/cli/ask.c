/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/ask.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/harmless.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/yaml-text.h"
#include "cli/config-files.h"

#define CALL_SECONDS 60
#define STREAM_SECONDS 86400.0
#define TOKEN_BYTES_MAX 4096
#define PREFIX_MIN 4 /* so much of an id is no accident */
#define DEFAULT_WORKER_LISTEN ":47990"

struct _HnAsk {
  char *command;
  char *server; /* without its final slash */
  char *token;
  gboolean any_certificate;
  HnAskOutput output;
  HnHttpClient *client;
};

typedef struct {
  char *server;
  char *token_file;
  char *config;
  gboolean insecure;
  char *output;
} Given;

static void
given_clear (Given *given)
{
  g_free (given->server);
  g_free (given->token_file);
  g_free (given->config);
  g_free (given->output);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Given, given_clear)

/* ---- where, and with which token ---- */

static char *
read_token (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length = 0;

  if (g_str_equal (path, "-")) {
    char line[TOKEN_BYTES_MAX];

    text = g_strdup (fgets (line, sizeof line, stdin) != NULL ? line : "");
  } else if (!g_file_get_contents (path, &text, &length, error)) {
    return NULL;
  }
  text[strcspn (text, "\r\n")] = '\0';
  if (*text != '\0' && strlen (text) < TOKEN_BYTES_MAX)
    return g_steal_pointer (&text);
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "no token in the first line of '%s'", path);
  return NULL;
}

/* How this machine reaches what listens there. */
static char *
url_of_listen (const char *listen, gboolean tls)
{
  g_autofree char *host = NULL;
  guint16 port = 0;

  if (!hn_address_split_listen (listen, &host, &port))
    return NULL;
  if (*host == '\0' || g_str_equal (host, "0.0.0.0") || g_str_equal (host, "::")) {
    g_free (host);
    host = g_strdup ("127.0.0.1");
  }
  return g_strdup_printf ("%s://%s%s%s:%u", tls ? "https" : "http", strchr (host, ':') != NULL ? "[" : "", host,
                          strchr (host, ':') != NULL ? "]" : "", port);
}

static char *
url_of_config (const HnConfig *config, HnMode mode)
{
  if (mode == HN_MODE_CONTROLLER && config->server_domain != NULL)
    return g_strconcat ("https://", config->server_domain, NULL);
  return url_of_listen (config->server_listen != NULL ? config->server_listen : DEFAULT_WORKER_LISTEN, config->server_tls_cert != NULL);
}

/* A file that is a controller's answers for the controller; else it may be a worker's. */
static HnConfig *
read_config (char *path, HnMode *ret_mode, GError **error)
{
  const HnConfigFiles files = { .file = path };
  g_autoptr (GError) as_controller = NULL;
  HnConfig *config = hn_config_files_read (&files, HN_MODE_CONTROLLER, &as_controller);

  *ret_mode = config != NULL ? HN_MODE_CONTROLLER : HN_MODE_WORKER;
  if (config == NULL)
    config = hn_config_files_read (&files, HN_MODE_WORKER, NULL);
  if (config == NULL)
    g_propagate_error (error, g_steal_pointer (&as_controller));
  return config;
}

static gboolean
find_server (HnAsk *self, const Given *given, GError **error)
{
  const char *server = given->server != NULL ? given->server : g_getenv ("HYDRANECK_URL");
  g_autoptr (GError) local = NULL;
  g_autoptr (HnConfig) config = NULL;
  HnMode mode = HN_MODE_CONTROLLER;

  if (given->token_file != NULL)
    self->token = read_token (given->token_file, &local);
  else if (g_getenv ("HYDRANECK_TOKEN") != NULL)
    self->token = g_strdup (g_getenv ("HYDRANECK_TOKEN"));
  if (local != NULL) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s", local->message);
    return FALSE;
  }
  if (server == NULL || self->token == NULL) {
    config = read_config (given->config, &mode, &local);
    if (config == NULL) {
      g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s", local->message);
      hn_error_set_detail (*error, "or say where: --server URL and --token-file FILE (HYDRANECK_URL, HYDRANECK_TOKEN)");
      return FALSE;
    }
  }
  self->server = server != NULL ? g_strdup (server) : url_of_config (config, mode);
  if (self->token == NULL)
    self->token = g_strdup (config->server_admin_token);
  if (self->server == NULL || !(g_str_has_prefix (self->server, "http://") || g_str_has_prefix (self->server, "https://"))) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'%s' is no http or https URL", self->server != NULL ? self->server : "");
    return FALSE;
  }
  while (g_str_has_suffix (self->server, "/"))
    self->server[strlen (self->server) - 1] = '\0';
  return TRUE;
}

/* ---- the command line ---- */

static gboolean
read_output (const char *text, HnAskOutput *ret_output, GError **error)
{
  static const char *const names[] = { "table", "json", "yaml", "name" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (text == NULL || g_str_equal (text, names[i])) {
      *ret_output = (HnAskOutput) i;
      return TRUE;
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "-o is table, json, yaml or name, not '%s'", text);
  return FALSE;
}

static gboolean
parse (HnAsk *self, const char *summary, const GOptionEntry *own, int argc, char **argv, Given *given, GStrv *ret_rest, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) arguments = g_new0 (char *, (gsize) argc + 2);
  const GOptionEntry entries[] = {
    { "server", 's', 0, G_OPTION_ARG_STRING, &given->server, "Controller or worker to ask (HYDRANECK_URL; else the configuration says)", "URL" },
    { "token-file", 0, 0, G_OPTION_ARG_FILENAME, &given->token_file, "Its first line is the token; - is standard input (HYDRANECK_TOKEN; else the configuration's)", "FILE" },
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &given->config, "Configuration of the controller or worker", "FILE" },
    { "insecure", 0, 0, G_OPTION_ARG_NONE, &given->insecure, "Take any certificate", NULL },
    { "output", 'o', 0, G_OPTION_ARG_STRING, &given->output, "table (default), json, yaml or name", "FORM" },
    { NULL },
  };

  arguments[0] = g_strconcat ("hydraneckwebrtc ", self->command, NULL);
  for (int i = 0; i < argc; i++)
    arguments[i + 1] = g_strdup (argv[i]);
  g_set_prgname (arguments[0]);
  g_option_context_set_summary (context, summary);
  if (own != NULL)
    g_option_context_add_main_entries (context, own, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, &arguments, error) || !read_output (given->output, &self->output, error))
    return FALSE;
  *ret_rest = g_strdupv (arguments + 1);
  return TRUE;
}

HnAsk *
hn_ask_new (const char *command, const char *summary, const GOptionEntry *entries, int argc, char **argv, GStrv *ret_rest, int *ret_status)
{
  g_autoptr (HnAsk) self = g_new0 (HnAsk, 1);
  g_auto (Given) given = { NULL };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) rest = NULL;

  self->command = g_strdup (command);
  hn_log_open (HN_LOG_WARNING);
  if (!parse (self, summary, entries, argc, argv, &given, &rest, &error)) {
    fprintf (stderr, "hydraneckwebrtc %s: %s\n", command, error->message);
    *ret_status = EX_USAGE;
    return NULL;
  }
  if (!find_server (self, &given, &error)) {
    *ret_status = hn_ask_fail (self, g_steal_pointer (&error));
    return NULL;
  }
  self->any_certificate = given.insecure;
  self->client = hn_http_client_new ();
  *ret_rest = g_steal_pointer (&rest);
  return g_steal_pointer (&self);
}

void
hn_ask_free (HnAsk *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->client, hn_http_client_free);
  g_free (self->command);
  g_free (self->server);
  g_free (self->token);
  g_free (self);
}

HnAskOutput
hn_ask_get_output (const HnAsk *self)
{
  return self->output;
}

/* ---- asking ---- */

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

GError *
hn_ask_error (guint status, const char *body, gsize length)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (body, length, NULL);
  const char *text = NULL;
  const char *detail = NULL;
  GError *error;

  if (object != NULL) {
    hn_json_get_text (object, "error", HN_LIMIT_REPLY_BYTES, FALSE, &text, NULL);
    hn_json_get_text (object, "detail", HN_LIMIT_REPLY_BYTES, FALSE, &detail, NULL);
  }
  error = text != NULL ? g_error_new_literal (HN_ERROR, (int) hn_error_from_status (status), text)
                       : g_error_new (HN_ERROR, (int) hn_error_from_status (status), "HTTP status %u", status);
  if (detail != NULL)
    hn_error_set_detail (error, "%s", detail);
  return error;
}

HnHttpReply *
hn_ask_call (HnAsk *self, const char *method, const char *path, JsonObject *body, GError **error)
{
  g_autofree char *url = g_strconcat (self->server, path, NULL);
  g_autofree char *text = body != NULL ? hn_json_to_text (body) : NULL;
  const HnHttpCall call = { .method = method, .url = url, .bearer = self->token, .body = text, .any_certificate = self->any_certificate,
                            .timeout_us = hn_seconds (CALL_SECONDS) };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (HnHttpReply) reply = NULL;

  hn_http_client_call_async (self->client, &call, NULL, on_done, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  reply = hn_http_client_call_finish (result, error);
  if (reply == NULL) {
    g_prefix_error (error, "%s: ", self->server);
    return NULL;
  }
  if (reply->status < 400)
    return g_steal_pointer (&reply);
  g_propagate_error (error, hn_ask_error (reply->status, reply->body, reply->length));
  return NULL;
}

JsonObject *
hn_ask_object (HnAsk *self, const char *method, const char *path, JsonObject *body, GError **error)
{
  g_autoptr (HnHttpReply) reply = hn_ask_call (self, method, path, body, error);
  JsonObject *object;

  if (reply == NULL)
    return NULL;
  if (reply->length == 0)
    return json_object_new ();
  object = hn_json_parse_object (reply->body, reply->length, NULL);
  if (object == NULL)
    g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, "%s answers no JSON object: is it a controller or worker?", self->server);
  return object;
}

HnHttpStream *
hn_ask_stream (HnAsk *self, const char *path, const char *const *fields, const HnHttpStreamEvents *events, gpointer user_data)
{
  g_autofree char *url = g_strconcat (self->server, path, NULL);
  const HnHttpCall call = { .method = "GET", .url = url, .bearer = self->token, .fields = fields, .endless = TRUE, .any_certificate = self->any_certificate,
                            .timeout_us = hn_seconds (STREAM_SECONDS) };

  return hn_http_client_stream (self->client, &call, events, user_data);
}

char *
hn_ask_path (const char *before, const char *segment, const char *after)
{
  g_autofree char *escaped = g_uri_escape_string (segment, NULL, FALSE);

  return g_strconcat (before, escaped, after, NULL);
}

char *
hn_ask_session_id (HnAsk *self, const char *text, GError **error)
{
  g_autoptr (JsonObject) object = NULL;
  JsonArray *sessions = NULL;
  const char *found = NULL;

  object = hn_ask_object (self, "GET", "/api/v1/sessions", NULL, error);
  if (object == NULL || !hn_json_get_array (object, "sessions", TRUE, &sessions, error))
    return NULL;
  for (guint i = 0; i < json_array_get_length (sessions) && strlen (text) >= PREFIX_MIN; i++) {
    JsonObject *session = hn_json_array_get_object (sessions, i);
    const char *id = NULL;

    if (session == NULL || !hn_json_get_text (session, "id", HN_LIMIT_TEXT_BYTES, TRUE, &id, NULL) || !g_str_has_prefix (id, text))
      continue;
    if (found != NULL) {
      g_set_error (error, HN_ERROR, HN_ERROR_CONFLICT, "several sessions begin with '%s'", text);
      return NULL;
    }
    found = id;
  }
  return g_strdup (found != NULL ? found : text);
}

/* ---- showing ---- */

void
hn_ask_show (HnAsk *self, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = self->output == HN_ASK_JSON ? json_to_string (node, TRUE) : hn_yaml_text (node);

  printf ("%s%s", text, self->output == HN_ASK_JSON ? "\n" : "");
}

int
hn_ask_fail (HnAsk *self, GError *error)
{
  g_autoptr (GError) owned = error;

  g_autoptr (GString) text = g_string_new (NULL);

  hn_harmless_append (text, owned->message);
  if (hn_error_detail (owned) != NULL) {
    g_string_append (text, "\n  ");
    hn_harmless_append (text, hn_error_detail (owned));
  }
  fprintf (stderr, "hydraneckwebrtc %s: %s\n", self != NULL ? self->command : "", text->str);
  return hn_error_exit_status (owned);
}
