#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The supervisor alone: it says how its program ended, and nothing of the program outlives it or its owner."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
from flow import equal, true  # noqa: E402

PROGRAM = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
# a shell that starts a grandchild in a session of its own and says both pids
FAMILY = "setsid sleep 1000 & echo $! $$; exec sleep 1000"
STUBBORN = "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $! $$; while :; do sleep 1; done"


class _Supervised:
    def __init__(self, argv, stop_ms=500):
        self.owner, theirs = socket.socketpair()
        self.process = subprocess.Popen([PROGRAM, "supervise", str(theirs.fileno()), str(stop_ms), *argv], pass_fds=[theirs.fileno()],
                                        stdout=subprocess.PIPE, env={"PATH": "/usr/bin:/bin", **{
                                            k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}})
        theirs.close()
        self.owner.settimeout(20)

    def said(self):
        """All it says until it ends."""
        text = b""
        while True:
            part = self.owner.recv(4096)
            if not part:
                return text.decode().split("\n")[:-1]
            text += part

    def pids(self):
        return [int(word) for word in self.process.stdout.readline().split()]

    def close(self):
        self.owner.close()
        status = self.process.wait(20)
        self.process.stdout.close()
        return status


def _gone(pids, seconds):
    end = time.monotonic() + seconds
    while any(child.is_alive(pid) for pid in pids):
        true(time.monotonic() < end, "alive after %g s: %r" % (seconds, [p for p in pids if child.is_alive(p)]))
        time.sleep(0.01)


def the_end_of_the_program_is_told():
    for script, told in (("exit 0", "exited 0"), ("exit 7", "exited 7"), ("kill -9 $$", "signaled 9")):
        it = _Supervised(["/bin/sh", "-c", script])
        words = it.said()
        true(words[0].startswith("pid "), "first words are %r" % words)
        equal(words[1:], [told], "last words")
        equal(it.close(), 0, "exit status")


def a_program_that_cannot_start_is_told_by_errno():
    it = _Supervised(["/nonexistent/web-server"])
    equal(it.said(), ["failed 2"], "words")
    it.close()


def a_stop_reaches_the_whole_family_even_what_left_the_group():
    it = _Supervised(["/bin/sh", "-c", FAMILY])
    pids = it.pids()
    it.owner.sendall(b"T")
    equal(it.said()[1:], ["signaled 15"], "last words")
    _gone(pids, 3)
    it.close()


def what_ignores_sigterm_is_killed_after_the_stop_time():
    it = _Supervised(["/bin/sh", "-c", STUBBORN], stop_ms=300)
    pids = it.pids()
    it.owner.sendall(b"T")
    began = time.monotonic()
    equal(it.said()[1:], ["signaled 9"], "last words")
    true(0.25 < time.monotonic() - began < 3, "it took %.2f s" % (time.monotonic() - began))
    _gone(pids, 3)
    it.close()


def a_kill_is_at_once():
    it = _Supervised(["/bin/sh", "-c", STUBBORN], stop_ms=60000)
    pids = it.pids()
    it.owner.sendall(b"K")
    equal(it.said()[1:], ["signaled 9"], "last words")
    _gone(pids, 3)
    it.close()


def an_owner_that_vanishes_ends_the_family_within_its_time():
    it = _Supervised(["/bin/sh", "-c", STUBBORN], stop_ms=60000)
    pids = it.pids()
    it.owner.close()
    _gone(pids + [it.process.pid], 8)
    it.process.wait(5)
    it.process.stdout.close()


def what_the_program_leaves_behind_ends_with_it():
    it = _Supervised(["/bin/sh", "-c", "setsid sleep 1000 & echo $!; exit 3"])
    pids = it.pids()
    equal(it.said()[1:], ["exited 3"], "last words")
    _gone(pids, 3)
    it.close()


# each daemon in a session of its own, so that it is adopted only when the one before it has died
CHAIN = """
import os, time
def daemon(left):
    if os.fork() == 0:
        os.setsid()
        os.write(1, b"%d " % os.getpid())
        if left:
            daemon(left - 1)
        time.sleep(1000)
daemon(4)
time.sleep(0.5)
os.write(1, b"\\n")
os._exit(7)
"""


def a_chain_of_daemons_ends_with_the_program():
    it = _Supervised(["/usr/bin/python3", "-c", CHAIN])
    pids = it.pids()
    equal(len(pids), 5, "daemons")
    began = time.monotonic()
    equal(it.said()[1:], ["exited 7"], "last words")
    true(time.monotonic() - began < 2, "it took %.1f s" % (time.monotonic() - began))
    _gone(pids, 1)
    it.close()


def a_log_without_end_is_started_anew():
    with tempfile.TemporaryDirectory() as folder, open(folder + "/log", "ab") as log:  # opened to append, as a worker does
        owner, theirs = socket.socketpair()
        process = subprocess.Popen([PROGRAM, "supervise", str(theirs.fileno()), "500", "/bin/sh", "-c",
                                    "head -c 40000000 /dev/zero; sleep 1000"], pass_fds=[theirs.fileno()], stdout=log)
        theirs.close()
        end = time.monotonic() + 20
        text = b""
        while b"started anew" not in text:
            true(time.monotonic() < end, "the log has %d bytes" % os.path.getsize(log.name))
            time.sleep(0.01)
            with open(log.name, "rb") as file:
                text = file.read(1000)
        true(os.path.getsize(log.name) < 40000000, "the log is not shorter")
        owner.close()
        process.wait(20)


def a_killed_supervisor_takes_its_program_with_it():
    it = _Supervised(["/bin/sleep", "1000"])
    pid = int(it.owner.recv(100).split()[1])
    it.process.send_signal(signal.SIGKILL)
    _gone([pid], 3)
    it.close()


def wrong_arguments_exit_64():
    result = subprocess.run([PROGRAM, "supervise"], check=False, timeout=20)
    equal(result.returncode, 64, "exit status")


flow.main(globals())
