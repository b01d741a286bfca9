/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/doors-http.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/build.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/acme.h"
#include "net/certificate-fs.h"

/* Rules: with a domain the process always starts, so that the first certificate can come through its own port 80; until then a stand-in serves. A pair of
 * files that was named by hand must be good from the start. Below `server.acme_dir` things lie as uacme puts them:
 * DOMAIN/cert.pem, private/DOMAIN/key.pem; and our hook: challenges/TOKEN. */

#define CHALLENGES "challenges"
#define DAY_US (86400 * (gint64) G_USEC_PER_SEC)

typedef struct {
  int fd;
  char *host;
  guint16 port;
  HnFront *front;
} Door;

struct _HnDoorsHttp {
  const HnConfig *config;
  const char *area;
  Door main;  /* the API, the sessions */
  Door plain; /* with a domain: challenges and redirects */
  char *domain_host;
  HnCertificateFs *certificate;
};

/* ---- the certificate ---- */

static void
certificate_paths (HnDoorsHttp *self, char **ret_cert, char **ret_key)
{
  const HnConfig *config = self->config;

  if (self->domain_host == NULL) {
    *ret_cert = g_strdup (config->server_tls_cert);
    *ret_key = g_strdup (config->server_tls_key);
    return;
  }
  *ret_cert = g_build_filename (config->server_acme_dir, self->domain_host, "cert.pem", NULL);
  *ret_key = g_build_filename (config->server_acme_dir, "private", self->domain_host, "key.pem", NULL);
}

static char *
day_of (gint64 utc_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (utc_us / G_USEC_PER_SEC);

  return time != NULL ? g_date_time_format (time, "%Y-%m-%d") : g_strdup ("?");
}

static void
tell_certificate (HnDoorsHttp *self, HnTls *tls)
{
  g_autofree char *day = day_of (hn_tls_get_expiry_us (tls));
  g_autofree char *cert = NULL;
  g_autofree char *key = NULL;

  hn_metrics_set (HN_METRIC_TLS_CERTIFICATE_EXPIRY, NULL, hn_tls_get_expiry_us (tls));
  certificate_paths (self, &cert, &key);
  if (hn_certificate_fs_is_stand_in (self->certificate))
    hn_info (self->area, NULL, "no certificate for %s yet at %s: a stand-in serves until acme-renew brings one", self->domain_host, cert);
  else
    hn_info (self->area, NULL, "certificate in use sha256=%.16s until=%s", hn_tls_get_fingerprint (tls), day);
}

static void
on_swapped (HnTls *tls, gboolean is_new, gpointer user_data)
{
  HnDoorsHttp *self = user_data;

  if (self->main.front != NULL)
    hn_front_set_tls (self->main.front, tls);
  if (is_new)
    tell_certificate (self, tls);
}

static void
on_refused (const char *what, gpointer user_data)
{
  HnDoorsHttp *self = user_data;

  hn_warning (self->area, NULL, "the new certificate is not used, the one before stays: %s", what);
}

static void
on_expiring (gint64 left_us, gpointer user_data)
{
  HnDoorsHttp *self = user_data;

  if (left_us < 0)
    hn_warning (self->area, NULL, "the certificate has expired");
  else
    hn_warning (self->area, NULL, "the certificate expires in %" G_GINT64_FORMAT " days", left_us / DAY_US);
}

static gboolean
open_certificate (HnDoorsHttp *self, GError **error)
{
  static const HnCertificateFsEvents events = { on_swapped, on_refused, on_expiring };
  g_autofree char *cert = NULL;
  g_autofree char *key = NULL;
  g_autoptr (GError) local = NULL;

  certificate_paths (self, &cert, &key);
  if (cert == NULL)
    return TRUE;
  self->certificate = hn_certificate_fs_new (cert, key, self->domain_host, &events, self, &local);
  if (local != NULL)
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'server.tls': %s", local->message);
  return self->certificate != NULL;
}

void
hn_doors_http_reload (HnDoorsHttp *self)
{
  g_autofree char *cert = NULL;
  g_autofree char *key = NULL;

  certificate_paths (self, &cert, &key);
  if (self->certificate != NULL && cert != NULL && key != NULL)
    hn_certificate_fs_reload (self->certificate, cert, key);
}

/* ---- the plain door ---- */

/* What lies in a file of exactly this name, if it is a key authorization. */
static char *
read_challenge (HnDoorsHttp *self, const char *token)
{
  g_autofree char *path = g_build_filename (self->config->server_acme_dir, CHALLENGES, token, NULL);
  char text[HN_LIMIT_ACME_ANSWER_BYTES + 2] = "";
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat file;
  ssize_t n = -1;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &file) == 0 && S_ISREG (file.st_mode))
    n = read (fd, text, sizeof text - 1);
  close (fd);
  if (n > 0 && text[n - 1] == '\n')
    n--;
  return n > 0 && hn_acme_is_answer (text, (gsize) n, token) ? g_strndup (text, (gsize) n) : NULL;
}

static void
on_plain_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer user_data)
{
  HnDoorsHttp *self = user_data;
  g_autofree char *token = hn_acme_token_of (head->path);

  if (token == NULL) {
    hn_acme_redirect (head, self->config->server_domain, ret_route);
    return;
  }
  ret_route->answer = read_challenge (self, token);
  if (ret_route->answer == NULL) {
    hn_route_refuse (ret_route, 404, "no such challenge", NULL);
    return;
  }
  ret_route->kind = HN_ROUTE_ANSWER;
  ret_route->status = 200;
}

/* ---- binding ---- */

static gboolean
bind_door (Door *door, const char *key, const char *listen, HnService *service, const char *name, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!hn_address_split_listen (listen, &door->host, &door->port)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'%s' is no address and port: '%s'", key, listen);
    return FALSE;
  }
  door->fd = hn_service_take_fd (service, name);
  if (door->fd >= 0)
    return TRUE;
  door->fd = hn_front_bind (door->host, door->port, &local);
  if (g_error_matches (local, HN_ERROR, HN_ERROR_CONFLICT)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_CONFLICT, "cannot bind — is another hydraneckwebrtc already running?");
    if (error != NULL)
      hn_error_set_detail (*error, "%s", local->message);
  } else if (local != NULL) {
    g_propagate_prefixed_error (error, g_steal_pointer (&local), "'%s': ", key);
  }
  return door->fd >= 0;
}

static gboolean
bind_doors (HnDoorsHttp *self, HnService *service, GError **error)
{
  const HnConfig *config = self->config;
  guint16 port = 0;

  if (config->server_domain == NULL)
    return bind_door (&self->main, "server.listen", config->server_listen, service, "listen", error);
  if (!hn_address_split_domain (config->server_domain, &self->domain_host, &port)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'server.domain' is no host name: '%s'", config->server_domain);
    return FALSE;
  }
  return bind_door (&self->main, "server.https_listen", config->server_https_listen, service, "https", error)
         && bind_door (&self->plain, "server.http_listen", config->server_http_listen, service, "http", error);
}

HnDoorsHttp *
hn_doors_http_bind (const HnConfig *config, HnService *service, const char *area, GError **error)
{
  g_autoptr (HnDoorsHttp) self = g_new0 (HnDoorsHttp, 1);

  self->config = config;
  self->area = area;
  self->main.fd = self->plain.fd = -1;
  if (!bind_doors (self, service, error) || !open_certificate (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* ---- opening ---- */

static void
tell_open (HnDoorsHttp *self)
{
  const char *open = strchr (self->main.host, ':') != NULL ? "[" : "";
  const char *close = *open != '\0' ? "]" : "";

  hn_info (self->area, NULL, "listening on %s%s%s:%u version=%s%s%s", open, self->main.host, close, hn_front_get_port (self->main.front),
           hn_build_version (), self->certificate != NULL ? " https=" : "",
           self->certificate == NULL ? "" : self->domain_host != NULL ? self->config->server_domain : "yes");
  if (self->plain.front != NULL)
    hn_info (self->area, NULL, "port %u answers certificate challenges and leads to https://%s/", hn_front_get_port (self->plain.front),
             self->config->server_domain);
  if (self->certificate != NULL)
    tell_certificate (self, hn_certificate_fs_get_tls (self->certificate));
}

HnFront *
hn_doors_http_open (HnDoorsHttp *self, HnPoller *poller, const HnFrontOptions *options, const HnFrontEvents *events, gpointer user_data)
{
  static const HnFrontEvents plain_events = { .route = on_plain_route };
  HnFrontOptions own = *options;
  HnFrontOptions plain = { .listen_host = self->plain.host };

  own.tls = self->certificate != NULL ? hn_certificate_fs_get_tls (self->certificate) : NULL;
  self->main.front = hn_front_new (poller, self->main.fd, &own, events, user_data);
  self->main.fd = -1;
  if (self->plain.fd >= 0) {
    self->plain.front = hn_front_new (poller, self->plain.fd, &plain, &plain_events, self);
    self->plain.fd = -1;
  }
  tell_open (self);
  return self->main.front;
}

void
hn_doors_http_stop_accepting (HnDoorsHttp *self)
{
  hn_front_stop_accepting (self->main.front);
  if (self->plain.front != NULL)
    hn_front_stop_accepting (self->plain.front);
}

const char *
hn_doors_http_get_host (HnDoorsHttp *self)
{
  return self->main.host;
}

guint16
hn_doors_http_get_port (HnDoorsHttp *self)
{
  return self->main.front != NULL ? hn_front_get_port (self->main.front) : self->main.port;
}

gboolean
hn_doors_http_is_secure (HnDoorsHttp *self)
{
  return self->certificate != NULL;
}

static void
close_door (Door *door)
{
  g_clear_pointer (&door->front, hn_front_free);
  if (door->fd >= 0)
    close (door->fd);
  g_clear_pointer (&door->host, g_free);
}

void
hn_doors_http_free (HnDoorsHttp *self)
{
  if (self == NULL)
    return;
  close_door (&self->main);
  close_door (&self->plain);
  g_clear_pointer (&self->certificate, hn_certificate_fs_free);
  g_free (self->domain_host);
  g_free (self);
}
