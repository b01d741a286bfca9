/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Time. Deadlines are monotonic microseconds (`now_us`), what leaves the process or came from outside is UTC microseconds
 * (`utc_us`). Only this file and the timers of net/ read a clock; everybody else is given the time. */

#define HN_NEVER ((gint64) -1)

/**
 * hn_clock_now_us:
 *
 * Returns: monotonic time in microseconds
 */
gint64 hn_clock_now_us (void);

/**
 * hn_clock_utc_us:
 *
 * Returns: microseconds since the epoch, UTC
 */
gint64 hn_clock_utc_us (void);

/**
 * hn_seconds:
 * @seconds: seconds
 *
 * Returns: @seconds in microseconds, 64-bit (%G_USEC_PER_SEC is an int and overflows at 36 minutes)
 */
gint64 hn_seconds (double seconds);

/**
 * hn_clock_earliest:
 * @a: a deadline or %HN_NEVER
 * @b: a deadline or %HN_NEVER
 *
 * Returns: the earlier of both
 */
gint64 hn_clock_earliest (gint64 a, gint64 b);

/**
 * hn_clock_rfc3339:
 * @utc_us: time since the epoch
 *
 * Returns: (transfer full): `2026-11-21T09:00:00Z`, as events and records carry it
 */
char *hn_clock_rfc3339 (gint64 utc_us);

#define HN_CLOCK_ISO8601_SIZE 33

/**
 * hn_clock_iso8601:
 * @utc_us: time since the epoch, of the years 1970 to 9999
 * @ret_text: (out caller-allocates): `2026-11-21T09:00:00.000001+00:00`, as Python's isoformat() writes it
 */
void hn_clock_iso8601 (gint64 utc_us, char ret_text[HN_CLOCK_ISO8601_SIZE]);

/**
 * hn_clock_span:
 * @us: a span of microseconds; negative counts as 0
 *
 * Returns: (transfer full): whole seconds in the runbook's form: `5s`, `2m3s`, `1h2m3s`
 */
char *hn_clock_span (gint64 us);
