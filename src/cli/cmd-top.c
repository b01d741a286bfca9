/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneckwebrtc top`: health, workers and sessions on one screen, drawn anew. Without a terminal, or with --once, one picture. */
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text-table.h"
#include "cli/ask.h"
#include "cli/cmd.h"
#include "cli/lists.h"

#define INTERVAL_SECONDS 2
#define INTERVAL_MAX 3600
#define SCREEN_OPEN "\033[?1049h\033[?25l"  /* a screen of its own, without a cursor */
#define SCREEN_CLOSE "\033[?25h\033[?1049l"
#define SCREEN_DRAW "\033[H\033[2J"

typedef struct {
  HnAsk *ask;
  gboolean leaving;
  gboolean due;
} Top;

/* ---- the picture ---- */

static void
append_list (GString *out, HnAsk *ask, const char *name, GError **error)
{
  const HnList *list = hn_lists_find (name);
  g_autofree char *path = g_strconcat ("/api/v1/", list->plural, NULL);
  g_autoptr (JsonObject) object = hn_ask_object (ask, "GET", path, NULL, error);
  g_autofree char *text = object != NULL ? hn_lists_text (list, object, error) : NULL;

  if (text != NULL)
    g_string_append_printf (out, "\n%s", text);
}

static char *
picture (HnAsk *ask, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (JsonObject) health = hn_ask_object (ask, "GET", "/api/v1/health", NULL, error);
  g_autoptr (GError) local = NULL;
  g_autofree char *status = NULL;
  g_autofree char *version = NULL;
  g_autofree char *uptime = NULL;
  g_autofree char *active = NULL;
  g_autofree char *max = NULL;
  g_autofree char *healthy = NULL;
  g_autofree char *total = NULL;

  if (health == NULL)
    return NULL;
  status = hn_text_member (health, "status");
  version = hn_text_member (health, "version");
  uptime = hn_text_member (health, "extra.uptime");
  active = hn_text_member (health, "extra.active_sessions");
  max = hn_text_member (health, "extra.max_sessions");
  healthy = hn_text_member (health, "extra.workers_healthy");
  total = hn_text_member (health, "extra.workers_total");
  g_string_append_printf (out, "hydraneckwebrtc %s  %s  up %s  sessions %s/%s", version, status, uptime, active, max);
  if (!g_str_equal (total, "-")) {
    g_string_append_printf (out, "  workers %s/%s\n", healthy, total);
    append_list (out, ask, "workers", &local);
  } else {
    g_string_append_c (out, '\n');
  }
  if (local == NULL)
    append_list (out, ask, "sessions", &local);
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* As much as the window has: a line that wraps, or one too many, would move everything. */
static char *
fit (const char *text)
{
  struct winsize size = { 0 };
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *out = g_string_new (NULL);

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
  for (guint i = 0; lines[i] != NULL && i + 1 < size.ws_row; i++) {
    g_autofree char *line = g_utf8_strlen (lines[i], -1) > size.ws_col ? g_utf8_substring (lines[i], 0, size.ws_col) : g_strdup (lines[i]);

    g_string_append_printf (out, "%s%s", i > 0 ? "\n" : "", line);
  }
  return g_string_free (out, FALSE);
}

static void
draw (Top *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = picture (self->ask, &error);
  g_autofree char *whole = text != NULL ? fit (text) : NULL;

  if (whole != NULL)
    printf (SCREEN_DRAW "%s", whole);
  else
    printf (SCREEN_DRAW "%s\n\ntrying again; q ends", error->message);
  fflush (stdout);
}

/* ---- until somebody has seen enough ---- */

static gboolean
on_signal (gpointer data)
{
  ((Top *) data)->leaving = TRUE;
  return G_SOURCE_CONTINUE;
}

static gboolean
on_key (int fd, GIOCondition condition, gpointer data)
{
  Top *self = data;
  char key = 'q'; /* a closed terminal */

  if (read (fd, &key, 1) < 0 || key == 'q' || key == 'Q' || key == 4)
    self->leaving = TRUE;
  self->due = TRUE;
  return G_SOURCE_CONTINUE;
}

static gboolean
on_time (gpointer data)
{
  ((Top *) data)->due = TRUE;
  return G_SOURCE_CONTINUE;
}

static void
watch (Top *self, int interval_seconds)
{
  struct termios before, raw;
  gboolean has_keys = tcgetattr (STDIN_FILENO, &before) == 0;
  guint ids[] = { g_unix_signal_add (SIGINT, on_signal, self), g_unix_signal_add (SIGTERM, on_signal, self), g_unix_signal_add (SIGHUP, on_signal, self),
                  g_timeout_add_seconds ((guint) interval_seconds, on_time, self), has_keys ? g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_key, self) : 0 };

  if (has_keys) {
    raw = before;
    raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
    tcsetattr (STDIN_FILENO, TCSANOW, &raw);
  }
  fputs (SCREEN_OPEN, stdout);
  self->due = TRUE;
  while (!self->leaving) {
    if (self->due) {
      self->due = FALSE;
      draw (self);
    }
    if (!self->leaving && !self->due)
      g_main_context_iteration (NULL, TRUE);
  }
  fputs (SCREEN_CLOSE, stdout);
  fflush (stdout);
  if (has_keys)
    tcsetattr (STDIN_FILENO, TCSANOW, &before);
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    g_clear_handle_id (&ids[i], g_source_remove);
}

int
hn_cmd_top (int argc, char **argv)
{
  int status = 0;
  int interval = INTERVAL_SECONDS;
  gboolean once = FALSE;
  g_auto (GStrv) rest = NULL;
  const GOptionEntry entries[] = {
    { "once", 0, 0, G_OPTION_ARG_NONE, &once, "Print one picture and end", NULL },
    { "interval", 'i', 0, G_OPTION_ARG_INT, &interval, "Between two pictures (2)", "SECONDS" },
    { NULL },
  };
  g_autoptr (HnAsk) ask = hn_ask_new ("top", "Shows health, workers and sessions, drawn anew; q ends.", entries, argc, argv, &rest, &status);
  g_autofree char *text = NULL;
  GError *error = NULL;

  if (ask == NULL)
    return status;
  if (rest[0] != NULL || interval < 1 || interval > INTERVAL_MAX) {
    fprintf (stderr, "usage: hydraneckwebrtc top [--once] [--interval 1…%d]\n", INTERVAL_MAX);
    return EX_USAGE;
  }
  text = picture (ask, &error);
  if (text == NULL)
    return hn_ask_fail (ask, error);
  if (once || !isatty (STDOUT_FILENO)) {
    fputs (text, stdout);
  } else {
    Top top = { .ask = ask };

    watch (&top, interval);
  }
  return 0;
}
