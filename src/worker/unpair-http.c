/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/unpair-http.h"

#include "base/clock.h"
#include "base/limits.h"
#include "worker/note-json.h"
#include "worker/outbox-io.h"
#include "worker/sunshine-http.h"

#define ID_RANDOM_BYTES 16
#define FIRST_PAUSE_SECONDS 5

struct _HnUnpairHttp {
  HnCallsHttp *calls;
  HnOutboxIo *outbox;
  HnRandom *random;
  const HnConfig *config;
  GHashTable *under_way; /* of Job: those whose answer may not come any more, too */
};

typedef struct {
  HnUnpairHttp *owner;
  char *name;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->name);
  g_free (job);
}

static void
on_unpaired (const GError *error, gpointer data)
{
  Job *job = data;
  HnUnpairHttp *self = job->owner;

  hn_outbox_io_told (self->outbox, job->name, error == NULL ? HN_OUTBOX_DELIVERED : HN_OUTBOX_AGAIN,
                     error != NULL ? error->message : NULL);
  g_hash_table_remove (self->under_way, job);
}

static void
on_send (const char *name, const char *text, gpointer data)
{
  HnUnpairHttp *self = data;
  g_autofree char *body_ip = NULL;
  g_autofree char *client = NULL;
  HnSunshinePlace place = { NULL, self->config->sunshine_username, self->config->sunshine_password };
  Job *job;

  if (!hn_note_json_parse (text, &body_ip, &client)) {
    hn_outbox_io_told (self->outbox, name, HN_OUTBOX_REFUSED, "its file is damaged");
    return;
  }
  place.body_ip = body_ip;
  job = g_new0 (Job, 1);
  job->owner = self;
  job->name = g_strdup (name);
  g_hash_table_add (self->under_way, job);
  hn_sunshine_http_unpair (self->calls, &place, client, on_unpaired, job);
}

void
hn_unpair_http_put (HnUnpairHttp *self, const char *note)
{
  g_autofree char *id = hn_random_hex (self->random, ID_RANDOM_BYTES);
  g_autofree char *body_ip = NULL;
  g_autofree char *client = NULL;

  if (hn_note_json_parse (note, &body_ip, &client))
    hn_outbox_io_put (self->outbox, id, body_ip, note);
}

HnUnpairHttp *
hn_unpair_http_new (HnHttpClient *client, const HnConfig *config, HnRandom *random, double time_scale)
{
  static const HnOutboxIoEvents events = { on_send };
  HnUnpairHttp *self = g_new0 (HnUnpairHttp, 1);
  g_autofree char *directory = g_build_filename (config->sessions_data_dir, "spool", "unpair", NULL);
  const HnOutboxIoPlace outbox = { directory, "pairing", "clients to be unpaired", "unpair", HN_LIMIT_SPOOL_COUNT,
                                   hn_seconds (HN_LIMIT_UNPAIR_HOURS * 3600 * time_scale),
                                   hn_seconds (FIRST_PAUSE_SECONDS * time_scale) };

  self->calls = hn_calls_http_new (client);
  self->config = config;
  self->random = random;
  self->under_way = g_hash_table_new_full (NULL, NULL, job_free, NULL);
  self->outbox = hn_outbox_io_new (&outbox, random, &events, self);
  return self;
}

void
hn_unpair_http_free (HnUnpairHttp *self)
{
  if (self == NULL)
    return;
  hn_calls_http_free (self->calls);
  hn_outbox_io_free (self->outbox);
  g_hash_table_unref (self->under_way);
  g_free (self);
}
