/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/waiters-http.h"

typedef struct {
  HnWaitersHttp *owner;
  HnHttpRequest *request;
  gulong left_handler;
} Waiter;

struct _HnWaitersHttp {
  GPtrArray *all; /* of Waiter, owned; who left stays until the end */
  guint present;
  void (*all_left) (gpointer user_data);
  gpointer user_data;
};

static void
waiter_free (gpointer data)
{
  Waiter *self = data;

  g_cancellable_disconnect (hn_http_request_get_cancellable (self->request), self->left_handler);
  hn_http_request_unref (self->request);
  g_free (self);
}

static void
on_left (GCancellable *cancellable, gpointer data)
{
  HnWaitersHttp *self = ((Waiter *) data)->owner;

  if (--self->present == 0)
    self->all_left (self->user_data);
}

void
hn_waiters_http_add (HnWaitersHttp *self, HnHttpRequest *request)
{
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->owner = self;
  waiter->request = hn_http_request_ref (request);
  g_ptr_array_add (self->all, waiter);
  self->present++;
  waiter->left_handler = g_cancellable_connect (hn_http_request_get_cancellable (request), G_CALLBACK (on_left), waiter, NULL);
}

const char *
hn_waiters_http_get_base_url (HnWaitersHttp *self)
{
  return hn_http_request_get_base_url (((Waiter *) g_ptr_array_index (self->all, 0))->request);
}

void
hn_waiters_http_set_header (HnWaitersHttp *self, const char *name, const char *value)
{
  for (guint i = 0; i < self->all->len; i++)
    hn_http_request_set_header (((Waiter *) g_ptr_array_index (self->all, i))->request, name, value);
}

void
hn_waiters_http_reply (HnWaitersHttp *self, guint status, const char *json)
{
  for (guint i = 0; i < self->all->len; i++)
    hn_http_request_reply_text (((Waiter *) g_ptr_array_index (self->all, i))->request, status, "application/json", json);
}

HnWaitersHttp *
hn_waiters_http_new (void (*all_left) (gpointer user_data), gpointer user_data)
{
  HnWaitersHttp *self = g_new0 (HnWaitersHttp, 1);

  self->all = g_ptr_array_new_with_free_func (waiter_free);
  self->all_left = all_left;
  self->user_data = user_data;
  return self;
}

void
hn_waiters_http_free (HnWaitersHttp *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->all);
  g_free (self);
}
