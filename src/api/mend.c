/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/mend.h"

static const struct {
  const char *pattern; /* (nullable) */
  const char *reason;  /* (nullable) */
  const char *mend;
} mends[] = {
#define MEND_OF_TEXT(text, pattern, mend) { pattern, NULL, mend },
#define MEND_OF_REASON(reason, mend) { NULL, reason, mend },
#include "api/mends.h"
#undef MEND_OF_TEXT
#undef MEND_OF_REASON
};

const char *
hn_mend_find (const char *error_text, const char *reason)
{
  for (gsize i = 0; error_text != NULL && i < G_N_ELEMENTS (mends); i++)
    if (mends[i].pattern != NULL && g_pattern_match_simple (mends[i].pattern, error_text))
      return mends[i].mend;
  for (gsize i = 0; reason != NULL && i < G_N_ELEMENTS (mends); i++)
    if (g_strcmp0 (mends[i].reason, reason) == 0)
      return mends[i].mend;
  return NULL;
}
