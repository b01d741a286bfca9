# SPDX-License-Identifier: LGPL-2.1-or-later
"""One /24 of 127.0.0.0/8 for each test, held by a lock that the kernel drops with the process: tests run side by side."""

import fcntl
import os

FIRST, LAST = 40, 250


class Lease:
    """`net` is the prefix, e.g. `127.77.40.`; `index` is small and unique among living leases (for port ranges)."""

    def __init__(self, folder="/tmp/hydraneck-leases"):
        os.makedirs(folder, mode=0o777, exist_ok=True)
        for index, number in enumerate(range(FIRST, LAST)):
            fd = os.open(os.path.join(folder, str(number)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(fd)
                continue
            self._fd = fd
            self.index = index
            self.net = "127.77.%d." % number
            return
        raise RuntimeError("no loopback network is free: %s is full of held locks" % folder)

    def address(self, host):
        return self.net + str(host)

    def release(self):
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
