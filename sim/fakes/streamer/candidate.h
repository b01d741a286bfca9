/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * sim_candidate_is_wanted:
 * @candidate: the browser's `candidate:…`
 *
 * Names (`.local` and any other) would be resolved by the ICE agent, so that a stranger could have us look them up; TCP is never
 * used.
 *
 * Returns: whether it is UDP with an IP literal
 */
gboolean sim_candidate_is_wanted (const char *candidate);

/**
 * sim_candidate_map:
 * @candidate: one of our own `candidate:…`
 * @nat_ips: (nullable): the external addresses of `nat_1to1`
 * @nat_is_host: they replace host addresses; otherwise each gives a further srflx candidate
 *
 * Returns: (transfer full): what is told to the browser instead, at least one candidate
 */
char **sim_candidate_map (const char *candidate, const char *const *nat_ips, gboolean nat_is_host);

/**
 * sim_sdp_mid:
 * @sdp: a description
 * @mline: index of an m-line
 *
 * Returns: (transfer full): the `a=mid` of that m-line, or its index as text
 */
char *sim_sdp_mid (const char *sdp, int mline);
