/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the room is looked at first, then the token, then whether the token is for that room: the order in which the first servers of this protocol refused. */
#include "rooms/admission.h"

#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "net/handshake.h"
#include "rooms/room-id.h"

#define PATH "/webrtc/ws/"
#define EPOCH_MAX 40

gboolean
hn_admission_find_room (HnSlice path, HnSlice *ret_segment)
{
  gsize prefix = strlen (PATH);

  if (path.length <= prefix || !hn_slice_has_prefix (path, PATH) || memchr (path.text + prefix, '/', path.length - prefix) != NULL)
    return FALSE;
  *ret_segment = (HnSlice){ path.text + prefix, path.length - prefix };
  return TRUE;
}

gboolean
hn_admission_is_for_room (const HnJwtClaims *claims, const char *room)
{
  gsize length = claims->room != NULL ? strlen (claims->room) : 0;

  if (length == 0)
    return TRUE;
  if (claims->room[length - 1] == '*')
    return strncmp (claims->room, room, length - 1) == 0;
  return g_str_equal (claims->room, room);
}

static HnRefusal
check_token (HnAdmission *self, const HnAdmissionRules *rules, const HnHttpHead *head, gint64 utc_us)
{
  g_autofree char *token = NULL;
  g_autoptr (GError) error = NULL;

  switch (hn_handshake_find_token (head, &token)) {
  case HN_HANDSHAKE_NO_TOKEN:
    return HN_REFUSAL_NO_TOKEN;
  case HN_HANDSHAKE_ODD_TOKEN:
    return HN_REFUSAL_BAD_TOKEN;
  case HN_HANDSHAKE_TOKEN:
    break;
  }
  self->claims = hn_jwt_verify (token, &rules->jwt, utc_us, &error);
  if (self->claims == NULL)
    return hn_jwt_is_expired (error) ? HN_REFUSAL_EXPIRED_TOKEN : HN_REFUSAL_BAD_TOKEN;
  if (strlen (self->claims->user_id) > HN_LIMIT_ROSTER_NAME_BYTES || strlen (self->claims->user_name) > HN_LIMIT_TEXT_BYTES)
    return HN_REFUSAL_BAD_TOKEN;
  if (!hn_admission_is_for_room (self->claims, self->room))
    return HN_REFUSAL_OTHER_ROOM;
  return HN_REFUSALS;
}

static gboolean
is_epoch (const char *text)
{
  gsize length = strlen (text);

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '-')
      return FALSE;
  return length > 0 && length <= EPOCH_MAX;
}

/* What is not good there is as good as not said: it gets a fresh state. */
static void
read_wishes (HnAdmission *self, const HnHttpHead *head)
{
  g_autofree char *dialect = hn_handshake_dup_query (head, "dialect", NULL);
  g_autofree char *offset = hn_handshake_dup_query (head, "offset", NULL);
  g_autofree char *epoch = hn_handshake_dup_query (head, "epoch", NULL);
  g_autofree char *connection = hn_handshake_dup_query (head, "conn", NULL);

  if (dialect != NULL)
    hn_dialect_from_text (dialect, &self->dialect);
  if (hn_id_is_valid (connection))
    self->connection = g_steal_pointer (&connection);
  if (offset == NULL || epoch == NULL || !is_epoch (epoch)
      || !g_ascii_string_to_unsigned (offset, 10, 0, G_MAXINT64, &self->offset, NULL))
    return;
  self->comes_back = TRUE;
  self->epoch = g_steal_pointer (&epoch);
}

HnAdmission *
hn_admission_decide (const HnAdmissionRules *rules, const HnHttpHead *head, HnSlice segment, gint64 utc_us)
{
  g_autoptr (HnAdmission) self = g_new0 (HnAdmission, 1);

  self->dialect = rules->dialect;
  switch (hn_room_id_decide (segment, rules->strict_ids, &self->room)) {
  case HN_ROOM_ID_NOWHERE:
    return NULL;
  case HN_ROOM_ID_BLANK:
    self->refusal = HN_REFUSAL_BLANK_ROOM;
    break;
  case HN_ROOM_ID_WRONG:
    self->refusal = HN_REFUSAL_WRONG_ROOM;
    break;
  case HN_ROOM_ID_GOOD:
    self->refusal = check_token (self, rules, head, utc_us);
    break;
  }
  read_wishes (self, head);
  return g_steal_pointer (&self);
}

void
hn_admission_free (HnAdmission *self)
{
  if (self == NULL)
    return;
  g_free (self->room);
  g_clear_pointer (&self->claims, hn_jwt_claims_free);
  g_free (self->epoch);
  g_free (self->connection);
  g_free (self);
}
