/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the script goes: directly behind the start tag of `head`. A page may leave that tag out; then its head begins with the
 * first start tag that is neither `html` nor `head`, and the script goes before that. In both cases it runs before every script
 * of the page. Tags inside comments and declarations are none, and `<` in an attribute's quotes begins none. If nothing was found
 * within HN_LIMIT_INJECT_SCAN_BYTES, the script goes where the scan stands, or as soon as it stands between tags; else at the
 * very end. Exactly once, whatever the page. Only the first bytes of a tag (`<` and up to six letters) are ever held back. */

#include "worker/inject.h"

#include <string.h>

#include "base/limits.h"
#include "base/metrics.h"

typedef enum {
  AT_TEXT,
  AT_OPEN,          /* behind `<` */
  AT_NAME,          /* inside the name of a start tag */
  AT_END_OPEN,      /* behind `</` */
  AT_TAG,           /* inside a start tag of `html` or `head`, or an end tag */
  AT_BANG,          /* behind `<!` or `<!-` */
  AT_DECLARATION,   /* until `>` */
  AT_COMMENT,       /* until `-->` or `--!>` */
  AT_DONE,          /* inserted */
} At;

/* Where in a tag, as browsers see it: a quote is one only where a value begins. */
typedef enum { TAG_NAME, TAG_BLANK, TAG_ATTRIBUTE, TAG_BEHIND_ATTRIBUTE, TAG_EQUALS, TAG_VALUE, TAG_QUOTED } Tag;

/* How much of `-->` or `--!>` a comment has just seen; its first characters have rules of their own (`<!-->` and `<!--->` are whole). */
typedef enum { COMMENT_TEXT, COMMENT_DASH, COMMENT_DASHES, COMMENT_BANG, COMMENT_START, COMMENT_START_DASH } Comment;

#define HELD_MAX 8

struct _HnInject {
  char *insertion;
  At at;
  char held[HELD_MAX]; /* `<` and what follows */
  gsize n_held;
  Tag tag;
  char quote;          /* in TAG_QUOTED */
  guint dashes;        /* behind `<!` */
  Comment comment;
  gboolean is_head;    /* the tag is head's start tag */
  gsize scanned_bytes;
};

static void
flush (HnInject *self, GByteArray *out)
{
  g_byte_array_append (out, (const guint8 *) self->held, (guint) self->n_held);
  self->n_held = 0;
}

static void
insert (HnInject *self, GByteArray *out)
{
  g_byte_array_append (out, (const guint8 *) self->insertion, (guint) strlen (self->insertion));
  self->at = AT_DONE;
}

static void
hold (HnInject *self, char c)
{
  self->held[self->n_held++] = c;
}

static gboolean
name_is (const HnInject *self, const char *name)
{
  return self->n_held == strlen (name) + 1 && g_ascii_strncasecmp (self->held + 1, name, self->n_held - 1) == 0;
}

static void
pass (GByteArray *out, char c)
{
  g_byte_array_append (out, (const guint8 *) &c, 1);
}

static void
at_text (HnInject *self, char c, GByteArray *out)
{
  if (c == '<') {
    hold (self, c);
    self->at = AT_OPEN;
    return;
  }
  if (self->scanned_bytes > HN_LIMIT_INJECT_SCAN_BYTES)
    insert (self, out);
  pass (out, c);
}

/* A `<` that begins nothing is text; the next may begin something. */
static void
at_open (HnInject *self, char c, GByteArray *out)
{
  if (g_ascii_isalpha (c)) {
    hold (self, c);
    self->at = AT_NAME;
    return;
  }
  flush (self, out);
  if (c == '<') {
    hold (self, c);
    return;
  }
  pass (out, c);
  self->is_head = FALSE;
  self->at = c == '!' ? AT_BANG : c == '?' ? AT_DECLARATION : c == '/' ? AT_END_OPEN : AT_TEXT;
  self->dashes = 0;
}

/* `</` without a name is a comment up to the next `>`. */
static void
at_end_open (HnInject *self, char c, GByteArray *out)
{
  pass (out, c);
  self->tag = TAG_NAME;
  self->at = g_ascii_isalpha (c) ? AT_TAG : c == '>' ? AT_TEXT : AT_DECLARATION;
}

static Tag
next_in_tag (Tag tag, char c)
{
  gboolean blank = g_ascii_isspace (c);

  switch (tag) {
  case TAG_NAME:
    return blank || c == '/' ? TAG_BLANK : TAG_NAME;
  case TAG_BLANK:
    return blank || c == '/' ? TAG_BLANK : TAG_ATTRIBUTE;
  case TAG_ATTRIBUTE:
    return c == '=' ? TAG_EQUALS : c == '/' ? TAG_BLANK : blank ? TAG_BEHIND_ATTRIBUTE : TAG_ATTRIBUTE;
  case TAG_BEHIND_ATTRIBUTE:
    return c == '=' ? TAG_EQUALS : c == '/' ? TAG_BLANK : blank ? TAG_BEHIND_ATTRIBUTE : TAG_ATTRIBUTE;
  case TAG_EQUALS:
    return blank ? TAG_EQUALS : c == '"' || c == '\'' ? TAG_QUOTED : TAG_VALUE;
  case TAG_VALUE:
    return blank ? TAG_BLANK : TAG_VALUE;
  case TAG_QUOTED:
    break;
  }
  return TAG_QUOTED;
}

static void
at_tag (HnInject *self, char c, GByteArray *out)
{
  pass (out, c);
  if (self->tag == TAG_QUOTED) {
    if (c == self->quote)
      self->tag = TAG_BLANK;
  } else if (c != '>') {
    self->tag = next_in_tag (self->tag, c);
    self->quote = c;
  } else if (self->is_head) {
    insert (self, out);
  } else {
    self->at = AT_TEXT;
  }
}

static void
at_name (HnInject *self, char c, GByteArray *out)
{
  gboolean ends = c == '>' || c == '/' || g_ascii_isspace (c);

  if (!ends && self->n_held < HELD_MAX - 1) {
    hold (self, c);
    return;
  }
  self->is_head = ends && name_is (self, "head");
  if (!self->is_head && !(ends && name_is (self, "html"))) {
    insert (self, out);
    flush (self, out);
    pass (out, c);
    return;
  }
  flush (self, out);
  self->at = AT_TAG;
  self->tag = TAG_NAME;
  at_tag (self, c, out);
}

static void
at_bang (HnInject *self, char c, GByteArray *out)
{
  pass (out, c);
  self->dashes = c == '-' ? self->dashes + 1 : 0;
  self->comment = COMMENT_START;
  if (self->dashes == 2)
    self->at = AT_COMMENT;
  else if (c == '>')
    self->at = AT_TEXT;
  else if (c != '-')
    self->at = AT_DECLARATION;
}

static void
at_comment (HnInject *self, char c, GByteArray *out)
{
  static const Comment dash[] = { COMMENT_DASH, COMMENT_DASHES, COMMENT_DASHES, COMMENT_DASH, COMMENT_START_DASH, COMMENT_DASHES };

  pass (out, c);
  if (c == '>' && self->comment >= COMMENT_DASHES)
    self->at = AT_TEXT;
  else if (c == '-')
    self->comment = dash[self->comment];
  else
    self->comment = c == '!' && self->comment == COMMENT_DASHES ? COMMENT_BANG : COMMENT_TEXT;
}

static void
step (HnInject *self, char c, GByteArray *out)
{
  self->scanned_bytes++;
  switch (self->at) {
  case AT_TEXT:
    at_text (self, c, out);
    break;
  case AT_OPEN:
    at_open (self, c, out);
    break;
  case AT_NAME:
    at_name (self, c, out);
    break;
  case AT_END_OPEN:
    at_end_open (self, c, out);
    break;
  case AT_TAG:
    at_tag (self, c, out);
    break;
  case AT_BANG:
    at_bang (self, c, out);
    break;
  case AT_DECLARATION:
    pass (out, c);
    if (c == '>')
      self->at = AT_TEXT;
    break;
  case AT_COMMENT:
    at_comment (self, c, out);
    break;
  case AT_DONE:
    pass (out, c);
    break;
  }
}

void
hn_inject_feed (HnInject *self, const char *bytes, gsize n_bytes, gboolean last, GByteArray *out)
{
  gsize i = 0;

  while (i < n_bytes && self->at != AT_DONE)
    step (self, bytes[i++], out);
  if (i < n_bytes)
    g_byte_array_append (out, (const guint8 *) bytes + i, (guint) (n_bytes - i));
  if (!last)
    return;
  flush (self, out);
  if (self->at != AT_DONE)
    insert (self, out);
}

static gboolean
is_html (const HnHttpField *type)
{
  HnSlice value;
  const char *semicolon;

  if (type == NULL)
    return FALSE;
  value = type->value;
  semicolon = memchr (value.text, ';', value.length);
  if (semicolon != NULL)
    value.length = (gsize) (semicolon - value.text);
  while (value.length > 0 && g_ascii_isspace (value.text[value.length - 1]))
    value.length--;
  return hn_slice_equal_nocase (value, "text/html");
}

gboolean
hn_inject_applies (const HnHttpHead *request, const HnHttpHead *response)
{
  const HnHttpField *encoding = hn_http_head_find (response, "content-encoding");

  return response->status == 200 && is_html (hn_http_head_find (response, "content-type"))
         && (encoding == NULL || hn_slice_equal_nocase (encoding->value, "identity") || hn_slice_equal_nocase (encoding->value, "gzip")
             || hn_slice_equal_nocase (encoding->value, "x-gzip"));
}

char *
hn_inject_tag (const char *session_id)
{
  return g_strdup_printf ("<script src=\"/session/%s/_hydraneck/overlay.js\"></script>", session_id);
}

static gpointer
filter_open (const HnHttpHead *request, const HnHttpHead *response, gpointer filter_data)
{
  gboolean applies = hn_inject_applies (request, response);

  hn_metrics_add (HN_METRIC_INJECTIONS, applies ? "injected" : "left_alone", 1);
  return applies ? hn_inject_new (filter_data) : NULL;
}

static gsize
filter_added_bytes (gpointer state)
{
  const HnInject *self = state;

  return strlen (self->insertion);
}

static void
filter_feed (gpointer state, const char *bytes, gsize n_bytes, gboolean last, GByteArray *out)
{
  hn_inject_feed (state, bytes, n_bytes, last, out);
}

static void
filter_close (gpointer state)
{
  hn_inject_free (state);
}

static gboolean
filter_is_through (gpointer state)
{
  return ((HnInject *) state)->at == AT_DONE;
}

const HnFilter *
hn_inject_filter (void)
{
  static const HnFilter filter = { filter_open, filter_added_bytes, filter_feed, filter_close, filter_is_through };

  return &filter;
}

HnInject *
hn_inject_new (const char *insertion)
{
  HnInject *self = g_new0 (HnInject, 1);

  self->insertion = g_strdup (insertion);
  return self;
}

void
hn_inject_free (HnInject *self)
{
  if (self == NULL)
    return;
  g_free (self->insertion);
  g_free (self);
}
