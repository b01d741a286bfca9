/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-value.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/id.h"

gpointer
hn_config_value_slot (HnConfig *config, const HnConfigOption *option)
{
  return (char *) config + option->offset;
}

void
hn_config_value_clear (HnConfig *config, const HnConfigOption *option)
{
  gpointer *target = hn_config_value_slot (config, option);

  switch (option->type) {
  case HN_CONFIG_TEXT:
  case HN_CONFIG_SECRET:
  case HN_CONFIG_WORKER_ID:
  case HN_CONFIG_URL:
  case HN_CONFIG_LISTEN:
  case HN_CONFIG_ADDRESS:
  case HN_CONFIG_LOG_LEVEL:
    g_clear_pointer (target, g_free);
    break;
  case HN_CONFIG_NETWORKS:
    g_clear_pointer (target, g_array_unref);
    break;
  case HN_CONFIG_ICE:
    g_clear_pointer (target, json_array_unref);
    break;
  case HN_CONFIG_JSON:
    g_clear_pointer (target, json_node_unref);
    break;
  case HN_CONFIG_DURATION:
  case HN_CONFIG_UINT:
  case HN_CONFIG_BOOL:
    break;
  }
}

static const char *
check_url (const char *text)
{
  const char *rest = g_str_has_prefix (text, "http://") ? text + 7 : g_str_has_prefix (text, "https://") ? text + 8 : NULL;

  if (rest == NULL || *rest == '\0' || *rest == '/' || strpbrk (text, " \t\r\n\"<>\\^`{|}") != NULL || strchr (rest, '@') != NULL)
    return "must be an http:// or https:// URL";
  return NULL;
}

static const char *
read_duration (const char *text, const HnConfigOption *option, gint64 *ret_us)
{
  char *end = NULL;
  gint64 count = g_ascii_strtoll (text, &end, 10);
  gint64 unit = g_str_equal (end, "s") ? 1 : g_str_equal (end, "m") ? 60 : g_str_equal (end, "h") ? 3600 : 0;

  if (end == text || unit == 0 || !g_ascii_isdigit (*text) || count > option->max || count * unit < option->min
      || count * unit > option->max)
    return "must be a duration such as 30s, 5m or 1h";
  *ret_us = hn_seconds ((double) (count * unit));
  return NULL;
}

const char *
hn_config_value_read_networks (const char *text, GArray *networks)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    HnNetwork network;

    if (!hn_network_parse (g_strstrip (parts[i]), &network))
      return "must be networks such as 10.0.0.0/8";
    g_array_append_val (networks, network);
  }
  return NULL;
}

static gboolean
is_level (const char *text)
{
  return g_str_equal (text, "debug") || g_str_equal (text, "info") || g_str_equal (text, "warning") || g_str_equal (text, "error");
}

static const char *
read_checked_text (char **target, const HnConfigOption *option, const char *text)
{
  HnConfigType type = option->type;
  gboolean is_absent = type == HN_CONFIG_LISTEN && option->min == 1 && *text == '\0'; /* nothing is listened at, on purpose */
  const char *wrong = NULL;
  g_autofree char *host = NULL;
  HnAddress address;
  guint16 port;

  if (type == HN_CONFIG_WORKER_ID && !hn_worker_id_is_valid (text))
    wrong = HN_WORKER_ID_RULE;
  else if (type == HN_CONFIG_URL)
    wrong = check_url (text);
  else if (type == HN_CONFIG_LISTEN && !is_absent && !hn_address_split_listen (text, &host, &port))
    wrong = "must be address:port or :port";
  else if (type == HN_CONFIG_ADDRESS && !hn_address_parse (text, &address))
    wrong = "must be an IP address";
  else if (type == HN_CONFIG_LOG_LEVEL && !is_level (text))
    wrong = "must be debug, info, warning or error";
  if (wrong != NULL)
    return wrong;
  g_free (*target);
  *target = g_strdup (text);
  for (gsize n = strlen (*target); type == HN_CONFIG_URL && n > 0 && (*target)[n - 1] == '/'; n--)
    (*target)[n - 1] = '\0';
  return NULL;
}

static const char *
read_bool (const char *text, gboolean *ret_value)
{
  if (strcmp (text, "on") != 0 && strcmp (text, "true") != 0 && strcmp (text, "off") != 0 && strcmp (text, "false") != 0)
    return "must be on or off";
  *ret_value = strcmp (text, "on") == 0 || strcmp (text, "true") == 0;
  return NULL;
}

const char *
hn_config_value_from_text (HnConfig *config, const HnConfigOption *option, const char *text)
{
  gpointer target = hn_config_value_slot (config, option);
  guint64 number = 0;

  switch (option->type) {
  case HN_CONFIG_TEXT:
  case HN_CONFIG_SECRET:
  case HN_CONFIG_WORKER_ID:
  case HN_CONFIG_URL:
  case HN_CONFIG_LISTEN:
  case HN_CONFIG_ADDRESS:
  case HN_CONFIG_LOG_LEVEL:
    return read_checked_text (target, option, text);
  case HN_CONFIG_DURATION:
    return read_duration (text, option, target);
  case HN_CONFIG_UINT:
    if (!g_ascii_string_to_unsigned (text, 10, (guint64) option->min, (guint64) option->max, &number, NULL))
      return "must be a whole number";
    *(guint *) target = (guint) number;
    return NULL;
  case HN_CONFIG_BOOL:
    return read_bool (text, target);
  case HN_CONFIG_NETWORKS:
    g_array_set_size (*(GArray **) target, 0);
    return *text != '\0' ? hn_config_value_read_networks (text, *(GArray **) target) : NULL;
  case HN_CONFIG_ICE:
  case HN_CONFIG_JSON:
    break;
  }
  return "must not be a plain value";
}

static char *
networks_to_text (GArray *networks)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < networks->len; i++) {
    g_autofree char *one = hn_network_to_text (&g_array_index (networks, HnNetwork, i));

    g_string_append_printf (text, "%s%s", i > 0 ? "," : "", one);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
duration_to_text (gint64 us)
{
  gint64 seconds = us / G_USEC_PER_SEC;
  gint64 unit = seconds % 3600 == 0 ? 3600 : seconds % 60 == 0 ? 60 : 1;

  return g_strdup_printf ("%" G_GINT64_FORMAT "%s", seconds / unit, unit == 3600 ? "h" : unit == 60 ? "m" : "s");
}

static char *
array_to_text (JsonArray *array)
{
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), array);

  return json_to_string (node, FALSE);
}

char *
hn_config_value_to_text (const HnConfig *config, const HnConfigOption *option)
{
  gconstpointer slot = (const char *) config + option->offset;

  switch (option->type) {
  case HN_CONFIG_TEXT:
  case HN_CONFIG_SECRET:
  case HN_CONFIG_WORKER_ID:
  case HN_CONFIG_URL:
  case HN_CONFIG_LISTEN:
  case HN_CONFIG_ADDRESS:
  case HN_CONFIG_LOG_LEVEL:
    return g_strdup (*(char *const *) slot);
  case HN_CONFIG_DURATION:
    return duration_to_text (*(const gint64 *) slot);
  case HN_CONFIG_UINT:
    return g_strdup_printf ("%u", *(const guint *) slot);
  case HN_CONFIG_BOOL:
    return g_strdup (*(const gboolean *) slot ? "on" : "off");
  case HN_CONFIG_NETWORKS:
    return networks_to_text (*(GArray *const *) slot);
  case HN_CONFIG_ICE:
    return array_to_text (*(JsonArray *const *) slot);
  case HN_CONFIG_JSON:
    return *(JsonNode *const *) slot != NULL ? json_to_string (*(JsonNode *const *) slot, FALSE) : NULL;
  }
  return NULL;
}
