/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/mic-http.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "worker/mic-json.h"

#define SDP "application/sdp"
#define FRAGMENT "application/trickle-ice-sdpfrag"

typedef struct {
  HnHttpRequest *request;
  char *session_id;
  gboolean is_sdp;
} Offer;

static gboolean
has_type (HnHttpRequest *request, const char *wanted)
{
  const char *type = hn_http_request_get_header (request, "Content-Type");
  g_auto (GStrv) words = type != NULL ? g_strsplit (type, ";", 2) : NULL;

  return words != NULL && words[0] != NULL && g_ascii_strcasecmp (g_strstrip (words[0]), wanted) == 0;
}

/* `?id=3`; 0 without one. A number that no receiver has stands for an odd one. */
static guint
get_number (HnHttpRequest *request)
{
  const char *text = hn_http_request_get_query (request, "id");
  guint64 number = 0;

  if (text == NULL)
    return 0;
  return g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT - 1, &number, NULL) ? (guint) number : G_MAXUINT;
}

static void
reply_not_found (HnHttpRequest *request)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_NOT_FOUND, "no such microphone");

  hn_http_request_reply_error (request, error);
}

static void
on_answered (const char *sdp, guint number, const GError *error, gpointer data)
{
  Offer *self = data;

  if (error != NULL) {
    hn_http_request_reply_error (self->request, error);
  } else if (self->is_sdp) {
    g_autofree char *location = g_strdup_printf ("/session/%s/mic?id=%u", self->session_id, number);

    hn_http_request_set_header (self->request, "Location", location);
    hn_http_request_reply_text (self->request, 201, SDP, sdp);
  } else {
    g_autoptr (JsonObject) object = hn_mic_json_answer (sdp);

    hn_http_request_reply_json (self->request, 200, object);
  }
  hn_http_request_unref (self->request);
  g_free (self->session_id);
  g_free (self);
}

static char *
read_offer (HnHttpRequest *request, gboolean is_sdp, gsize *ret_length, GError **error)
{
  g_autoptr (GBytes) body = hn_http_request_get_body (request);
  gsize length = 0;
  const char *text = g_bytes_get_data (body, &length);
  char *sdp;

  if (is_sdp) {
    *ret_length = length;
    return length > 0 ? g_memdup2 (text, length) : g_strdup ("");
  }
  sdp = hn_mic_json_read_offer (text, length, error);
  *ret_length = sdp != NULL ? strlen (sdp) : 0;
  return sdp;
}

void
hn_mic_http_offer (HnMicIo *mics, const HnSessionFacts *session, HnHttpRequest *request)
{
  HnMicFor wanted = { session->id, session->request->body_ip, &session->slot };
  gboolean is_sdp = has_type (request, SDP);
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  g_autofree char *sdp = read_offer (request, is_sdp, &length, &error);
  gint64 retry_us = 0;
  Offer *offer;

  if (sdp == NULL) {
    hn_http_request_reply_error (request, error);
    return;
  }
  offer = g_new0 (Offer, 1);
  offer->request = hn_http_request_ref (request);
  offer->session_id = g_strdup (session->id);
  offer->is_sdp = is_sdp;
  if (hn_mic_io_offer (mics, &wanted, sdp, length, on_answered, offer, &retry_us, &error))
    return;
  if (retry_us > 0) {
    g_autofree char *seconds = g_strdup_printf ("%" G_GINT64_FORMAT, retry_us / G_USEC_PER_SEC + 1);

    hn_http_request_set_header (request, "Retry-After", seconds);
  }
  on_answered (NULL, 0, error, offer);
}

void
hn_mic_http_patch (HnMicIo *mics, const HnSessionFacts *session, HnHttpRequest *request)
{
  g_autoptr (GBytes) body = hn_http_request_get_body (request);
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  const char *text = g_bytes_get_data (body, &length);

  if (!has_type (request, FRAGMENT)) {
    error = g_error_new_literal (HN_ERROR, HN_ERROR_INVALID, "Content-Type must be " FRAGMENT);
    hn_error_set_status (error, 415);
    hn_http_request_reply_error (request, error);
  } else if (!hn_mic_io_add_fragment (mics, session->id, get_number (request), text, length, &error)) {
    hn_http_request_reply_error (request, error);
  } else {
    hn_http_request_reply_text (request, 204, NULL, "");
  }
}

void
hn_mic_http_delete (HnMicIo *mics, const HnSessionFacts *session, HnHttpRequest *request)
{
  guint number = get_number (request);
  g_autoptr (JsonObject) object = NULL;

  if (!hn_mic_io_stop (mics, session->id, number) && number != 0) {
    reply_not_found (request);
    return;
  }
  object = json_object_new ();
  hn_json_set_text (object, "session_id", session->id);
  hn_json_set_text (object, "status", "stopped");
  hn_http_request_reply_json (request, 200, object);
}

void
hn_mic_http_ice (const HnSessionFacts *session, HnHttpRequest *request)
{
  g_autoptr (JsonArray) servers = hn_turn_io_servers (session->turn, session->id);
  g_autoptr (JsonObject) object = hn_mic_json_ice (servers, hn_config_has_turn (session->config));

  hn_http_request_set_header (request, "Cache-Control", "no-store");
  hn_http_request_reply_json (request, 200, object);
}
