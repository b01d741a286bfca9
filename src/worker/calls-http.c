/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/calls-http.h"

/* What the calls share with their bundle: it outlives the bundle until the last of them has come home. */
typedef struct {
  gboolean silent;
} Shared;

struct _HnCallsHttp {
  HnHttpClient *client;
  GCancellable *cancellable;
  Shared *shared; /* g_rc_box */
};

typedef struct {
  Shared *shared;
  HnCallDone done;
  gpointer user_data;
  GDestroyNotify free_data;
} Call;

static void
on_called (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = hn_http_client_call_finish (result, &error);

  if (!call->shared->silent)
    call->done (reply, error, call->user_data);
  if (call->free_data != NULL)
    call->free_data (call->user_data);
  g_rc_box_release (call->shared);
  g_free (call);
}

void
hn_calls_http_start (HnCallsHttp *self, const HnHttpCall *call, HnCallDone done, gpointer user_data, GDestroyNotify free_data)
{
  Call *state = g_new0 (Call, 1);

  state->shared = g_rc_box_acquire (self->shared);
  state->done = done;
  state->user_data = user_data;
  state->free_data = free_data;
  hn_http_client_call_async (self->client, call, self->cancellable, on_called, state);
}

HnHttpClient *
hn_calls_http_get_client (HnCallsHttp *self)
{
  return self->client;
}

HnCallsHttp *
hn_calls_http_new (HnHttpClient *client)
{
  HnCallsHttp *self = g_new0 (HnCallsHttp, 1);

  self->client = client;
  self->cancellable = g_cancellable_new ();
  self->shared = g_rc_box_new0 (Shared);
  return self;
}

void
hn_calls_http_free (HnCallsHttp *self)
{
  if (self == NULL)
    return;
  self->shared->silent = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_rc_box_release (self->shared);
  g_free (self);
}
