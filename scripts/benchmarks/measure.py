# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes that end with us, their CPU time and memory, and numbers as text."""

import contextlib
import datetime
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time

PIPE = subprocess.PIPE
STARTED = time.monotonic()
DEADLINE_SECONDS = 200


def say(text):
    print("[%4d s] %s" % (time.monotonic() - STARTED, text), file=sys.stderr, flush=True)


def machine():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())
    return "%s, %d cores, Linux %s, %s." % (model, os.cpu_count(), platform.release().split("-")[0], datetime.date.today().isoformat())


def cores():
    """(for the proxy, for load and upstream)"""
    all_cores = sorted(os.sched_getaffinity(0))
    return all_cores[-1], all_cores[0]


def _family(pid):
    found = [pid]
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, task), encoding="ascii") as file:
            for child in file.read().split():
                found += _family(int(child))
    return found


def cpu_seconds(pid):
    """utime + stime of a process, its threads and its children; from schedstat where the kernel has it (stat counts in steps of 10 ms)."""
    total = 0.0
    for one in _family(pid):
        for task in os.listdir("/proc/%d/task" % one):
            try:
                with open("/proc/%d/task/%s/schedstat" % (one, task), encoding="ascii") as file:
                    total += int(file.read().split()[0]) / 1e9
            except FileNotFoundError:
                with open("/proc/%d/task/%s/stat" % (one, task), encoding="ascii") as file:
                    total += sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
    return total


def rss_kb(pid):
    total = 0
    for one in _family(pid):
        with open("/proc/%d/status" % one, encoding="ascii") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return total


@contextlib.contextmanager
def process(argv, core, ready=True, env=None, stdin=None):
    """Runs a program pinned to a core until the block ends. The program prints `ready` when it is; with None its output is the caller's."""
    child = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.DEVNULL if ready is False else subprocess.PIPE, env=env, text=True,
                             preexec_fn=lambda: os.sched_setaffinity(0, {core}), start_new_session=True)
    try:
        if ready and child.stdout.readline().strip() != "ready":
            raise SystemExit("error: %s did not start" % os.path.basename(argv[0]))
        yield child
    finally:
        if stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it has ended, and said why
                child.stdin.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(3)
                break


def load(argv, core):
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, timeout=DEADLINE_SECONDS, check=False,
                          preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    if done.returncode != 0:
        raise RuntimeError("%s ended with status %d" % (" ".join(argv[3:]), done.returncode))
    return json.loads(done.stdout)


def cell(values, digits=1):
    """Median and spread of some values."""
    if not values:
        return "–"
    middle = statistics.median(values)
    if middle < 0:  # a difference of two figures, smaller than their noise
        return "lost in noise"
    return "%.*f ± %.*f" % (digits, middle, digits, (max(values) - min(values)) / 2) if len(values) > 1 else "%.*f" % (digits, middle)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
