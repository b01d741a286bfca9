/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/deliver-http.h"

#include "base/clock.h"
#include "base/limits.h"
#include "worker/calls-http.h"
#include "worker/deliver-json.h"
#include "worker/outbox-fs.h"
#include "worker/outbox-io.h"

#define FIRST_PAUSE_SECONDS 1
#define CALL_SECONDS 10

struct _HnDeliverHttp {
  HnCallsHttp *calls;
  HnOutboxIo *outbox; /* (nullable) */
  const char *url;
  char *const *token;
};

typedef struct {
  HnDeliverHttp *owner;
  char *name;
} Delivery;

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  g_free (delivery->name);
  g_free (delivery);
}

static void
on_answer (const HnHttpReply *reply, const GError *error, gpointer data)
{
  Delivery *delivery = data;
  guint status = reply != NULL ? reply->status : 0;
  g_autofree char *why = reply != NULL ? g_strdup_printf ("%s answered %u", delivery->owner->url, status)
                                       : g_strdup_printf ("%s: %s", delivery->owner->url, error->message);

  hn_outbox_io_told (delivery->owner->outbox, delivery->name, hn_outbox_verdict (status), why);
}

static void
on_send (const char *name, const char *text, gpointer data)
{
  HnDeliverHttp *self = data;
  g_autofree char *path = NULL;
  g_autofree char *body = NULL;
  g_autofree char *url = NULL;
  g_autofree char *id = hn_outbox_fs_id (name);
  g_autoptr (GError) error = NULL;
  const char *const fields[] = { "Idempotency-Key", id, NULL };
  HnHttpCall call = { .method = "POST", .bearer = *self->token, .fields = fields, .timeout_us = hn_seconds (CALL_SECONDS) };
  Delivery *delivery;

  if (!hn_deliver_json_unpack (text, &path, &body, &error)) {
    hn_outbox_io_told (self->outbox, name, HN_OUTBOX_REFUSED, error->message);
    return;
  }
  url = g_strconcat (self->url, path, NULL);
  call.url = url;
  call.body = body;
  delivery = g_new0 (Delivery, 1);
  delivery->owner = self;
  delivery->name = g_strdup (name);
  hn_calls_http_start (self->calls, &call, on_answer, delivery, delivery_free);
}

void
hn_deliver_http_post (HnDeliverHttp *self, const char *record_id, const char *path, const char *body)
{
  g_autofree char *text = NULL;

  if (self->outbox == NULL)
    return;
  text = hn_deliver_json_pack (path, body);
  hn_outbox_io_put (self->outbox, record_id, "", text);
}

guint
hn_deliver_http_get_pending (HnDeliverHttp *self)
{
  return hn_outbox_io_get_pending (self->outbox);
}

HnDeliverHttp *
hn_deliver_http_new (HnHttpClient *client, const HnDeliverPlace *place, HnRandom *random)
{
  static const HnOutboxIoEvents events = { on_send };
  HnDeliverHttp *self = g_new0 (HnDeliverHttp, 1);
  g_autofree char *directory = g_build_filename (place->data_dir, "spool", place->name, NULL);
  const HnOutboxIoPlace outbox = { directory, place->prefix, place->what, place->kind, HN_LIMIT_SPOOL_COUNT, 0,
                                   hn_seconds (FIRST_PAUSE_SECONDS * place->time_scale) };

  self->calls = hn_calls_http_new (client);
  self->url = place->url;
  self->token = place->token;
  if (place->url != NULL)
    self->outbox = hn_outbox_io_new (&outbox, random, &events, self);
  return self;
}

void
hn_deliver_http_free (HnDeliverHttp *self)
{
  if (self == NULL)
    return;
  hn_calls_http_free (self->calls);
  hn_outbox_io_free (self->outbox);
  g_free (self);
}
