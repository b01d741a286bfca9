/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* GStreamer and libnice are not linked: whoever needs no microphone starts without them. */

/**
 * hn_gstreamer_load:
 * @error: LIMIT when something is not installed: the message names what is missing, the detail the apt line that brings it; else INTERNAL
 *
 * Loads the libraries if that has not been done, starts GStreamer and looks for every plugin that a microphone needs. No other function of
 * GStreamer may be called before. Any thread.
 *
 * Returns: whether all is there
 */
gboolean hn_gstreamer_load (GError **error);
