/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/release-http.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "update/release.h"

struct _HnReleaseHttp {
  HnHttpClient *client;
  char *base;
  char *channel;
  HnMinisignKey key;
  gboolean has_key;
};

/* ---- one file, through redirects ---- */

typedef struct {
  HnReleaseHttp *owner;
  char *url;
  guint redirects;
  gint64 deadline_us;
  HnHttpChunk chunk;
  gpointer chunk_data;
} Get;

static void
get_free (gpointer data)
{
  Get *self = data;

  g_free (self->url);
  g_free (self);
}

static void get_once (GTask *task);

static gboolean
is_redirect (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static gboolean
follow (Get *self, const HnHttpReply *reply, GError **error)
{
  char *target;

  if (++self->redirects > HN_LIMIT_UPDATE_REDIRECTS) {
    g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, "more than %d redirects", HN_LIMIT_UPDATE_REDIRECTS);
    return FALSE;
  }
  target = hn_release_redirect (self->owner->base, self->url, reply->location, error);
  if (target == NULL)
    return FALSE;
  g_free (self->url);
  self->url = target;
  return TRUE;
}

static void
on_got (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Get *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (HnHttpReply) reply = hn_http_client_call_finish (result, &error);

  if (g_task_return_error_if_cancelled (task)) { /* the owner may be gone */
    g_clear_error (&error);
  } else if (reply == NULL) {
    g_task_return_error (task, error);
  } else if (reply->status == 200) {
    g_task_return_pointer (task, g_steal_pointer (&reply), (GDestroyNotify) hn_http_reply_free);
  } else if (!is_redirect (reply->status)) {
    g_task_return_new_error (task, HN_ERROR, reply->status == 404 ? HN_ERROR_NOT_FOUND : HN_ERROR_UPSTREAM,
                             "the release server answered %u", reply->status);
  } else if (!follow (self, reply, &error)) {
    g_task_return_error (task, error);
  } else {
    get_once (g_steal_pointer (&task));
  }
}

/* Consumes @task; the time is over all redirects. */
static void
get_once (GTask *task)
{
  Get *self = g_task_get_task_data (task);
  HnHttpCall call = { .method = "GET",
                      .url = self->url,
                      .timeout_us = MAX (1, self->deadline_us - hn_clock_now_us ()),
                      .chunk = self->chunk,
                      .chunk_data = self->chunk_data,
                      .limit_bytes = HN_LIMIT_UPDATE_BYTES };

  hn_http_client_call_async (self->owner->client, &call, g_task_get_cancellable (task), on_got, task);
}

static void
get (HnReleaseHttp *owner, char *url, int seconds, HnHttpChunk chunk, gpointer chunk_data, GCancellable *cancellable, GAsyncReadyCallback done,
     gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);
  Get *self = g_new0 (Get, 1);

  self->owner = owner;
  self->url = url;
  self->deadline_us = hn_clock_now_us () + hn_seconds (seconds);
  self->chunk = chunk;
  self->chunk_data = chunk_data;
  g_task_set_source_tag (task, get);
  g_task_set_task_data (task, self, get_free);
  get_once (task);
}

/* Returns: the reply, of the length that a list may have; errors begin with its name */
static HnHttpReply *
get_list_finish (GAsyncResult *result, const char *name, GError **error)
{
  g_autoptr (HnHttpReply) reply = g_task_propagate_pointer (G_TASK (result), error);

  if (reply != NULL && reply->length > HN_LIMIT_UPDATE_LIST_BYTES) {
    g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, "longer than %d bytes", HN_LIMIT_UPDATE_LIST_BYTES);
    hn_http_reply_free (g_steal_pointer (&reply));
  }
  if (reply == NULL)
    g_prefix_error (error, "%s: ", name);
  return g_steal_pointer (&reply);
}

/* ---- the latest version ---- */

static void
on_latest (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  g_autoptr (HnHttpReply) reply = get_list_finish (result, "latest.json", &error);
  char *version = reply != NULL ? hn_release_parse_latest (reply->body, reply->length, &error) : NULL;

  if (version != NULL)
    g_task_return_pointer (task, version, g_free);
  else
    g_task_return_error (task, error);
}

void
hn_release_http_latest_async (HnReleaseHttp *self, GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);

  g_task_set_source_tag (task, hn_release_http_latest_async);
  get (self, hn_release_latest_url (self->base, self->channel), HN_LIMIT_UPDATE_CHECK_SECONDS, NULL, NULL, cancellable, on_latest, task);
}

/* ---- the sum ---- */

typedef struct {
  HnReleaseHttp *owner;
  char *version;
  HnHttpReply *sums;
} Sum;

static void
sum_free (gpointer data)
{
  Sum *self = data;

  g_free (self->version);
  hn_http_reply_free (self->sums);
  g_free (self);
}

static char *
believe (Sum *self, const HnHttpReply *signature, GError **error)
{
  g_autofree char *comment = hn_minisign_verify (&self->owner->key, self->sums->body, self->sums->length, signature->body, error);

  if (comment == NULL || !hn_release_check_comment (comment, self->owner->channel, self->version, error)) {
    g_prefix_error (error, HN_RELEASE_SIGNATURE ": ");
    return NULL;
  }
  return hn_release_find_sum (self->sums->body, self->sums->length, hn_release_file_name (), error);
}

static void
on_signature (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  g_autoptr (HnHttpReply) reply = get_list_finish (result, HN_RELEASE_SIGNATURE, &error);
  char *sum = NULL;

  if (g_task_return_error_if_cancelled (task)) {
    g_clear_error (&error);
    return;
  }
  sum = reply != NULL ? believe (g_task_get_task_data (task), reply, &error) : NULL;
  if (sum != NULL)
    g_task_return_pointer (task, sum, g_free);
  else
    g_task_return_error (task, error);
}

static void
on_sums (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Sum *self = g_task_get_task_data (task);
  GError *error = NULL;

  self->sums = get_list_finish (result, HN_RELEASE_SUMS, &error);
  if (g_task_return_error_if_cancelled (task)) {
    g_clear_error (&error);
    return;
  }
  if (self->sums == NULL) {
    g_task_return_error (task, error);
    return;
  }
  get (self->owner, hn_release_file_url (self->owner->base, self->owner->channel, self->version, HN_RELEASE_SIGNATURE),
       HN_LIMIT_UPDATE_CHECK_SECONDS, NULL, NULL, g_task_get_cancellable (task), on_signature, g_object_ref (task));
}

void
hn_release_http_sum_async (HnReleaseHttp *self, const char *version, GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);
  Sum *sum = g_new0 (Sum, 1);

  g_return_if_fail (self->has_key);
  sum->owner = self;
  sum->version = g_strdup (version);
  g_task_set_source_tag (task, hn_release_http_sum_async);
  g_task_set_task_data (task, sum, sum_free);
  get (self, hn_release_file_url (self->base, self->channel, version, HN_RELEASE_SUMS), HN_LIMIT_UPDATE_CHECK_SECONDS, NULL, NULL, cancellable,
       on_sums, task);
}

char *
hn_release_http_text_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- the file ---- */

typedef struct {
  char *sum;
  GChecksum *checksum;
  int fd;
} Download;

static void
download_free (gpointer data)
{
  Download *self = data;

  g_free (self->sum);
  g_checksum_free (self->checksum);
  g_free (self);
}

static gboolean
on_chunk (const guint8 *data, gsize length, gpointer user_data, GError **error)
{
  Download *self = user_data;

  g_checksum_update (self->checksum, data, (gssize) length);
  while (length > 0) {
    gssize put = write (self->fd, data, length);

    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0) {
      g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "cannot write what was fetched: %s", g_strerror (errno));
      return FALSE;
    }
    data += put;
    length -= (gsize) put;
  }
  return TRUE;
}

static void
on_downloaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Download *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (HnHttpReply) reply = g_task_propagate_pointer (G_TASK (result), &error);

  if (reply != NULL && strcmp (g_checksum_get_string (self->checksum), self->sum) != 0)
    g_set_error (&error, HN_ERROR, HN_ERROR_PROTOCOL, "its SHA-256 is not the one that was signed");
  if (error == NULL) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  g_prefix_error (&error, "%s: ", hn_release_file_name ());
  g_task_return_error (task, error);
}

void
hn_release_http_download_async (HnReleaseHttp *self, const char *version, const char *sum, int fd, GCancellable *cancellable,
                                GAsyncReadyCallback done, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);
  Download *download = g_new0 (Download, 1);

  download->sum = g_strdup (sum);
  download->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  download->fd = fd;
  g_task_set_source_tag (task, hn_release_http_download_async);
  g_task_set_task_data (task, download, download_free);
  get (self, hn_release_file_url (self->base, self->channel, version, hn_release_file_name ()), HN_LIMIT_UPDATE_FETCH_SECONDS, on_chunk, download,
       cancellable, on_downloaded, task);
}

gboolean
hn_release_http_download_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- construction ---- */

HnReleaseHttp *
hn_release_http_new (HnHttpClient *client, const char *base, const char *channel, const HnMinisignKey *key)
{
  HnReleaseHttp *self = g_new0 (HnReleaseHttp, 1);

  self->client = client;
  self->base = g_strdup (base);
  self->channel = g_strdup (channel);
  self->has_key = key != NULL;
  if (key != NULL)
    self->key = *key;
  return self;
}

void
hn_release_http_free (HnReleaseHttp *self)
{
  if (self == NULL)
    return;
  g_free (self->base);
  g_free (self->channel);
  g_free (self);
}
