/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

struct _HnRandom {
  GRand *seeded; /* NULL: the kernel's */
};

HnRandom *
hn_random_new_system (void)
{
  return g_new0 (HnRandom, 1);
}

HnRandom *
hn_random_new_seeded (guint32 seed)
{
  HnRandom *self = g_new0 (HnRandom, 1);

  self->seeded = g_rand_new_with_seed (seed);
  return self;
}

void
hn_random_free (HnRandom *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->seeded, g_rand_free);
  g_free (self);
}

static void
kernel_bytes (guint8 *out, gsize n_bytes)
{
  while (n_bytes > 0) {
    gssize got = getrandom (out, n_bytes, 0);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      g_error ("getrandom failed: %s", g_strerror (errno)); /* no id may ever be guessable: stop */
    out += got;
    n_bytes -= (gsize) got;
  }
}

void
hn_random_bytes (HnRandom *self, guint8 *out, gsize n_bytes)
{
  if (self->seeded == NULL) {
    kernel_bytes (out, n_bytes);
    return;
  }
  for (gsize i = 0; i < n_bytes; i++)
    out[i] = (guint8) g_rand_int (self->seeded);
}

char *
hn_random_hex (HnRandom *self, gsize n_bytes)
{
  g_autofree guint8 *bytes = g_malloc (n_bytes);
  char *hex = g_malloc (2 * n_bytes + 1);

  hn_random_bytes (self, bytes, n_bytes);
  for (gsize i = 0; i < n_bytes; i++) {
    hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  hex[2 * n_bytes] = '\0';
  return hex;
}

guint32
hn_random_below (HnRandom *self, guint32 limit)
{
  guint32 ceiling = G_MAXUINT32 - G_MAXUINT32 % limit;
  guint32 value;

  do
    hn_random_bytes (self, (guint8 *) &value, sizeof value);
  while (value >= ceiling);
  return value % limit;
}
