# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a process holds: descriptors, threads, memory; and whether a build's memory may be measured at all."""

import json
import os
import threading
import time


class Process:
    """Figures of one living process."""

    def __init__(self, name, pid):
        self.name = name
        self.pid = pid

    def fds(self):
        return len(os.listdir("/proc/%d/fd" % self.pid))

    def _status(self, key):
        with open("/proc/%d/status" % self.pid, encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(key + ":"))

    def threads(self):
        return self._status("Threads")

    def rss_kb(self):
        return self._status("VmRSS")

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.pid, encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def free_descriptor(self):
        """The lowest number that is not in use."""
        used = {int(name) for name in os.listdir("/proc/%d/fd" % self.pid)}
        return next(number for number in range(len(used) + 1) if number not in used)


class Growth:
    """Samples the memory of processes while something runs: `with Growth (…) as growth: …`, then growth.kb (process)."""

    def __init__(self, processes, every=0.1):
        self._processes = processes
        self._every = every
        self._peak = {}
        self._before = {}
        self._over = threading.Event()

    def _sample(self):
        for process in self._processes:
            self._peak[process.name] = max(self._peak.get(process.name, 0), process.rss_kb())

    def _run(self):
        while not self._over.wait(self._every):
            self._sample()

    def __enter__(self):
        self._before = {process.name: process.rss_kb() for process in self._processes}
        self._sample()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._sample()

    def kb(self, process):
        return self._peak[process.name] - self._before[process.name]

    def text(self):
        return ", ".join("%s %+d KB (from %d)" % (p.name, self.kb(p), self._before[p.name]) for p in self._processes)


def _options(build):
    with open(os.path.join(build, "meson-info/intro-buildoptions.json"), encoding="utf-8") as file:
        return {option["name"]: option["value"] for option in json.load(file)}


def is_sanitized(build):
    return _options(build)["b_sanitize"] != "none"


def is_release(build):
    """Whether the figures of a build are those of what users run: no sanitizer, optimised as a release."""
    return not is_sanitized(build) and _options(build)["buildtype"] == "release"


def settle(condition, seconds):
    """Whether a condition comes true in time; looks ten times a second."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
