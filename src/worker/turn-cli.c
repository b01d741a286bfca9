/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* coturn 4.6.1 asks `Enter password: `, again after a wrong one, and prompts with `> ` behind each answer. `psp USER` lists relays as
 * `1) id=000000000000000002, user <1795648555:USER>:`; the match is of parts, so only a user that is exactly ours counts. `cs ID` ends one. */

#include "worker/turn-cli.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

#define ASKS "Enter password: "
#define PROMPT "> "
#define ID "id="
#define ID_DIGITS_MOST 20

typedef enum { GREETING, PASSWORD, LISTING, ENDING } State;

struct _HnTurnCli {
  char *password;
  char *user;
  State state;
  GString *heard; /* since we last said something */
  GPtrArray *ids; /* still to be ended */
  guint ended;
  char *line;
};

static HnTurnCliStep
say (HnTurnCli *self, State state, const char *command, const char *word)
{
  self->state = state;
  g_string_truncate (self->heard, 0);
  g_free (self->line);
  self->line = g_strconcat (command, word, "\r\n", NULL);
  return HN_TURN_CLI_SEND;
}

static gboolean
ends_with (const GString *text, const char *end)
{
  return g_str_has_suffix (text->str, end);
}

/* `000…2, user <1795648555:USER>` behind `id=`. */
static void
note_relay (HnTurnCli *self, const char *text)
{
  gsize digits = strspn (text, "0123456789");
  const char *rest = text + digits;

  if (digits == 0 || digits > ID_DIGITS_MOST || !g_str_has_prefix (rest, ", user <") || self->ids->len == HN_LIMIT_TURN_RELAYS)
    return;
  rest += strlen (", user <");
  rest += strspn (rest, "0123456789");
  if (*rest == ':' && g_str_has_prefix (rest + 1, self->user) && rest[1 + strlen (self->user)] == '>')
    g_ptr_array_add (self->ids, g_strndup (text, digits));
}

static HnTurnCliStep
end_next (HnTurnCli *self)
{
  g_autofree char *id = NULL;

  if (self->ids->len == 0)
    return HN_TURN_CLI_DONE;
  id = g_ptr_array_steal_index (self->ids, self->ids->len - 1);
  self->ended++;
  return say (self, ENDING, "cs ", id);
}

static HnTurnCliStep
handle_listing (HnTurnCli *self)
{
  for (const char *at = self->heard->str; (at = strstr (at, ID)) != NULL; at += strlen (ID))
    note_relay (self, at + strlen (ID));
  return end_next (self);
}

HnTurnCliStep
hn_turn_cli_feed (HnTurnCli *self, const char *text, gsize length, GError **error)
{
  if (self->heard->len + length > HN_LIMIT_TURN_CLI_BYTES) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_LIMIT, "coturn's command line says too much");
    return HN_TURN_CLI_FAILED;
  }
  for (gsize i = 0; i < length; i++)
    if (text[i] != '\0')
      g_string_append_c (self->heard, text[i]);
  if (ends_with (self->heard, ASKS) || ends_with (self->heard, ASKS "\r\n")) {
    if (self->state == GREETING)
      return say (self, PASSWORD, self->password, "");
    g_set_error_literal (error, HN_ERROR, HN_ERROR_UNAUTHENTICATED, "coturn's command line refuses turn.cli_password");
    return HN_TURN_CLI_FAILED;
  }
  if (!ends_with (self->heard, PROMPT) || self->state == GREETING)
    return HN_TURN_CLI_WAIT;
  if (self->state == PASSWORD)
    return say (self, LISTING, "psp ", self->user);
  return self->state == LISTING ? handle_listing (self) : end_next (self);
}

const char *
hn_turn_cli_get_line (const HnTurnCli *self)
{
  return self->line;
}

guint
hn_turn_cli_get_ended (const HnTurnCli *self)
{
  return self->ended;
}

HnTurnCli *
hn_turn_cli_new (const char *password, const char *user)
{
  HnTurnCli *self = g_new0 (HnTurnCli, 1);

  self->password = g_strdup (password);
  self->user = g_strdup (user);
  self->heard = g_string_new (NULL);
  self->ids = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
hn_turn_cli_free (HnTurnCli *self)
{
  if (self == NULL)
    return;
  g_free (self->password);
  g_free (self->user);
  g_free (self->line);
  g_string_free (self->heard, TRUE);
  g_ptr_array_unref (self->ids);
  g_free (self);
}
