/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/records-io.h"

#include "base/clock.h"
#include "worker/deliver-http.h"
#include "worker/deliver-json.h"
#include "worker/nps-json.h"

#define ID_RANDOM_BYTES 16

struct _HnRecordsIo {
  HnDeliverHttp *nps;
  HnDeliverHttp *library;
  HnRandom *random;
};

void
hn_records_io_record (HnRecordsIo *self, const char *record_id, const char *json)
{
  hn_deliver_http_post (self->nps, record_id, HN_NPS_PATH, json);
}

void
hn_records_io_rating (HnRecordsIo *self, const HnSessionFacts *facts, guint rating)
{
  g_autofree char *path = hn_deliver_json_rating_path (facts->request->experience);
  g_autofree char *record_id = hn_random_hex (self->random, ID_RANDOM_BYTES);
  const HnRating one = { record_id, facts->id, facts->request->experience, facts->request->district, rating, hn_clock_utc_us () };
  g_autofree char *body = NULL;

  if (path == NULL)
    return;
  body = hn_deliver_json_rating (&one);
  hn_deliver_http_post (self->library, record_id, path, body);
}

guint
hn_records_io_get_pending (HnRecordsIo *self)
{
  return hn_deliver_http_get_pending (self->nps) + hn_deliver_http_get_pending (self->library);
}

HnRecordsIo *
hn_records_io_new (HnHttpClient *client, const HnConfig *config, HnRandom *random, double time_scale)
{
  const HnDeliverPlace nps = { config->sessions_data_dir, "nps", config->nps_url, &config->nps_token, "worker", "session records", "record",
                               time_scale };
  const HnDeliverPlace library = { config->sessions_data_dir, "library", config->library_url, &config->library_token, "rating",
                                   "ratings", "rating", time_scale };
  HnRecordsIo *self = g_new0 (HnRecordsIo, 1);

  self->random = random;
  self->nps = hn_deliver_http_new (client, &nps, random);
  self->library = hn_deliver_http_new (client, &library, random);
  return self;
}

void
hn_records_io_free (HnRecordsIo *self)
{
  if (self == NULL)
    return;
  hn_deliver_http_free (self->nps);
  hn_deliver_http_free (self->library);
  g_free (self);
}
