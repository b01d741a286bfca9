/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneckwebrtc events`: the server's event stream (text/event-stream, HTML standard section 9.2), a line an event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/harmless.h"
#include "base/json.h"
#include "base/text-table.h"
#include "cli/ask.h"
#include "cli/cmd.h"

#define QUIET_MS 1000       /* without --follow: nothing new for so long means that nothing more is remembered */
#define AGAIN_MS 2000       /* pause before a lost connection is made anew */
#define SESSION_ID_SHOWN 8  /* as the logs have it */
#define EVENT_BYTES_MAX 65536

typedef struct {
  HnAsk *ask;
  GMainLoop *loop;
  HnHttpStream *stream;
  gboolean follow;
  char *last_id; /* of an event that was shown; where a new connection goes on */
  char *type;    /* of the event that is being read */
  GString *data;
  guint timer;
  guint status;  /* of the answer; 0 before it */
  GError *error;
} Watch;

/* ---- showing one event ---- */

static void
append_member (GString *line, const char *name, JsonObject *object)
{
  g_autofree char *text = hn_text_member (object, name);
  gboolean is_id = g_str_equal (name, "session_id") && strlen (text) > SESSION_ID_SHOWN;

  if (g_str_equal (text, "-"))
    return;
  g_string_append_printf (line, strchr (text, ' ') != NULL ? " %s=\"%.*s\"" : " %s=%.*s", name, is_id ? SESSION_ID_SHOWN : (int) strlen (text), text);
}

static char *
event_line (const char *type, JsonObject *object)
{
  g_autofree char *stamp = hn_text_member (object, "timestamp");
  GString *line = g_string_new (stamp);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  g_string_append_c (line, ' ');
  hn_harmless_append (line, type);
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (!g_str_equal (name, "timestamp") && JSON_NODE_HOLDS_VALUE (node))
      append_member (line, name, object);
  return g_string_free (line, FALSE);
}

static void
show (Watch *self)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (self->data->str, self->data->len, NULL);
  const char *type = self->type != NULL ? self->type : "message";
  g_autofree char *line = NULL;

  if (object == NULL)
    return; /* not one of ours */
  if (hn_ask_get_output (self->ask) == HN_ASK_TABLE || hn_ask_get_output (self->ask) == HN_ASK_NAME) {
    line = event_line (type, object);
    printf ("%s\n", line);
  } else if (hn_ask_get_output (self->ask) == HN_ASK_JSON) {
    json_object_set_string_member (object, "event", type);
    line = hn_json_to_text (object);
    fputs (line, stdout);
  } else {
    json_object_set_string_member (object, "event", type);
    printf ("---\n");
    hn_ask_show (self->ask, object);
  }
  if (fflush (stdout) != 0)
    g_main_loop_quit (self->loop);
}

/* ---- reading ---- */

static void connect_stream (Watch *self);

static gboolean
on_timer (gpointer data)
{
  Watch *self = data;

  self->timer = 0;
  if (self->stream == NULL)
    connect_stream (self);
  else
    g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

static void
arm (Watch *self, guint ms)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (ms, on_timer, self);
}

static void
on_head (guint status, gpointer data)
{
  Watch *self = data;

  self->status = status;
  if (status == 200 && !self->follow)
    arm (self, QUIET_MS);
}

static const char *
value_after (const char *line, gsize length, const char *field, gsize *ret_length)
{
  gsize skip = strlen (field);

  if (length < skip || strncmp (line, field, skip) != 0)
    return NULL;
  if (length > skip && line[skip] == ' ')
    skip++;
  *ret_length = length - skip;
  return line + skip;
}

static void
end_event (Watch *self)
{
  if (self->data->len > 0)
    show (self);
  g_string_truncate (self->data, 0);
  g_clear_pointer (&self->type, g_free);
}

static void
on_line (const char *line, gsize length, gpointer data)
{
  Watch *self = data;
  const char *value;
  gsize n = 0;

  if (self->status != 200) {
    if (self->data->len + length < EVENT_BYTES_MAX)
      g_string_append_len (self->data, line, (gssize) length);
    return;
  }
  if (length > 0 && line[length - 1] == '\r')
    length--;
  if (length == 0) {
    end_event (self);
  } else if ((value = value_after (line, length, "data:", &n)) != NULL) {
    if (self->data->len + n < EVENT_BYTES_MAX)
      g_string_append_len (self->data, value, (gssize) n);
  } else if ((value = value_after (line, length, "event:", &n)) != NULL) {
    g_free (self->type);
    self->type = g_strndup (value, n);
  } else if ((value = value_after (line, length, "id:", &n)) != NULL) {
    g_free (self->last_id);
    self->last_id = g_strndup (value, n);
  }
  if (!self->follow && line[0] != ':')
    arm (self, QUIET_MS);
}

static void
on_ended (const GError *error, gpointer data)
{
  Watch *self = data;
  guint status = self->status;

  g_clear_pointer (&self->stream, hn_http_stream_free);
  self->status = 0;
  if (status >= 400) {
    self->error = hn_ask_error (status, self->data->str, self->data->len);
    g_main_loop_quit (self->loop);
    return;
  }
  g_string_truncate (self->data, 0);
  g_clear_pointer (&self->type, g_free);
  if (status == 0 && error != NULL && self->last_id == NULL) {
    self->error = g_error_copy (error);
    g_main_loop_quit (self->loop);
  } else if (self->follow) {
    fprintf (stderr, "hydraneckwebrtc events: the connection ended; again in %d s\n", AGAIN_MS / 1000);
    arm (self, AGAIN_MS);
  } else {
    g_main_loop_quit (self->loop);
  }
}

static void
connect_stream (Watch *self)
{
  static const HnHttpStreamEvents events = { on_head, on_line, on_ended };
  const char *const fields[] = { "Accept", "text/event-stream", "Last-Event-ID", self->last_id != NULL ? self->last_id : "0", NULL };

  self->stream = hn_ask_stream (self->ask, "/api/v1/events", fields, &events, self);
}

int
hn_cmd_events (int argc, char **argv)
{
  int status = 0;
  g_auto (GStrv) rest = NULL;
  gboolean follow = FALSE;
  const GOptionEntry entries[] = {
    { "follow", 'f', 0, G_OPTION_ARG_NONE, &follow, "Go on with what happens from now on", NULL },
    { NULL },
  };
  g_autoptr (HnAsk) ask = hn_ask_new ("events", "Prints the last events that the server remembers.", entries, argc, argv, &rest, &status);
  Watch watch = { .ask = ask, .follow = follow };

  if (ask == NULL)
    return status;
  if (rest[0] != NULL) {
    fprintf (stderr, "usage: hydraneckwebrtc events [--follow]\n");
    return EX_USAGE;
  }
  watch.loop = g_main_loop_new (NULL, FALSE);
  watch.data = g_string_new (NULL);
  connect_stream (&watch);
  g_main_loop_run (watch.loop);
  g_clear_handle_id (&watch.timer, g_source_remove);
  hn_http_stream_free (watch.stream);
  g_main_loop_unref (watch.loop);
  g_string_free (watch.data, TRUE);
  g_free (watch.type);
  g_free (watch.last_id);
  return watch.error != NULL ? hn_ask_fail (ask, watch.error) : 0;
}
