/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded: names under .black-hole.test are looked up for as long as a real resolver tries that nobody answers, 30 s, and fail then. As soon
 * as the file named by BLACK_HOLE_HEALED is there they are the address in it. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_US 20000
#define LOOKS 1500

typedef int (*Lookup) (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result);

static int
read_address (char *address, size_t size)
{
  const char *path = getenv ("BLACK_HOLE_HEALED");
  FILE *file = path != NULL ? fopen (path, "re") : NULL;
  int got;

  if (file == NULL)
    return 0;
  got = fgets (address, (int) size, file) != NULL;
  fclose (file);
  return got;
}

int
getaddrinfo (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
  Lookup real = (Lookup) dlsym (RTLD_NEXT, "getaddrinfo");
  char address[64];

  if (node == NULL || strstr (node, ".black-hole.test") == NULL)
    return real (node, service, hints, result);
  for (int i = 0; i < LOOKS; i++) {
    if (read_address (address, sizeof address))
      return real (address, service, hints, result);
    usleep (LOOK_US);
  }
  return EAI_AGAIN;
}
