/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A session gets the lowest HTTP port of the range that is neither ours, nor taken by a session, nor held by a stranger; and the
 * lowest block of UDP ports of which neither a session nor a stranger (a streamer that outlived its session) has any. There is one HTTP port more than sessions, so that our own port inside the range costs no
 * session. */

#include "worker/ports.h"

#include <string.h>

#include "base/error.h"

struct _HnPorts {
  guint range_start;
  guint max;
  guint udp_start;
  guint16 own_port;
  guint taken;
  guint room;           /* the greatest max that there was */
  gboolean *http_taken; /* room + 1 */
  gboolean *udp_taken;  /* room */
};

static gboolean
take_http (HnPorts *self, HnPortsIsFree is_free, gpointer user_data, guint16 *ret_port)
{
  for (guint i = 0; i <= self->max; i++) {
    guint port = self->range_start + i;

    if (port > G_MAXUINT16)
      return FALSE;
    if (self->http_taken[i] || port == self->own_port || !is_free (HN_PORT_TCP, (guint16) port, user_data))
      continue;
    self->http_taken[i] = TRUE;
    *ret_port = (guint16) port;
    return TRUE;
  }
  return FALSE;
}

static gboolean
is_block_free (guint first, HnPortsIsFree is_free, gpointer user_data)
{
  for (guint i = 0; i < HN_PORTS_UDP_PER_SESSION; i++)
    if (!is_free (HN_PORT_UDP, (guint16) (first + i), user_data))
      return FALSE;
  return TRUE;
}

static gboolean
take_udp (HnPorts *self, HnPortsIsFree is_free, gpointer user_data, HnSlot *slot)
{
  for (guint i = 0; i < self->max; i++) {
    guint first = self->udp_start + i * HN_PORTS_UDP_PER_SESSION;

    if (first + HN_PORTS_UDP_PER_SESSION - 1 > G_MAXUINT16)
      return FALSE;
    if (self->udp_taken[i] || !is_block_free (first, is_free, user_data))
      continue;
    self->udp_taken[i] = TRUE;
    slot->index = i;
    slot->udp_min = (guint16) first;
    slot->udp_max = (guint16) (first + HN_PORTS_UDP_WEB_SERVER - 1);
    slot->mic_min = (guint16) (first + HN_PORTS_UDP_WEB_SERVER);
    slot->mic_max = (guint16) (first + HN_PORTS_UDP_PER_SESSION - 1);
    return TRUE;
  }
  return FALSE;
}

gboolean
hn_ports_take (HnPorts *self, HnPortsIsFree is_free, gpointer user_data, HnSlot *ret_slot, GError **error)
{
  HnSlot slot = { 0 };

  if (self->taken >= self->max) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_LIMIT, "max sessions reached");
    return FALSE;
  }
  if (!take_udp (self, is_free, user_data, &slot)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_LIMIT, "no ports available");
    return FALSE;
  }
  if (!take_http (self, is_free, user_data, &slot.http_port)) {
    self->udp_taken[slot.index] = FALSE;
    g_set_error_literal (error, HN_ERROR, HN_ERROR_LIMIT, "no ports available");
    return FALSE;
  }
  self->taken++;
  *ret_slot = slot;
  return TRUE;
}

void
hn_ports_release (HnPorts *self, const HnSlot *slot)
{
  g_return_if_fail (slot->index < self->room && self->udp_taken[slot->index]);
  g_return_if_fail (slot->http_port >= self->range_start && slot->http_port - self->range_start <= self->room);

  self->udp_taken[slot->index] = FALSE;
  self->http_taken[slot->http_port - self->range_start] = FALSE;
  self->taken--;
}

guint
hn_ports_count (const HnPorts *self)
{
  return self->taken;
}

void
hn_ports_set_max (HnPorts *self, guint max)
{
  if (max > self->room) {
    self->http_taken = g_renew (gboolean, self->http_taken, max + 1);
    self->udp_taken = g_renew (gboolean, self->udp_taken, max);
    memset (self->http_taken + self->room + 1, 0, (max - self->room) * sizeof (gboolean));
    memset (self->udp_taken + self->room, 0, (max - self->room) * sizeof (gboolean));
    self->room = max;
  }
  self->max = max;
}

HnPorts *
hn_ports_new (guint range_start, guint max, guint udp_start, guint16 own_port)
{
  HnPorts *self = g_new0 (HnPorts, 1);

  self->range_start = range_start;
  self->max = self->room = max;
  self->udp_start = udp_start;
  self->own_port = own_port;
  self->http_taken = g_new0 (gboolean, max + 1);
  self->udp_taken = g_new0 (gboolean, max);
  return self;
}

void
hn_ports_free (HnPorts *self)
{
  if (self == NULL)
    return;
  g_free (self->http_taken);
  g_free (self->udp_taken);
  g_free (self);
}
