/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a sequence number less than half the circle ahead is a step forward, anything else came late. What is expected is the way from the
 * first to the highest number; what is lost is what of it has not come, so a late packet takes a loss back and a doubled one never makes it
 * negative. The allowance is a bucket of one second: each packet takes its share, time fills it again. */
#include "rtc/rtp-meter.h"

#define SECOND_US G_GINT64_CONSTANT (1000000)
#define HALF_CIRCLE 0x8000

static gboolean
take_allowance (HnRtpMeter *self, guint per_second, gint64 now_us)
{
  gint64 share_us = SECOND_US / per_second;
  gint64 passed_us = self->streams == 0 ? SECOND_US : MAX (now_us - self->last_us, 0);

  self->allowance_us = MIN (self->allowance_us + passed_us, SECOND_US);
  self->last_us = now_us;
  if (self->allowance_us < share_us)
    return FALSE;
  self->allowance_us -= share_us;
  return TRUE;
}

static guint64
lost_now (const HnRtpMeter *self)
{
  return self->expected > self->received ? self->expected - self->received : 0;
}

static void
begin_stream (HnRtpMeter *self, const HnRtpPacket *packet, guint32 transit)
{
  self->lost_before += lost_now (self);
  self->streams++;
  self->ssrc = packet->ssrc;
  self->sequence = packet->sequence;
  self->expected = 1;
  self->received = 0;
  self->transit = transit;
}

static void
count_jitter (HnRtpMeter *self, guint32 transit)
{
  /* the timestamp is a circle of 32 bits, and so is its distance to the clock */
  guint32 difference = (guint32) ABS ((gint64) (gint32) (transit - self->transit));

  self->transit = transit;
  self->jitter_16ths += MIN (difference, G_MAXINT16) - ((self->jitter_16ths + 8) >> 4);
}

gboolean
hn_rtp_meter_packet (HnRtpMeter *self, const HnRtpPacket *packet, guint clock_rate, guint per_second, gint64 now_us)
{
  guint32 transit = (guint32) (now_us * clock_rate / SECOND_US) - packet->timestamp;
  guint16 step;

  if (!take_allowance (self, per_second, now_us)) {
    self->refused++;
    return FALSE;
  }
  if (self->streams == 0 || packet->ssrc != self->ssrc)
    begin_stream (self, packet, transit);
  step = (guint16) (packet->sequence - self->sequence);
  if (self->received > 0 && (step == 0 || step >= HALF_CIRCLE)) {
    self->late++;
  } else if (step > 0) {
    self->expected += step;
    self->sequence = packet->sequence;
  }
  count_jitter (self, transit);
  self->received++;
  self->packets++;
  self->bytes += packet->payload_bytes;
  return TRUE;
}

guint64
hn_rtp_meter_lost (const HnRtpMeter *self)
{
  return self->lost_before + lost_now (self);
}
