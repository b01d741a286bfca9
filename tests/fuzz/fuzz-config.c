/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/address.h"
#include "base/config.h"
#include "base/id.h"
#include "base/error.h"

/* Any text as the configuration of every mode: refused with its file named, or taken with every value within the table's bounds. */

static void
check_bounds (const HnConfig *config)
{
#define CHECK_TEXT(field, min, max)
#define CHECK_SECRET(field, min, max)
#define CHECK_WORKER_ID(field, min, max) must (config->field == NULL || hn_worker_id_is_valid (config->field));
#define CHECK_URL(field, min, max) \
  must (config->field == NULL || ((g_str_has_prefix (config->field, "http://") || g_str_has_prefix (config->field, "https://")) \
                                  && !g_str_has_suffix (config->field, "/")));
#define CHECK_LISTEN(field, min, max)                                                       \
  {                                                                                         \
    g_autofree char *host = NULL;                                                           \
    guint16 port = 0;                                                                       \
    must (config->field == NULL || hn_address_split_listen (config->field, &host, &port)); \
  }
#define CHECK_ADDRESS(field, min, max)                                      \
  {                                                                         \
    HnAddress address;                                                      \
    must (config->field == NULL || hn_address_parse (config->field, &address)); \
  }
#define CHECK_LOG_LEVEL(field, min, max) \
  must (g_str_equal (config->field, "debug") || g_str_equal (config->field, "info") || g_str_equal (config->field, "warning") \
        || g_str_equal (config->field, "error"));
#define CHECK_DURATION(field, min, max) must (config->field >= (gint64) (min) * G_USEC_PER_SEC && config->field <= (gint64) (max) * G_USEC_PER_SEC);
#define CHECK_PERIOD(field, min, max) must (config->field >= (gint64) (min) * 1000 && config->field <= (gint64) (max) * 1000);
#define CHECK_CHOICE(field, min, max) must (config->field != NULL && strchr (config->field, '|') == NULL);
#define CHECK_TEXTS(field, min, max) \
  must (config->field != NULL);      \
  for (guint i = 0; config->field[i] != NULL; i++) \
    must (*config->field[i] != '\0' && strchr (config->field[i], ',') == NULL);
#define CHECK_UINT(field, min, max) must ((gint64) config->field >= (min) && (gint64) config->field <= (max));
#define CHECK_BOOL(field, min, max) must (config->field == TRUE || config->field == FALSE);
#define CHECK_NETWORKS(field, min, max) must (config->field != NULL);
#define CHECK_ICE(field, min, max) must (config->field != NULL);
#define CHECK_JSON(field, min, max)
#define OPTION(path, type, field, default_value, min, max, doc) CHECK_##type (field, min, max)
#define OPTION_LIVE OPTION
#include "base/options.h"
#undef OPTION
#undef OPTION_LIVE
}

static gboolean
try_mode (const char *bytes, gsize length, HnMode mode)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = hn_config_parse (bytes, length, "fuzz.yaml", mode, &error);

  must ((config == NULL) == (error != NULL));
  if (config == NULL) {
    must (g_error_matches (error, HN_ERROR, HN_ERROR_CONFIG));
    must (g_str_has_prefix (error->message, "fuzz.yaml"));
    must (strlen (error->message) < 4096 && g_utf8_validate (error->message, -1, NULL) && strchr (error->message, '\n') == NULL);
    return FALSE;
  }
  check_bounds (config);
  hn_config_has_turn (config);
  g_free (hn_config_public_ip (config));
  return TRUE;
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  gboolean taken = FALSE;

  for (HnMode mode = HN_MODE_CONTROLLER; mode <= HN_MODE_MESH; mode++)
    taken |= try_mode (bytes, length, mode);
  return taken;
}
