/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An auditor of the dynamic linker (LD_AUDIT): libraries whose names begin with a word of NO_LIBRARIES (separated by spaces) are found nowhere, as
 * on a machine that has not got their packages; whether they are linked or opened later. */
#include <link.h>
#include <stdlib.h>
#include <string.h>

unsigned int la_version (unsigned int version);
char *la_objsearch (const char *name, uintptr_t *cookie, unsigned int flag);

unsigned int
la_version (unsigned int version)
{
  return LAV_CURRENT;
}

char *
la_objsearch (const char *name, uintptr_t *cookie, unsigned int flag)
{
  const char *base = strrchr (name, '/') != NULL ? strrchr (name, '/') + 1 : name;
  const char *word = getenv ("NO_LIBRARIES");

  while (word != NULL && *word != '\0') {
    size_t length = strcspn (word, " ");

    if (length > 0 && strncmp (base, word, length) == 0)
      return NULL;
    word += length + strspn (word + length, " ");
  }
  return (char *) name;
}
