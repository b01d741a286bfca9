/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection through a controller or a worker costs two descriptors; a session 80 to 100 MB with its web-server and streamer. Records and ratings wait
 * on the disk while their receivers are down. */
#include "base/node-rules.h"

#include "base/clock.h"
#include "base/port-ranges.h"

#define MB G_GUINT64_CONSTANT (1048576)
#define FILES_LEAST 1024
#define FILES_ENOUGH 8192
#define SESSION_BYTES (100 * MB)
#define DISK_LEAST (64 * MB)
#define DISK_ENOUGH (1024 * MB)
#define SOMAXCONN_ENOUGH 1024
#define OFFSET_SECONDS 30
#define UDP_PER_SESSION 20

static void
judge_files (guint64 files, HnFindings *findings)
{
  HnFindingLevel level = files < FILES_LEAST ? HN_FINDING_FAIL : files < FILES_ENOUGH ? HN_FINDING_WARN : HN_FINDING_OK;

  hn_findings_add (findings, level, "limits", "LimitNOFILE=65536 in the unit (systemctl edit), or ulimit -n 65536 before starting it",
                   "%" G_GUINT64_FORMAT " open files allowed to whom starts it as you do", files);
}

static void
judge_memory (const HnConfig *config, HnMode mode, guint64 bytes, HnFindings *findings)
{
  guint64 wanted = mode == HN_MODE_WORKER ? config->sessions_max * SESSION_BYTES : SESSION_BYTES;

  hn_findings_add (findings, bytes < wanted ? HN_FINDING_WARN : HN_FINDING_OK, "limits",
                   mode == HN_MODE_WORKER ? "lower sessions.max, or give the machine more memory (free -m; ps aux --sort=-rss | head)"
                                          : "free -m; ps aux --sort=-rss | head",
                   "%" G_GUINT64_FORMAT " MB of memory available, %" G_GUINT64_FORMAT " MB wanted", bytes / MB, wanted / MB);
}

static void
judge_disk (const HnConfig *config, guint64 bytes, HnFindings *findings)
{
  g_autofree char *mend = g_strdup_printf ("df -h %s; du -xsh %s/*", config->sessions_data_dir, config->sessions_data_dir);

  if (bytes != G_MAXUINT64)
    hn_findings_add (findings, bytes < DISK_LEAST ? HN_FINDING_FAIL : bytes < DISK_ENOUGH ? HN_FINDING_WARN : HN_FINDING_OK, "limits", mend,
                     "%" G_GUINT64_FORMAT " MB free in %s", bytes / MB, config->sessions_data_dir);
}

void
hn_node_rules_limits (const HnConfig *config, HnMode mode, const HnNodeFacts *facts, HnFindings *findings)
{
  judge_files (facts->open_files, findings);
  judge_memory (config, mode, facts->memory_bytes, findings);
  if (mode == HN_MODE_WORKER)
    judge_disk (config, facts->disk_bytes, findings);
  hn_findings_add (findings, facts->somaxconn < SOMAXCONN_ENOUGH ? HN_FINDING_WARN : HN_FINDING_OK, "limits", "sysctl -w net.core.somaxconn=4096",
                   "%" G_GUINT64_FORMAT " connections may wait to be accepted (net.core.somaxconn)", facts->somaxconn);
}

void
hn_node_rules_reserved (const HnConfig *config, const HnNodeFacts *facts, HnFindings *findings)
{
  const struct {
    const char *what;
    HnPortRange range;
  } wanted[] = {
    { "HTTP ports of sessions", { config->sessions_port_range_start, MIN (config->sessions_port_range_start + config->sessions_max, G_MAXUINT16) } },
    { "media ports of sessions", { config->sessions_udp_port_start, MIN (config->sessions_udp_port_start + UDP_PER_SESSION * config->sessions_max - 1, G_MAXUINT16) } },
  };
  g_autoptr (GArray) ephemeral = hn_port_ranges_parse (facts->port_range);
  g_autoptr (GArray) reserved = hn_port_ranges_parse (facts->reserved);
  g_autofree char *mend = NULL;

  mend = g_strdup_printf ("sysctl -w net.ipv4.ip_local_reserved_ports=%s%s%u-%u,%u-%u", facts->reserved, *facts->reserved != '\0' ? "," : "",
                          wanted[0].range.first, wanted[0].range.last, wanted[1].range.first, wanted[1].range.last);
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    guint exposed = hn_port_ranges_exposed (wanted[i].range, ephemeral, reserved);

    if (exposed > 0)
      hn_findings_add (findings, HN_FINDING_WARN, "ports", mend, "a passing connection may get %u of the %s, %u-%u", exposed, wanted[i].what,
                       wanted[i].range.first, wanted[i].range.last);
    else
      hn_findings_add (findings, HN_FINDING_OK, "ports", NULL, "no passing connection gets the %s, %u-%u", wanted[i].what, wanted[i].range.first,
                       wanted[i].range.last);
  }
}

void
hn_node_rules_clock (gboolean synchronised, gint64 offset_us, HnFindings *findings)
{
  static const char mend[] = "timedatectl set-ntp true; timedatectl timesync-status";

  hn_findings_add (findings, synchronised ? HN_FINDING_OK : HN_FINDING_WARN, "clock", mend,
                   synchronised ? "the clock is synchronised by NTP" : "the kernel says that nothing synchronises the clock");
  if (offset_us == G_MAXINT64)
    return;
  hn_findings_add (findings, ABS (offset_us) > hn_seconds (OFFSET_SECONDS) ? HN_FINDING_WARN : HN_FINDING_OK, "clock", mend,
                   "the controller's clock differs by %" G_GINT64_FORMAT " s", ABS (offset_us) / G_USEC_PER_SEC);
}
