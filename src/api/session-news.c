/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: one event for each change that a look finds, none for what comes and goes between two looks; a session ends once, when it is no longer
 * listed or listed as stopped, and `session.ended` is the last that is said of it. What is shown of a session is what lists show, without `stream_url`, which
 * depends on who asks. */
#include "api/session-news.h"

#include "base/json.h"

struct _HnSessionNews {
  char *worker_id;
  GHashTable *told; /* id → Told */
  guint round;
};

typedef struct {
  HnSessionState state;
  char *body_ip;
  char *end_reason; /* (nullable) */
  guint round;      /* of the last look that saw it */
} Told;

static void
told_free (gpointer data)
{
  Told *told = data;

  g_free (told->body_ip);
  g_free (told->end_reason);
  g_free (told);
}

static JsonObject *
describe (const HnSessionNews *self, const char *id, const char *body_ip, const char *status, const char *from, const char *end_reason)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "session_id", id);
  json_object_set_string_member (object, "worker_id", self->worker_id);
  json_object_set_string_member (object, "body_ip", body_ip);
  json_object_set_string_member (object, "status", status);
  hn_json_set_text (object, "from", from);
  hn_json_set_text (object, "end_reason", end_reason);
  return object;
}

static JsonObject *
describe_whole (const HnSessionNews *self, const HnSessionReport *report, const char *from)
{
  g_autoptr (HnSessionReport) copy = hn_session_report_copy (report);
  JsonObject *object
    = describe (self, report->id, report->body_ip, hn_session_state_to_text (report->state), from, report->end_reason);

  g_clear_pointer (&copy->stream_url, g_free);
  g_free (copy->worker_id);
  copy->worker_id = g_strdup (self->worker_id);
  json_object_set_object_member (object, "session", hn_session_report_to_json (copy));
  return object;
}

static void
remember (HnSessionNews *self, const HnSessionReport *report)
{
  Told *told = g_new0 (Told, 1);

  told->state = report->state;
  told->body_ip = g_strdup (report->body_ip);
  told->end_reason = g_strdup (report->end_reason);
  told->round = self->round;
  g_hash_table_replace (self->told, g_strdup (report->id), told);
}

static void
look_at (HnSessionNews *self, const HnSessionReport *report, gboolean known, HnSessionNewsTell tell, gpointer user_data)
{
  Told *told = g_hash_table_lookup (self->told, report->id);
  gboolean changed = told == NULL || told->state != report->state || g_strcmp0 (told->end_reason, report->end_reason) != 0;
  const char *from = told != NULL ? hn_session_state_to_text (told->state) : NULL;

  if (told != NULL)
    told->round = self->round;
  if (!changed)
    return;
  tell (told != NULL || known ? "session.state" : "session.created", describe_whole (self, report, from), user_data);
  remember (self, report);
}

static void
look_for_ends (HnSessionNews *self, const char *lost_reason, HnSessionNewsTell tell, gpointer user_data)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, self->told);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const Told *told = value;

    if (told->round == self->round)
      continue;
    tell ("session.ended",
          describe (self, key, told->body_ip, hn_session_state_to_text (HN_SESSION_STOPPED), hn_session_state_to_text (told->state),
                    told->end_reason != NULL ? told->end_reason : lost_reason),
          user_data);
    g_hash_table_iter_remove (&iter);
  }
}

void
hn_session_news_look (HnSessionNews *self, GPtrArray *sessions, gboolean known, const char *lost_reason, HnSessionNewsTell tell,
                      gpointer user_data)
{
  self->round++;
  for (guint i = 0; i < sessions->len; i++) {
    const HnSessionReport *report = g_ptr_array_index (sessions, i);

    if (report->state != HN_SESSION_STOPPED)
      look_at (self, report, known, tell, user_data);
  }
  look_for_ends (self, lost_reason, tell, user_data);
}

HnSessionNews *
hn_session_news_new (const char *worker_id)
{
  HnSessionNews *self = g_new0 (HnSessionNews, 1);

  self->worker_id = g_strdup (worker_id);
  self->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, told_free);
  return self;
}

void
hn_session_news_free (HnSessionNews *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->told);
  g_free (self->worker_id);
  g_free (self);
}
