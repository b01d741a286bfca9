/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The life of a visit: a connection, its seat in the roster, and its standing in the room. Pure.
 *
 * It has a seat from the moment it asks for one; it stands in the room (is sent what is said there) from its own coming, before which it cannot have missed anything, to the end of
 * its socket. One that is lost keeps its seat for a while without a socket, and one that is replaced until its successor is in: so nobody is told of either. */

typedef enum {
  HN_VISIT_REFUSED,  /* it never had a seat; its socket is closing */
  HN_VISIT_JOINING,  /* it has asked for a seat */
  HN_VISIT_CATCHING, /* it has a seat; what it missed is being fetched */
  HN_VISIT_IN,       /* it stands in the room */
  HN_VISIT_REPLACED, /* it keeps its seat; its socket is closing */
  HN_VISIT_LOST,     /* it keeps its seat without a socket */
  HN_VISIT_LEFT,     /* it has no seat any more; its socket is closing */
  HN_VISIT_GONE,
  HN_VISIT_STATES
} HnVisitState;

typedef enum {
  HN_VISIT_CAME,         /* the roster says that it has its seat */
  HN_VISIT_CAME_BACK,    /* likewise, and it wants to know what it missed */
  HN_VISIT_CAUGHT_UP,    /* that was fetched */
  HN_VISIT_CLOSED,       /* its socket ended as it should */
  HN_VISIT_BROKE,        /* its socket ended otherwise, and there is a grace */
  HN_VISIT_ENDED,        /* a rule ends it, or the roster took its seat */
  HN_VISIT_SUCCEEDED,    /* another connection of the user says that it was this one before */
  HN_VISIT_SUCCESSOR_IN, /* that one stands in the room */
  HN_VISIT_TIME_UP,      /* it kept its seat for long enough */
  HN_VISIT_EVENTS
} HnVisitEvent;

typedef enum {
  HN_VISIT_DO_NOTHING = 0,
  HN_VISIT_DO_CATCH_UP = 1 << 0, /* fetch what it missed */
  HN_VISIT_DO_STAND = 1 << 1,    /* send it the state of the room, then what happens there; read what it says */
  HN_VISIT_DO_STEP_OUT = 1 << 2, /* send it nothing more */
  HN_VISIT_DO_KEEP = 1 << 3,     /* set the time for which it keeps its seat */
  HN_VISIT_DO_LEAVE = 1 << 4,    /* give up its seat */
  HN_VISIT_DO_CLOSE = 1 << 5,    /* close its socket */
  HN_VISIT_DO_FORGET = 1 << 6,   /* it is gone */
} HnVisitDo;

/**
 * hn_visit_handle:
 * @state: (inout): of a visit
 * @event: what happened
 *
 * Returns: what is to be done, in the order of the bits; nothing where nothing was to be expected
 */
HnVisitDo hn_visit_handle (HnVisitState *state, HnVisitEvent event);

/**
 * hn_visit_has_seat:
 * @state: of a visit
 *
 * Returns: whether it has a seat or has asked for one
 */
gboolean hn_visit_has_seat (HnVisitState state);
