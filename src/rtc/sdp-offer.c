/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the text is split into lines, a session part and one part for each m-line; what is not understood is passed over, and what is
 * understood must be right. The first m-line that is audio, not rejected, sends, and has Opus is taken. ICE credentials and fingerprint may
 * stand in it, in the first part of its BUNDLE group, or before all parts; candidates count from every part of that group. Opus is found by
 * its name in rtpmap, not by its number (111 in Chromium, 109 in Firefox) nor by its place (RED may be first). */
#include "rtc/sdp-offer.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "rtc/sdp-candidate.h"

#define PROTO "UDP/TLS/RTP/SAVPF"
#define ICE_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"
#define MAX_SECTIONS 32
#define MAX_TOKEN_BYTES 64

/* The lines of one part: `lines` are inside the split text. */
typedef struct {
  char **lines;
  guint n_lines;
  HnSdpSection *section; /* NULL: the session part */
  guint port;
} Part;

typedef struct {
  char **lines;
  GArray *parts; /* of Part; the first is the session's */
} Text;

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "offer refused: %s", why);
  return FALSE;
}

/* ---- lines ---- */

/* What stands behind `a=name:` (or "" for a flag `a=name`). */
static const char *
value_of (const char *line, const char *name)
{
  gsize length = strlen (name);

  if (line[0] != 'a' || line[1] != '=' || strncmp (line + 2, name, length) != 0)
    return NULL;
  if (line[2 + length] == '\0')
    return "";
  return line[2 + length] == ':' ? line + 3 + length : NULL;
}

static const char *
find_in (const Part *part, const char *name)
{
  for (guint i = 0; i < part->n_lines; i++) {
    const char *value = value_of (part->lines[i], name);

    if (value != NULL)
      return value;
  }
  return NULL;
}

static gboolean
is_token (const char *text)
{
  gsize length = strlen (text);

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isgraph (text[i]))
      return FALSE;
  return length > 0 && length <= MAX_TOKEN_BYTES;
}

static gboolean
is_ice_text (const char *text, gsize min)
{
  gsize length = text != NULL ? strlen (text) : 0;

  return length >= min && length <= 256 && strspn (text, ICE_CHARACTERS) == length;
}

/* ---- parts ---- */

static void
section_free (gpointer data)
{
  HnSdpSection *self = data;

  g_free (self->kind);
  g_free (self->proto);
  g_free (self->formats);
  g_free (self->mid);
  g_free (self);
}

/* `m=audio 9 UDP/TLS/RTP/SAVPF 111 63` */
static HnSdpSection *
read_media_line (const char *line, guint *ret_port)
{
  g_auto (GStrv) words = g_strsplit (line + 2, " ", 4);
  g_auto (GStrv) formats = NULL;
  HnSdpSection *self;
  guint64 port = 0;

  if (g_strv_length (words) != 4 || !is_token (words[0]) || !is_token (words[2])
      || !g_ascii_string_to_unsigned (words[1], 10, 0, G_MAXUINT16, &port, NULL))
    return NULL;
  formats = g_strsplit (words[3], " ", -1);
  for (char **format = formats; *format != NULL; format++)
    if (!is_token (*format))
      return NULL;
  self = g_new0 (HnSdpSection, 1);
  self->kind = g_strdup (words[0]);
  self->proto = g_strdup (words[2]);
  self->formats = g_strdup (words[3]);
  *ret_port = (guint) port;
  return self;
}

static void
text_clear (Text *text)
{
  g_clear_pointer (&text->lines, g_strfreev);
  g_clear_pointer (&text->parts, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Text, text_clear)

static gboolean
is_text (const char *text, gsize length)
{
  if (!g_utf8_validate (text, (gssize) length, NULL))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (text[i] == '\0' || (g_ascii_iscntrl (text[i]) && text[i] != '\r' && text[i] != '\n' && text[i] != '\t'))
      return FALSE;
  return TRUE;
}

static void
add_part (Text *text, char **line, HnSdpSection *section, guint port)
{
  Part part = { line, 0, section, port };

  g_array_append_val (text->parts, part);
}

static gboolean
split (const char *sdp, gsize length, GPtrArray *sections, Text *ret_text, GError **error)
{
  g_autofree char *copy = NULL;

  if (length > HN_LIMIT_MIC_SDP_BYTES) {
    g_set_error (error, HN_ERROR, HN_ERROR_TOO_LARGE, "offer refused: longer than %d bytes", HN_LIMIT_MIC_SDP_BYTES);
    return FALSE;
  }
  if (length > 0 && !is_text (sdp, length))
    return refuse (error, "it is not text");
  copy = length > 0 ? g_strndup (sdp, length) : g_strdup ("");
  ret_text->lines = g_strsplit (copy, "\n", -1);
  ret_text->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  add_part (ret_text, ret_text->lines, NULL, 0);
  for (char **line = ret_text->lines; *line != NULL; line++) {
    gsize end = strlen (*line);
    guint port = 0;

    if (end > 0 && (*line)[end - 1] == '\r')
      (*line)[end - 1] = '\0';
    if (g_str_has_prefix (*line, "m=")) {
      HnSdpSection *section = sections->len < MAX_SECTIONS ? read_media_line (*line, &port) : NULL;

      if (section == NULL)
        return refuse (error, sections->len < MAX_SECTIONS ? "an m-line is malformed" : "too many m-lines");
      g_ptr_array_add (sections, section);
      add_part (ret_text, line, section, port);
    }
    g_array_index (ret_text->parts, Part, ret_text->parts->len - 1).n_lines++;
  }
  return TRUE;
}

static gboolean
read_mids (Text *text, GError **error)
{
  for (guint i = 1; i < text->parts->len; i++) {
    Part *part = &g_array_index (text->parts, Part, i);
    const char *mid = find_in (part, "mid");

    if (mid != NULL && !is_token (mid))
      return refuse (error, "a mid is malformed");
    part->section->mid = g_strdup (mid);
  }
  return TRUE;
}

/* ---- codecs ---- */

static gboolean
is_opus (const char *rtpmap, const char *format)
{
  gsize length = strlen (format);

  if (strncmp (rtpmap, format, length) != 0 || rtpmap[length] != ' ')
    return FALSE;
  return g_ascii_strcasecmp (rtpmap + length + 1, "opus/48000/2") == 0 || g_ascii_strcasecmp (rtpmap + length + 1, "opus/48000") == 0;
}

/* The first format of the m-line that an rtpmap calls Opus. */
static gboolean
find_opus (const Part *part, guint8 *ret_payload_type)
{
  g_auto (GStrv) formats = g_strsplit (part->section->formats, " ", -1);

  for (char **format = formats; *format != NULL; format++) {
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned (*format, 10, 0, 127, &number, NULL))
      continue;
    for (guint i = 0; i < part->n_lines; i++) {
      const char *value = value_of (part->lines[i], "rtpmap");

      if (value != NULL && is_opus (value, *format)) {
        *ret_payload_type = (guint8) number;
        return TRUE;
      }
    }
  }
  return FALSE;
}

static gboolean
offers_fec (const Part *part, guint8 payload_type)
{
  g_autofree char *prefix = g_strdup_printf ("%u ", payload_type);

  for (guint i = 0; i < part->n_lines; i++) {
    const char *value = value_of (part->lines[i], "fmtp");

    if (value != NULL && g_str_has_prefix (value, prefix) && strstr (value, "useinbandfec=1") != NULL)
      return TRUE;
  }
  return FALSE;
}

/* ---- the audio part ---- */

static gboolean
sends (const Part *part, const Part *session)
{
  static const char *const directions[] = { "sendrecv", "sendonly", "recvonly", "inactive" };
  const Part *const places[] = { part, session };

  for (gsize p = 0; p < G_N_ELEMENTS (places); p++)
    for (gsize d = 0; d < G_N_ELEMENTS (directions); d++)
      if (find_in (places[p], directions[d]) != NULL)
        return d < 2;
  return TRUE;
}

/* Why this audio part cannot be taken, or NULL. */
static const char *
judge_audio (const Part *part, const Part *session, guint8 *ret_payload_type)
{
  if (part->port == 0 && find_in (part, "bundle-only") == NULL)
    return "its audio is rejected (port 0)";
  if (strcmp (part->section->proto, PROTO) != 0 && strcmp (part->section->proto, "UDP/TLS/RTP/SAVP") != 0)
    return "its audio is not sent by DTLS-SRTP over UDP";
  if (!sends (part, session))
    return "its audio is not sent";
  if (find_in (part, "rtcp-mux") == NULL)
    return "its audio has no rtcp-mux";
  if (!find_opus (part, ret_payload_type))
    return "its audio has no Opus (opus/48000/2)";
  return NULL;
}

static gboolean
find_audio (HnSdpOffer *self, const Text *text, GError **error)
{
  const Part *session = &g_array_index (text->parts, Part, 0);
  const char *why = "it has no audio";

  for (guint i = 1; i < text->parts->len; i++) {
    const Part *part = &g_array_index (text->parts, Part, i);

    if (strcmp (part->section->kind, "audio") != 0)
      continue;
    why = judge_audio (part, session, &self->payload_type);
    if (why == NULL) {
      self->audio = i - 1;
      self->fec = offers_fec (part, self->payload_type);
      return TRUE;
    }
  }
  return refuse (error, why);
}

/* ---- the transport ---- */

/* The mids of the BUNDLE group that @mid is in. */
static char **
find_bundle (const Part *session, const char *mid)
{
  for (guint i = 0; mid != NULL && i < session->n_lines; i++) {
    const char *value = value_of (session->lines[i], "group");
    g_auto (GStrv) mids = NULL;

    if (value == NULL || !g_str_has_prefix (value, "BUNDLE "))
      continue;
    mids = g_strsplit (value + strlen ("BUNDLE "), " ", -1);
    if (g_strv_contains ((const char *const *) mids, mid))
      return g_steal_pointer (&mids);
  }
  return NULL;
}

static gboolean
shares_transport (const Part *part, const Part *audio, char **bundle)
{
  if (part == audio)
    return TRUE;
  return bundle != NULL && part->section != NULL && part->section->mid != NULL
         && g_strv_contains ((const char *const *) bundle, part->section->mid);
}

/* In the audio's own part, else in one that shares its transport, else before all parts. */
static const char *
find_shared (const Text *text, const Part *audio, char **bundle, const char *name)
{
  const char *value = find_in (audio, name);

  for (guint i = 1; value == NULL && i < text->parts->len; i++) {
    const Part *part = &g_array_index (text->parts, Part, i);

    if (shares_transport (part, audio, bundle))
      value = find_in (part, name);
  }
  return value != NULL ? value : find_in (&g_array_index (text->parts, Part, 0), name);
}

/* `sha-256 AB:CD:…` in the spelling that certificates are compared in. */
static char *
read_fingerprint (const char *value)
{
  static const struct {
    const char *name;
    gsize bytes;
  } hashes[] = { { "sha-256", 32 }, { "sha-384", 48 }, { "sha-512", 64 } };
  g_auto (GStrv) words = g_strsplit (value != NULL ? value : "", " ", 2);
  g_autofree char *digits = g_strv_length (words) == 2 ? g_ascii_strup (words[1], -1) : NULL;
  g_autofree char *name = digits != NULL ? g_ascii_strdown (words[0], -1) : NULL;

  for (gsize h = 0; digits != NULL && h < G_N_ELEMENTS (hashes); h++) {
    if (strcmp (name, hashes[h].name) != 0 || strlen (digits) != hashes[h].bytes * 3 - 1)
      continue;
    for (gsize i = 0; digits[i] != '\0'; i++)
      if (i % 3 == 2 ? digits[i] != ':' : !g_ascii_isxdigit (digits[i]))
        return NULL;
    return g_strdup_printf ("%s %s", name, digits);
  }
  return NULL;
}

static gboolean
read_transport (HnSdpOffer *self, const Text *text, const Part *audio, char **bundle, GError **error)
{
  static const char *const setups[] = { "actpass", "active", "passive", NULL };
  const char *ufrag = find_shared (text, audio, bundle, "ice-ufrag");
  const char *pwd = find_shared (text, audio, bundle, "ice-pwd");
  const char *setup = find_shared (text, audio, bundle, "setup");

  if (!is_ice_text (ufrag, 4) || !is_ice_text (pwd, 22))
    return refuse (error, "its ICE credentials are missing or malformed");
  self->fingerprint = read_fingerprint (find_shared (text, audio, bundle, "fingerprint"));
  if (self->fingerprint == NULL)
    return refuse (error, "its fingerprint is missing or malformed (sha-256, sha-384 or sha-512)");
  if (setup != NULL && !g_strv_contains (setups, setup))
    return refuse (error, "its setup is none of actpass, active and passive");
  self->ufrag = g_strdup (ufrag);
  self->pwd = g_strdup (pwd);
  self->setup = g_strdup (setup != NULL ? setup : "actpass");
  return TRUE;
}

static void
take_candidate (HnSdpOffer *self, const char *value)
{
  g_autofree char *name = g_strconcat ("candidate:", value, NULL);
  char *candidate = self->candidates->len < HN_LIMIT_MIC_CANDIDATES ? hn_sdp_candidate (name) : NULL;

  if (candidate != NULL)
    g_ptr_array_add (self->candidates, candidate);
  else
    self->dropped++;
}

static void
read_candidates (HnSdpOffer *self, const Part *part)
{
  for (guint i = 0; i < part->n_lines; i++) {
    const char *value = value_of (part->lines[i], "candidate");

    if (value != NULL)
      take_candidate (self, value);
  }
}

/* ---- the verbs ---- */

HnSdpOffer *
hn_sdp_offer_parse (const char *sdp, gsize length, GError **error)
{
  g_autoptr (HnSdpOffer) self = g_new0 (HnSdpOffer, 1);
  g_auto (Text) text = { NULL };
  g_auto (GStrv) bundle = NULL;
  const Part *audio;

  self->sections = g_ptr_array_new_with_free_func (section_free);
  self->candidates = g_ptr_array_new_with_free_func (g_free);
  if (!split (sdp, length, self->sections, &text, error))
    return NULL;
  if (g_strcmp0 (text.lines[0], "v=0") != 0) {
    refuse (error, "it is not SDP (no 'v=0')");
    return NULL;
  }
  if (!read_mids (&text, error) || !find_audio (self, &text, error))
    return NULL;
  audio = &g_array_index (text.parts, Part, self->audio + 1);
  bundle = find_bundle (&g_array_index (text.parts, Part, 0), audio->section->mid);
  self->bundled = bundle != NULL;
  if (!read_transport (self, &text, audio, bundle, error))
    return NULL;
  for (guint i = 1; i < text.parts->len; i++)
    if (shares_transport (&g_array_index (text.parts, Part, i), audio, bundle))
      read_candidates (self, &g_array_index (text.parts, Part, i));
  return g_steal_pointer (&self);
}

gboolean
hn_sdp_offer_add_fragment (HnSdpOffer *self, const char *fragment, gsize length, guint *ret_first, GError **error)
{
  g_autoptr (GPtrArray) sections = g_ptr_array_new_with_free_func (section_free);
  g_auto (Text) text = { NULL };
  guint first = self->candidates->len;

  if (!split (fragment, length, sections, &text, error))
    return FALSE;
  for (guint i = 0; i < text.parts->len; i++) {
    const char *ufrag = find_in (&g_array_index (text.parts, Part, i), "ice-ufrag");

    if (ufrag != NULL && strcmp (ufrag, self->ufrag) != 0) {
      g_set_error_literal (error, HN_ERROR, HN_ERROR_UNPROCESSABLE, "candidates refused: they belong to another ICE generation");
      return FALSE;
    }
  }
  for (guint i = 0; i < text.parts->len; i++)
    read_candidates (self, &g_array_index (text.parts, Part, i));
  *ret_first = first;
  return TRUE;
}

void
hn_sdp_offer_free (HnSdpOffer *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->sections, g_ptr_array_unref);
  g_clear_pointer (&self->candidates, g_ptr_array_unref);
  g_free (self->ufrag);
  g_free (self->pwd);
  g_free (self->fingerprint);
  g_free (self->setup);
  g_free (self);
}
