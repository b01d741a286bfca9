/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A body has one holder, from the first step of its creation until all of it is cleaned up, and at most one that waits for that.
 *
 * A newcomer finds a holder that streams: refused, unless it says `replace`. A holder without a stream socket is ended for it; so
 * is an older newcomer that still waits: the last one to ask gets the body. Nobody begins to pair before the holder has left:
 * Sunshine hands a PIN to any client that pairs. */

#include "worker/body-queue.h"

#include <string.h>

#include "base/error.h"
#include "base/id.h"

typedef struct {
  HnAddress address;
  char *holder;
  gboolean streaming; /* the holder */
  char *waiting;      /* (nullable) */
} Body;

struct _HnBodyQueue {
  GPtrArray *bodies; /* of Body, only those that are held */
};

static void
body_free (Body *body)
{
  g_free (body->holder);
  g_free (body->waiting);
  g_free (body);
}

static Body *
find_body (HnBodyQueue *self, const HnAddress *address)
{
  for (guint i = 0; i < self->bodies->len; i++) {
    Body *body = g_ptr_array_index (self->bodies, i);

    if (hn_address_equal (&body->address, address))
      return body;
  }
  return NULL;
}

HnBodyTurn
hn_body_queue_enter (HnBodyQueue *self, const HnAddress *address, const char *body_text, const char *session_id, gboolean replace,
                     GPtrArray *ret_replaced, GError **error)
{
  Body *body = find_body (self, address);

  if (body == NULL) {
    body = g_new0 (Body, 1);
    body->address = *address;
    body->holder = g_strdup (session_id);
    g_ptr_array_add (self->bodies, body);
    return HN_BODY_FREE;
  }
  if (body->streaming && !replace) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFLICT, "body %s already in use by session %s", body_text,
                 hn_id_short (body->holder).text);
    if (error != NULL)
      hn_error_set_detail (*error, "end that session first, or create with replace: true");
    return HN_BODY_REFUSED;
  }
  g_ptr_array_add (ret_replaced, g_strdup (body->holder));
  if (body->waiting != NULL)
    g_ptr_array_add (ret_replaced, g_steal_pointer (&body->waiting));
  body->streaming = FALSE;
  body->waiting = g_strdup (session_id);
  return HN_BODY_WAIT;
}

void
hn_body_queue_set_streaming (HnBodyQueue *self, const char *session_id, gboolean streaming)
{
  for (guint i = 0; i < self->bodies->len; i++) {
    Body *body = g_ptr_array_index (self->bodies, i);

    if (strcmp (body->holder, session_id) == 0)
      body->streaming = streaming;
  }
}

char *
hn_body_queue_leave (HnBodyQueue *self, const char *session_id)
{
  for (guint i = 0; i < self->bodies->len; i++) {
    Body *body = g_ptr_array_index (self->bodies, i);

    if (g_strcmp0 (body->waiting, session_id) == 0)
      g_clear_pointer (&body->waiting, g_free);
    if (strcmp (body->holder, session_id) != 0)
      continue;
    if (body->waiting == NULL) {
      g_ptr_array_remove_index_fast (self->bodies, i);
      return NULL;
    }
    g_free (body->holder);
    body->holder = g_steal_pointer (&body->waiting);
    body->streaming = FALSE;
    return g_strdup (body->holder);
  }
  return NULL;
}

HnBodyQueue *
hn_body_queue_new (void)
{
  HnBodyQueue *self = g_new0 (HnBodyQueue, 1);

  self->bodies = g_ptr_array_new_with_free_func ((GDestroyNotify) body_free);
  return self;
}

void
hn_body_queue_free (HnBodyQueue *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->bodies);
  g_free (self);
}
