/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a video-like feed is cut: frames at 60 a second, every 60th four times as long as the others. Pure. */
#pragma once

#include <glib.h>

#define SIM_FEED_PERIOD_US 16667

/**
 * sim_feed_bytes:
 * @kbit: thousand bits a second, on average
 * @number: which frame it is, from 0
 *
 * Returns: how long that frame is
 */
gsize sim_feed_bytes (guint kbit, guint64 number);
