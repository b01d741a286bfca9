/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneckwebrtc token`: a JSON web token as rooms and mesh accept it. The secret comes from their configuration, never from the command line, which everybody sees. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json-scan.h"
#include "base/jwt.h"
#include "base/limits.h"
#include "cli/cmd.h"
#include "cli/config-files.h"

#define TTL_SECONDS 900

typedef struct {
  HnConfigFiles files;
  char *role;
  char *subject, *user_id, *user_name, *room, *audience;
  int ttl_seconds;
  gboolean for_ever;
} Words;

static gboolean
check_words (const Words *words, const char *unexpected, GError **error)
{
  const char *const texts[] = { words->subject, words->user_id, words->user_name, words->room };

  if (unexpected != NULL)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "unexpected argument '%s'", unexpected);
  else if (words->subject == NULL || *words->subject == '\0')
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--sub NAME is missing: whom the token is for");
  for (guint i = 0; *error == NULL && i < G_N_ELEMENTS (texts); i++)
    if (texts[i] != NULL && (strlen (texts[i]) > HN_LIMIT_USER_BYTES || !g_utf8_validate (texts[i], -1, NULL)))
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "a name is UTF-8 of at most %d bytes", HN_LIMIT_USER_BYTES);
  return *error == NULL;
}

static gboolean
parse (int argc, char **argv, Words *words, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) arguments = g_new0 (char *, (gsize) argc + 2);
  const GOptionEntry entries[] = {
    { "sub", 0, 0, G_OPTION_ARG_STRING, &words->subject, "Whom it is for", "NAME" },
    { "user-id", 0, 0, G_OPTION_ARG_STRING, &words->user_id, "What others know the user by (NAME)", "ID" },
    { "username", 0, 0, G_OPTION_ARG_STRING, &words->user_name, "What the user is called (NAME)", "NAME" },
    { "room", 0, 0, G_OPTION_ARG_STRING, &words->room, "The only room it is for, or those whose names begin so (PREFIX*)", "ROOM" },
    { "aud", 0, 0, G_OPTION_ARG_STRING, &words->audience, "Its audience (tokens.audience)", "TEXT" },
    { "ttl", 0, 0, G_OPTION_ARG_INT, &words->ttl_seconds, "How long it is good (900); less than 0: it has expired", "SECONDS" },
    { "no-expiry", 0, 0, G_OPTION_ARG_NONE, &words->for_ever, "It is good for ever", NULL },
    { "role", 0, 0, G_OPTION_ARG_STRING, &words->role, "rooms or mesh: whose configuration has the secret (rooms)", "ROLE" },
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &words->files.file, "Configuration file", "FILE" },
    { "env-file", 0, 0, G_OPTION_ARG_FILENAME, &words->files.env_file, "File of KEY=value lines", "FILE" },
    { NULL },
  };

  arguments[0] = g_strdup ("hydraneckwebrtc token");
  for (int i = 0; i < argc; i++)
    arguments[i + 1] = g_strdup (argv[i]);
  g_set_prgname (arguments[0]);
  g_option_context_set_summary (context, "Prints a token that rooms, or mesh with tokens, accept, signed with the tokens.secret (SECRET_KEY) of their configuration.");
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse_strv (context, &arguments, error) && check_words (words, arguments[1], error);
}

static void
append_text (GString *claims, const char *name, const char *text)
{
  if (text == NULL)
    return;
  g_string_append_printf (claims, "\"%s\":", name);
  hn_json_append_string (claims, text);
  g_string_append_c (claims, ',');
}

static char *
make_claims (const Words *words, const HnConfig *config)
{
  GString *claims = g_string_new ("{");
  gint64 now = hn_clock_utc_us () / G_USEC_PER_SEC;

  append_text (claims, "sub", words->subject);
  append_text (claims, "user_id", words->user_id);
  append_text (claims, "username", words->user_name);
  append_text (claims, "room", words->room);
  append_text (claims, "aud", words->audience != NULL ? words->audience : config->tokens_audience);
  if (!words->for_ever)
    g_string_append_printf (claims, "\"exp\":%" G_GINT64_FORMAT ",", now + words->ttl_seconds);
  g_string_append_printf (claims, "\"iat\":%" G_GINT64_FORMAT ",\"type\":\"access\"}", now);
  return g_string_free (claims, FALSE);
}

static int
run (const Words *words, GError **error)
{
  g_autoptr (HnConfig) config = NULL;
  g_autofree char *claims = NULL;
  g_autofree char *token = NULL;
  HnMode mode = HN_MODE_ROOMS;
  HnJwtRules rules;

  if (words->role != NULL && (!hn_config_mode_from_text (words->role, &mode) || (mode != HN_MODE_ROOMS && mode != HN_MODE_MESH))) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' is neither rooms nor mesh", words->role);
    return EX_USAGE;
  }
  config = hn_config_files_read (&words->files, mode, error);
  if (config == NULL)
    return hn_error_exit_status (*error);
  if (config->tokens_secret == NULL) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'tokens.secret' (SECRET_KEY) is not set");
    return EX_CONFIG;
  }
  rules = hn_jwt_rules_of (config);
  claims = make_claims (words, config);
  token = hn_jwt_sign (claims, rules.algorithm, rules.secret);
  return printf ("%s\n", token) < 0 ? EX_IOERR : 0;
}

int
hn_cmd_token (int argc, char **argv)
{
  Words words = { .ttl_seconds = TTL_SECONDS };
  g_autoptr (GError) error = NULL;
  int status = EX_USAGE;

  if (parse (argc, argv, &words, &error))
    status = run (&words, &error);
  if (error != NULL)
    fprintf (stderr, "hydraneckwebrtc token: %s\n", error->message);
  if (hn_error_detail (error) != NULL)
    fprintf (stderr, "  %s\n", hn_error_detail (error));
  hn_config_files_clear (&words.files);
  g_free (words.role);
  g_free (words.subject);
  g_free (words.user_id);
  g_free (words.user_name);
  g_free (words.room);
  g_free (words.audience);
  return status;
}
