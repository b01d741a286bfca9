/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/upstream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

/* Rules: the newest waiting connection is used first, so that the others may grow old and be swept; a shelf without connections is gone. */

typedef struct {
  HnAddress address;
  guint16 port;
} Key;

typedef struct {
  Key key;
  GQueue waiting; /* of Waiting, the newest at the head */
} Shelf;

typedef struct {
  HnUpstreamPool *pool;
  Shelf *shelf;
  HnWire *wire;
  char *tag;
  gint64 since_us;
} Waiting;

struct _HnUpstreamPool {
  HnPoller *poller;
  GHashTable *shelves; /* Key → Shelf */
};

static guint
key_hash (gconstpointer data)
{
  const Key *key = data;
  guint32 words[4];

  memcpy (words, key->address.bytes, sizeof words);
  return words[0] ^ words[1] * 31 ^ words[2] * 131 ^ words[3] * 1031 ^ key->port * 65599u;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const Key *one = a;
  const Key *other = b;

  return one->port == other->port && hn_address_equal (&one->address, &other->address);
}

/* Takes @one off its shelf; the wire is the caller's. */
static HnWire *
waiting_leave (Waiting *one)
{
  HnWire *wire = one->wire;
  Shelf *shelf = one->shelf;

  g_queue_remove (&shelf->waiting, one);
  if (shelf->waiting.length == 0)
    g_hash_table_remove (one->pool->shelves, &shelf->key);
  g_free (one->tag);
  g_free (one);
  return wire;
}

static void
on_waiting_ready (gpointer user_data)
{
  Waiting *one = user_data;

  if (!hn_wire_seems_quiet (one->wire))
    hn_wire_free (waiting_leave (one));
}

static void
shelf_free (gpointer data)
{
  Shelf *shelf = data;
  Waiting *one;

  while ((one = g_queue_pop_head (&shelf->waiting)) != NULL) {
    hn_wire_free (one->wire);
    g_free (one->tag);
    g_free (one);
  }
  g_free (shelf);
}

static gboolean
make_key (const char *host, guint16 port, Key *ret_key)
{
  memset (ret_key, 0, sizeof *ret_key);
  ret_key->port = port;
  return hn_address_parse (host, &ret_key->address);
}

static int
start_connect (const Key *key)
{
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  gboolean v4 = memcmp (key->address.bytes, mapped, sizeof mapped) == 0;
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons (key->port) };
  struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons (key->port) };
  int fd = socket (v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  int result;

  if (fd < 0)
    return -1;
  memcpy (&in.sin_addr, key->address.bytes + 12, sizeof in.sin_addr);
  memcpy (&in6.sin6_addr, key->address.bytes, sizeof in6.sin6_addr);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  result = v4 ? connect (fd, (struct sockaddr *) &in, sizeof in) : connect (fd, (struct sockaddr *) &in6, sizeof in6);
  if (result != 0 && errno != EINPROGRESS) {
    int code = errno;

    close (fd);
    errno = code;
    return -1;
  }
  return fd;
}

HnWire *
hn_upstream_pool_connect (HnUpstreamPool *self, const char *host, guint16 port, GError **error)
{
  Key key;
  int fd;

  if (!make_key (host, port, &key)) {
    g_set_error (error, HN_ERROR, HN_ERROR_UPSTREAM, "'%s' is not an IP address", host);
    return NULL;
  }
  fd = start_connect (&key);
  if (fd < 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_UPSTREAM, "cannot connect to '%s' port %u: %s", host, port, g_strerror (errno));
    return NULL;
  }
  return hn_wire_new (self->poller, fd, NULL, NULL);
}

HnWire *
hn_upstream_pool_take (HnUpstreamPool *self, const char *host, guint16 port)
{
  Shelf *shelf;
  Key key;

  if (!make_key (host, port, &key))
    return NULL;
  while ((shelf = g_hash_table_lookup (self->shelves, &key)) != NULL) {
    HnWire *wire = waiting_leave (g_queue_peek_head (&shelf->waiting));

    if (hn_wire_seems_quiet (wire))
      return wire;
    hn_wire_free (wire);
  }
  return NULL;
}

void
hn_upstream_pool_give (HnUpstreamPool *self, HnWire *wire, const char *host, guint16 port, const char *tag)
{
  Shelf *shelf;
  Waiting *one;
  Key key;

  if (!make_key (host, port, &key) || hn_wire_is_gone (wire) || hn_wire_get_input (wire).length > 0 || hn_wire_get_pending (wire) > 0) {
    hn_wire_free (wire);
    return;
  }
  shelf = g_hash_table_lookup (self->shelves, &key);
  if (shelf == NULL) {
    shelf = g_new0 (Shelf, 1);
    shelf->key = key;
    g_queue_init (&shelf->waiting);
    g_hash_table_insert (self->shelves, &shelf->key, shelf);
  }
  one = g_new0 (Waiting, 1);
  *one = (Waiting){ self, shelf, wire, g_strdup (tag), hn_poller_now_us (self->poller) };
  hn_wire_set_ready (wire, on_waiting_ready, one);
  g_queue_push_head (&shelf->waiting, one);
  if (shelf->waiting.length > HN_LIMIT_UPSTREAM_IDLE_COUNT)
    hn_wire_free (waiting_leave (g_queue_peek_tail (&shelf->waiting)));
}

/* Closes what @tag (if given) was used with last, and what has waited since before @before_us. */
static void
close_some (HnUpstreamPool *self, const char *tag, gint64 before_us)
{
  g_autoptr (GPtrArray) leaving = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer shelf;

  g_hash_table_iter_init (&iter, self->shelves);
  while (g_hash_table_iter_next (&iter, NULL, &shelf))
    for (GList *at = ((Shelf *) shelf)->waiting.head; at != NULL; at = at->next) {
      Waiting *one = at->data;

      if ((tag != NULL && g_strcmp0 (one->tag, tag) == 0) || one->since_us < before_us)
        g_ptr_array_add (leaving, one);
    }
  for (guint i = 0; i < leaving->len; i++)
    hn_wire_free (waiting_leave (g_ptr_array_index (leaving, i)));
}

void
hn_upstream_pool_forget (HnUpstreamPool *self, const char *tag)
{
  close_some (self, tag, G_MININT64);
}

void
hn_upstream_pool_sweep (HnUpstreamPool *self, gint64 now_us)
{
  close_some (self, NULL, now_us - hn_seconds (HN_LIMIT_UPSTREAM_IDLE_SECONDS));
}

guint
hn_upstream_pool_get_waiting (HnUpstreamPool *self)
{
  GHashTableIter iter;
  gpointer shelf;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->shelves);
  while (g_hash_table_iter_next (&iter, NULL, &shelf))
    n += ((Shelf *) shelf)->waiting.length;
  return n;
}

HnUpstreamPool *
hn_upstream_pool_new (HnPoller *poller)
{
  HnUpstreamPool *self = g_new0 (HnUpstreamPool, 1);

  self->poller = poller;
  self->shelves = g_hash_table_new_full (key_hash, key_equal, NULL, shelf_free);
  return self;
}

void
hn_upstream_pool_free (HnUpstreamPool *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->shelves);
  g_free (self);
}
