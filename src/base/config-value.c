/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-value.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/id.h"

#define TEXTS_BYTES 1024 /* one of a list */

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
  case HN_CONFIG_CHOICE:
    g_clear_pointer (target, g_free);
    break;
  case HN_CONFIG_TEXTS:
    g_clear_pointer ((char ***) target, g_strfreev);
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
  case HN_CONFIG_PERIOD:
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

/* Its bounds are in milliseconds. */
static const char *
read_period (const char *text, const HnConfigOption *option, gint64 *ret_us)
{
  char *end = NULL;
  gint64 count = g_ascii_strtoll (text, &end, 10);
  gint64 unit_ms = g_str_equal (end, "ms") ? 1 : g_str_equal (end, "s") ? 1000 : g_str_equal (end, "m") ? 60000 : g_str_equal (end, "h") ? 3600000 : 0;

  if (end == text || unit_ms == 0 || !g_ascii_isdigit (*text) || count > option->max || count * unit_ms < option->min
      || count * unit_ms > option->max)
    return "must be a duration such as 500ms, 30s or 5m";
  *ret_us = count * unit_ms * 1000;
  return NULL;
}

static const char *
read_choice (const char *text, const HnConfigOption *option, char **target)
{
  g_auto (GStrv) choices = g_strsplit (option->default_value, "|", -1);

  if (!g_strv_contains ((const char *const *) choices, text))
    return "must be one of";
  g_free (*target);
  *target = g_strdup (text);
  return NULL;
}

static gboolean
is_line (const char *text)
{
  for (; *text != '\0'; text++)
    if (g_ascii_iscntrl (*text))
      return FALSE;
  return TRUE;
}

/* Separated by commas, with space around them. */
static const char *
read_texts (const char *text, char ***target)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  g_autofree char *rest = g_strstrip (g_strdup (text));

  for (guint i = 0; parts[i] != NULL; i++)
    if ((*g_strstrip (parts[i]) == '\0' && *rest != '\0') || !is_line (parts[i]) || strlen (parts[i]) > TEXTS_BYTES)
      return "must be texts separated by commas";
  if (*rest == '\0')
    g_clear_pointer (&parts, g_strfreev);
  g_strfreev (*target);
  *target = parts != NULL ? g_steal_pointer (&parts) : g_new0 (char *, 1);
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
  case HN_CONFIG_CHOICE:
    return read_choice (text, option, target);
  case HN_CONFIG_TEXTS:
    return read_texts (text, target);
  case HN_CONFIG_DURATION:
    return read_duration (text, option, target);
  case HN_CONFIG_PERIOD:
    return read_period (text, option, target);
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

void
hn_config_value_set_default (HnConfig *config, const HnConfigOption *option)
{
  gpointer target = hn_config_value_slot (config, option);
  g_autofree char *first = option->type == HN_CONFIG_CHOICE ? g_strndup (option->default_value, strcspn (option->default_value, "|")) : NULL;
  const char *text = first != NULL ? first : option->default_value;
  const char *wrong = NULL;

  hn_config_value_clear (config, option);
  if (option->type == HN_CONFIG_NETWORKS)
    *(GArray **) target = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
  else if (option->type == HN_CONFIG_ICE)
    *(JsonArray **) target = json_array_new ();
  if (text != NULL)
    wrong = hn_config_value_from_text (config, option, text);
  g_assert_cmpstr (wrong, ==, NULL); /* a row of options.h is wrong */
}

char *
hn_config_value_range (const HnConfigOption *option)
{
  if (option->type == HN_CONFIG_DURATION)
    return g_strdup_printf (", from %" G_GINT64_FORMAT "s to %" G_GINT64_FORMAT "s", option->min, option->max);
  if (option->type == HN_CONFIG_PERIOD)
    return g_strdup_printf (", from %" G_GINT64_FORMAT "ms to %" G_GINT64_FORMAT "s", option->min, option->max / 1000);
  if (option->type == HN_CONFIG_UINT)
    return g_strdup_printf (" from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, option->min, option->max);
  if (option->type == HN_CONFIG_CHOICE)
    return g_strdelimit (g_strdup_printf (" %s", option->default_value), "|", '/');
  return g_strdup ("");
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

  if (us % G_USEC_PER_SEC != 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT "ms", us / 1000);
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
  case HN_CONFIG_CHOICE:
    return g_strdup (*(char *const *) slot);
  case HN_CONFIG_TEXTS:
    return g_strjoinv (",", *(char **const *) slot);
  case HN_CONFIG_DURATION:
  case HN_CONFIG_PERIOD:
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
