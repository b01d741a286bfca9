/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/calls-http.h"

/* Calls to hydrabody on a body. */

typedef struct {
  const char *body_ip;
  guint16 port;
  const char *token; /* (nullable) */
} HnHydrabodyPlace;

/**
 * hn_hydrabody_http_launch:
 * @calls: bundle
 * @place: which hydrabody; copied
 * @body: JSON, see hn_hydrabody_json_launch()
 * @done: the answer
 * @user_data: for @done
 */
void hn_hydrabody_http_launch (HnCallsHttp *calls, const HnHydrabodyPlace *place, const char *body, HnCallDone done,
                               gpointer user_data);

/**
 * hn_hydrabody_http_stop:
 * @calls: bundle
 * @place: which hydrabody; copied
 * @body: JSON, see hn_hydrabody_json_stop()
 * @done: the answer
 * @user_data: for @done
 */
void hn_hydrabody_http_stop (HnCallsHttp *calls, const HnHydrabodyPlace *place, const char *body, HnCallDone done,
                             gpointer user_data);
