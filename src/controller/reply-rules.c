/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: only an answer that says that nothing has begun lets another worker be tried. A worker's errors go to the caller as they are,
 * for they are the texts that the runbook explains; its opinion of our token does not, for the caller would take it for his own. */
#include "controller/reply-rules.h"

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

HnReplyRulesMeaning
hn_reply_rules_meaning (guint status)
{
  if (status >= 200 && status < 300)
    return HN_REPLY_RULES_DONE;
  if (status == 503)
    return HN_REPLY_RULES_BUSY;
  if (status == 401 || status == 403)
    return HN_REPLY_RULES_STRANGER;
  return HN_REPLY_RULES_REFUSED;
}

static GError *
unreadable (guint status, const char *worker_id)
{
  GError *error = g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "worker '%s' gave no readable answer", worker_id);

  hn_error_set_detail (error, "its HTTP status was %u", status);
  return error;
}

GError *
hn_reply_rules_error (guint status, const char *body, gsize length, const char *worker_id)
{
  g_autoptr (JsonObject) object = NULL;
  const char *text = NULL, *detail = NULL;
  GError *error;

  if (hn_reply_rules_meaning (status) == HN_REPLY_RULES_STRANGER) {
    error = g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "worker '%s' does not know this controller", worker_id);
    hn_error_set_detail (error, "it has restarted: its next heartbeat mends this");
    return error;
  }
  if (status < 400 || status > 599)
    return unreadable (status, worker_id);
  object = hn_json_parse_object (body, length, NULL);
  if (object == NULL || !hn_json_get_text (object, "error", 4 * HN_LIMIT_TEXT_BYTES, TRUE, &text, NULL))
    return unreadable (status, worker_id);
  error = g_error_new_literal (HN_ERROR, (int) hn_error_from_status (status), text);
  hn_error_set_status (error, status);
  if (hn_json_get_text (object, "detail", 4 * HN_LIMIT_TEXT_BYTES, FALSE, &detail, NULL) && detail != NULL)
    hn_error_set_detail (error, "%s", detail);
  return error;
}
