/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What upstream's version 3 asks of SDP: one offer and one answer over HTTP. The offer names the payload types, so ours must follow
 * them; the answer carries every candidate, for there is no channel on which they could follow.
 */
#include "sim/fakes/streamer/whep.h"

#include <string.h>

#define WANTED_PROFILE "profile-level-id=42e01f"

/* Whether @line is `a=<name>:<pt> …`; what follows the payload type in @ret_rest. */
static gboolean
read_attribute (const char *line, const char *name, int *ret_payload, const char **ret_rest)
{
  g_autofree char *head = g_strdup_printf ("a=%s:", name);
  char *end = NULL;
  gint64 payload;

  if (!g_str_has_prefix (line, head))
    return FALSE;
  payload = g_ascii_strtoll (line + strlen (head), &end, 10);
  if (end == line + strlen (head) || *end != ' ' || payload < 0 || payload > 127)
    return FALSE;
  *ret_payload = (int)payload;
  *ret_rest = end + 1;
  return TRUE;
}

/* How good H264 with these parameters is for us: 0 is not at all. */
static int
quality (char **lines, int wanted)
{
  for (char **line = lines; *line != NULL; line++) {
    int payload = -1;
    const char *rest = NULL;

    if (read_attribute (*line, "fmtp", &payload, &rest) && payload == wanted && strstr (rest, "packetization-mode=1") != NULL)
      return strstr (rest, WANTED_PROFILE) != NULL ? 2 : 1;
  }
  return 0;
}

gboolean
sim_whep_payloads (const char *offer, int *ret_video, int *ret_audio)
{
  g_auto (GStrv) lines = g_strsplit_set (offer, "\r\n", -1);
  int video = -1, audio = -1, best = 0;

  for (char **line = lines; *line != NULL; line++) {
    int payload = -1;
    const char *rest = NULL;

    if (!read_attribute (*line, "rtpmap", &payload, &rest))
      continue;
    if (g_ascii_strcasecmp (rest, "opus/48000/2") == 0 && audio < 0)
      audio = payload;
    if (g_ascii_strcasecmp (rest, "H264/90000") == 0 && quality (lines, payload) > best) {
      best = quality (lines, payload);
      video = payload;
    }
  }
  if (video < 0 || audio < 0)
    return FALSE;
  *ret_video = video;
  *ret_audio = audio;
  return TRUE;
}

char *
sim_whep_answer (const char *sdp, const char *const *candidates)
{
  const char *first = strstr (sdp, "\nm=");
  const char *second = first != NULL ? strstr (first + 1, "\nm=") : NULL;
  gsize until = second != NULL ? (gsize)(second + 1 - sdp) : strlen (sdp);
  GString *text = g_string_new_len (sdp, (gssize)until);

  for (gsize i = 0; candidates[i] != NULL; i++)
    g_string_append_printf (text, "a=%s\r\n", candidates[i]);
  g_string_append (text, "a=end-of-candidates\r\n");
  g_string_append (text, sdp + until);
  return g_string_free (text, FALSE);
}
