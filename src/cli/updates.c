/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/updates.h"

#include <gio/gio.h>

#include "base/build.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "update/release.h"

#define SWITCH "HYDRA_AUTO_UPDATE"

gboolean
hn_updates_read_key (const HnConfig *config, HnMinisignKey *ret_key, GError **error)
{
  const char *text = config->update_public_key != NULL ? config->update_public_key : hn_build_update_key ();
  g_autoptr (GError) local = NULL;

  if (text != NULL && hn_minisign_parse_key (text, ret_key, &local))
    return TRUE;
  if (text == NULL)
    g_set_error_literal (error, HN_ERROR, HN_ERROR_CONFIG, "no public key is built in (meson option update_key), and update.public_key is not set");
  else
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: %s", config->update_public_key != NULL ? "update.public_key" : "the built-in update key", local->message);
  return FALSE;
}

char *
hn_updates_why_off (const HnConfig *config)
{
  g_autoptr (GError) error = NULL;
  HnMinisignKey key;

  if (g_strcmp0 (g_getenv (SWITCH), "off") == 0)
    return g_strdup (SWITCH "=off");
  if (!config->update_auto)
    return g_strdup ("update.auto is off");
  if (hn_updates_read_key (config, &key, &error) && hn_release_check_place (config->update_url, config->update_channel, &error))
    return NULL;
  return g_strdup (error->message);
}

HnAutoIo *
hn_updates_start (const HnConfig *config, double time_scale, const HnAutoIoEvents *events, gpointer user_data)
{
  g_autofree char *why_off = hn_updates_why_off (config);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  HnMinisignKey key;
  HnAutoIoOptions options = { .program = program,
                              .version = hn_build_version (),
                              .url = config->update_url,
                              .channel = config->update_channel,
                              .key = &key,
                              .request_file = config->update_request_file,
                              .interval_us = (gint64) ((double) config->update_interval * time_scale),
                              .defer_limit_us = (gint64) ((double) config->update_defer_limit * time_scale),
                              .asked_us = hn_seconds (HN_LIMIT_UPDATE_ASKED_SECONDS * time_scale) };

  if (why_off != NULL || program == NULL || !hn_updates_read_key (config, &key, NULL)) {
    hn_info ("updater", NULL, "automatic update is off: %s", why_off != NULL ? why_off : "this program's path is not known");
    return NULL;
  }
  return hn_auto_io_new (&options, events, user_data);
}
