/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a key stands for one request for as long as that runs and HN_LIMIT_IDEMPOTENCY_SECONDS from its answer on. Failures are not
 * kept. The number of keys is bounded: the oldest answer makes room; what is under way is never dropped. Keys that are over are dropped
 * when the next one comes, without a timer. Requests hold passwords, so only their hash is kept. */
#include "controller/idempotency.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

typedef struct {
  char *key;
  char *body_hash;
  gpointer running; /* NULL once it is answered */
  guint status;
  char *answer;
  gint64 until_us;
} Entry;

struct _HnIdempotency {
  GHashTable *entries; /* key → Entry, owned */
  GQueue answered;     /* of Entry, oldest first, borrowed */
};

static void
entry_free (gpointer data)
{
  Entry *self = data;

  g_free (self->key);
  g_free (self->body_hash);
  g_free (self->answer);
  g_free (self);
}

gboolean
hn_idempotency_check_key (const char *key, GError **error)
{
  gsize length = strlen (key);
  gboolean fine = length > 0 && length <= HN_LIMIT_IDEMPOTENCY_KEY_BYTES;

  for (gsize i = 0; fine && i < length; i++)
    fine = g_ascii_isgraph (key[i]);
  if (!fine)
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "'Idempotency-Key' must be 1 … %d visible ASCII characters",
                 HN_LIMIT_IDEMPOTENCY_KEY_BYTES);
  return fine;
}

static char *
hash (const char *body)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, body, -1);
}

static void
drop_oldest_answer (HnIdempotency *self)
{
  Entry *entry = g_queue_pop_head (&self->answered);

  g_hash_table_remove (self->entries, entry->key);
}

static void
drop_what_is_over (HnIdempotency *self, gint64 now_us)
{
  const Entry *oldest;

  while ((oldest = g_queue_peek_head (&self->answered)) != NULL && now_us >= oldest->until_us)
    drop_oldest_answer (self);
}

HnIdempotencyVerdict
hn_idempotency_look (HnIdempotency *self, const char *key, const char *body, gint64 now_us, HnIdempotencyFound *ret_found)
{
  g_autofree char *body_hash = hash (body);
  const Entry *entry;

  drop_what_is_over (self, now_us);
  entry = g_hash_table_lookup (self->entries, key);
  if (entry == NULL && g_hash_table_size (self->entries) >= HN_LIMIT_IDEMPOTENCY_KEYS && g_queue_is_empty (&self->answered))
    return HN_IDEMPOTENCY_FULL;
  if (entry == NULL)
    return HN_IDEMPOTENCY_FRESH;
  if (!g_str_equal (entry->body_hash, body_hash))
    return HN_IDEMPOTENCY_OTHER;
  *ret_found = (HnIdempotencyFound){ .running = entry->running, .status = entry->status, .answer = entry->answer };
  return entry->running != NULL ? HN_IDEMPOTENCY_RUNNING : HN_IDEMPOTENCY_DONE;
}

void
hn_idempotency_begin (HnIdempotency *self, const char *key, const char *body, gpointer running)
{
  Entry *entry = g_new0 (Entry, 1);

  if (g_hash_table_size (self->entries) >= HN_LIMIT_IDEMPOTENCY_KEYS && !g_queue_is_empty (&self->answered))
    drop_oldest_answer (self);
  entry->key = g_strdup (key);
  entry->body_hash = hash (body);
  entry->running = running;
  g_hash_table_insert (self->entries, entry->key, entry);
}

void
hn_idempotency_finish (HnIdempotency *self, const char *key, guint status, const char *answer, gint64 now_us)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry == NULL || entry->running == NULL)
    return;
  if (status >= 500) {
    g_hash_table_remove (self->entries, key);
    return;
  }
  entry->running = NULL;
  entry->status = status;
  entry->answer = g_strdup (answer);
  entry->until_us = now_us + hn_seconds (HN_LIMIT_IDEMPOTENCY_SECONDS);
  g_queue_push_tail (&self->answered, entry);
}

void
hn_idempotency_forget (HnIdempotency *self, const char *key)
{
  const Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry != NULL && entry->running != NULL)
    g_hash_table_remove (self->entries, key);
}

guint
hn_idempotency_get_count (const HnIdempotency *self)
{
  return g_hash_table_size (self->entries);
}

HnIdempotency *
hn_idempotency_new (void)
{
  HnIdempotency *self = g_new0 (HnIdempotency, 1);

  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  g_queue_init (&self->answered);
  return self;
}

void
hn_idempotency_free (HnIdempotency *self)
{
  if (self == NULL)
    return;
  g_queue_clear (&self->answered);
  g_hash_table_unref (self->entries);
  g_free (self);
}
