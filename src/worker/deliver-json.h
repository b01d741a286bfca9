/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A request that waits to be delivered, as text: path and body. And what goes to the experience library. Pure. */

/**
 * hn_deliver_json_pack:
 * @path: path of the request
 * @body: JSON text of an object
 *
 * Returns: (transfer full): both, as JSON text
 */
char *hn_deliver_json_pack (const char *path, const char *body);

/**
 * hn_deliver_json_unpack:
 * @text: what hn_deliver_json_pack() returned, perhaps damaged
 * @ret_path: (out) (transfer full): path
 * @ret_body: (out) (transfer full): body
 * @error: PROTOCOL or INVALID
 *
 * Returns: whether it is whole
 */
gboolean hn_deliver_json_unpack (const char *text, char **ret_path, char **ret_body, GError **error);

typedef struct {
  const char *record_id;  /* the same at each try: the library can tell a second delivery from a second rating */
  const char *session_id; /* its first 8 characters are told: the whole id is a key while the session lives */
  const char *experience;
  const char *district; /* (nullable) */
  guint rating;
  gint64 rated_utc_us;
} HnRating;

/**
 * hn_deliver_json_rating:
 * @rating: one rating
 *
 * Returns: (transfer full): body of its request
 */
char *hn_deliver_json_rating (const HnRating *rating);

/**
 * hn_deliver_json_rating_path:
 * @experience: (nullable): its name
 *
 * Returns: (transfer full) (nullable): path of the request; %NULL for a name that is none
 */
char *hn_deliver_json_rating_path (const char *experience);
