/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "net/http-client.h"

/* What the commands that talk to a running controller or worker share: where it is, with which token, and how an answer is shown. They wait for each answer:
 * a command has nothing else to do. No token is ever an argument, where `ps` would show it. */

typedef enum { HN_ASK_TABLE, HN_ASK_JSON, HN_ASK_YAML, HN_ASK_NAME } HnAskOutput;

typedef struct _HnAsk HnAsk;

/**
 * hn_ask_new:
 * @command: the subcommand's name
 * @summary: what `--help` says of it, below its usage
 * @entries: (nullable): its own options, ended by an empty one
 * @argc: arguments after the subcommand
 * @argv: them
 * @ret_rest: (out) (transfer full): what is no option
 * @ret_status: (out): exit status, when %NULL is returned: what is wrong has been said
 *
 * Adds `--server`, `--token-file`, `--config`, `--insecure` and `-o`. Without `--server` and `$HYDRANECK_URL` the configuration says where: a controller's leads
 * to the controller, a worker's to that worker.
 *
 * Returns: (transfer full) (nullable): somebody to ask
 */
HnAsk *hn_ask_new (const char *command, const char *summary, const GOptionEntry *entries, int argc, char **argv, GStrv *ret_rest,
                   int *ret_status);

/**
 * hn_ask_free:
 * @self: (nullable): what to free
 */
void hn_ask_free (HnAsk *self);

/**
 * hn_ask_get_output:
 * @self: somebody to ask
 *
 * Returns: what `-o` says
 */
HnAskOutput hn_ask_get_output (const HnAsk *self);

/**
 * hn_ask_call:
 * @self: somebody to ask
 * @method: `GET`, …
 * @path: with its query
 * @body: (nullable): sent as JSON
 * @error: what went wrong on the way, or what the server answered, its `detail` beside it
 *
 * Returns: (transfer full) (nullable): the answer, below 400
 */
HnHttpReply *hn_ask_call (HnAsk *self, const char *method, const char *path, JsonObject *body, GError **error);

/**
 * hn_ask_object:
 * @self: somebody to ask
 * @method: likewise
 * @path: likewise
 * @body: (nullable): likewise
 * @error: likewise; PROTOCOL when the answer is no JSON object
 *
 * Returns: (transfer full) (nullable): the answer; an empty object for an empty one
 */
JsonObject *hn_ask_object (HnAsk *self, const char *method, const char *path, JsonObject *body, GError **error);

/**
 * hn_ask_error:
 * @status: of an answer, at least 400
 * @body: (array length=length): its body
 * @length: bytes
 *
 * Returns: (transfer full): what the server said, in its own words
 */
GError *hn_ask_error (guint status, const char *body, gsize length);

/**
 * hn_ask_stream:
 * @self: somebody to ask
 * @path: answered line by line
 * @fields: (nullable): as in HnHttpCall
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): the answer, while the thread's default main context runs
 */
HnHttpStream *hn_ask_stream (HnAsk *self, const char *path, const char *const *fields, const HnHttpStreamEvents *events, gpointer user_data);

/**
 * hn_ask_session_id:
 * @self: somebody to ask
 * @text: an id, or the beginning of one as logs and tables show it
 * @error: NOT_FOUND, CONFLICT when several begin so
 *
 * Returns: (transfer full) (nullable): the whole id; @text itself when no running session begins so, for it may have ended
 */
char *hn_ask_session_id (HnAsk *self, const char *text, GError **error);

/**
 * hn_ask_path:
 * @before: beginning of a path
 * @segment: escaped as one segment
 * @after: rest of the path
 *
 * Returns: (transfer full): all three
 */
char *hn_ask_path (const char *before, const char *segment, const char *after);

/**
 * hn_ask_show:
 * @self: somebody to ask
 * @object: an answer
 *
 * Prints it as `-o` says; a table of one thing is YAML.
 */
void hn_ask_show (HnAsk *self, JsonObject *object);

/**
 * hn_ask_fail:
 * @self: (nullable): somebody to ask
 * @error: (transfer full): what went wrong
 *
 * Says it on stderr, with its detail.
 *
 * Returns: the exit status for it
 */
int hn_ask_fail (HnAsk *self, GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnAsk, hn_ask_free)
