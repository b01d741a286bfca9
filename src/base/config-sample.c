/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-sample.h"

#include <string.h>

#include "base/config-alias.h"
#include "base/config-table.h"

#define LIVE " [live]"

static const char INTRODUCTION[] =
    "# Every option, commented out. Behind the key stands its default, or an example where there is none.\n"
    "#\n"
    "# What is marked [live] is taken up when SIGHUP makes a running process read this file again, without a cut stream; the rest needs a restart.\n"
    "# A <secret> may stand in a file of its own, whose first line counts (`admin_token_file: /path`; in `ice_servers` `credential_file`).\n"
    "# Each may come from the environment, which is stronger: HYDRANECK_SERVER_LISTEN for `server.listen`, HYDRANECK_NPS_TOKEN_FILE for\n"
    "# `nps.token_file`, JSON for `ice_servers`. A secret that nothing else gives is looked for as credential of systemd, `server-admin_token`.\n"
    "# Rooms and mesh know some by another name too, in the environment or in a file of KEY=value lines (--env-file): [SECRET_KEY].\n";

/* What stands behind a key in the sample. */
static const char *
example_of (const HnConfigOption *option)
{
  if (option->type != HN_CONFIG_SECRET && option->default_value != NULL && *option->default_value != '\0')
    return option->default_value;
  switch (option->type) {
  case HN_CONFIG_SECRET:
    return "<secret>";
  case HN_CONFIG_URL:
    return "https://host.example";
  case HN_CONFIG_WORKER_ID:
    return "node-1:47990";
  case HN_CONFIG_LISTEN:
    return "\":47990\"";
  case HN_CONFIG_ADDRESS:
    return "203.0.113.7";
  case HN_CONFIG_NETWORKS:
    return "[10.0.0.1, 192.168.0.0/16]";
  case HN_CONFIG_LOG_LEVEL:
    return "info";
  case HN_CONFIG_ICE:
    return "[{urls: [\"turn:203.0.113.7:3478\"], username: hydraturn, credential: <secret>}]";
  case HN_CONFIG_JSON:
    return "{fps: 60, videoSize: 1080p}";
  case HN_CONFIG_TEXTS:
    return "[]";
  case HN_CONFIG_TEXT:
  case HN_CONFIG_CHOICE:
  case HN_CONFIG_DURATION:
  case HN_CONFIG_PERIOD:
  case HN_CONFIG_UINT:
  case HN_CONFIG_BOOL:
    break;
  }
  return g_str_equal (option->path, "mode") ? "worker" : "<text>";
}

/* What else it is called where its mode is told by other programs' names. */
static void
append_aliases (GString *out, const char *path)
{
  const char *of = NULL;
  guint position = 0;
  gboolean in_rooms, in_mesh;

  for (const char *name = hn_config_alias_next (&position, &of, &in_rooms, &in_mesh); name != NULL;
       name = hn_config_alias_next (&position, &of, &in_rooms, &in_mesh))
    if (g_str_equal (of != NULL ? of : HN_CONFIG_ALIAS_LISTEN, path))
      g_string_append_printf (out, " [%s]", name);
}

static guint
depth_of (const char *path)
{
  guint depth = 0;

  for (; *path != '\0'; path++)
    depth += *path == '.';
  return depth;
}

char *
hn_config_sample (void)
{
  GString *out = g_string_new (INTRODUCTION);
  guint count = 0;
  const HnConfigOption *options = hn_config_table_rows (&count);
  g_autofree char *section = g_strdup ("");

  for (guint i = 0; i < count; i++) {
    const char *dot = strrchr (options[i].path, '.');
    g_autofree char *parent = dot != NULL ? g_strndup (options[i].path, (gsize) (dot - options[i].path)) : g_strdup ("");
    int indent = 2 * (int) depth_of (options[i].path);
    const char *example = example_of (&options[i]);
    int length = (int) (options[i].type == HN_CONFIG_CHOICE ? strcspn (example, "|") : strlen (example));

    if (*parent == '\0') {
      g_string_append_c (out, '\n');
    } else if (!g_str_equal (parent, section)) {
      const char *last = strrchr (parent, '.');

      g_string_append_printf (out, "%s%*s%s:\n", indent == 2 ? "\n" : "", indent - 2, "", last != NULL ? last + 1 : parent);
    }
    g_free (section);
    section = g_steal_pointer (&parent);
    g_string_append_printf (out, "%*s# %s%s", indent, "", options[i].doc, options[i].live ? LIVE : "");
    append_aliases (out, options[i].path);
    g_string_append_printf (out, "\n%*s# %s: %.*s\n", indent, "",
                            dot != NULL ? dot + 1 : options[i].path, length, example);
  }
  return g_string_free (out, FALSE);
}
