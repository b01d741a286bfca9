/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "base/findings.h"

/* What of a node is enough for a role, and what mends it. Pure: the facts are brought. */

typedef struct {
  guint64 open_files;       /* RLIMIT_NOFILE, soft */
  guint64 memory_bytes;     /* available */
  guint64 disk_bytes;       /* free where sessions.data_dir is; G_MAXUINT64: unknown */
  guint64 somaxconn;
  const char *port_range;   /* ip_local_port_range */
  const char *reserved;     /* ip_local_reserved_ports */
  gboolean synchronised;    /* the kernel's clock is, by NTP */
} HnNodeFacts;

/**
 * hn_node_rules_limits:
 * @config: the configuration
 * @mode: the role
 * @facts: the node
 * @findings: where findings go
 */
void hn_node_rules_limits (const HnConfig *config, HnMode mode, const HnNodeFacts *facts, HnFindings *findings);

/**
 * hn_node_rules_reserved:
 * @config: a worker's configuration
 * @facts: the node
 * @findings: where findings go
 *
 * Whether passing connections may get the ports that sessions need.
 */
void hn_node_rules_reserved (const HnConfig *config, const HnNodeFacts *facts, HnFindings *findings);

/**
 * hn_node_rules_clock:
 * @synchronised: by NTP, says the kernel
 * @offset_us: of the controller's clock, or %G_MAXINT64 when it is not known
 * @findings: where findings go
 */
void hn_node_rules_clock (gboolean synchronised, gint64 offset_us, HnFindings *findings);
