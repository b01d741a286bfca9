/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/mic-io.h"

#include <malloc.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/timer.h"
#include "rtc/audio-receiver.h"
#include "rtc/warm-up.h"

#define OPUS_PAYLOAD_TYPE 111 /* what hydravoice expects, whatever the browser calls it */
#define OPUS_CLOCK_RATE 48000
#define ENDS_PER_TRIM 16

/* One session's. */
typedef struct {
  HnMicIo *owner;
  char *session_id;
  char *body_ip;
  HnSlot slot;
  HnMic *rules;
  HnAudioReceiver *receiver; /* (nullable) */
  HnRtpForwardStats last;    /* of a receiver that is gone */
  HnTimer *timer;
  HnSdpOffer *offer;         /* (nullable) until it is started */
  GError *failure;           /* (nullable) why the receiver closed */
  HnMicAnswered answered;    /* (nullable) once it was told */
  gpointer answered_data;
} Entry;

typedef struct {
  guint64 forwarded, lost, dropped, unreachable;
} Packets;

struct _HnMicIo {
  HnMicIoOptions options;
  char *local_address;
  char *public_address;
  char *dot_directory;
  GHashTable *entries; /* session id → Entry */
  HnPacketLanes *lanes;
  HnWarmUp *warm_up;
  gboolean warm;
  GError *unable; /* (nullable) why no microphone works here */
  guint receivers; /* that there are */
  guint ended;     /* since memory was given back */
  Packets over;    /* of microphones that are no more */
};

static void happened (Entry *entry, HnMicHappening happening);

/* ---- what a receiver tells ---- */

static void
tell_offerer (Entry *entry, const char *sdp, const GError *error)
{
  HnMicAnswered answered = g_steal_pointer (&entry->answered);

  if (answered != NULL)
    answered (sdp, hn_mic_get_number (entry->rules), error, entry->answered_data);
}

static void
on_answered (const char *sdp, gpointer data)
{
  Entry *entry = data;

  happened (entry, HN_MIC_ANSWERED);
  tell_offerer (entry, sdp, NULL);
}

static void
on_connected (gpointer data)
{
  Entry *entry = data;

  hn_info ("mic", entry->session_id, "connected body=%s", entry->body_ip);
  happened (entry, HN_MIC_CONNECTED);
}

static void
on_closed (const GError *error, gpointer data)
{
  Entry *entry = data;

  g_clear_error (&entry->failure);
  entry->failure = error != NULL ? g_error_copy (error) : NULL;
  happened (entry, error != NULL ? HN_MIC_CLOSED : HN_MIC_STOP_ASKED);
}

/* ---- carrying out ---- */

static GError *
refusal (Entry *entry)
{
  switch (hn_mic_get_end (entry->rules)) {
  case HN_MIC_END_FAILED:
    return g_error_copy (entry->failure);
  case HN_MIC_END_REPLACED:
    return g_error_new_literal (HN_ERROR, HN_ERROR_CONFLICT, "a newer offer has replaced this one");
  case HN_MIC_END_STOPPED:
    return g_error_new_literal (HN_ERROR, HN_ERROR_CONFLICT, "the microphone was stopped before it was answered");
  case HN_MIC_END_SESSION_ENDED:
    return g_error_new_literal (HN_ERROR, HN_ERROR_CLOSED, "the session has ended");
  case HN_MIC_END_NONE:
  case HN_MIC_END_LOST:
  case HN_MIC_END_NO_ANSWER:
  case HN_MIC_END_NO_CONNECTION:
  case HN_MIC_END_SILENT:
    break;
  }
  return g_error_new (HN_ERROR, HN_ERROR_TIMEOUT, "no answer within %ds", HN_LIMIT_MIC_ANSWER_SECONDS);
}

static void
reply_error (Entry *entry)
{
  g_autoptr (GError) error = refusal (entry);

  tell_offerer (entry, NULL, error);
}

/* A receiver's threads come and go, each with a share of the heap that the next one does not use: without this a worker grows by megabytes
 * that nobody holds. */
static void
give_memory_back (HnMicIo *self)
{
  self->receivers--;
  if (++self->ended < ENDS_PER_TRIM && self->receivers > 0)
    return;
  self->ended = 0;
  malloc_trim (0);
}

static void
add_packets (Packets *sum, const HnRtpForwardStats *stats)
{
  sum->forwarded += stats->meter.packets;
  sum->lost += hn_rtp_meter_lost (&stats->meter);
  sum->dropped += stats->meter.refused + stats->malformed;
  sum->unreachable += stats->unreachable;
}

static void
stop (Entry *entry)
{
  const char *reason = hn_mic_end_to_text (hn_mic_get_end (entry->rules));
  const HnRtpMeter *meter = &entry->last.meter;

  g_clear_pointer (&entry->offer, hn_sdp_offer_free);
  if (entry->receiver != NULL) {
    hn_audio_receiver_get_stats (entry->receiver, &entry->last);
    g_clear_pointer (&entry->receiver, hn_audio_receiver_free);
    add_packets (&entry->owner->over, &entry->last);
    give_memory_back (entry->owner);
  }
  hn_info ("mic", entry->session_id, "ended reason=%s packets=%" G_GUINT64_FORMAT " lost=%" G_GUINT64_FORMAT " unreachable=%" G_GUINT64_FORMAT "%s%s",
           reason, meter->packets, hn_rtp_meter_lost (meter), entry->last.unreachable, entry->failure != NULL ? ": " : "",
           entry->failure != NULL ? entry->failure->message : "");
}

static HnAudioReceiver *
make_receiver (Entry *entry, GError **error)
{
  static const HnAudioReceiverEvents events = { on_answered, on_connected, on_closed };
  HnMicIo *self = entry->owner;
  g_autofree char *name = g_strdup_printf ("mic-%s-%u", hn_id_short (entry->session_id).text, hn_mic_get_number (entry->rules));
  HnAudioReceiverOptions options = {
    .local_address = self->local_address,
    .public_address = self->public_address,
    .port_min = entry->slot.mic_min,
    .port_max = entry->slot.mic_max,
    .forward = { .address = entry->body_ip, .port = self->options.body_port, .payload_type_out = OPUS_PAYLOAD_TYPE, .clock_rate = OPUS_CLOCK_RATE,
                 .packets_per_second = HN_LIMIT_MIC_PACKETS_PER_SECOND },
    .lanes = self->lanes,
    .dot_directory = self->dot_directory,
    .name = name,
  };

  return hn_audio_receiver_new (g_steal_pointer (&entry->offer), &options, &events, entry, error);
}

static void
start (Entry *entry)
{
  g_autoptr (GError) error = NULL;

  if (!entry->owner->warm)
    return; /* on_warm() comes back to it */
  if (entry->owner->unable != NULL)
    error = g_error_copy (entry->owner->unable);
  else
    entry->receiver = make_receiver (entry, &error);
  if (entry->receiver != NULL)
    entry->owner->receivers++;
  else
    on_closed (error, entry);
}

static void
carry_out (Entry *entry, HnMicDo effects)
{
  hn_timer_arm (entry->timer, hn_mic_deadline (entry->rules));
  if ((effects & HN_MIC_DO_REPLY_ERROR) != 0)
    reply_error (entry);
  if ((effects & HN_MIC_DO_STOP) != 0)
    stop (entry);
}

static void
happened (Entry *entry, HnMicHappening happening)
{
  HnMicState before = hn_mic_get_state (entry->rules);
  const HnMicIoOptions *options = &entry->owner->options;

  carry_out (entry, hn_mic_handle (entry->rules, happening, hn_clock_now_us ()));
  if (options->changed != NULL && hn_mic_get_state (entry->rules) != before)
    options->changed (options->user_data);
}

static void
on_time (gpointer data)
{
  Entry *entry = data;
  HnRtpForwardStats stats = { 0 };
  gint64 now_us = hn_clock_now_us ();

  if (entry->receiver != NULL)
    hn_audio_receiver_get_stats (entry->receiver, &stats);
  hn_mic_heard (entry->rules, stats.meter.last_us);
  if (hn_mic_deadline (entry->rules) > now_us)
    hn_timer_arm (entry->timer, hn_mic_deadline (entry->rules));
  else
    happened (entry, HN_MIC_TIME_UP);
}

/* ---- entries ---- */

static double
scale (const HnMicIo *self)
{
  return self->options.time_scale > 0 ? self->options.time_scale : 1;
}

static Entry *
entry_new (HnMicIo *self, const HnMicFor *wanted)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->owner = self;
  entry->session_id = g_strdup (wanted->session_id);
  entry->body_ip = g_strdup (wanted->body_ip);
  entry->slot = *wanted->slot;
  entry->rules = hn_mic_new (hn_seconds (HN_LIMIT_MIC_SILENCE_SECONDS * scale (self)), hn_seconds (HN_LIMIT_MIC_ANSWER_SECONDS));
  entry->timer = hn_timer_new (on_time, entry);
  g_hash_table_insert (self->entries, entry->session_id, entry);
  return entry;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  happened (entry, HN_MIC_SESSION_ENDED);
  hn_timer_free (entry->timer);
  hn_mic_free (entry->rules);
  g_clear_error (&entry->failure);
  g_free (entry->session_id);
  g_free (entry->body_ip);
  g_free (entry);
}

static Entry *
find_entry (HnMicIo *self, const char *session_id)
{
  return g_hash_table_lookup (self->entries, session_id);
}

/* An entry whose microphone is on, and is the one that is meant. */
static Entry *
find_on (HnMicIo *self, const char *session_id, guint number)
{
  Entry *entry = find_entry (self, session_id);

  if (entry == NULL || hn_mic_get_state (entry->rules) == HN_MIC_OFF || (number != 0 && number != hn_mic_get_number (entry->rules)))
    return NULL;
  return entry;
}

/* ---- the verbs ---- */

static gboolean
allow (Entry *entry, gint64 *ret_retry_us, GError **error)
{
  if (hn_mic_allow_offer (entry->rules, hn_clock_now_us (), ret_retry_us))
    return TRUE;
  g_set_error_literal (error, HN_ERROR, HN_ERROR_LIMIT, "too many offers for one session");
  hn_error_set_status (error != NULL ? *error : NULL, 429);
  return FALSE;
}

gboolean
hn_mic_io_offer (HnMicIo *self, const HnMicFor *wanted, const char *sdp, gsize length, HnMicAnswered answered, gpointer user_data,
                 gint64 *ret_retry_us, GError **error)
{
  Entry *entry = find_entry (self, wanted->session_id);
  g_autoptr (HnSdpOffer) offer = NULL;

  if (entry == NULL)
    entry = entry_new (self, wanted);
  if (!allow (entry, ret_retry_us, error))
    return FALSE;
  offer = hn_sdp_offer_parse (sdp, length, error);
  if (offer == NULL)
    return FALSE;
  happened (entry, HN_MIC_OFFERED); /* ends the earlier one and answers who waits for it */
  g_clear_error (&entry->failure);
  memset (&entry->last, 0, sizeof entry->last);
  entry->offer = g_steal_pointer (&offer);
  entry->answered = answered;
  entry->answered_data = user_data;
  start (entry);
  return TRUE;
}

gboolean
hn_mic_io_add_fragment (HnMicIo *self, const char *session_id, guint number, const char *text, gsize length, GError **error)
{
  Entry *entry = find_on (self, session_id, number);

  if (entry == NULL || entry->receiver == NULL) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_NOT_FOUND, "no such microphone");
    return FALSE;
  }
  return hn_audio_receiver_add_fragment (entry->receiver, text, length, error);
}

gboolean
hn_mic_io_stop (HnMicIo *self, const char *session_id, guint number)
{
  Entry *entry = find_on (self, session_id, number);

  if (entry == NULL)
    return FALSE;
  happened (entry, HN_MIC_STOP_ASKED);
  return TRUE;
}

void
hn_mic_io_session_ended (HnMicIo *self, const char *session_id)
{
  g_hash_table_remove (self->entries, session_id);
}

HnMicReport *
hn_mic_io_report (HnMicIo *self, const char *session_id)
{
  Entry *entry = find_entry (self, session_id);
  HnRtpForwardStats stats;
  HnMicReport *report;

  if (entry == NULL || hn_mic_get_number (entry->rules) == 0)
    return NULL;
  stats = entry->last;
  if (entry->receiver != NULL)
    hn_audio_receiver_get_stats (entry->receiver, &stats);
  report = g_new0 (HnMicReport, 1);
  report->state = g_strdup (hn_mic_state_to_text (hn_mic_get_state (entry->rules)));
  if (hn_mic_get_end (entry->rules) != HN_MIC_END_NONE)
    report->end_reason = g_strdup (hn_mic_end_to_text (hn_mic_get_end (entry->rules)));
  report->packets = (gint64) stats.meter.packets;
  report->bytes = (gint64) stats.meter.bytes;
  report->lost = (gint64) hn_rtp_meter_lost (&stats.meter);
  report->late = (gint64) stats.meter.late;
  report->duplicates = (gint64) stats.duplicates;
  report->refused = (gint64) (stats.meter.refused + stats.malformed);
  report->unreachable = (gint64) stats.unreachable;
  report->jitter_us = (gint64) (stats.meter.jitter_16ths >> 4) * G_USEC_PER_SEC / OPUS_CLOCK_RATE;
  report->last_packet_age_us = stats.meter.packets > 0 ? MAX (hn_clock_now_us () - stats.meter.last_us, 0) : -1;
  return report;
}

guint
hn_mic_io_count (HnMicIo *self)
{
  GHashTableIter iter;
  gpointer value;
  guint count = 0;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    count += hn_mic_get_state (((Entry *) value)->rules) != HN_MIC_OFF ? 1 : 0;
  return count;
}

/* What was missed may still come, but a counter never goes down. */
static void
raise_packets (const char *fate, guint64 n)
{
  hn_metrics_set (HN_METRIC_MIC_PACKETS, fate, MAX ((gint64) n, hn_metrics_get (HN_METRIC_MIC_PACKETS, fate)));
}

void
hn_mic_io_collect (HnMicIo *self)
{
  Packets sum = self->over;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    HnRtpForwardStats stats = { 0 };

    if (((Entry *) value)->receiver == NULL)
      continue;
    hn_audio_receiver_get_stats (((Entry *) value)->receiver, &stats);
    add_packets (&sum, &stats);
  }
  raise_packets ("forwarded", sum.forwarded);
  raise_packets ("lost", sum.lost);
  raise_packets ("dropped", sum.dropped);
  raise_packets ("unreachable", sum.unreachable);
}

/* ---- construction ---- */

static void
on_warm (const GError *error, gpointer data)
{
  HnMicIo *self = data;
  g_autoptr (GPtrArray) waiting = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  self->warm = TRUE;
  if (error != NULL) {
    self->unable = g_error_copy (error);
    g_prefix_error_literal (&self->unable, "no microphone works here: ");
    hn_warning ("mic", NULL, "%s%s%s", self->unable->message, hn_error_detail (error) != NULL ? "; " : "",
                hn_error_detail (error) != NULL ? hn_error_detail (error) : "");
  }
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Entry *) value)->offer != NULL)
      g_ptr_array_add (waiting, value);
  for (guint i = 0; i < waiting->len; i++)
    start (g_ptr_array_index (waiting, i));
}

void
hn_mic_io_set_addresses (HnMicIo *self, const char *local_address, const char *public_address)
{
  g_free (self->local_address);
  g_free (self->public_address);
  self->local_address = g_strdup (local_address);
  self->public_address = g_strdup (public_address);
}

HnMicIo *
hn_mic_io_new (const HnMicIoOptions *options)
{
  HnMicIo *self = g_new0 (HnMicIo, 1);

  self->options = *options;
  self->local_address = g_strdup (options->local_address);
  self->public_address = g_strdup (options->public_address);
  self->dot_directory = g_strdup (options->dot_directory);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  self->lanes = hn_packet_lanes_new ();
  self->warm_up = hn_warm_up_new (on_warm, self);
  return self;
}

void
hn_mic_io_free (HnMicIo *self)
{
  if (self == NULL)
    return;
  self->options.changed = NULL; /* who frees us listens no more */
  g_clear_pointer (&self->entries, g_hash_table_unref);
  hn_packet_lanes_free (self->lanes);
  hn_warm_up_free (self->warm_up);
  g_clear_error (&self->unable);
  g_free (self->local_address);
  g_free (self->public_address);
  g_free (self->dot_directory);
  g_free (self);
}
