/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Which ports a session gets. Pure: whether a port can be bound is asked through a function. */

#define HN_PORTS_UDP_PER_SESSION 20
#define HN_PORTS_UDP_WEB_SERVER 16 /* +0 … +15; the microphone has the rest */

typedef struct {
  guint index;       /* of its UDP block */
  guint16 http_port; /* of web-server, on loopback */
  guint16 udp_min;   /* web-server's media, inclusive */
  guint16 udp_max;
  guint16 mic_min;   /* microphone, inclusive */
  guint16 mic_max;
} HnSlot;

typedef struct _HnPorts HnPorts;

typedef enum { HN_PORT_TCP, HN_PORT_UDP } HnPortKind;
typedef gboolean (*HnPortsIsFree) (HnPortKind kind, guint16 port, gpointer user_data);

/**
 * hn_ports_new:
 * @range_start: first HTTP port; the last is @range_start + @max
 * @max: sessions at once
 * @udp_start: first UDP port
 * @own_port: port that this worker listens on itself
 *
 * Returns: (transfer full): all slots, free
 */
HnPorts *hn_ports_new (guint range_start, guint max, guint udp_start, guint16 own_port);

/**
 * hn_ports_set_max:
 * @self: slots
 * @max: sessions at once from now on; those that are taken stay, even beyond it
 */
void hn_ports_set_max (HnPorts *self, guint max);

/**
 * hn_ports_free:
 * @self: (nullable): what to free
 */
void hn_ports_free (HnPorts *self);

/**
 * hn_ports_take:
 * @self: slots
 * @is_free: whether nobody else has a port now
 * @user_data: for @is_free
 * @ret_slot: (out): the slot
 * @error: LIMIT: `max sessions reached`, `no ports available`
 *
 * Returns: whether there was one
 */
gboolean hn_ports_take (HnPorts *self, HnPortsIsFree is_free, gpointer user_data, HnSlot *ret_slot, GError **error);

/**
 * hn_ports_release:
 * @self: slots
 * @slot: one that was taken
 */
void hn_ports_release (HnPorts *self, const HnSlot *slot);

/**
 * hn_ports_count:
 * @self: slots
 *
 * Returns: how many are taken
 */
guint hn_ports_count (const HnPorts *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPorts, hn_ports_free)
