/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/nps-http.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/timer.h"
#include "worker/calls-http.h"

#define PENDING_MAX 256
#define TRIES 5
#define FIRST_PAUSE_SECONDS 1

typedef struct {
  HnNpsHttp *owner;
  char *json;
  guint tries;
  HnTimer *timer;
} Record;

struct _HnNpsHttp {
  HnCallsHttp *calls;
  char *url;
  char *token;
  GPtrArray *records;
};

static void
record_free (gpointer data)
{
  Record *record = data;

  hn_timer_free (record->timer);
  g_free (record->json);
  g_free (record);
}

static void
on_answer (const HnHttpReply *reply, const GError *error, gpointer data)
{
  Record *record = data;
  HnNpsHttp *self = record->owner;

  if (reply != NULL && reply->status / 100 == 2) {
    g_ptr_array_remove_fast (self->records, record);
    return;
  }
  record->tries++;
  if (record->tries >= TRIES || (reply != NULL && reply->status / 100 == 4)) {
    hn_warning ("worker", NULL, "session record dropped after %u tries status=%u: %s", record->tries,
                reply != NULL ? reply->status : 0, error != NULL ? error->message : "refused");
    g_ptr_array_remove_fast (self->records, record);
    return;
  }
  hn_timer_arm (record->timer, hn_clock_now_us () + (hn_seconds (FIRST_PAUSE_SECONDS) << (record->tries - 1)));
}

static void
on_due (gpointer data)
{
  Record *record = data;
  HnHttpCall call = { .method = "POST", .url = record->owner->url, .bearer = record->owner->token, .body = record->json };

  hn_calls_http_start (record->owner->calls, &call, on_answer, record, NULL);
}

void
hn_nps_http_send (HnNpsHttp *self, const char *json)
{
  Record *record;

  if (self->url == NULL)
    return;
  if (self->records->len >= PENDING_MAX) {
    hn_warning ("worker", NULL, "session record dropped: %d others wait already", PENDING_MAX);
    return;
  }
  record = g_new0 (Record, 1);
  record->owner = self;
  record->json = g_strdup (json);
  record->timer = hn_timer_new (on_due, record);
  g_ptr_array_add (self->records, record);
  hn_timer_arm (record->timer, hn_clock_now_us ());
}

guint
hn_nps_http_get_pending (HnNpsHttp *self)
{
  return self->records->len;
}

HnNpsHttp *
hn_nps_http_new (HnHttpClient *client, const char *url, const char *token)
{
  HnNpsHttp *self = g_new0 (HnNpsHttp, 1);

  self->calls = hn_calls_http_new (client);
  self->url = url != NULL ? g_strconcat (url, "/api/v1/sessions", NULL) : NULL;
  self->token = g_strdup (token);
  self->records = g_ptr_array_new_with_free_func (record_free);
  return self;
}

void
hn_nps_http_free (HnNpsHttp *self)
{
  if (self == NULL)
    return;
  hn_calls_http_free (self->calls);
  g_ptr_array_unref (self->records);
  g_free (self->url);
  g_free (self->token);
  g_free (self);
}
