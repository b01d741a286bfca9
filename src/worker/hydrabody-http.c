/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/hydrabody-http.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

static void
start (HnCallsHttp *calls, const HnHydrabodyPlace *place, const char *path, const char *body, HnCallDone done, gpointer user_data)
{
  gboolean v6 = strchr (place->body_ip, ':') != NULL;
  g_autofree char *url = g_strdup_printf ("http://%s%s%s:%u%s", v6 ? "[" : "", place->body_ip, v6 ? "]" : "", place->port, path);
  HnHttpCall call = { .method = "POST", .url = url, .bearer = place->token, .body = body };

  call.timeout_us = hn_seconds (HN_LIMIT_SUNSHINE_SECONDS);
  hn_calls_http_start (calls, &call, done, user_data, NULL);
}

void
hn_hydrabody_http_launch (HnCallsHttp *calls, const HnHydrabodyPlace *place, const char *body, HnCallDone done,
                          gpointer user_data)
{
  start (calls, place, "/api/v1/launch", body, done, user_data);
}

void
hn_hydrabody_http_stop (HnCallsHttp *calls, const HnHydrabodyPlace *place, const char *body, HnCallDone done, gpointer user_data)
{
  start (calls, place, "/api/v1/stop", body, done, user_data);
}
