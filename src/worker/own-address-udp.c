/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/own-address-udp.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANY_PORT "9"

static char *
text_of (const struct sockaddr *address)
{
  char text[INET6_ADDRSTRLEN] = "";

  if (address->sa_family == AF_INET)
    inet_ntop (AF_INET, &((const struct sockaddr_in *) (const void *) address)->sin_addr, text, sizeof text);
  else if (address->sa_family == AF_INET6)
    inet_ntop (AF_INET6, &((const struct sockaddr_in6 *) (const void *) address)->sin6_addr, text, sizeof text);
  return g_strdup (text);
}

GArray *
hn_own_address_udp_list (void)
{
  GArray *addresses = g_array_new (FALSE, FALSE, sizeof (HnAddress));
  struct ifaddrs *interfaces = NULL;

  if (getifaddrs (&interfaces) != 0)
    return addresses;
  for (struct ifaddrs *one = interfaces; one != NULL; one = one->ifa_next) {
    g_autofree char *text = one->ifa_addr != NULL ? text_of (one->ifa_addr) : NULL;
    HnAddress address;

    if (text != NULL && hn_address_parse (text, &address))
      g_array_append_val (addresses, address);
  }
  freeifaddrs (interfaces);
  return addresses;
}

/* The source address of a connected socket; NULL when there is no way, or when the way ends here. */
static char *
source_towards (const struct addrinfo *target)
{
  struct sockaddr_storage source = { 0 };
  socklen_t length = sizeof source;
  int fd = socket (target->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean found = fd >= 0 && connect (fd, target->ai_addr, target->ai_addrlen) == 0
                   && getsockname (fd, (struct sockaddr *) &source, &length) == 0;
  g_autofree char *to = text_of (target->ai_addr);
  g_autofree char *from = found ? text_of ((struct sockaddr *) &source) : NULL;

  if (fd >= 0)
    close (fd);
  return from != NULL && g_strcmp0 (from, to) != 0 ? g_steal_pointer (&from) : NULL;
}

char *
hn_own_address_udp_towards (const char *host)
{
  struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
  struct addrinfo *targets = NULL;
  g_autofree char *source = NULL;

  if (getaddrinfo (host, ANY_PORT, &hints, &targets) != 0)
    return g_strdup ("127.0.0.1");
  source = source_towards (targets);
  freeaddrinfo (targets);
  if (source == NULL)
    return g_strdup ("127.0.0.1");
  return strchr (source, ':') != NULL ? g_strdup_printf ("[%s]", source) : g_steal_pointer (&source);
}
