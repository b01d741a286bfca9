/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/life-http.h"

#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "worker/ended-fs.h"
#include "worker/log-tail.h"

#define LINES_DEFAULT 100

static void
refuse (HnHttpRequest *request, HnErrorCode code, const char *text, const char *detail)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, (int) code, text);

  if (detail != NULL)
    hn_error_set_detail (error, "%s", detail);
  hn_http_request_reply_error (request, error);
}

void
hn_life_http_explain (HnSessionsIo *sessions, HnHttpRequest *request)
{
  g_autofree char *json = hn_sessions_io_explain (sessions, hn_http_request_get_param (request, 0));

  if (json != NULL)
    hn_http_request_reply_text (request, 200, "application/json", json);
  else
    refuse (request, HN_ERROR_NOT_FOUND, "session not found", "ended sessions are explained for 24 h, and not over a restart of their worker");
}

static const char *
password_of (HnSessionsIo *sessions, const char *id)
{
  HnSessionIo *session = hn_sessions_io_find (sessions, id);

  return session != NULL ? hn_session_io_get_facts (session)->request->sunshine_pass : NULL;
}

/* Those that there are; the first one that is not ends the list. */
static void
collect (const char *const *from, gsize count, const char **into)
{
  gsize to = 0;

  for (gsize i = 0; i < count; i++)
    if (from[i] != NULL && *from[i] != '\0')
      into[to++] = from[i];
  into[to] = NULL;
}

static char *
tail_of (HnSessionsIo *sessions, const HnConfig *config, const char *id, guint lines)
{
  const char *const all[] = { password_of (sessions, id),  config->sunshine_password, config->server_admin_token, config->controller_token,
                              config->hydrabody_token,     config->nps_token,         config->library_token };
  const char *secrets[G_N_ELEMENTS (all) + 1];
  g_autofree char *bytes = NULL;
  gboolean is_whole = FALSE;
  gsize length = 0;

  bytes = hn_ended_fs_read_log (config->sessions_data_dir, id, HN_LIMIT_TAIL_BYTES, &length, &is_whole);
  if (bytes == NULL)
    return NULL;
  collect (all, G_N_ELEMENTS (all), secrets);
  return hn_log_tail (bytes, length, is_whole, lines, secrets);
}

void
hn_life_http_log (HnSessionsIo *sessions, const HnConfig *config, HnHttpRequest *request)
{
  const char *id = hn_http_request_get_param (request, 0);
  const char *wanted = hn_http_request_get_query (request, "lines");
  guint64 lines = LINES_DEFAULT;
  g_autofree char *text = NULL;

  if (wanted != NULL && !g_ascii_string_to_unsigned (wanted, 10, 1, HN_LIMIT_TAIL_LINES, &lines, NULL)) {
    refuse (request, HN_ERROR_INVALID, "parameter 'lines' must be 1 to 1000", NULL);
    return;
  }
  text = hn_id_is_valid (id) ? tail_of (sessions, config, id, (guint) lines) : NULL;
  if (text != NULL)
    hn_http_request_reply_text (request, 200, "text/plain; charset=utf-8", text);
  else
    refuse (request, HN_ERROR_NOT_FOUND, "no log of this session", "its process has not begun yet, or it is older than 24 h, or than the last 50 that ended");
}
