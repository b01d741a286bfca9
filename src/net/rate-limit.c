/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a bucket fills evenly and holds `burst`; each that comes takes one. A full bucket is as good as none, so the bucket that was used longest ago goes when there
 * are too many: at worst a stranger who comes under very many addresses gives an old one a fresh bucket. */
#include "net/rate-limit.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

#define HOPS_MAX 16 /* entries of X-Forwarded-For that are looked at */

struct _HnRateLimit {
  GHashTable *buckets; /* key → Bucket; the queue owns them */
  GQueue order;        /* of Bucket, used longest ago first */
};

typedef struct {
  char *key;
  double tokens;
  gint64 filled_us;
  GList link;
} Bucket;

static void
drop (HnRateLimit *self, Bucket *bucket)
{
  g_queue_unlink (&self->order, &bucket->link);
  g_hash_table_remove (self->buckets, bucket->key);
  g_free (bucket->key);
  g_free (bucket);
}

static void
fill (Bucket *bucket, const HnRate *rate, gint64 now_us)
{
  double more = (double) (now_us - bucket->filled_us) * rate->per_minute / 60e6;

  bucket->tokens = MIN (bucket->tokens + MAX (more, 0), MAX (rate->burst, 1));
  bucket->filled_us = now_us;
}

static guint
wait_of (const Bucket *bucket, const HnRate *rate)
{
  return bucket->tokens >= 1 ? 0 : (guint) CLAMP (ceil ((1 - bucket->tokens) * 60 / rate->per_minute), 1, 60);
}

static Bucket *
find (HnRateLimit *self, const char *key, const HnRate *rate, gint64 now_us)
{
  Bucket *bucket = g_hash_table_lookup (self->buckets, key);

  if (bucket != NULL) {
    fill (bucket, rate, now_us);
    g_queue_unlink (&self->order, &bucket->link);
    g_queue_push_tail_link (&self->order, &bucket->link);
    return bucket;
  }
  if (self->order.length >= HN_LIMIT_BUCKETS)
    drop (self, self->order.head->data);
  bucket = g_new0 (Bucket, 1);
  bucket->key = g_strdup (key);
  bucket->tokens = MAX (rate->burst, 1);
  bucket->filled_us = now_us;
  bucket->link.data = bucket;
  g_hash_table_insert (self->buckets, bucket->key, bucket);
  g_queue_push_tail_link (&self->order, &bucket->link);
  return bucket;
}

guint
hn_rate_limit_take (HnRateLimit *self, const char *key, const HnRate *rate, gint64 now_us)
{
  Bucket *bucket;
  guint wait;

  if (rate->per_minute == 0)
    return 0;
  bucket = find (self, key, rate, now_us);
  wait = wait_of (bucket, rate);
  if (wait == 0)
    bucket->tokens -= 1;
  return wait;
}

guint
hn_rate_limit_look (HnRateLimit *self, const char *key, const HnRate *rate, gint64 now_us)
{
  Bucket *bucket = g_hash_table_lookup (self->buckets, key);

  if (bucket == NULL || rate->per_minute == 0)
    return 0;
  fill (bucket, rate, now_us);
  return wait_of (bucket, rate);
}

guint
hn_rate_limit_get_count (const HnRateLimit *self)
{
  return self->order.length;
}

/* ---- who comes ---- */

/* `1.2.3.4`, `1.2.3.4:567`, `[fd00::1]`, `[fd00::1]:567`, `fd00::1`. */
static gboolean
parse_hop (const char *text, HnAddress *ret_address)
{
  g_autofree char *plain = g_strstrip (g_strdup (text));
  char *colon = strchr (plain, ':');
  char *end;

  if (*plain == '[') {
    end = strchr (plain, ']');
    if (end != NULL)
      *end = '\0';
    return end != NULL && hn_address_parse (plain + 1, ret_address);
  }
  if (colon != NULL && strchr (colon + 1, ':') == NULL)
    *colon = '\0';
  return hn_address_parse (plain, ret_address);
}

HnAddress
hn_rate_limit_client (const HnAddress *peer, const char *forwarded, GArray *trusted)
{
  g_auto (GStrv) hops = g_strsplit (forwarded != NULL ? forwarded : "", ",", -1);
  HnAddress client = *peer;
  guint count = g_strv_length (hops);

  for (guint i = 0; i < MIN (count, HOPS_MAX) && hn_networks_contain (trusted, &client); i++) {
    HnAddress hop;

    if (!parse_hop (hops[count - 1 - i], &hop))
      break;
    client = hop;
  }
  return client;
}

char *
hn_rate_limit_key (const char *what, const HnAddress *client)
{
  static const guint8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
  gsize length = memcmp (client->bytes, mapped, sizeof mapped) == 0 ? 16 : 8;
  GString *key = g_string_new (what);

  g_string_append_c (key, ' ');
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (key, "%02x", client->bytes[i]);
  return g_string_free (key, FALSE);
}

HnRateLimit *
hn_rate_limit_new (void)
{
  HnRateLimit *self = g_new0 (HnRateLimit, 1);

  self->buckets = g_hash_table_new (g_str_hash, g_str_equal);
  g_queue_init (&self->order);
  return self;
}

void
hn_rate_limit_free (HnRateLimit *self)
{
  if (self == NULL)
    return;
  while (self->order.head != NULL)
    drop (self, self->order.head->data);
  g_hash_table_unref (self->buckets);
  g_free (self);
}
