/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "base/findings.h"
#include "base/node-rules.h"
#include "net/http-client.h"

/* What `doctor` looks at: this machine, and whom it talks to. It changes nothing and registers nobody. */

typedef struct {
  const HnConfig *config; /* (nullable) it is wrong */
  HnMode mode;
  const char *const *bodies; /* (nullable) addresses */
  const char *proc_dir;      /* usually /proc */
  const char *wireguard_dir; /* usually /sys/class/net */
  HnHttpClient *client;
  HnFindings *findings;
  gint64 clock_offset_us; /* of the controller, found out on the way; %G_MAXINT64: not known */
} HnDoctor;

/**
 * hn_doctor_node:
 * @self: what is known
 *
 * Ports and who holds them, WireGuard, moonlight-web-stream, data directory, limits.
 */
void hn_doctor_node (HnDoctor *self);

/**
 * hn_doctor_clock:
 * @self: what is known
 */
void hn_doctor_clock (HnDoctor *self);

/**
 * hn_doctor_net:
 * @self: what is known
 *
 * The controller, coturn, bodies.
 */
void hn_doctor_net (HnDoctor *self);

/**
 * hn_doctor_signalling:
 * @self: what is known of rooms or mesh
 *
 * Redis, TURN, who may come.
 */
void hn_doctor_signalling (HnDoctor *self);

/**
 * hn_doctor_probe_turn:
 * @self: what is known
 * @url: of a TURN server
 * @username: what it is shown
 * @credential: likewise
 *
 * Asks it for a relay.
 */
void hn_doctor_probe_turn (HnDoctor *self, const char *url, const char *username, const char *credential);

/**
 * hn_doctor_ask:
 * @self: what is known
 * @url: whom
 * @token: (nullable): with which token
 * @any_certificate: it is ourselves, by an address that no certificate names
 * @error: likewise
 *
 * Returns: (transfer full) (nullable): the answer, waited for
 */
HnHttpReply *hn_doctor_ask (HnDoctor *self, const char *url, const char *token, gboolean any_certificate, GError **error);
