# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes that we start, and that never outlive us: own session, SIGTERM when we die, TERM then KILL when we stop them."""

import ctypes
import os
import re
import signal
import subprocess
import threading
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _before_exec(terminal):
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if terminal is not None:
        os.close(os.open(terminal, os.O_RDWR))  # the first one that a session's leader opens is its terminal


class ChildError(Exception):
    """A process did not come up; the text says which, and the end of what it printed."""


class Child:
    """One process. Its output goes to `log`; lines of stdout may be waited for. `terminal` is its controlling one, if any."""

    def __init__(self, name, argv, log, env=None, cwd=None, wait_for=None, timeout=20, terminal=None):
        self.name = name
        self.log = log
        self._lines = threading.Condition()
        self._seen = []
        self._asked = False
        self._out = open(log, "ab", buffering=0)
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=env, cwd=cwd, start_new_session=True, preexec_fn=lambda: _before_exec(terminal))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if wait_for is not None:
            try:
                self.wait_line(wait_for, timeout)
            except BaseException:
                self.stop()
                raise

    @property
    def pid(self):
        return self.process.pid

    def _read(self):
        for line in self.process.stdout:
            self._out.write(line)
            with self._lines:
                self._seen.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._lines.notify_all()
        with self._lines:
            self._seen.append(None)
            self._lines.notify_all()

    def tail(self, count=8):
        with self._lines:
            return "\n".join(line for line in self._seen if line is not None).splitlines()[-count:]

    def lines(self):
        """Everything it has printed so far."""
        with self._lines:
            return [line for line in self._seen if line is not None]

    def wait_line(self, pattern, timeout=20):
        """Returns the first line in which `pattern` (a regular expression) is found; raises when the process ends or time runs out before."""
        end = time.monotonic() + timeout
        at = 0
        with self._lines:
            while True:
                while at < len(self._seen):
                    line = self._seen[at]
                    at += 1
                    if line is None:
                        raise ChildError("%s ended before it was up:\n  %s" % (
                            self.name, "\n  ".join(x for x in self._seen[-8:] if x)))
                    if re.search(pattern, line):
                        return line
                left = end - time.monotonic()
                if left <= 0:
                    raise ChildError("%s said nothing of '%s' within %g s:\n  %s" % (
                        self.name, pattern, timeout, "\n  ".join(x for x in self._seen[-8:] if x)))
                self._lines.wait(left)

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.alive():
            self.process.send_signal(number)

    def wait(self, timeout=15):
        return self.process.wait(timeout)

    def ask_to_stop(self):
        """SIGTERM, once: a second one means `at once` to our programs."""
        if self.alive() and not self._asked:
            self._asked = True
            self.process.terminate()

    def stop(self, timeout=20):
        """Orderly, then not. Returns the exit status."""
        if self.alive():
            self.ask_to_stop()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)
        self._out.close()
        return self.process.returncode


def stop_all(children, timeout=20):
    """Stops them all at once: one slow child does not add to another's time. Returns {name: exit status}."""
    for child in children:
        child.ask_to_stop()
    end = time.monotonic() + timeout
    result = {}
    for child in children:
        result[child.name] = child.stop(max(0.1, end - time.monotonic()))
    return result


def descendants(pid):
    """Living processes below `pid`, deepest last."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry, encoding="utf-8", errors="replace") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] not in "ZX":
                parents.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        for child in parents.get(todo.pop(0), []):
            found.append(child)
            todo.append(child)
    return found


def is_alive(pid):
    """Whether a process runs (a zombie does not)."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def until(condition, timeout, what):
    """Polls what has no event of its own, and returns what it answers once that is true."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise ChildError("not within %g s: %s" % (timeout, what))
        time.sleep(0.02)
