/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/outbox-io.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/timer.h"
#include "worker/outbox-fs.h"

#define SHOWN_CHARS 29 /* of a name in log lines: its time and the first 8 of its id */

struct _HnOutboxIo {
  HnOutbox *rules;
  HnOutboxFs *files;
  GHashTable *held; /* name → text: what the disk did not take */
  HnTimer *timer;
  char *directory;
  const char *prefix;
  const char *what;
  const char *kind;
  gint64 max_age_us;
  gboolean complained; /* of the disk, or of who does not take them: once, until it is well again */
  const HnOutboxIoEvents *events;
  gpointer user_data;
};

static void
arm (HnOutboxIo *self)
{
  hn_metrics_set (HN_METRIC_SPOOL_WAITING, self->kind, hn_outbox_count (self->rules));
  hn_timer_arm (self->timer, hn_outbox_deadline (self->rules));
}

static void
forget (HnOutboxIo *self, const char *name)
{
  if (!g_hash_table_remove (self->held, name))
    hn_outbox_fs_remove (self->files, name);
}

static char *
read_text (HnOutboxIo *self, const char *name)
{
  const char *held = g_hash_table_lookup (self->held, name);

  return held != NULL ? g_strdup (held) : hn_outbox_fs_read (self->files, name);
}

static gboolean
is_too_old (HnOutboxIo *self, const char *name)
{
  return self->max_age_us > 0 && hn_clock_utc_us () - hn_outbox_fs_time (name) > self->max_age_us;
}

static void
give_up (HnOutboxIo *self, const char *name, const char *why)
{
  hn_warning (self->prefix, NULL, "gave up one of the %s name=%.*s: %s", self->what, SHOWN_CHARS, name, why);
  hn_metrics_add (HN_METRIC_SPOOL_DROPPED, self->kind, 1);
  hn_outbox_told (self->rules, name, HN_OUTBOX_REFUSED, hn_clock_now_us ());
  forget (self, name);
}

static void
on_due (gpointer data)
{
  HnOutboxIo *self = data;

  for (;;) {
    g_autofree char *name = hn_outbox_take (self->rules, hn_clock_now_us ());
    g_autofree char *text = NULL;

    if (name == NULL)
      break;
    text = read_text (self, name);
    if (text == NULL)
      give_up (self, name, "its file cannot be read");
    else if (is_too_old (self, name))
      give_up (self, name, "it is too old");
    else
      self->events->send (name, text, self->user_data);
  }
  arm (self);
}

static void
drop_surplus (HnOutboxIo *self)
{
  guint dropped = 0;
  char *name;

  while ((name = hn_outbox_drop_oldest (self->rules)) != NULL) {
    forget (self, name);
    g_free (name);
    dropped++;
  }
  hn_metrics_add (HN_METRIC_SPOOL_DROPPED, self->kind, dropped);
  if (dropped > 0)
    hn_warning (self->prefix, NULL, "too many %s wait: dropped the oldest count=%u", self->what, dropped);
}

/* The disk takes something again: then also what it refused before. */
static void
write_held (HnOutboxIo *self)
{
  GHashTableIter iter;
  gpointer name, text;

  g_hash_table_iter_init (&iter, self->held);
  while (g_hash_table_iter_next (&iter, &name, &text)) {
    if (!hn_outbox_fs_write (self->files, name, text, NULL))
      return;
    g_hash_table_iter_remove (&iter);
  }
}

static gboolean
keep (HnOutboxIo *self, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (hn_outbox_fs_write (self->files, name, text, &error)) {
    write_held (self);
    return TRUE;
  }
  if (g_hash_table_size (self->held) >= HN_LIMIT_SPOOL_MEMORY) {
    hn_error (self->prefix, NULL, "lost one of the %s: %s, and %d wait in memory already", self->what, error->message,
              HN_LIMIT_SPOOL_MEMORY);
    return FALSE;
  }
  if (g_hash_table_size (self->held) == 0)
    hn_warning (self->prefix, NULL, "%s wait in memory only: %s", self->what, error->message);
  g_hash_table_insert (self->held, g_strdup (name), g_strdup (text));
  return TRUE;
}

void
hn_outbox_io_put (HnOutboxIo *self, const char *id, const char *group, const char *text)
{
  g_autofree char *name = hn_outbox_fs_name (hn_clock_utc_us (), id, group);

  hn_metrics_add (HN_METRIC_SPOOLED, self->kind, 1);
  if (!keep (self, name, text)) {
    hn_metrics_add (HN_METRIC_SPOOL_DROPPED, self->kind, 1);
    return;
  }
  hn_outbox_add (self->rules, name, group, strlen (text));
  drop_surplus (self);
  arm (self);
}

static void
log_told (HnOutboxIo *self, const char *name, HnOutboxVerdict verdict, guint failures, const char *why)
{
  if (verdict == HN_OUTBOX_REFUSED)
    hn_error (self->prefix, NULL, "one of the %s was refused for good and is put aside file=%s/rejected/%.*s*: %s", self->what,
              self->directory, SHOWN_CHARS, name, why);
  else if (failures == 1 && !self->complained)
    hn_warning (self->prefix, NULL, "%s wait, trying again waiting=%u: %s", self->what, hn_outbox_count (self->rules), why);
  else if (failures == 0 && self->complained)
    hn_info (self->prefix, NULL, "%s are taken again waiting=%u", self->what, hn_outbox_count (self->rules));
  self->complained = failures > 0;
}

void
hn_outbox_io_told (HnOutboxIo *self, const char *name, HnOutboxVerdict verdict, const char *why)
{
  guint failures = hn_outbox_told (self->rules, name, verdict, hn_clock_now_us ());

  if (verdict != HN_OUTBOX_AGAIN)
    hn_metrics_add (verdict == HN_OUTBOX_DELIVERED ? HN_METRIC_SPOOL_SENT : HN_METRIC_SPOOL_DROPPED, self->kind, 1);
  if (verdict == HN_OUTBOX_DELIVERED)
    forget (self, name);
  else if (verdict == HN_OUTBOX_REFUSED && !g_hash_table_remove (self->held, name))
    hn_outbox_fs_reject (self->files, name);
  log_told (self, name, verdict, failures, why != NULL ? why : "refused");
  arm (self);
}

guint
hn_outbox_io_get_pending (HnOutboxIo *self)
{
  return self != NULL ? hn_outbox_count (self->rules) : 0;
}

HnOutboxIo *
hn_outbox_io_new (const HnOutboxIoPlace *place, HnRandom *random, const HnOutboxIoEvents *events, gpointer user_data)
{
  const HnOutboxLimits limits = { place->max_count, HN_LIMIT_SPOOL_BYTES, place->first_pause_us,
                                  hn_seconds (HN_LIMIT_SPOOL_PAUSE_SECONDS) };
  HnOutboxIo *self = g_new0 (HnOutboxIo, 1);
  g_autoptr (GPtrArray) left = NULL;

  self->rules = hn_outbox_new (&limits, random);
  self->files = hn_outbox_fs_new (place->directory);
  self->held = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->timer = hn_timer_new (on_due, self);
  self->directory = g_strdup (place->directory);
  self->prefix = place->prefix;
  self->what = place->what;
  self->kind = place->kind;
  self->max_age_us = place->max_age_us;
  self->events = events;
  self->user_data = user_data;
  left = hn_outbox_fs_list (self->files);
  for (guint i = 0; i < left->len; i++) {
    const HnOutboxFile *file = g_ptr_array_index (left, i);

    hn_outbox_add (self->rules, file->name, file->group, file->bytes);
  }
  if (left->len > 0)
    hn_info (self->prefix, NULL, "%s of an earlier run wait count=%u", self->what, left->len);
  drop_surplus (self);
  arm (self);
  return self;
}

void
hn_outbox_io_free (HnOutboxIo *self)
{
  if (self == NULL)
    return;
  write_held (self);
  hn_timer_free (self->timer);
  hn_outbox_free (self->rules);
  hn_outbox_fs_free (self->files);
  g_hash_table_unref (self->held);
  g_free (self->directory);
  g_free (self);
}
