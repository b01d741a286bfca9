/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-reply-redis.h"

#include <hiredis/hiredis.h>
#include <string.h>

static void
unref_seat (gpointer seat)
{
  hn_roster_seat_unref (seat);
}

/* ---- words of an answer ---- */

static char *
text_at (const redisReply *reply, gsize at)
{
  const redisReply *element = at < reply->elements ? reply->element[at] : NULL;

  return element != NULL && (element->type == REDIS_REPLY_STRING || element->type == REDIS_REPLY_STATUS) ? element->str : NULL;
}

static gboolean
number_at (const redisReply *reply, gsize at, guint64 *ret_number)
{
  const char *text = text_at (reply, at);

  if (text != NULL)
    return g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, ret_number, NULL);
  if (at >= reply->elements || reply->element[at]->type != REDIS_REPLY_INTEGER || reply->element[at]->integer < 0)
    return FALSE;
  *ret_number = (guint64) reply->element[at]->integer;
  return TRUE;
}

/* ---- what stands behind the verdict ---- */

static gboolean
read_snapshot (HnRosterAnswer *answer, const redisReply *reply, gsize at)
{
  answer->epoch = text_at (reply, at);
  answer->seats = g_ptr_array_new_with_free_func (unref_seat);
  if (answer->epoch == NULL || !number_at (reply, at + 1, &answer->offset))
    return FALSE;
  for (at += 2; at < reply->elements; at += 2) {
    char *connection = text_at (reply, at), *record = text_at (reply, at + 1);
    const HnRosterSeat *seat = connection != NULL && record != NULL ? hn_roster_bus_read_seat (connection, record) : NULL;

    if (seat == NULL)
      return FALSE;
    g_ptr_array_add (answer->seats, (gpointer) seat);
  }
  hn_roster_bus_sort_seats (answer->seats);
  return TRUE;
}

static gboolean
read_join (HnRosterAnswer *answer, const redisReply *reply)
{
  return number_at (reply, 1, &answer->offset) && (reply->elements == 2 || read_snapshot (answer, reply, 2));
}

static gboolean
read_look (HnRosterAnswer *answer, const redisReply *reply)
{
  return read_snapshot (answer, reply, 1);
}

static gboolean
read_register (HnRosterAnswer *answer, const redisReply *reply)
{
  guint64 n = 0;

  answer->lost = g_ptr_array_new_with_free_func (g_free);
  if (!number_at (reply, 1, &n) || n + 2 > reply->elements)
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    char *lost = text_at (reply, 2 + i);

    if (lost == NULL || !hn_roster_bus_decode (lost))
      return FALSE;
    g_ptr_array_add (answer->lost, g_strdup (lost));
  }
  return read_snapshot (answer, reply, 2 + n);
}

static gboolean
read_begin (HnRosterAnswer *answer, const redisReply *reply)
{
  answer->data = text_at (reply, 1);
  return answer->data != NULL;
}

static gboolean
read_more (HnRosterAnswer *answer, const redisReply *reply)
{
  guint64 more = 0;

  if (!number_at (reply, 1, &more))
    return FALSE;
  answer->more = more > 0;
  return TRUE;
}

static gboolean
read_renew (HnRosterAnswer *answer, const redisReply *reply)
{
  guint64 taken = 0, more = 0, first_ms = 0;

  if (answer->verdict == HN_ROSTER_VERDICT_LATE)
    return TRUE;
  if (!number_at (reply, 1, &taken) || !number_at (reply, 2, &more) || !number_at (reply, 3, &first_ms))
    return FALSE;
  answer->taken = (guint) taken;
  answer->more = more > 0;
  answer->first_us = (gint64) MIN (first_ms, G_MAXUINT32) * 1000;
  return TRUE;
}

static gboolean
read_history (HnRosterAnswer *answer, const redisReply *reply)
{
  answer->messages = g_array_new (FALSE, FALSE, sizeof (HnRosterBusMessage));
  for (gsize i = 1; i + 1 < reply->elements; i += 2) {
    guint64 offset = 0;
    HnRosterBusMessage message;

    if (!number_at (reply, i, &offset) || text_at (reply, i + 1) == NULL
        || !hn_roster_bus_read_kept (offset, text_at (reply, i + 1), (gsize) reply->element[i + 1]->len, &message))
      return FALSE;
    g_array_append_val (answer->messages, message);
  }
  return TRUE;
}

static gboolean
read_list (HnRosterAnswer *answer, const redisReply *reply)
{
  answer->names = g_ptr_array_new ();
  answer->members = g_array_new (FALSE, FALSE, sizeof (guint));
  for (gsize i = 1; i + 1 < reply->elements; i += 2) {
    guint64 n = 0;
    guint members;

    if (text_at (reply, i) == NULL || !number_at (reply, i + 1, &n))
      return FALSE;
    members = (guint) n;
    g_ptr_array_add (answer->names, text_at (reply, i));
    g_array_append_val (answer->members, members);
  }
  return TRUE;
}

typedef gboolean (*Read) (HnRosterAnswer *answer, const redisReply *reply);

static const Read readers[] = {
  [HN_ROSTER_ASK_BEGIN] = read_begin,   [HN_ROSTER_ASK_REGISTER] = read_register, [HN_ROSTER_ASK_FINISH] = read_more,
  [HN_ROSTER_ASK_RENEW] = read_renew,   [HN_ROSTER_ASK_JOIN] = read_join,         [HN_ROSTER_ASK_LEAVE] = NULL,
  [HN_ROSTER_ASK_SAY] = NULL,           [HN_ROSTER_ASK_REMOVE] = NULL,            [HN_ROSTER_ASK_LOOK] = read_look,
  [HN_ROSTER_ASK_LIST] = read_list,     [HN_ROSTER_ASK_HISTORY] = read_history,   [HN_ROSTER_ASK_CLOSE] = read_more,
};

/* ---- the whole ---- */

typedef struct {
  const char *word;
  HnRosterVerdict verdict;
} Verdict;

static const Verdict verdicts[] = {
  { "ok", HN_ROSTER_VERDICT_OK },     { "gap", HN_ROSTER_VERDICT_GAP },       { "late", HN_ROSTER_VERDICT_LATE },
  { "full", HN_ROSTER_VERDICT_FULL }, { "in-use", HN_ROSTER_VERDICT_IN_USE }, { "none", HN_ROSTER_VERDICT_NONE },
};

static gboolean
read_verdict (HnRosterAnswer *answer, HnRosterAskKind kind, const redisReply *reply)
{
  const char *word = reply->type == REDIS_REPLY_ARRAY ? text_at (reply, 0) : NULL;

  if (kind == HN_ROSTER_ASK_SAY) { /* an offset, or -1 */
    answer->verdict = reply->integer >= 0 ? HN_ROSTER_VERDICT_OK : HN_ROSTER_VERDICT_GAP;
    return reply->type == REDIS_REPLY_INTEGER;
  }
  for (gsize i = 0; word != NULL && i < G_N_ELEMENTS (verdicts); i++) {
    if (g_str_equal (word, verdicts[i].word)) {
      answer->verdict = verdicts[i].verdict;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
read_answer (HnRosterAnswer *answer, HnRosterAskKind kind, const redisReply *reply)
{
  if (!read_verdict (answer, kind, reply))
    return FALSE;
  if (answer->verdict != HN_ROSTER_VERDICT_OK && answer->verdict != HN_ROSTER_VERDICT_LATE)
    return TRUE;
  return readers[kind] == NULL || readers[kind] (answer, reply);
}

HnRosterReply *
hn_roster_reply_redis_read (HnRosterAskKind kind, struct redisReply *reply, char **ret_why)
{
  g_autoptr (HnRosterReply) self = g_new0 (HnRosterReply, 1);

  if (reply->type != REDIS_REPLY_ERROR && read_answer (&self->answer, kind, reply))
    return g_steal_pointer (&self);
  *ret_why = reply->type == REDIS_REPLY_ERROR ? g_strdup (reply->str) : g_strdup ("its answer is none of ours: who else uses these keys?");
  return NULL;
}

void
hn_roster_reply_redis_free (HnRosterReply *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->answer.seats, g_ptr_array_unref);
  g_clear_pointer (&self->answer.lost, g_ptr_array_unref);
  g_clear_pointer (&self->answer.messages, g_array_unref);
  g_clear_pointer (&self->answer.names, g_ptr_array_unref);
  g_clear_pointer (&self->answer.members, g_array_unref);
  g_free (self);
}
