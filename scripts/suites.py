# SPDX-License-Identifier: LGPL-2.1-or-later
"""The suites of a build folder, run beside each other: like `meson test`, which lets a suite that needs the machine's attention run only alone.

A flow suite waits three quarters of its time, one with a browser half of it. So on 2 cores two with a browser run beside two without; the long ones begin first.
A suite with a browser that meson calls not parallel hears and measures: no other browser runs beside it."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time

FAR = 1e9
TERM_SECONDS = 10
TAIL_LINES = 100


class Suite:
    """One program of tests, as meson knows it."""

    def __init__(self, told):
        self.name = told["name"]
        self.argv = told["cmd"]
        self.environment = told["env"]
        self.timeout = told["timeout"]
        self.priority = told["priority"]
        self.browser = any(each.endswith(":browser") for each in told["suite"])
        self.alone = self.browser and not told["is_parallel"]
        self.process = self.pidfd = None

    def start(self, folder, environment):
        logs = os.path.join(folder, "meson-logs", "suites")
        os.makedirs(logs, exist_ok=True)
        self.paths = [os.path.join(logs, self.name + ending) for ending in (".out", ".err")]
        with open(self.paths[0], "wb") as out, open(self.paths[1], "wb") as err:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder, start_new_session=True,
                                            env={**environment, **self.environment})
        self.pidfd = os.pidfd_open(self.process.pid)
        self.began = time.monotonic()
        self.deadline = self.began + self.timeout
        self.late = False

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def hurry(self, now):
        """Beyond its time: asked to end, then made to."""
        self.signal(signal.SIGKILL if self.late else signal.SIGTERM)
        self.deadline = FAR if self.late else now + TERM_SECONDS
        self.late = True

    def end(self):
        status = self.process.wait()
        os.close(self.pidfd)
        seconds = time.monotonic() - self.began
        texts = []
        for path in self.paths:
            with open(path, encoding="utf-8", errors="replace") as file:
                texts.append(file.read())
        kind = "TIMEOUT" if self.late else {0: "OK", 77: "SKIP", 99: "ERROR"}.get(status, "FAIL")
        return {"name": self.name, "result": kind, "seconds": seconds, "stdout": texts[0], "stderr": texts[1]}


def of_folder(folder, names=None):
    """All suites, those first that take long; or those with these names."""
    told = subprocess.run(["meson", "introspect", "--tests", folder], stdout=subprocess.PIPE, check=True, env=dict(os.environ, PATH="/usr/sbin:/usr/bin:/sbin:/bin")).stdout
    suites = sorted((Suite(each) for each in json.loads(told)), key=lambda suite: -suite.priority)
    return [suite for suite in suites if names is None or suite.name in names]


def fits(suite, running, cores):
    """Whether it may begin beside those."""
    browsers = [each for each in running if each.browser]
    if suite.browser:
        return len(browsers) < cores and not any(each.alone for each in browsers) and not (suite.alone and browsers)
    return len(running) - len(browsers) < cores + (not browsers)


def tell(result, done, count, since):
    print("[%4ds] %3d/%d %-28s %-7s %6.1f s" % (time.monotonic() - since, done, count, result["name"], result["result"], result["seconds"]), flush=True)
    if result["result"] not in ("OK", "SKIP"):
        lines = (result["stdout"] + result["stderr"]).splitlines()
        print("".join("    %s\n" % line for line in lines[-TAIL_LINES:]), end="", flush=True)


@contextlib.contextmanager
def told_to_end():
    """A descriptor that can be read once somebody wants us to end: a signal never comes between a start and its being known."""
    read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.set_wakeup_fd(write)
    try:
        yield read
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(read)
        os.close(write)


def end_all(running):
    for suite in running:
        suite.signal(signal.SIGTERM)
    for suite in running:
        try:
            suite.process.wait(TERM_SECONDS)
        except subprocess.TimeoutExpired:
            suite.signal(signal.SIGKILL)


def run(folder, environment, names=None, one_by_one=False):
    """Runs them; what each came to, in the order of their ends: name, result (OK, FAIL, SKIP, TIMEOUT, ERROR), seconds, stdout, stderr."""
    waiting = of_folder(folder, names)
    count, since, cores = len(waiting), time.monotonic(), os.cpu_count() or 1
    running, results = [], []
    with told_to_end() as told:
        try:
            while waiting or running:
                for suite in list(waiting):
                    if not running if one_by_one else fits(suite, running, cores):
                        suite.start(folder, environment)
                        running.append(suite)
                        waiting.remove(suite)
                until = min(suite.deadline for suite in running)
                ready = select.select([told] + [suite.pidfd for suite in running], [], [], max(0, min(until - time.monotonic(), 3600)))[0]
                if told in ready:
                    sys.exit(128 + os.read(told, 1)[0])
                for suite in [each for each in running if each.pidfd in ready]:
                    running.remove(suite)
                    results.append(suite.end())
                    tell(results[-1], len(results), count, since)
                for suite in running:
                    if time.monotonic() >= suite.deadline:
                        suite.hurry(time.monotonic())
        finally:
            end_all(running)
    return results
