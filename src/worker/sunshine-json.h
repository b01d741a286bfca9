/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Sunshine's API on port 47990: what we say and what it answers, over all its versions. Pure. */

/**
 * hn_sunshine_json_pin:
 * @pin: four digits
 * @name: how Sunshine will list this client
 *
 * Returns: (transfer full): body of POST /api/pin
 */
char *hn_sunshine_json_pin (const char *pin, const char *name);

/**
 * hn_sunshine_json_parse_status:
 * @text: (array length=length): an answer `{"status":…}`
 * @length: bytes
 * @ret_status: (out): its status: a boolean, or as up to v2025.122 a text
 *
 * Returns: whether it has one
 */
gboolean hn_sunshine_json_parse_status (const char *text, gsize length, gboolean *ret_status);

/**
 * hn_sunshine_json_find_app:
 * @text: (array length=length): answer of GET /api/apps
 * @length: bytes
 * @name: application
 * @ret_index: (out): its position, or -1: a new one
 * @ret_command: (out) (transfer full): its command, or %NULL
 *
 * Returns: whether the answer is a list of applications
 */
gboolean hn_sunshine_json_find_app (const char *text, gsize length, const char *name, int *ret_index, char **ret_command);

/**
 * hn_sunshine_json_app:
 * @name: application
 * @command: what it starts
 * @index: position to replace, or -1 to append
 *
 * Returns: (transfer full): body of POST /api/apps
 */
char *hn_sunshine_json_app (const char *name, const char *command, int index);

/**
 * hn_sunshine_json_find_client:
 * @text: (array length=length): answer of GET /api/clients/list
 * @length: bytes
 * @name: the client's name
 *
 * Returns: (transfer full) (nullable): its uuid
 */
char *hn_sunshine_json_find_client (const char *text, gsize length, const char *name);

/**
 * hn_sunshine_json_unpair:
 * @uuid: a client
 *
 * Returns: (transfer full): body of POST /api/clients/unpair
 */
char *hn_sunshine_json_unpair (const char *uuid);

/**
 * hn_sunshine_json_app_name:
 * @experience: (nullable): its name
 * @exe_path: a Windows path
 *
 * Returns: (transfer full): how the application is called: the experience, or the file's name without its ending
 */
char *hn_sunshine_json_app_name (const char *experience, const char *exe_path);
