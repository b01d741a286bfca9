/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/findings.h"

#include "base/json.h"

typedef struct {
  HnFindingLevel level;
  char *check;
  char *what;
  char *mend;
} Finding;

struct _HnFindings {
  GPtrArray *list;
};

static const char *const words[] = { "ok", "warn", "FAIL" };

static void
finding_free (gpointer data)
{
  Finding *finding = data;

  g_free (finding->check);
  g_free (finding->what);
  g_free (finding->mend);
  g_free (finding);
}

void
hn_findings_add (HnFindings *self, HnFindingLevel level, const char *check, const char *mend, const char *format, ...)
{
  Finding *finding = g_new0 (Finding, 1);
  va_list args;

  va_start (args, format);
  finding->what = g_strdup_vprintf (format, args);
  va_end (args);
  finding->level = level;
  finding->check = g_strdup (check);
  finding->mend = level != HN_FINDING_OK ? g_strdup (mend) : NULL;
  g_ptr_array_add (self->list, finding);
}

guint
hn_findings_count (const HnFindings *self, HnFindingLevel level)
{
  guint count = 0;

  for (guint i = 0; i < self->list->len; i++)
    count += ((Finding *) g_ptr_array_index (self->list, i))->level == level;
  return count;
}

char *
hn_findings_to_text (const HnFindings *self)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < self->list->len; i++) {
    const Finding *finding = g_ptr_array_index (self->list, i);

    g_string_append_printf (out, "%-5s %-10s %s", words[finding->level], finding->check, finding->what);
    if (finding->mend != NULL)
      g_string_append_printf (out, "  -->  %s", finding->mend);
    g_string_append_c (out, '\n');
  }
  g_string_append_printf (out, "%u ok, %u warn, %u FAIL\n", hn_findings_count (self, HN_FINDING_OK), hn_findings_count (self, HN_FINDING_WARN),
                          hn_findings_count (self, HN_FINDING_FAIL));
  return g_string_free (out, FALSE);
}

char *
hn_findings_to_json (const HnFindings *self)
{
  g_autoptr (JsonObject) object = json_object_new ();
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < self->list->len; i++) {
    const Finding *finding = g_ptr_array_index (self->list, i);
    g_autofree char *level = g_ascii_strdown (words[finding->level], -1);
    JsonObject *one = json_object_new ();

    json_object_set_string_member (one, "level", level);
    json_object_set_string_member (one, "check", finding->check);
    json_object_set_string_member (one, "what", finding->what);
    hn_json_set_text (one, "mend", finding->mend);
    json_array_add_object_element (list, one);
  }
  json_object_set_array_member (object, "findings", list);
  json_object_set_int_member (object, "ok", hn_findings_count (self, HN_FINDING_OK));
  json_object_set_int_member (object, "warn", hn_findings_count (self, HN_FINDING_WARN));
  json_object_set_int_member (object, "fail", hn_findings_count (self, HN_FINDING_FAIL));
  return hn_json_to_text (object);
}

HnFindings *
hn_findings_new (void)
{
  HnFindings *self = g_new0 (HnFindings, 1);

  self->list = g_ptr_array_new_with_free_func (finding_free);
  return self;
}

void
hn_findings_free (HnFindings *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->list);
  g_free (self);
}
