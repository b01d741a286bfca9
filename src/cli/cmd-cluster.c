/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that ask a running controller or worker one thing and show the answer. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text-table.h"
#include "cli/ask.h"
#include "cli/cmd.h"
#include "cli/lists.h"

#define MAX_IDS 100

/* ---- words ---- */

static int
usage (const char *command, const char *arguments)
{
  fprintf (stderr, "usage: hydraneckwebrtc %s %s\n", command, arguments);
  return EX_USAGE;
}

/* ---- get, describe ---- */

static int
show_list (HnAsk *ask, const HnList *list, JsonObject *object)
{
  HnAskOutput output = hn_ask_get_output (ask);
  g_autofree char *text = NULL;
  GError *error = NULL;

  if (output == HN_ASK_JSON || output == HN_ASK_YAML) {
    hn_ask_show (ask, object);
    return 0;
  }
  text = output == HN_ASK_NAME ? hn_lists_names (list, object, &error) : hn_lists_text (list, object, &error);
  if (text == NULL)
    return hn_ask_fail (ask, error);
  return fputs (text, stdout) >= 0 ? 0 : EX_IOERR;
}

int
hn_cmd_get (int argc, char **argv)
{
  int status = 0;
  g_auto (GStrv) rest = NULL;
  g_autoptr (HnAsk) ask = hn_ask_new ("get", "Lists what there is: workers or sessions.", NULL, argc, argv, &rest, &status);
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *path = NULL;
  GError *error = NULL;
  const HnList *list;

  if (ask == NULL)
    return status;
  list = rest[0] != NULL && rest[1] == NULL ? hn_lists_find (rest[0]) : NULL;
  if (list == NULL)
    return usage ("get", "workers|sessions [-o table|json|yaml|name]");
  path = g_strconcat ("/api/v1/", list->plural, NULL);
  object = hn_ask_object (ask, "GET", path, NULL, &error);
  if (object == NULL)
    return hn_ask_fail (ask, error);
  return show_list (ask, list, object);
}

int
hn_cmd_describe (int argc, char **argv)
{
  int status = 0;
  g_auto (GStrv) rest = NULL;
  g_autoptr (HnAsk) ask
    = hn_ask_new ("describe", "Shows all there is to know of one worker or session; the first characters of a session's id do.", NULL, argc, argv, &rest, &status);
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *before = NULL;
  g_autofree char *id = NULL;
  g_autofree char *path = NULL;
  GError *error = NULL;
  const HnList *list;

  if (ask == NULL)
    return status;
  list = rest[0] != NULL && rest[1] != NULL && rest[2] == NULL ? hn_lists_find (rest[0]) : NULL;
  if (list == NULL)
    return usage ("describe", "worker|session ID [-o yaml|json]");
  id = g_str_equal (list->plural, "sessions") ? hn_ask_session_id (ask, rest[1], &error) : g_strdup (rest[1]);
  if (id == NULL)
    return hn_ask_fail (ask, error);
  before = g_strdup_printf ("/api/v1/%s/", list->plural);
  path = hn_ask_path (before, id, "");
  object = hn_ask_object (ask, "GET", path, NULL, &error);
  if (object == NULL)
    return hn_ask_fail (ask, error);
  hn_ask_show (ask, object);
  return 0;
}

/* ---- create, delete, drain ---- */

typedef struct {
  char *experience, *exe_path, *district, *body, *head, *sunshine_user, *sunshine_pass_file;
  gboolean replace;
} Wanted;

static void
wanted_clear (Wanted *wanted)
{
  g_free (wanted->experience);
  g_free (wanted->exe_path);
  g_free (wanted->district);
  g_free (wanted->body);
  g_free (wanted->head);
  g_free (wanted->sunshine_user);
  g_free (wanted->sunshine_pass_file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wanted, wanted_clear)

static JsonObject *
create_body (const Wanted *wanted, const char *body_ip, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *password = NULL;

  if (wanted->sunshine_pass_file != NULL) {
    if (!g_file_get_contents (wanted->sunshine_pass_file, &password, NULL, error))
      return NULL;
    password[strcspn (password, "\r\n")] = '\0';
  }
  hn_json_set_text (object, "body_ip", body_ip);
  hn_json_set_text (object, "sunshine_user", wanted->sunshine_user);
  hn_json_set_text (object, "sunshine_pass", password);
  hn_json_set_text (object, "experience", wanted->experience);
  hn_json_set_text (object, "exe_path", wanted->exe_path);
  hn_json_set_text (object, "district", wanted->district);
  hn_json_set_text (object, "body", wanted->body);
  hn_json_set_text (object, "head", wanted->head);
  if (wanted->replace)
    json_object_set_boolean_member (object, "replace", TRUE);
  return g_steal_pointer (&object);
}

static void
print_name (JsonObject *object, const char *member)
{
  g_autofree char *text = hn_text_member (object, member);

  printf ("%s\n", text);
}

int
hn_cmd_create (int argc, char **argv)
{
  int status = 0;
  g_auto (GStrv) rest = NULL;
  g_auto (Wanted) wanted = { NULL };
  const GOptionEntry entries[] = {
    { "experience", 0, 0, G_OPTION_ARG_STRING, &wanted.experience, "Application to stream, kept for ratings", "NAME" },
    { "exe-path", 0, 0, G_OPTION_ARG_STRING, &wanted.exe_path, "Program on the body, launched before the stream", "PATH" },
    { "district", 0, 0, G_OPTION_ARG_STRING, &wanted.district, "For records and reports", "TEXT" },
    { "body", 0, 0, G_OPTION_ARG_STRING, &wanted.body, "Likewise: the body's name", "TEXT" },
    { "head", 0, 0, G_OPTION_ARG_STRING, &wanted.head, "Likewise: the head's name", "TEXT" },
    { "replace", 0, 0, G_OPTION_ARG_NONE, &wanted.replace, "Take the body from a session that streams", NULL },
    { "sunshine-user", 0, 0, G_OPTION_ARG_STRING, &wanted.sunshine_user, "Instead of the worker's sunshine.username", "NAME" },
    { "sunshine-pass-file", 0, 0, G_OPTION_ARG_FILENAME, &wanted.sunshine_pass_file, "Its first line is used instead of sunshine.password", "FILE" },
    { NULL },
  };
  g_autoptr (HnAsk) ask = hn_ask_new ("create", "Creates a session on a body and prints its stream_url. Ctrl-C takes it back while it is being made.", entries, argc,
                                      argv, &rest, &status);
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (JsonObject) object = NULL;
  GError *error = NULL;

  if (ask == NULL)
    return status;
  if (rest[0] == NULL || rest[1] != NULL)
    return usage ("create", "BODY_IP [--experience NAME] [--replace] …");
  body = create_body (&wanted, rest[0], &error);
  object = body != NULL ? hn_ask_object (ask, "POST", "/api/v1/sessions", body, &error) : NULL;
  if (object == NULL)
    return hn_ask_fail (ask, error);
  if (hn_ask_get_output (ask) == HN_ASK_NAME)
    print_name (object, "session_id");
  else
    hn_ask_show (ask, object);
  return 0;
}

int
hn_cmd_delete (int argc, char **argv)
{
  int status = 0;
  g_auto (GStrv) rest = NULL;
  g_autoptr (HnAsk) ask = hn_ask_new ("delete", "Ends sessions and cleans up behind them; the first characters of an id do.", NULL, argc, argv, &rest, &status);

  if (ask == NULL)
    return status;
  if (rest[0] == NULL || g_strv_length (rest) > MAX_IDS)
    return usage ("delete", "SESSION…");
  for (char **at = rest; *at != NULL; at++) {
    GError *error = NULL;
    g_autofree char *id = hn_ask_session_id (ask, *at, &error);
    g_autofree char *path = id != NULL ? hn_ask_path ("/api/v1/sessions/", id, "") : NULL;
    g_autoptr (JsonObject) object = path != NULL ? hn_ask_object (ask, "DELETE", path, NULL, &error) : NULL;

    if (object == NULL)
      status = hn_ask_fail (ask, error);
    else
      printf ("%s deleted\n", id);
  }
  return status;
}

int
hn_cmd_drain (int argc, char **argv)
{
  int status = 0;
  g_auto (GStrv) rest = NULL;
  g_autofree char *deadline = NULL;
  gboolean undo = FALSE;
  const GOptionEntry entries[] = {
    { "deadline", 0, 0, G_OPTION_ARG_STRING, &deadline, "End what still runs then: 90s, 10m, 1h", "TIME" },
    { "undo", 0, 0, G_OPTION_ARG_NONE, &undo, "Give it new sessions again", NULL },
    { NULL },
  };
  g_autoptr (HnAsk) ask = hn_ask_new ("drain", "Gives a worker no new sessions; those that run go on, until --deadline if there is one.", entries, argc, argv,
                                      &rest, &status);
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *path = NULL;
  g_autofree char *state = NULL;
  g_autofree char *load = NULL;
  GError *error = NULL;

  if (ask == NULL)
    return status;
  if (rest[0] == NULL || rest[1] != NULL || (undo && deadline != NULL))
    return usage ("drain", "WORKER [--deadline TIME | --undo]");
  path = hn_ask_path ("/api/v1/workers/", rest[0], "/drain");
  if (deadline != NULL) {
    body = json_object_new ();
    json_object_set_string_member (body, "deadline", deadline);
  }
  object = hn_ask_object (ask, undo ? "DELETE" : "POST", path, body, &error);
  if (object == NULL)
    return hn_ask_fail (ask, error);
  if (hn_ask_get_output (ask) != HN_ASK_TABLE) {
    hn_ask_show (ask, object);
    return 0;
  }
  state = hn_text_member (object, "status");
  load = hn_text_member (object, "active_sessions");
  printf ("%s is %s, sessions: %s\n", rest[0], state, load);
  return 0;
}

/* ---- explain, logs ---- */

int
hn_cmd_explain (int argc, char **argv)
{
  int status = 0;
  g_auto (GStrv) rest = NULL;
  g_autoptr (HnAsk) ask = hn_ask_new ("explain", "Tells a session's life: why this worker, each state with its time, what ended it and how to mend that.", NULL,
                                      argc, argv, &rest, &status);
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *id = NULL;
  g_autofree char *path = NULL;
  GError *error = NULL;

  if (ask == NULL)
    return status;
  if (rest[0] == NULL || rest[1] != NULL)
    return usage ("explain", "SESSION");
  id = hn_ask_session_id (ask, rest[0], &error);
  path = id != NULL ? hn_ask_path ("/api/v1/sessions/", id, "/explain") : NULL;
  object = path != NULL ? hn_ask_object (ask, "GET", path, NULL, &error) : NULL;
  if (object == NULL)
    return hn_ask_fail (ask, error);
  hn_ask_show (ask, object);
  return 0;
}

int
hn_cmd_logs (int argc, char **argv)
{
  int status = 0;
  int lines = 0;
  g_auto (GStrv) rest = NULL;
  const GOptionEntry entries[] = {
    { "lines", 'n', 0, G_OPTION_ARG_INT, &lines, "How many of the last ones", "N" },
    { NULL },
  };
  g_autoptr (HnAsk) ask = hn_ask_new ("logs", "Prints the last lines of a session's web-server.log, also of one that has ended.", entries, argc, argv, &rest, &status);
  g_autoptr (HnHttpReply) reply = NULL;
  g_autofree char *id = NULL;
  g_autofree char *query = NULL;
  g_autofree char *path = NULL;
  GError *error = NULL;

  if (ask == NULL)
    return status;
  if (rest[0] == NULL || rest[1] != NULL || lines < 0)
    return usage ("logs", "SESSION [--lines N]");
  id = hn_ask_session_id (ask, rest[0], &error);
  query = lines > 0 ? g_strdup_printf ("/logs?lines=%d", lines) : g_strdup ("/logs");
  path = id != NULL ? hn_ask_path ("/api/v1/sessions/", id, query) : NULL;
  reply = path != NULL ? hn_ask_call (ask, "GET", path, NULL, &error) : NULL;
  if (reply == NULL)
    return hn_ask_fail (ask, error);
  return hn_lists_print_lines (reply->body) ? 0 : EX_IOERR;
}
