/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"

/* GIO's domain is known here by its name, not by including it: base/ decides and does nothing. */
#define GIO_ERROR_TIMED_OUT 24
#define GIO_ERROR_CANCELLED 19

typedef struct {
  char *detail;
  guint status;
} HnErrorPrivate;

static void
hn_error_private_init (HnErrorPrivate *priv)
{
  priv->detail = NULL;
  priv->status = 0;
}

static void
hn_error_private_copy (const HnErrorPrivate *from, HnErrorPrivate *to)
{
  to->detail = g_strdup (from->detail);
  to->status = from->status;
}

static void
hn_error_private_clear (HnErrorPrivate *priv)
{
  g_clear_pointer (&priv->detail, g_free);
}

G_DEFINE_EXTENDED_ERROR (HnError, hn_error)

static const struct {
  HnErrorCode code;
  guint http_status;
  int exit_status;
  const char *name;
} table[] = {
#define HN_ERROR_ROW(code, http, exit_status, name) { HN_ERROR_##code, http, exit_status, name },
  HN_ERROR_TABLE (HN_ERROR_ROW)
#undef HN_ERROR_ROW
};

static gboolean
is_ours (const GError *error)
{
  return error != NULL && error->domain == HN_ERROR && error->code >= 0 && (gsize) error->code < G_N_ELEMENTS (table);
}

guint
hn_error_http_status (const GError *error)
{
  if (is_ours (error)) {
    const HnErrorPrivate *priv = hn_error_get_private (error);

    return priv->status != 0 ? priv->status : table[error->code].http_status;
  }
  if (error != NULL && error->domain == g_quark_from_static_string ("g-io-error-quark")) {
    if (error->code == GIO_ERROR_TIMED_OUT)
      return 504;
    if (error->code == GIO_ERROR_CANCELLED)
      return 503;
  }
  return 500;
}

int
hn_error_exit_status (const GError *error)
{
  return is_ours (error) ? table[error->code].exit_status : 70;
}

HnErrorCode
hn_error_from_status (guint status)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (table[i].http_status == status)
      return table[i].code;
  return HN_ERROR_UPSTREAM;
}

const char *
hn_error_detail (const GError *error)
{
  return is_ours (error) ? ((HnErrorPrivate *) hn_error_get_private (error))->detail : NULL;
}

void
hn_error_set_detail (GError *error, const char *format, ...)
{
  HnErrorPrivate *priv;
  va_list args;

  if (!is_ours (error))
    return;
  priv = hn_error_get_private (error);
  g_free (priv->detail);
  va_start (args, format);
  priv->detail = g_strdup_vprintf (format, args);
  va_end (args);
}

void
hn_error_set_status (GError *error, guint status)
{
  if (is_ours (error))
    ((HnErrorPrivate *) hn_error_get_private (error))->status = status;
}
