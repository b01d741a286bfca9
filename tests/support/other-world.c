/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded: names under .hydraneck.test are at OTHER_WORLD_ADDRESS, and the certificates that this machine trusts are those in OTHER_WORLD_CERTS, whoever
 * reads /etc/ssl/certs. */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CERTS "/etc/ssl/certs"
#define REAL(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

static const char *
moved (const char *path, char *buffer, size_t size)
{
  const char *certs = getenv ("OTHER_WORLD_CERTS");

  if (path == NULL || certs == NULL || strncmp (path, CERTS, strlen (CERTS)) != 0)
    return path;
  snprintf (buffer, size, "%s%s", certs, path + strlen (CERTS));
  return buffer;
}

FILE *
fopen (const char *path, const char *mode)
{
  char buffer[4096];

  return REAL (fopen) (moved (path, buffer, sizeof buffer), mode);
}

FILE *
fopen64 (const char *path, const char *mode)
{
  char buffer[4096];

  return REAL (fopen64) (moved (path, buffer, sizeof buffer), mode);
}

DIR *
opendir (const char *path)
{
  char buffer[4096];

  return REAL (opendir) (moved (path, buffer, sizeof buffer));
}

int
open (const char *path, int flags, ...)
{
  char buffer[4096];
  int mode = 0;
  va_list rest;

  va_start (rest, flags);
  if (flags & (O_CREAT | O_TMPFILE))
    mode = va_arg (rest, int);
  va_end (rest);
  return REAL (open) (moved (path, buffer, sizeof buffer), flags, mode);
}

int
getaddrinfo (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
  const char *address = getenv ("OTHER_WORLD_ADDRESS");
  int is_name = node != NULL && address != NULL && strstr (node, ".hydraneck.test") != NULL
                && (hints == NULL || (hints->ai_flags & AI_NUMERICHOST) == 0);

  return REAL (getaddrinfo) (is_name ? address : node, service, hints, result);
}
