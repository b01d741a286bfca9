/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

/**
 * SimNvError:
 * @SIM_NV_ERROR_CONNECT: the host cannot be reached
 * @SIM_NV_ERROR_REFUSED: the host said no; the text is its own
 * @SIM_NV_ERROR_UNAUTHENTICATED: the host does not know our certificate, or we have none
 * @SIM_NV_ERROR_PROTOCOL: what came is not what GameStream says
 * @SIM_NV_ERROR_PAIRING: pairing failed; the text says why
 */
typedef enum {
  SIM_NV_ERROR_CONNECT,
  SIM_NV_ERROR_REFUSED,
  SIM_NV_ERROR_UNAUTHENTICATED,
  SIM_NV_ERROR_PROTOCOL,
  SIM_NV_ERROR_PAIRING,
} SimNvError;

#define SIM_NV_ERROR (sim_nv_error_quark ())
GQuark sim_nv_error_quark (void);

/**
 * SimNvApp:
 *
 * One program that a host can start.
 */
typedef struct {
  guint32 id;
  char *title;
  gboolean hdr;
} SimNvApp;

/**
 * SimNvAnswer:
 * @fields: child elements of the root by name
 * @apps: (element-type SimNvApp): the `App` children
 *
 * A parsed XML answer. Pure; one thread at a time.
 */
typedef struct {
  GHashTable *fields;
  GPtrArray *apps;
} SimNvAnswer;

/**
 * SimServerInfo:
 *
 * What `/serverinfo` says. @mac is %NULL when the host shows only zeroes.
 */
typedef struct {
  char *hostname;
  char *version;
  char *gfe_version;
  char *unique_id;
  char *mac;
  char *local_ip;
  guint16 https_port;
  guint16 external_port;
  guint32 max_luma_pixels_hevc;
  guint32 codec_modes;
  guint32 current_game;
  gboolean paired;
  gboolean busy;
} SimServerInfo;

/**
 * sim_nv_query:
 * @path: with the leading slash
 * @unique_id: goes into the text as it is
 * @rest: (nullable): further parameters, without a leading `&`
 *
 * Returns: (transfer full): the request target with a random uuid
 */
char *sim_nv_query (const char *path, const char *unique_id, const char *rest);

/**
 * sim_nv_answer_new:
 * @text: the body
 * @length_bytes: its length
 * @error: #SIM_NV_ERROR; also when the root's status is not 2xx
 *
 * Returns: (transfer full) (nullable): the answer
 */
SimNvAnswer *sim_nv_answer_new (const char *text, gsize length_bytes, GError **error);

/** sim_nv_answer_free: (nullable) @self: released */
void sim_nv_answer_free (SimNvAnswer *self);

/**
 * sim_server_info_new:
 * @answer: of `/serverinfo`
 * @error: #SIM_NV_ERROR_PROTOCOL naming the field that is missing or wrong
 *
 * Returns: (transfer full) (nullable): its meaning
 */
SimServerInfo *sim_server_info_new (const SimNvAnswer *answer, GError **error);

/** sim_server_info_free: (nullable) @self: released */
void sim_server_info_free (SimServerInfo *self);

/**
 * sim_nv_launch_query:
 * @app_id: the program
 * @settings: body of the browser's `StartStream`
 * @rikey: 16 random bytes
 * @rikeyid: key id
 *
 * Returns: (transfer full): the parameters of `/launch` and `/resume`
 */
char *sim_nv_launch_query (guint32 app_id, JsonObject *settings, const guint8 *rikey, gint32 rikeyid);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimNvAnswer, sim_nv_answer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimServerInfo, sim_server_info_free)
