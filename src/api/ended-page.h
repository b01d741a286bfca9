/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/route.h"

/* What a person sees who opens a session that is over, or never was: the front doors of controller and worker show the same. Pure. */

/**
 * hn_ended_page_refuse:
 * @route: an initialised route
 * @head: the request
 * @return_url: (nullable): where a new stream is to be had; left out unless it is http or https
 *
 * Refuses with 404 `session not found`; a browser that navigates gets a page, anybody else the error shape.
 */
void hn_ended_page_refuse (HnRoute *route, const HnHttpHead *head, const char *return_url);
