/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/address.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/doctor.h"
#include "cli/holder.h"
#include "net/front.h"
#include "rtc/gstreamer.h"
#include "worker/wireguard-fs.h"

#define UDP_PER_SESSION 20
#define STRANGERS_NAMED 3

/* ---- files of the kernel ---- */

static char *
read_proc (HnDoctor *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->proc_dir, name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? g_strchomp (text) : g_strdup ("");
}

static guint64
available_memory (HnDoctor *self)
{
  g_autofree char *text = read_proc (self, "meminfo");
  const char *line = strstr (text, "MemAvailable:");

  return line != NULL ? 1024 * g_ascii_strtoull (line + strlen ("MemAvailable:"), NULL, 10) : G_MAXUINT64;
}

/* ---- ports ---- */

static char *
health_url (const char *host, guint16 port, gboolean tls)
{
  gboolean any = *host == '\0' || g_str_equal (host, "0.0.0.0") || g_str_equal (host, "::");
  gboolean v6 = !any && strchr (host, ':') != NULL;

  return g_strdup_printf ("%s://%s%s%s:%u/api/v1/health", tls ? "https" : "http", v6 ? "[" : "", any ? "127.0.0.1" : host, v6 ? "]" : "", port);
}

/* What a controller or worker says of itself there. */
static guint64
process_that_answers (HnDoctor *self, const char *host, guint16 port)
{
  g_autofree char *url = health_url (host, port, self->config->server_domain != NULL || self->config->server_tls_cert != NULL);
  g_autoptr (HnHttpReply) reply = hn_doctor_ask (self, url, NULL, TRUE, NULL);
  g_autoptr (JsonObject) object = reply != NULL && reply->status == 200 ? hn_json_parse_object (reply->body, reply->length, NULL) : NULL;
  JsonObject *extra = NULL;
  gint64 pid = 0;

  if (object != NULL && hn_json_get_object (object, "extra", FALSE, &extra, NULL) && extra != NULL)
    hn_json_get_int (extra, "process_id", 1, G_MAXINT64, FALSE, &pid, NULL);
  return (guint64) pid;
}

/* Or systemd, which listens for us and hands the socket on. */
static gboolean
is_ours (const HnHolder *holder)
{
  return holder != NULL && (holder->pid == 1 || hn_holder_is_session (holder));
}

/* @asks: our health is to be had there. */
static void
check_holder (HnDoctor *self, const char *what, const char *host, guint16 port, gboolean asks)
{
  g_autoptr (HnHolder) holder = hn_holder_find (HN_HOLDER_TCP, host, port);
  g_autofree char *name = holder != NULL ? hn_holder_describe (holder) : g_strdup ("a connection that will be gone within a minute");
  g_autofree char *mend = NULL;
  guint64 pid = asks ? process_that_answers (self, host, port) : 0;

  if (!asks && is_ours (holder)) {
    hn_findings_add (self->findings, HN_FINDING_OK, "ports", NULL, "port %u of %s is held by %s", port, what, name);
    return;
  }
  if (pid != 0 && (holder == NULL || holder->pid <= 1 || holder->pid == pid)) {
    hn_findings_add (self->findings, HN_FINDING_OK, "ports", NULL, "port %u of %s is held by hydraneckwebrtc (pid %" G_GUINT64_FORMAT "), which answers",
                     port, what, pid);
    return;
  }
  mend = holder != NULL && holder->pid != 0 ? g_strdup_printf ("systemctl status %" G_GUINT64_FORMAT " names its unit: stop it, or change %s", holder->pid, what)
                                            : g_strdup_printf ("ss -ltnp 'sport = :%u'; or change %s", port, what);
  hn_findings_add (self->findings, HN_FINDING_FAIL, "ports", mend, "port %u of %s is held by %s", port, what, name);
}

static void
check_listen (HnDoctor *self, const char *what, const char *listen, gboolean asks)
{
  g_autofree char *host = NULL;
  g_autofree char *mend = NULL;
  g_autoptr (GError) error = NULL;
  guint16 port = 0;
  int fd;

  if (!hn_address_split_listen (listen, &host, &port))
    return;
  fd = hn_front_bind (host, port, &error);
  if (fd >= 0) {
    close (fd);
    hn_findings_add (self->findings, HN_FINDING_OK, "ports", NULL, "port %u of %s is free", port, what);
  } else if (g_error_matches (error, HN_ERROR, HN_ERROR_CONFLICT)) {
    check_holder (self, what, host, port, asks);
  } else {
    mend = g_strdup_printf ("ip address show; correct %s", what);
    hn_findings_add (self->findings, HN_FINDING_FAIL, "ports", mend, "%s: %s", what, error->message);
  }
}

typedef struct {
  guint strangers;
  GString *named;
} Strangers;

static void
count_stranger (Strangers *strangers, HnHolderKind kind, guint16 port)
{
  g_autoptr (HnHolder) holder = hn_holder_find (kind, NULL, port);
  g_autofree char *name = NULL;

  if (holder == NULL || hn_holder_is_session (holder))
    return;
  name = hn_holder_describe (holder);
  if (strangers->strangers++ < STRANGERS_NAMED)
    g_string_append_printf (strangers->named, "%s%u by %s", strangers->named->len > 0 ? ", " : "", port, name);
}

static void
check_range (HnDoctor *self, HnHolderKind kind, const char *option, guint first, guint last)
{
  g_autoptr (GString) named = g_string_new (NULL);
  Strangers strangers = { 0, named };
  g_autofree char *mend = g_strdup_printf ("%s; stop them, or move %s", kind == HN_HOLDER_TCP ? "ss -ltnp" : "ss -lunp", option);
  guint16 own_port = 0;
  g_autofree char *host = NULL;

  if (self->config->server_listen != NULL)
    hn_address_split_listen (self->config->server_listen, &host, &own_port);
  for (guint port = first; port <= MIN (last, G_MAXUINT16); port++)
    if (port != own_port || kind == HN_HOLDER_UDP)
      count_stranger (&strangers, kind, (guint16) port);
  if (strangers.strangers == 0)
    hn_findings_add (self->findings, HN_FINDING_OK, "ports", NULL, "%s: %u-%u are free or our sessions'", option, first, last);
  else
    hn_findings_add (self->findings, strangers.strangers > last - first ? HN_FINDING_FAIL : HN_FINDING_WARN, "ports", mend,
                     "%s: %u of %u-%u held by others: %s%s", option, strangers.strangers, first, last, named->str,
                     strangers.strangers > STRANGERS_NAMED ? ", …" : "");
}

static void
check_ports (HnDoctor *self)
{
  const HnConfig *config = self->config;
  gboolean tells_pid = self->mode == HN_MODE_CONTROLLER || self->mode == HN_MODE_WORKER;

  if (config->server_listen != NULL)
    check_listen (self, "server.listen", config->server_listen, tells_pid);
  if (config->server_domain != NULL) {
    check_listen (self, "server.https_listen", config->server_https_listen, tells_pid);
    check_listen (self, "server.http_listen", config->server_http_listen, FALSE);
  }
  if (self->mode == HN_MODE_CONTROLLER && config->server_admin_listen != NULL)
    check_listen (self, "server.admin_listen", config->server_admin_listen, FALSE);
  if (self->mode != HN_MODE_WORKER)
    return;
  check_range (self, HN_HOLDER_TCP, "sessions.port_range_start", config->sessions_port_range_start, config->sessions_port_range_start + config->sessions_max);
  check_range (self, HN_HOLDER_UDP, "sessions.udp_port_start", config->sessions_udp_port_start,
               config->sessions_udp_port_start + UDP_PER_SESSION * config->sessions_max - 1);
}

/* ---- what a worker needs besides ---- */

static void
check_wireguard (HnDoctor *self)
{
  gboolean there = hn_wireguard_fs_detect (self->wireguard_dir);

  hn_findings_add (self->findings, there ? HN_FINDING_OK : HN_FINDING_WARN, "wireguard", "systemctl enable --now wg-quick@wg0; wg show",
                   there ? "a WireGuard interface is there" : "no WireGuard interface detected: bodies behind one cannot be reached");
}

static gboolean
is_executable (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_REGULAR) && access (path, X_OK) == 0;
}

static void
check_moonlight (HnDoctor *self)
{
  const char *path = self->config->moonlight_path;
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *streamer = g_build_filename (folder, "streamer", NULL);
  g_autofree char *pages = g_build_filename (folder, "static", NULL);
  g_autofree char *program_mend = g_strdup_printf ("install moonlight-web-stream there and chmod +x %s, or set moonlight.path", path);
  g_autofree char *streamer_mend = g_strdup_printf ("install the whole of moonlight-web-stream; chmod +x %s", streamer);

  hn_findings_add (self->findings, is_executable (path) ? HN_FINDING_OK : HN_FINDING_FAIL, "moonlight", program_mend, "%s is %s", path,
                   is_executable (path) ? "executable" : "not an executable file");
  hn_findings_add (self->findings, is_executable (streamer) ? HN_FINDING_OK : HN_FINDING_FAIL, "moonlight", streamer_mend, "%s is %s", streamer,
                   is_executable (streamer) ? "executable" : "not an executable file");
  if (g_file_test (pages, G_FILE_TEST_IS_DIR))
    hn_findings_add (self->findings, HN_FINDING_OK, "moonlight", NULL, "%s is there", pages);
  else
    hn_findings_add (self->findings, HN_FINDING_FAIL, "moonlight", "install the whole of moonlight-web-stream: its pages are in static/", "%s is not there", pages);
}

static void
check_microphone (HnDoctor *self)
{
  g_autoptr (GError) error = NULL;

  if (hn_gstreamer_load (&error))
    hn_findings_add (self->findings, HN_FINDING_OK, "mic", NULL, "GStreamer has all that a microphone needs");
  else
    hn_findings_add (self->findings, HN_FINDING_WARN, "mic", hn_error_detail (error) != NULL ? hn_error_detail (error) : "gst-inspect-1.0 webrtcbin",
                     "no microphone works here: %s", error->message);
}

static void
check_data_dir (HnDoctor *self)
{
  const char *path = self->config->sessions_data_dir;
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *mend = g_strdup_printf ("as the worker's user: install -d -m 700 %s", path);
  const char *wrong = NULL;
  struct stat facts;

  if (lstat (path, &facts) != 0)
    wrong = access (parent, W_OK) == 0 ? NULL : "cannot be made";
  else if (!S_ISDIR (facts.st_mode))
    wrong = "is no directory";
  else if (facts.st_uid != geteuid ())
    wrong = "belongs to another user";
  else if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    wrong = "may be written to by others: they could read Sunshine's password";
  else if (access (path, W_OK | X_OK) != 0)
    wrong = "cannot be written to";
  hn_findings_add (self->findings, wrong == NULL ? HN_FINDING_OK : HN_FINDING_FAIL, "data_dir", mend, "sessions.data_dir %s %s", path,
                   wrong != NULL ? wrong : "is ours");
}

static guint64
free_disk (const char *path)
{
  g_autofree char *where = g_strdup (path);
  struct statvfs facts;

  while (statvfs (where, &facts) != 0) {
    char *parent = g_path_get_dirname (where);

    if (g_str_equal (parent, where)) {
      g_free (parent);
      return G_MAXUINT64;
    }
    g_free (where);
    where = parent;
  }
  return (guint64) facts.f_bavail * facts.f_frsize;
}

void
hn_doctor_clock (HnDoctor *self)
{
  struct timex clock = { 0 };
  gboolean synchronised = adjtimex (&clock) != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;

  hn_node_rules_clock (synchronised, self->clock_offset_us, self->findings);
}

void
hn_doctor_node (HnDoctor *self)
{
  g_autofree char *port_range = read_proc (self, "sys/net/ipv4/ip_local_port_range");
  g_autofree char *reserved = read_proc (self, "sys/net/ipv4/ip_local_reserved_ports");
  g_autofree char *somaxconn = read_proc (self, "sys/net/core/somaxconn");
  struct rlimit files = { 0 };
  HnNodeFacts facts = { .memory_bytes = available_memory (self), .somaxconn = g_ascii_strtoull (somaxconn, NULL, 10), .port_range = port_range,
                        .reserved = reserved };

  getrlimit (RLIMIT_NOFILE, &files);
  facts.open_files = files.rlim_cur;
  facts.disk_bytes = free_disk (self->config->sessions_data_dir);
  check_ports (self);
  if (self->mode == HN_MODE_WORKER) {
    hn_node_rules_reserved (self->config, &facts, self->findings);
    check_wireguard (self);
    check_moonlight (self);
    check_microphone (self);
    check_data_dir (self);
  }
  hn_node_rules_limits (self->config, self->mode, &facts, self->findings);
}
