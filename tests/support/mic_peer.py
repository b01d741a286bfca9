# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two ends of a microphone: a pion client (tests/support/mic-peer), and a tap where the body listens."""

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "mic-peer")
GO = "/usr/lib/go-1.19/bin/go"
PION = "/usr/share/gocode/src/github.com/pion/webrtc"


def available():
    return os.access(GO, os.X_OK) and os.path.isdir(PION)


def build(folder):
    """The client's path. Debian's Go sources are found by GOPATH, and `…/v3` only by a package that lies in one and has a go.mod."""
    program = os.path.join(folder, "mic-peer")
    newest = max(os.path.getmtime(os.path.join(SOURCE, name)) for name in os.listdir(SOURCE))
    with open(os.path.join(folder, "mic-peer.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(program) and os.path.getmtime(program) >= newest:
            return program
        where = os.path.join(folder, "mic-peer.gopath")
        shutil.rmtree(where, ignore_errors=True)
        shutil.copytree(SOURCE, os.path.join(where, "src/mic-peer"))
        environment = dict(os.environ, GO111MODULE="off", GOPATH=where + ":/usr/share/gocode", CGO_ENABLED="0", GOFLAGS="-p=2",
                           GOCACHE=os.environ.get("GOCACHE") or "/tmp/hydraneck-gocache")
        subprocess.run([GO, "build", "-o", program, "."], cwd=os.path.join(where, "src/mic-peer"), env=environment, check=True)
        os.utime(program)
        return program


class Packet:
    """One RTP packet as it came."""

    def __init__(self, data, at):
        self.data = data
        self.at = at
        self.first, second, self.sequence, self.timestamp, self.ssrc = struct.unpack("!BBHII", data[:12])
        self.payload_type = second & 0x7F
        self.marker = second >> 7


class Tap:
    """Listens where hydravoice would."""

    def __init__(self, address, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((address, port))
        self.socket.settimeout(0.2)
        self._come = threading.Condition()
        self._packets = []
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _listen(self):
        while self._open:
            try:
                data = self.socket.recv(2048)
            except TimeoutError:
                continue
            with self._come:
                self._packets.append(Packet(data, time.time_ns()))
                self._come.notify_all()

    def packets(self):
        with self._come:
            return list(self._packets)

    def forget(self):
        with self._come:
            self._packets = []

    def wait(self, count, timeout=20):
        """Until so many have come; returns all."""
        with self._come:
            if not self._come.wait_for(lambda: len(self._packets) >= count, timeout):
                raise AssertionError("%d packets came within %g s, not %d" % (len(self._packets), timeout, count))
            return list(self._packets)

    def close(self):
        self._open = False
        self._thread.join()
        self.socket.close()


class Peer:
    """A running mic-peer. It ends with us: its stdin closes."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._come = threading.Condition()
        self._lines = []
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _read(self):
        for line in self.process.stdout:
            with self._come:
                self._lines.append(json.loads(line))
                self._come.notify_all()
        with self._come:
            self._ended = True
            self._come.notify_all()

    def wait(self, event, timeout=30, count=1):
        """The first line with this event, or the list of the first `count`."""
        def found():
            return [line for line in self._lines if line["event"] == event]
        with self._come:
            self._come.wait_for(lambda: len(found()) >= count or self._ended, timeout)
            lines = found()
        if len(lines) < count:
            words = self.stop()
            raise AssertionError("%d of %d '%s' within %g s: %s %r" % (len(lines), count, event, timeout, words, self._lines[-3:]))
        return lines[0] if count == 1 else lines

    def events(self):
        """The names of all so far, in order."""
        with self._come:
            return [line["event"] for line in self._lines]

    def kill(self):
        self.process.kill()
        self.stop()

    def stop(self):
        """Lets it end in order; returns what it complained about."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._thread.join(5)
        if self.process.stderr.closed:
            return ""
        words = self.process.stderr.read().decode()
        self.process.stderr.close()
        self.process.stdout.close()
        return words


def need_pion():
    """For the top of a test file: ends it as `skipped` where the client cannot be built."""
    if not available():
        print("skipped: %s or pion's sources are not installed" % GO, file=sys.stderr)
        sys.exit(77)
