/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/swarm/caller-tcp.h"

#include <gio/gio.h>
#include <string.h>

struct SimCaller {
  HnPollerWatch watch; /* first: for a call that failed at once */
  HnPoller *poller;
  const SimTarget *target;
  SimLink *link;    /* (nullable) */
  GString *request; /* (nullable) of the call under way */
  gboolean reused;  /* the call went out on a kept connection */
  SimCallerDone done;
  gpointer user;
  guint64 bytes;
};

static void send_request (SimCaller *self, gboolean may_reuse);

static void
finish (SimCaller *self, guint status, const char *body, gsize length)
{
  SimCallerDone done = g_steal_pointer (&self->done);

  g_string_free (g_steal_pointer (&self->request), TRUE);
  self->bytes += length;
  done (status, body, length, self->user);
}

static void
on_message (SimLink *link, const HnHttpHead *head, const char *body, gsize length, gpointer user)
{
  SimCaller *self = user;

  if (head->status < 200)
    return;
  if (head->close || self->done == NULL)
    g_clear_pointer (&self->link, sim_link_free);
  if (self->done != NULL)
    finish (self, head->status, body, length);
}

static void
on_closed (SimLink *link, gpointer user)
{
  SimCaller *self = user;

  g_clear_pointer (&self->link, sim_link_free);
  if (self->done == NULL)
    return;
  if (self->reused)
    send_request (self, FALSE);
  else
    finish (self, 0, "", 0);
}

/* Nothing could be sent: told from the loop all the same. */
static void
on_again (HnPollerWatch *watch, uint32_t events)
{
  SimCaller *self = (SimCaller *)watch;

  if (self->done != NULL && self->link == NULL)
    finish (self, 0, "", 0);
}

static void
send_request (SimCaller *self, gboolean may_reuse)
{
  static const SimLinkEvents events = { .message = on_message, .closed = on_closed };

  self->reused = may_reuse && self->link != NULL;
  if (self->link == NULL)
    self->link = sim_link_connect (self->poller, self->target->host, self->target->port, &events, self);
  if (self->link == NULL)
    hn_poller_again (self->poller, &self->watch);
  else
    sim_link_send (self->link, self->request->str, self->request->len);
}

void
sim_caller_call (SimCaller *self, const char *method, const char *path, const char *token, const char *body, SimCallerDone done,
                 gpointer user)
{
  gsize length = body != NULL ? strlen (body) : 0;
  GString *text = g_string_sized_new (512 + length);

  g_return_if_fail (self->done == NULL);
  g_string_append_printf (text, "%s %s HTTP/1.1\r\nHost: %s:%u\r\n", method, path, self->target->host, self->target->port);
  if (token != NULL)
    g_string_append_printf (text, "Authorization: Bearer %s\r\n", token);
  if (body != NULL)
    g_string_append_printf (text, "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n", length);
  g_string_append (text, "\r\n");
  if (body != NULL)
    g_string_append_len (text, body, (gssize)length);
  self->request = text;
  self->done = done;
  self->user = user;
  send_request (self, TRUE);
}

void
sim_caller_give_up (SimCaller *self)
{
  g_clear_pointer (&self->link, sim_link_free);
  if (self->done != NULL)
    hn_poller_again (self->poller, &self->watch);
}

guint64
sim_caller_bytes (const SimCaller *self)
{
  return self->bytes;
}

SimCaller *
sim_caller_new (HnPoller *poller, const SimTarget *target)
{
  SimCaller *self = g_new0 (SimCaller, 1);

  self->watch.ready = on_again;
  self->poller = poller;
  self->target = target;
  return self;
}

void
sim_caller_free (SimCaller *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->link, sim_link_free);
  if (self->request != NULL)
    g_string_free (self->request, TRUE);
  hn_poller_forget (self->poller, &self->watch);
  hn_poller_defer (self->poller, g_free, self);
}

gboolean
sim_target_parse (const char *url, SimTarget *ret_target, char **ret_path, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  int port = uri != NULL ? g_uri_get_port (uri) : -1;

  if (host != NULL && g_str_equal (host, "localhost"))
    host = "127.0.0.1";
  if (host == NULL || !g_str_equal (g_uri_get_scheme (uri), "http") || !g_hostname_is_ip_address (host)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' is no http://ADDRESS:PORT", url);
    return FALSE;
  }
  ret_target->host = g_strdup (host);
  ret_target->port = (guint16)(port > 0 ? port : 80);
  if (ret_path != NULL) {
    const char *path = *g_uri_get_path (uri) != '\0' ? g_uri_get_path (uri) : "/";
    const char *query = g_uri_get_query (uri);

    *ret_path = query != NULL ? g_strconcat (path, "?", query, NULL) : g_strdup (path);
  }
  return TRUE;
}

void
sim_target_clear (SimTarget *self)
{
  g_clear_pointer (&self->host, g_free);
}
