/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/overlay-http.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "worker/session.h"

/* The script is the same for all sessions of a worker; what differs it asks for itself, so that nothing that a caller of the API wrote ever stands in
 * a page or in a script. */

#define SCRIPT "/hydraneck/worker/overlay.js"
#define SETTINGS_MARK "/* settings */"

struct _HnOverlayHttp {
  const HnConfig *config;
};

static char *
make_script (const HnConfig *config)
{
  g_autoptr (GBytes) asset = g_resources_lookup_data (SCRIPT, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_autoptr (JsonObject) settings = json_object_new ();
  g_autofree char *json = NULL;
  g_autoptr (GString) text = NULL;

  g_return_val_if_fail (asset != NULL, g_strdup (""));
  json_object_set_boolean_member (settings, "relay", hn_config_has_turn (config));
  json_object_set_int_member (settings, "aliveMs", hn_session_alive_us (config->sessions_abandon_timeout) / 1000);
  json_object_set_string_member (settings, "returnUrl", config->sessions_return_url);
  json = g_strchomp (hn_json_to_text (settings));
  text = g_string_new_len (g_bytes_get_data (asset, NULL), (gssize) g_bytes_get_size (asset));
  g_string_replace (text, SETTINGS_MARK, json, 1);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
hn_overlay_http_reply_script (HnOverlayHttp *self, HnHttpRequest *request)
{
  g_autofree char *script = make_script (self->config); /* anew: the configuration may have been read again */

  hn_http_request_set_header (request, "Referrer-Policy", "no-referrer");
  hn_http_request_set_header (request, "X-Content-Type-Options", "nosniff");
  hn_http_request_reply_text (request, 200, "text/javascript; charset=utf-8", script);
}

static void
reply_context (HnOverlayHttp *self, HnHttpRequest *request, HnSessionIo *session, gboolean taken)
{
  const HnSessionFacts *facts = hn_session_io_get_facts (session);
  const HnCreateRequest *wanted = facts->request;
  g_autoptr (JsonObject) object = json_object_new ();
  HnIdShort id = hn_id_short (facts->id); /* it goes into reports: the whole one is a key while the session lives */
  const char *members[][2] = {
    { "session_id", id.text },
    { "status", hn_session_state_to_text (hn_session_get_state (hn_session_io_get_rules (session))) },
    { "experience", wanted->experience },
    { "district", wanted->district },
    { "body", wanted->body },
    { "head", wanted->head },
    { "body_ip", wanted->body_ip },
    { "return_url", self->config->sessions_return_url },
    { "report_url", self->config->sessions_report_url },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    json_object_set_string_member (object, members[i][0], members[i][1] != NULL ? members[i][1] : "");
  json_object_set_boolean_member (object, "taken", taken);
  hn_http_request_set_header (request, "Referrer-Policy", "no-referrer");
  hn_http_request_reply_json (request, 200, object);
}

/* Who asks; FALSE: that is no name, and the request is answered. @ret_page: (nullable): it did not say. */
static gboolean
read_page (HnHttpRequest *request, const char **ret_page)
{
  g_autoptr (GError) error = NULL;

  *ret_page = hn_http_request_get_query (request, "page");
  if (*ret_page == NULL || hn_id_is_valid (*ret_page))
    return TRUE;
  error = g_error_new (HN_ERROR, HN_ERROR_INVALID, "parameter 'page' must be %d lower-case hexadecimal digits", HN_ID_LENGTH);
  hn_http_request_reply_error (request, error);
  return FALSE;
}

static gboolean
is_taken_from (HnSessionIo *session, const char *page)
{
  return page != NULL && hn_session_is_taken_from (hn_session_io_get_rules (session), page);
}

void
hn_overlay_http_handle_context (HnOverlayHttp *self, HnHttpRequest *request, HnSessionIo *session)
{
  const char *playing = hn_http_request_get_query (request, "playing");
  const char *page;
  gboolean taken;

  if (!read_page (request, &page))
    return;
  if (page != NULL && hn_http_request_get_query (request, "new") != NULL)
    hn_session_io_page_opens (session, page);
  taken = is_taken_from (session, page);
  reply_context (self, request, session, taken);
  if (taken)
    return;
  if (playing != NULL)
    hn_session_io_plays (session, g_str_equal (playing, "1"));
  else
    hn_session_io_page_seen (session);
}

void
hn_overlay_http_handle_bye (HnHttpRequest *request, HnSessionIo *session)
{
  g_autoptr (JsonObject) object = json_object_new ();
  const char *page;

  if (!read_page (request, &page))
    return;
  if (!is_taken_from (session, page))
    hn_session_io_page_left (session, hn_http_request_get_query (request, "playing") != NULL);
  hn_json_set_text (object, "session_id", hn_session_io_get_facts (session)->id);
  json_object_set_string_member (object, "status", "leaving");
  hn_http_request_reply_json (request, 202, object);
}

HnOverlayHttp *
hn_overlay_http_new (const HnConfig *config)
{
  HnOverlayHttp *self = g_new0 (HnOverlayHttp, 1);

  self->config = config;
  return self;
}

void
hn_overlay_http_free (HnOverlayHttp *self)
{
  g_free (self);
}
