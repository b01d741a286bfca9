/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker without WireGuard answers all the same, but reaches no body behind it: degraded. So is one whose streams nobody could see, since TURN
 * gives no relay. Ids are keys, so that strangers get
 * counts only. */

#include "worker/health-json.h"

#include "base/clock.h"
#include "base/json.h"

/* Only what happened: most of them stay at 0. */
static JsonObject *
ended_of (const guint64 *ended)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < HN_END_REASONS; i++)
    if (ended[i] > 0)
      json_object_set_int_member (object, hn_end_reason_to_text (i), (gint64) ended[i]);
  return object;
}

static JsonObject *
turn_of (const HnTurnView *turn, gboolean with_error)
{
  JsonObject *object = json_object_new ();
  g_autofree char *since = hn_clock_rfc3339 (turn->since_utc_us);

  json_object_set_boolean_member (object, "ok", turn->ok);
  json_object_set_double_member (object, "rtt_ms", (double) turn->rtt_us / 1000);
  json_object_set_string_member (object, "since", since);
  if (turn->error == NULL)
    json_object_set_null_member (object, "error");
  else if (with_error) /* it names users */
    json_object_set_string_member (object, "error", turn->error);
  return object;
}

static JsonObject *
extra_of (const HnHealth *health)
{
  JsonObject *extra = json_object_new ();
  g_autofree char *uptime = hn_clock_span (health->uptime_us);
  JsonArray *sessions;

  json_object_set_string_member (extra, "role", "worker");
  hn_json_set_text (extra, "worker_id", health->report->id);
  json_object_set_int_member (extra, "process_id", health->process_id);
  json_object_set_string_member (extra, "uptime", uptime);
  json_object_set_boolean_member (extra, "wireguard", health->report->wireguard);
  if (health->turn.is_known)
    json_object_set_object_member (extra, "turn", turn_of (&health->turn, health->with_sessions));
  json_object_set_int_member (extra, "active_sessions", health->report->active_sessions);
  json_object_set_int_member (extra, "max_sessions", health->report->max_sessions);
  if (health->ended != NULL)
    json_object_set_object_member (extra, "ended_sessions", ended_of (health->ended));
  if (!health->with_sessions)
    return extra;
  sessions = json_array_new ();
  for (guint i = 0; i < health->report->sessions->len; i++)
    json_array_add_object_element (sessions, hn_session_report_to_json (g_ptr_array_index (health->report->sessions, i)));
  json_object_set_array_member (extra, "sessions", sessions);
  return extra;
}

JsonObject *
hn_health_json (const HnHealth *health)
{
  JsonObject *object = json_object_new ();
  gboolean ok = health->report->wireguard && (!health->turn.is_known || health->turn.ok);

  json_object_set_string_member (object, "service", "hydraneckwebrtc");
  hn_json_set_text (object, "version", health->report->version);
  json_object_set_string_member (object, "district", "");
  json_object_set_int_member (object, "uptime_seconds", (MAX (health->uptime_us, 0) + G_USEC_PER_SEC / 2) / G_USEC_PER_SEC);
  json_object_set_string_member (object, "status", ok ? "ok" : "degraded");
  json_object_set_object_member (object, "extra", extra_of (health));
  return object;
}
