/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * hn_wireguard_fs_detect:
 * @directory: usually /sys/class/net
 *
 * Returns: whether a WireGuard interface is there (as `ip link show type wireguard` lists)
 */
gboolean hn_wireguard_fs_detect (const char *directory);
