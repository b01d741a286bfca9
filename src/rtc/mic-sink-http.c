/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/mic-sink-http.h"

#include <libsoup/soup.h>
#include <string.h>

#define TIMEOUT_SECONDS 10

static gboolean
on_certificate (SoupMessage *message, GTlsCertificate *certificate, GTlsCertificateFlags errors, gpointer user_data)
{
  return TRUE;
}

/* Returns: (transfer full): the body of an answer of 2xx */
static GBytes *
call (SoupMessage *message, gboolean strict, GCancellable *cancellable, GError **error)
{
  g_autoptr (SoupSession) session = soup_session_new_with_options ("timeout", TIMEOUT_SECONDS, "user-agent", "hydraneckmicsink/" HN_VERSION, NULL);
  g_autoptr (GBytes) body = NULL;
  g_autofree char *url = g_uri_to_string (soup_message_get_uri (message));
  g_autofree char *words = NULL;
  const char *text;
  gsize length;

  if (!strict)
    g_signal_connect (message, "accept-certificate", G_CALLBACK (on_certificate), NULL);
  body = soup_session_send_and_read (session, message, cancellable, error);
  if (body == NULL) {
    g_prefix_error (error, "%s %s: ", soup_message_get_method (message), url);
    return NULL;
  }
  if (SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message)))
    return g_steal_pointer (&body);
  text = g_bytes_get_data (body, &length);
  words = hn_mic_sink_read_refusal (text, length);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s %s: %u %s", soup_message_get_method (message), url, soup_message_get_status (message),
               words != NULL ? words : soup_message_get_reason_phrase (message));
  return NULL;
}

static gboolean
is_loopback (GSocketAddress *address)
{
  return address != NULL && G_IS_INET_SOCKET_ADDRESS (address)
         && g_inet_address_get_is_loopback (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

gboolean
hn_mic_sink_ask_ice (const char *base, gboolean strict, GCancellable *cancellable, HnMicSinkIce *ret_ice, gboolean *ret_local, GError **error)
{
  g_autofree char *url = g_strconcat (base, "ice", NULL);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", url);
  g_autoptr (GBytes) body = call (message, strict, cancellable, error);
  gsize length;
  const char *text;

  if (body == NULL)
    return FALSE;
  text = g_bytes_get_data (body, &length);
  if (!hn_mic_sink_read_ice (text, length, ret_ice, error)) {
    g_prefix_error (error, "GET %s: ", url);
    return FALSE;
  }
  *ret_local = is_loopback (soup_message_get_remote_address (message));
  return TRUE;
}

char *
hn_mic_sink_offer (const char *base, gboolean strict, const char *sdp, GCancellable *cancellable, char **ret_location, GError **error)
{
  g_autofree char *url = g_strconcat (base, "mic/offer", NULL);
  g_autoptr (SoupMessage) message = soup_message_new ("POST", url);
  g_autoptr (GBytes) offer = g_bytes_new (sdp, strlen (sdp));
  g_autoptr (GBytes) answer = NULL;
  const char *location;

  soup_message_set_request_body_from_bytes (message, "application/sdp", offer);
  answer = call (message, strict, cancellable, error);
  if (answer == NULL)
    return NULL;
  location = soup_message_headers_get_one (soup_message_get_response_headers (message), "Location");
  *ret_location = location != NULL ? g_uri_resolve_relative (url, location, SOUP_HTTP_URI_FLAGS, error) : NULL;
  if (*ret_location == NULL) {
    if (location == NULL)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no Location");
    g_prefix_error (error, "POST %s: ", url);
    return NULL;
  }
  return g_strndup (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer));
}

gboolean
hn_mic_sink_end (const char *location, gboolean strict, GError **error)
{
  g_autoptr (SoupMessage) message = soup_message_new ("DELETE", location);
  g_autoptr (GError) refused = NULL;
  g_autoptr (GBytes) body = call (message, strict, NULL, &refused);

  if (body != NULL || soup_message_get_status (message) == SOUP_STATUS_NOT_FOUND)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&refused));
  return FALSE;
}
