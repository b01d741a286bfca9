/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "api/worker-api.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"

/* Any text as each of the messages between caller, controller and worker. What one side takes it can say on, and what it says is taken
 * and means the same; nothing but a refusal that names a field comes of the rest. */

static void
check_refusal (gboolean taken, GError *error)
{
  must (taken == (error == NULL));
  if (error == NULL)
    return;
  must (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
  must (g_utf8_validate (error->message, -1, NULL) && strlen (error->message) < 4096);
  g_error_free (error);
}

/* For each kind: reads @object, writes it, reads that and writes it again: both texts must be the same. */
#define DEFINE_TRY(name, Type)                                               \
  static Type *name##_try (JsonObject *object)                               \
  {                                                                          \
    GError *error = NULL;                                                    \
    Type *first = name##_from_json (object, &error);                         \
    g_autoptr (Type) second = NULL;                                          \
    g_autoptr (JsonObject) once = NULL;                                      \
    g_autoptr (JsonObject) read = NULL;                                      \
    g_autoptr (JsonObject) twice = NULL;                                     \
    g_autofree char *text = NULL;                                            \
    g_autofree char *again = NULL;                                           \
                                                                             \
    check_refusal (first != NULL, error);                                    \
    if (first == NULL)                                                       \
      return NULL;                                                           \
    once = name##_to_json (first);                                           \
    text = hn_json_to_text (once);                                           \
    read = hn_json_parse_object (text, strlen (text), NULL);                 \
    must (read != NULL);                                                     \
    second = name##_from_json (read, NULL);                                  \
    must (second != NULL);                                                   \
    twice = name##_to_json (second);                                         \
    again = hn_json_to_text (twice);                                         \
    must (strcmp (text, again) == 0);                                        \
    return first;                                                            \
  }

DEFINE_TRY (hn_create_request, HnCreateRequest)
DEFINE_TRY (hn_create_reply, HnCreateReply)
DEFINE_TRY (hn_session_report, HnSessionReport)
DEFINE_TRY (hn_worker_report, HnWorkerReport)

static gboolean
try_worker (JsonObject *object)
{
  g_autoptr (HnWorkerReport) report = hn_worker_report_try (object);

  if (report == NULL)
    return FALSE;
  must (report->id != NULL && report->url != NULL && report->api_token != NULL && !g_str_has_suffix (report->url, "/"));
  must (report->max_sessions <= HN_LIMIT_SESSIONS_PER_WORKER && report->sessions->len <= 2 * HN_LIMIT_SESSIONS_PER_WORKER);
  for (guint i = 0; i < report->sessions->len; i++)
    must (hn_id_is_valid (((HnSessionReport *) report->sessions->pdata[i])->id));
  return TRUE;
}

static gboolean
try_others (JsonObject *object)
{
  g_autoptr (HnCreateRequest) request = hn_create_request_try (object);
  g_autoptr (HnCreateReply) reply = hn_create_reply_try (object);
  g_autoptr (HnSessionReport) session = hn_session_report_try (object);
  HnHeartbeatReply beat = hn_heartbeat_reply_from_json (object);

  must (beat.drain == TRUE || beat.drain == FALSE);
  if (request != NULL)
    must (request->body_ip != NULL && strlen (request->body_ip) <= HN_LIMIT_TEXT_BYTES);
  if (reply != NULL)
    must (hn_id_is_valid (reply->session_id));
  if (session != NULL)
    must (hn_id_is_valid (session->id) && session->age_us >= 0);
  return request != NULL || reply != NULL || session != NULL;
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  GError *error = NULL;
  g_autoptr (JsonObject) object = hn_json_parse_object (bytes, length, &error);

  check_refusal (object != NULL, error);
  if (object == NULL)
    return FALSE;
  return try_worker (object) | try_others (object);
}
