/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/certificate-fs.h"

#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/timer.h"

/* Rules: two looks must see the same files before they are taken, since whoever replaces them does it one by one. A missing certificate is nothing to
 * complain about while a stand-in serves: the real one is on its way. */

#define DAY_SECONDS 86400

/* How the two files looked. */
typedef struct {
  struct timespec changed[2];
  ino_t inodes[2];
  off_t sizes[2];
} Look;

struct _HnCertificateFs {
  char *paths[2];
  char *stand_in_for;
  const HnCertificateFsEvents *events;
  gpointer user_data;
  HnTls *tls;
  gboolean is_stand_in;
  gboolean at_once;
  Look seen; /* at the last look */
  Look taken; /* when they were last taken or refused */
  gint64 since_us; /* of the key for tickets */
  gint64 reminded_us;
  HnTimer *timer;
};

static Look
look_at (HnCertificateFs *self)
{
  Look look;

  memset (&look, 0, sizeof look);
  for (int i = 0; i < 2; i++) {
    struct stat file;

    if (stat (self->paths[i], &file) != 0)
      continue;
    look.changed[i] = file.st_ctim;
    look.inodes[i] = file.st_ino;
    look.sizes[i] = file.st_size;
  }
  return look;
}

static gboolean
looks_equal (const Look *a, const Look *b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

static gboolean
is_there (const Look *look)
{
  return look->inodes[0] != 0;
}

/* ---- what serves ---- */

static void
serve (HnCertificateFs *self, HnTls *tls, gboolean is_stand_in)
{
  gboolean is_new = g_strcmp0 (hn_tls_get_fingerprint (tls), hn_tls_get_fingerprint (self->tls)) != 0;

  hn_tls_unref (self->tls);
  self->tls = tls;
  self->is_stand_in = is_stand_in;
  self->since_us = hn_clock_now_us ();
  self->events->swapped (tls, is_new, self->user_data);
}

static void
take (HnCertificateFs *self)
{
  g_autoptr (GError) error = NULL;
  HnTls *tls;

  self->taken = self->seen;
  if (self->is_stand_in && !is_there (&self->seen))
    return;
  tls = hn_tls_new (self->paths[0], self->paths[1], &error);
  if (tls != NULL)
    serve (self, tls, FALSE);
  else
    self->events->refused (error->message, self->user_data);
}

/* The same certificate with another key for tickets. */
static void
renew_ticket_key (HnCertificateFs *self)
{
  self->since_us = hn_clock_now_us ();
  if (self->is_stand_in)
    serve (self, hn_tls_new_stand_in (self->stand_in_for), TRUE);
  else
    take (self);
}

static void
remind (HnCertificateFs *self)
{
  gint64 left_us = hn_tls_get_expiry_us (self->tls) - hn_clock_utc_us ();

  if (self->is_stand_in || left_us > hn_seconds ((double) HN_LIMIT_CERTIFICATE_WARN_DAYS * DAY_SECONDS))
    return;
  if (self->reminded_us != 0 && hn_clock_now_us () - self->reminded_us < hn_seconds (DAY_SECONDS))
    return;
  self->reminded_us = hn_clock_now_us ();
  self->events->expiring (left_us, self->user_data);
}

static void
on_look (gpointer user_data)
{
  HnCertificateFs *self = user_data;
  Look now = look_at (self);
  gboolean settled = self->at_once || looks_equal (&now, &self->seen);

  self->seen = now;
  if (self->at_once || (settled && !looks_equal (&now, &self->taken)))
    take (self);
  else if (hn_clock_now_us () - self->since_us > hn_seconds (HN_LIMIT_TICKET_KEY_HOURS * 3600.0))
    renew_ticket_key (self);
  self->at_once = FALSE;
  remind (self);
  hn_timer_arm (self->timer, hn_clock_now_us () + hn_seconds (HN_LIMIT_CERTIFICATE_LOOK_SECONDS));
}

/* ---- life ---- */

HnTls *
hn_certificate_fs_get_tls (HnCertificateFs *self)
{
  return self->tls;
}

gboolean
hn_certificate_fs_is_stand_in (HnCertificateFs *self)
{
  return self->is_stand_in;
}

static void
set_paths (HnCertificateFs *self, const char *cert_path, const char *key_path)
{
  g_autofree char *cert = g_strdup (cert_path);
  g_autofree char *key = g_strdup (key_path);

  g_free (self->paths[0]);
  g_free (self->paths[1]);
  self->paths[0] = g_steal_pointer (&cert);
  self->paths[1] = g_steal_pointer (&key);
}

void
hn_certificate_fs_reload (HnCertificateFs *self, const char *cert_path, const char *key_path)
{
  set_paths (self, cert_path, key_path);
  self->at_once = TRUE;
  hn_timer_arm (self->timer, hn_clock_now_us ());
}

HnCertificateFs *
hn_certificate_fs_new (const char *cert_path, const char *key_path, const char *stand_in_for, const HnCertificateFsEvents *events,
                       gpointer user_data, GError **error)
{
  g_autoptr (HnCertificateFs) self = g_new0 (HnCertificateFs, 1);

  self->events = events;
  self->user_data = user_data;
  self->stand_in_for = g_strdup (stand_in_for);
  set_paths (self, cert_path, key_path);
  self->timer = hn_timer_new (on_look, self);
  self->seen = look_at (self);
  self->since_us = hn_clock_now_us ();
  self->tls = hn_tls_new (cert_path, key_path, stand_in_for != NULL ? NULL : error);
  if (self->tls == NULL && stand_in_for == NULL)
    return NULL;
  self->is_stand_in = self->tls == NULL;
  if (self->is_stand_in)
    self->tls = hn_tls_new_stand_in (stand_in_for); /* what is there, if anything, is refused aloud at the first look */
  else
    self->taken = self->seen;
  hn_timer_arm (self->timer, hn_clock_now_us ());
  return g_steal_pointer (&self);
}

void
hn_certificate_fs_free (HnCertificateFs *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->timer, hn_timer_free);
  g_clear_pointer (&self->tls, hn_tls_unref);
  g_free (self->paths[0]);
  g_free (self->paths[1]);
  g_free (self->stand_in_for);
  g_free (self);
}
