/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GameStream's HTTP as a client sees it: every answer is XML inside an HTTP 200, and the verdict is the attribute
 * `status_code` of the root. What `/serverinfo` must contain is what the real client insists on.
 */
#include "sim/fakes/web-server/nvhttp.h"

#include <stdio.h>
#include <string.h>

#include "sim/fakes/web-server/json.h"

#define APPS_MAX 1024
#define STEREO 196610

G_DEFINE_QUARK (sim-nv-error, sim_nv_error)

typedef struct {
  SimNvAnswer *answer;
  SimNvApp *app;
  GString *text;
  guint depth;
  gint64 status;
  char *message;
} Reading;

static void
app_free (gpointer data)
{
  SimNvApp *app = data;

  g_free (app->title);
  g_free (app);
}

static void
on_start (GMarkupParseContext *context, const char *name, const char **keys, const char **values, gpointer data,
          GError **error)
{
  Reading *reading = data;

  g_string_truncate (reading->text, 0);
  if (reading->depth == 0 && strcmp (name, "root") != 0)
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, "no root element");
  for (guint i = 0; reading->depth == 0 && keys[i]; i++) {
    if (strcmp (keys[i], "status_code") == 0)
      reading->status = g_ascii_strtoll (values[i], NULL, 10);
    if (strcmp (keys[i], "status_message") == 0)
      reading->message = (g_free (reading->message), g_strdup (values[i]));
  }
  if (reading->depth == 1 && strcmp (name, "App") == 0 && reading->answer->apps->len < APPS_MAX) {
    reading->app = g_new0 (SimNvApp, 1);
    g_ptr_array_add (reading->answer->apps, reading->app);
  }
  reading->depth++;
}

static void
on_end (GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
  Reading *reading = data;

  reading->depth--;
  if (reading->depth == 2 && reading->app) {
    if (strcmp (name, "AppTitle") == 0 && !reading->app->title)
      reading->app->title = g_strdup (reading->text->str);
    if (strcmp (name, "ID") == 0)
      reading->app->id = g_ascii_strtoull (reading->text->str, NULL, 10);
    if (strcmp (name, "IsHdrSupported") == 0)
      reading->app->hdr = strcmp (reading->text->str, "1") == 0;
  } else if (reading->depth == 1) {
    reading->app = NULL;
    g_hash_table_replace (reading->answer->fields, g_strdup (name), g_strdup (reading->text->str));
  }
}

static void
on_text (GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  g_string_append_len (((Reading *) data)->text, text, length);
}

static gboolean
verdict (const Reading *reading, GError **error)
{
  if (reading->status == 401)
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_UNAUTHENTICATED, "unauthenticated");
  else if (reading->status < 200 || reading->status > 299)
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_REFUSED, "status code %d: %s", (int) reading->status,
                 reading->message ? reading->message : "");
  return reading->status >= 200 && reading->status <= 299;
}

SimNvAnswer *
sim_nv_answer_new (const char *text, gsize length_bytes, GError **error)
{
  static const GMarkupParser parser = { .start_element = on_start, .end_element = on_end, .text = on_text };
  g_autoptr (SimNvAnswer) self = g_new0 (SimNvAnswer, 1);
  g_autoptr (GString) content = g_string_new (NULL);
  g_autoptr (GError) why = NULL;
  Reading reading = { .answer = self, .text = content };

  self->fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->apps = g_ptr_array_new_with_free_func (app_free);
  GMarkupParseContext *context = g_markup_parse_context_new (&parser, 0, &reading, NULL);
  gboolean good = g_markup_parse_context_parse (context, text, length_bytes, &why) &&
                  g_markup_parse_context_end_parse (context, &why);
  g_markup_parse_context_free (context);
  if (!good)
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, "not a GameStream answer: %s", why->message);
  else
    good = verdict (&reading, error);
  g_free (reading.message);
  return good ? g_steal_pointer (&self) : NULL;
}

void
sim_nv_answer_free (SimNvAnswer *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->fields, g_hash_table_unref);
  g_clear_pointer (&self->apps, g_ptr_array_unref);
  g_free (self);
}

static const char *
field (const SimNvAnswer *answer, const char *name, GError **error)
{
  const char *text = g_hash_table_lookup (answer->fields, name);

  if ((!text || !*text) && error && !*error)
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, "detail not found: `%s`", name);
  return text ? text : "";
}

static guint32
number (const SimNvAnswer *answer, const char *name, guint64 max, GError **error)
{
  guint64 value = 0;

  if (!g_ascii_string_to_unsigned (field (answer, name, error), 10, 0, max, &value, NULL) && error && !*error)
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, "failed to parse `%s`", name);
  return value;
}

static void
check_words (const SimServerInfo *info, const char *state, GError **error)
{
  guint octets[4];

  if (*error)
    return;
  if (!g_uuid_string_is_valid (info->unique_id))
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, "failed to parse `uniqueid`");
  else if (sscanf (info->local_ip, "%3u.%3u.%3u.%3u", &octets[0], &octets[1], &octets[2], &octets[3]) != 4)
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, "failed to parse `LocalIP`");
  else if (!g_str_has_suffix (state, "FREE") && !g_str_has_suffix (state, "BUSY"))
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, "failed to parse `state`");
}

SimServerInfo *
sim_server_info_new (const SimNvAnswer *answer, GError **error)
{
  g_autoptr (SimServerInfo) self = g_new0 (SimServerInfo, 1);
  g_autoptr (GError) why = NULL;
  const char *state = field (answer, "state", &why);
  const char *mac = field (answer, "mac", &why);

  self->hostname = g_strdup (field (answer, "hostname", &why));
  self->version = g_strdup (field (answer, "appversion", &why));
  self->gfe_version = g_strdup (field (answer, "GfeVersion", &why));
  self->unique_id = g_ascii_strdown (field (answer, "uniqueid", &why), -1);
  self->local_ip = g_strdup (field (answer, "LocalIP", &why));
  self->mac = strcmp (mac, "00:00:00:00:00:00") != 0 ? g_strdup (mac) : NULL;
  self->https_port = number (answer, "HttpsPort", G_MAXUINT16, &why);
  self->external_port = number (answer, "ExternalPort", G_MAXUINT16, &why);
  self->max_luma_pixels_hevc = number (answer, "MaxLumaPixelsHEVC", G_MAXUINT32, &why);
  self->codec_modes = number (answer, "ServerCodecModeSupport", G_MAXUINT32, &why);
  self->current_game = number (answer, "currentgame", G_MAXUINT32, &why);
  self->paired = number (answer, "PairStatus", 1, &why) == 1;
  self->busy = g_str_has_suffix (state, "BUSY");
  check_words (self, state, &why);
  if (why) {
    g_propagate_error (error, g_steal_pointer (&why));
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
sim_server_info_free (SimServerInfo *self)
{
  if (!self)
    return;
  g_free (self->hostname);
  g_free (self->version);
  g_free (self->gfe_version);
  g_free (self->unique_id);
  g_free (self->mac);
  g_free (self->local_ip);
  g_free (self);
}

char *
sim_nv_query (const char *path, const char *unique_id, const char *rest)
{
  g_autofree char *uuid = g_uuid_string_random ();

  return g_strconcat (path, "?uniqueid=", unique_id, "&uuid=", uuid, rest ? "&" : NULL, rest, NULL);
}

static guint
setting (JsonObject *settings, const char *name, guint fallback)
{
  guint64 value = fallback;

  sim_json_uint (settings, name, G_MAXUINT16, &value);
  return value;
}

char *
sim_nv_launch_query (guint32 app_id, JsonObject *settings, const guint8 *rikey, gint32 rikeyid)
{
  GString *text = g_string_new (NULL);

  g_string_printf (text, "appid=%u&mode=%ux%ux%u&additionalStates=1&sops=1&rikey=", app_id,
                   setting (settings, "width", 1920), setting (settings, "height", 1080),
                   setting (settings, "fps", 60));
  for (guint i = 0; i < 16; i++)
    g_string_append_printf (text, "%02X", rikey[i]);
  g_string_append_printf (text, "&rikeyid=%d&localAudioPlayMode=%d&surroundAudioInfo=%d", rikeyid,
                          sim_json_bool (settings, "play_audio_local", FALSE), STEREO);
  g_string_append (text, "&remoteControllersBitmap=0&gcmap=0&gcpersist=0");
  if (sim_json_bool (settings, "hdr", FALSE))
    g_string_append (text, "&hdrMode=1&clientHdrCapVersion=0&clientHdrCapSupportedFlagsInUint32=0"
                           "&clientHdrCapMetaDataId=NV_STATIC_METADATA_TYPE_1&clientHdrCapDisplayData="
                           "0x0x0x0x0x0x0x0x0x0x0");
  g_string_append (text, "&corever=1");
  return g_string_free (text, FALSE);
}
