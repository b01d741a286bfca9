/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which ICE candidates are let in and how ours are told.
 *
 * In: UDP and an IP literal only.
 * Out, with `nat_1to1` of type `host`: a host candidate carries the external address instead of its own (the first of the same
 * family). With type `srflx`: the host candidate stays and one server-reflexive candidate follows per external address.
 */
#include "sim/fakes/streamer/candidate.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

/* candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE … */
enum { FOUNDATION, COMPONENT, TRANSPORT, PRIORITY, ADDRESS, PORT, TYP, TYPE, FIELDS };

static char **
fields_of (const char *candidate)
{
  g_auto (GStrv) fields = NULL;

  if (!g_str_has_prefix (candidate, "candidate:"))
    return NULL;
  fields = g_strsplit (candidate, " ", -1);
  if (g_strv_length (fields) < FIELDS || strcmp (fields[TYP], "typ") != 0)
    return NULL;
  return g_steal_pointer (&fields);
}

gboolean
sim_candidate_is_wanted (const char *candidate)
{
  g_auto (GStrv) fields = fields_of (candidate);

  return fields != NULL && g_ascii_strcasecmp (fields[TRANSPORT], "udp") == 0 && g_hostname_is_ip_address (fields[ADDRESS]);
}

static gboolean
same_family (const char *one, const char *other)
{
  return (strchr (one, ':') != NULL) == (strchr (other, ':') != NULL);
}

static char *
external_host (char **fields, const char *ip)
{
  g_free (fields[ADDRESS]);
  fields[ADDRESS] = g_strdup (ip);
  return g_strjoinv (" ", fields);
}

static char *
external_srflx (char **fields, const char *ip)
{
  /* RFC 8445 5.1.2.1: type preference 100 instead of a host's 126 */
  guint64 priority = g_ascii_strtoull (fields[PRIORITY], NULL, 10);
  guint64 lower = (guint64)(126 - 100) << 24;

  return g_strdup_printf ("%s9 %s UDP %" G_GUINT64_FORMAT " %s %s typ srflx raddr 0.0.0.0 rport %s", fields[FOUNDATION],
                          fields[COMPONENT], priority > lower ? priority - lower : priority, ip, fields[PORT], fields[PORT]);
}

char **
sim_candidate_map (const char *candidate, const char *const *nat_ips, gboolean nat_is_host)
{
  g_auto (GStrv) fields = fields_of (candidate);
  g_autoptr (GStrvBuilder) told = g_strv_builder_new ();
  gboolean replaced = FALSE;

  if (fields != NULL && strcmp (fields[TYPE], "host") == 0) {
    for (const char *const *ip = nat_ips; ip != NULL && *ip != NULL && !replaced; ip++) {
      g_autofree char *external = NULL;

      if (!same_family (*ip, fields[ADDRESS]) || strcmp (*ip, fields[ADDRESS]) == 0)
        continue;
      external = nat_is_host ? external_host (fields, *ip) : external_srflx (fields, *ip);
      g_strv_builder_add (told, external);
      replaced = nat_is_host;
    }
  }
  if (!replaced)
    g_strv_builder_add (told, candidate);
  return g_strv_builder_end (told);
}

char *
sim_sdp_mid (const char *sdp, int mline)
{
  g_auto (GStrv) lines = g_strsplit_set (sdp, "\r\n", -1);
  int at = -1;

  for (char **line = lines; *line != NULL; line++) {
    if (g_str_has_prefix (*line, "m="))
      at++;
    else if (at == mline && g_str_has_prefix (*line, "a=mid:"))
      return g_strdup (*line + strlen ("a=mid:"));
  }
  return g_strdup_printf ("%d", mline);
}
