/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/health-http.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

#define ASK_SECONDS 2

void
hn_health_answer_free (HnHealthAnswer *self)
{
  if (self == NULL)
    return;
  g_free (self->version);
  g_free (self);
}

static HnHealthAnswer *
read_answer (const HnHttpReply *reply, GError **error)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (reply->body, reply->length, error);
  g_autoptr (HnHealthAnswer) answer = g_new0 (HnHealthAnswer, 1);
  JsonObject *extra = NULL;
  const char *version = NULL;
  const char *status = NULL;
  gint64 sessions = 0;

  if (object == NULL || !hn_json_get_text (object, "version", HN_LIMIT_TEXT_BYTES, TRUE, &version, error)
      || !hn_json_get_text (object, "status", HN_LIMIT_TEXT_BYTES, TRUE, &status, error) || !hn_json_get_object (object, "extra", TRUE, &extra, error)
      || !hn_json_get_int (extra, "process_id", 1, G_MAXINT, TRUE, &answer->process_id, error)
      || !hn_json_get_int (extra, "active_sessions", 0, G_MAXINT, FALSE, &sessions, error))
    return NULL;
  answer->version = g_strdup (version);
  answer->sessions = (guint) sessions;
  return g_steal_pointer (&answer);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  g_autoptr (HnHttpReply) reply = hn_http_client_call_finish (result, &error);
  HnHealthAnswer *answer = NULL;

  if (reply != NULL && reply->status != 200)
    g_set_error (&error, HN_ERROR, HN_ERROR_UPSTREAM, "health answered %u", reply->status);
  else if (reply != NULL)
    answer = read_answer (reply, &error);
  if (answer != NULL)
    g_task_return_pointer (task, answer, (GDestroyNotify) hn_health_answer_free);
  else
    g_task_return_error (task, error);
}

void
hn_health_http_ask_async (HnHttpClient *client, const char *url, GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
  g_autofree char *whole = g_strconcat (url, "/api/v1/health", NULL);
  /* the certificate of a server that is asked by its address names something else */
  HnHttpCall call = { .method = "GET", .url = whole, .timeout_us = hn_seconds (ASK_SECONDS), .any_certificate = TRUE, .fresh = TRUE };
  GTask *task = g_task_new (NULL, cancellable, done, user_data);

  g_task_set_source_tag (task, hn_health_http_ask_async);
  hn_http_client_call_async (client, &call, cancellable, on_answer, task);
}

HnHealthAnswer *
hn_health_http_ask_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
