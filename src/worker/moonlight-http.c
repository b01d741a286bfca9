/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/moonlight-http.h"

#include "worker/moonlight-json.h"

static char *
url_of (const HnMoonlightPlace *place, const char *path)
{
  return g_strdup_printf ("http://%s:%u/session/%s/%s", place->host, place->port, place->session_id, path);
}

void
hn_moonlight_http_call (HnCallsHttp *calls, const HnMoonlightPlace *place, const char *method, const char *path, const char *body,
                        gint64 timeout_us, HnCallDone done, gpointer user_data)
{
  g_autofree char *url = url_of (place, path);
  const char *const fields[] = { HN_MOONLIGHT_USER_HEADER, place->user, NULL };
  HnHttpCall call = { .method = method, .url = url, .fields = fields, .body = body, .timeout_us = timeout_us };

  hn_calls_http_start (calls, &call, done, user_data, NULL);
}

HnHttpStream *
hn_moonlight_http_pair (HnHttpClient *client, const HnMoonlightPlace *place, guint32 host_id, gint64 timeout_us,
                        const HnHttpStreamEvents *events, gpointer user_data)
{
  g_autofree char *url = url_of (place, "api/pair");
  g_autofree char *body = hn_moonlight_json_host_id (host_id);
  const char *const fields[] = { HN_MOONLIGHT_USER_HEADER, place->user, NULL };
  HnHttpCall call = { .method = "POST", .url = url, .fields = fields, .body = body, .timeout_us = timeout_us };

  return hn_http_client_stream (client, &call, events, user_data);
}
