/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: an answer has exactly the offer's m-lines in the offer's order (RFC 3264); a rejected one has port 0 and is in no BUNDLE group
 * (RFC 8843). What was made for the audio alone goes in unchanged, but for the address under which the peer sees us. */
#include "rtc/sdp-offer.h"

#include <string.h>

#include "base/error.h"

#define MID_OF_NAMELESS "0"

static const HnSdpSection *
audio_of (const HnSdpOffer *self)
{
  return g_ptr_array_index (self->sections, self->audio);
}

char *
hn_sdp_offer_to_text (const HnSdpOffer *self)
{
  const char *mid = audio_of (self)->mid != NULL ? audio_of (self)->mid : MID_OF_NAMELESS;
  guint type = self->payload_type;
  g_autoptr (GString) text = g_string_new ("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");

  g_string_append_printf (text, "a=group:BUNDLE %s\r\n", mid);
  g_string_append_printf (text, "m=audio 9 UDP/TLS/RTP/SAVPF %u\r\nc=IN IP4 0.0.0.0\r\n", type);
  g_string_append_printf (text, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", self->ufrag, self->pwd);
  g_string_append_printf (text, "a=fingerprint:%s\r\na=setup:%s\r\n", self->fingerprint, self->setup);
  g_string_append_printf (text, "a=mid:%s\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:%u OPUS/48000/2\r\n", mid, type);
  g_string_append_printf (text, "a=fmtp:%u minptime=10%s\r\n", type, self->fec ? ";useinbandfec=1" : "");
  for (guint i = 0; i < self->candidates->len; i++)
    g_string_append_printf (text, "a=%s\r\n", (const char *) g_ptr_array_index (self->candidates, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_rejected (GString *text, const HnSdpSection *section)
{
  g_string_append_printf (text, "m=%s 0 %s %s\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n", section->kind, section->proto, section->formats);
  if (section->mid != NULL)
    g_string_append_printf (text, "a=mid:%s\r\n", section->mid);
}

/* `a=candidate:1 1 UDP 2015363327 10.0.0.5 40016 typ host` with another address. */
static void
append_candidate (GString *text, const char *line, const char *public_address)
{
  g_auto (GStrv) fields = g_strsplit (line, " ", 6);

  if (public_address != NULL && g_strv_length (fields) == 6) {
    g_free (fields[4]);
    fields[4] = g_strdup (public_address);
  }
  for (guint i = 0; fields[i] != NULL; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", fields[i]);
  g_string_append (text, "\r\n");
}

/* The lines of the made answer's only m-line; without the `mid` that a nameless section was lent. */
static guint
append_audio (const HnSdpOffer *self, GString *text, char **lines, const char *public_address)
{
  const HnSdpSection *audio = audio_of (self);
  gboolean inside = FALSE;
  guint candidates = 0;

  for (char **line = lines; *line != NULL; line++) {
    g_strchomp (*line);
    if (g_str_has_prefix (*line, "m=")) {
      inside = TRUE;
      g_string_append_printf (text, "m=audio 9 %s %u\r\n", audio->proto, self->payload_type);
    } else if (inside && g_str_has_prefix (*line, "a=candidate:")) {
      candidates++;
      append_candidate (text, *line, public_address);
    } else if (inside && **line != '\0' && (audio->mid != NULL || !g_str_has_prefix (*line, "a=mid:"))
               && strcmp (*line, "a=end-of-candidates") != 0) {
      g_string_append_printf (text, "%s\r\n", *line);
    }
  }
  g_string_append (text, "a=end-of-candidates\r\n");
  return candidates;
}

static gboolean
is_accepted (const HnSdpOffer *self, char **lines)
{
  g_autofree char *wanted = g_strdup_printf (" %u", self->payload_type);
  guint media = 0;
  gboolean good = FALSE;

  for (char **line = lines; *line != NULL; line++) {
    if (!g_str_has_prefix (*line, "m="))
      continue;
    media++;
    g_strchomp (*line);
    good = g_str_has_prefix (*line, "m=audio ") && !g_str_has_prefix (*line, "m=audio 0 ") && g_str_has_suffix (*line, wanted);
  }
  return media == 1 && good;
}

char *
hn_sdp_offer_answer (const HnSdpOffer *self, const char *made, const char *public_address, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (made, "\n", -1);
  g_autoptr (GString) text = g_string_new ("v=0\r\n");
  guint candidates = 0;

  if (!is_accepted (self, lines)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_PROTOCOL, "the answer that was made refuses the audio");
    return NULL;
  }
  for (char **line = lines; *line != NULL && !g_str_has_prefix (*line, "m="); line++)
    if (g_str_has_prefix (*line, "o="))
      g_string_append_printf (text, "%s\r\n", g_strchomp (*line));
  g_string_append (text, "s=-\r\nt=0 0\r\n");
  if (self->bundled)
    g_string_append_printf (text, "a=group:BUNDLE %s\r\n", audio_of (self)->mid);
  for (guint i = 0; i < self->sections->len; i++) {
    if (i == self->audio)
      candidates = append_audio (self, text, lines, public_address);
    else
      append_rejected (text, g_ptr_array_index (self->sections, i));
  }
  if (candidates == 0) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_PROTOCOL, "no local candidate could be gathered");
    hn_error_set_detail (error != NULL ? *error : NULL, "the microphone's UDP ports are taken, or the address is not this machine's");
    return NULL;
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
