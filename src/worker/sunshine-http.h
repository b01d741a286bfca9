/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/calls-http.h"

/* Calls to Sunshine's API on a body. */

typedef struct {
  const char *body_ip;
  const char *user;
  const char *password;
} HnSunshinePlace;

/* @error: (nullable): %NULL when it worked; borrowed. */
typedef void (*HnSunshineDone) (const GError *error, gpointer user_data);

/**
 * hn_sunshine_http_pin:
 * @calls: bundle
 * @place: which Sunshine; copied
 * @pin: four digits
 * @name: how the client is listed
 * @done: the raw answer
 * @user_data: for @done
 */
void hn_sunshine_http_pin (HnCallsHttp *calls, const HnSunshinePlace *place, const char *pin, const char *name, HnCallDone done,
                           gpointer user_data);

/**
 * hn_sunshine_http_clients:
 * @calls: bundle
 * @place: which Sunshine; copied
 * @done: the raw answer
 * @user_data: for @done
 *
 * Asks for the list of clients; also tells whether the credentials are good.
 */
void hn_sunshine_http_clients (HnCallsHttp *calls, const HnSunshinePlace *place, HnCallDone done, gpointer user_data);

/**
 * hn_sunshine_http_ensure_app:
 * @calls: bundle
 * @place: which Sunshine; copied
 * @name: application
 * @command: what it starts
 * @done: called once, from the loop
 * @user_data: for @done
 *
 * Registers the application unless it is there with that command; an equal name with another command is replaced.
 */
void hn_sunshine_http_ensure_app (HnCallsHttp *calls, const HnSunshinePlace *place, const char *name, const char *command,
                                  HnSunshineDone done, gpointer user_data);

/**
 * hn_sunshine_http_unpair:
 * @calls: bundle
 * @place: which Sunshine; copied
 * @name: the client's name, as given with the PIN
 * @done: called once, from the loop
 * @user_data: for @done
 *
 * Takes the client from Sunshine's list; one that is not there is fine.
 */
void hn_sunshine_http_unpair (HnCallsHttp *calls, const HnSunshinePlace *place, const char *name, HnSunshineDone done,
                              gpointer user_data);
