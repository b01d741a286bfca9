# SPDX-License-Identifier: LGPL-2.1-or-later
"""For tests of what goes wrong: a web-server whose faults can be switched, its stream socket, and what must not be left behind."""

import os
import re
import shutil
import tempfile

import child
import web

START = {"StartStream": {
    "bitrate": 10000, "packet_size": 2048, "fps": 60, "width": 1280, "height": 720, "play_audio_local": False, "video_supported_formats": 1,
    "video_colorspace": "Rec709", "video_color_range_full": False, "hdr": False}}


def _write(path, words):
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(words + "\n")
    os.rename(path + ".new", path)


class Moonlight:
    """A moonlight-web-stream folder of our own, so that its faults are nobody else's. Give `path` to workers as moonlight.path."""

    def __init__(self, build):
        self.folder = tempfile.mkdtemp(prefix="hydraneck-moonlight-")
        for name in ("web-server", "streamer", "static"):
            os.symlink(os.path.realpath(os.path.join(build, "sim/moonlight-web-stream", name)), os.path.join(self.folder, name))
        self.path = os.path.join(self.folder, "web-server")

    def fault(self, words=""):
        """For all sessions; `hydraneck-sim faults` lists the words."""
        _write(self.path + ".fault", words)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def session_folder(running, created):
    return running.path("sessions-%s/%s" % (created["worker_id"].rsplit("-", 1)[1], created["session_id"]))


def session_fault(running, created, words=""):
    """For one session, from now on."""
    _write(os.path.join(session_folder(running, created), "web-server.fault"), words)


def base_of(created):
    return created["stream_url"].split("/stream.html")[0]


class Stream:
    """A stream socket as the page opens it. `ended` is None, 'drop' (no Close), 'close 1005' (Close without a code) or 'close N'."""

    def __init__(self, created, first=None):
        self.host, self.app = (int(number) for number in re.search(r"hostId=(\d+)&appId=(\d+)", created["stream_url"]).groups())
        self.ended = None
        self.messages = []
        self.socket = web.WebSocket(base_of(created) + "/api/host/stream")
        if self.socket.status == 101:
            self.socket.send(first or {"Init": {"host_id": self.host, "app_id": self.app, "video_frame_queue_size": 3,
                                                "audio_sample_queue_size": 20}})

    def until(self, text, timeout=20):
        """Reads until a message contains `text`; returns it, or None when the socket ends before."""
        while self.ended is None:
            message = self._next(timeout)
            if message is not None and text in message:
                return message
        return None

    def launch(self):
        """Waits for the streamer, then asks for the stream: the host launches. There is no media without a browser."""
        if self.until('"Setup"'):
            self.socket.send({"SetTransport": "WebRTC"})
            self.socket.send(START)

    def end(self, timeout=20):
        """Reads to the end; returns how it ended."""
        self.until("\0", timeout)
        return self.ended

    def text(self):
        return "\n".join(self.messages)

    def _next(self, timeout):
        self.socket.sock.settimeout(timeout)
        try:
            kind, data = self._frame()
        except (EOFError, ConnectionResetError, BrokenPipeError):
            self.ended = "drop"
            return None
        if kind == 8:
            self.ended = "close %d" % (int.from_bytes(data[:2], "big") if len(data) >= 2 else 1005)
            self.close()
            return None
        if kind != 1:
            return None
        self.messages.append(data.decode())
        return self.messages[-1]

    def _frame(self):
        need = self.socket._need
        first, second = need(2)
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(need(2 if length == 126 else 8), "big")
        return first & 0x0F, need(length)

    def close(self):
        self.socket.close()


def workers(running):
    return [process for name, process in running.children.items() if name.startswith("worker")]


def nothing_is_left(running, timeout=15):
    """No living session, no process, no directory, no slot."""
    running.wait(lambda: not [s for s in running.call("GET", "/api/v1/sessions").json()["sessions"]
                              if s["status"] not in ("error", "stopped")], timeout, "no living session")
    running.wait(lambda: not any(child.descendants(worker.pid) for worker in workers(running)), timeout, "no process is left")

    def folders():
        paths = [running.path("sessions-%d" % number) for number in range(1, running.plan.workers + 1)]
        return [name for path in paths if os.path.exists(path) for name in os.listdir(path) if re.fullmatch("[0-9a-f]{32}", name)]
    running.wait(lambda: not folders(), timeout, "no session directory is left")
    running.wait(lambda: running.call("GET", "/api/v1/health").json()["extra"]["active_sessions"] == 0, timeout, "no slot is taken")


def log_of(running):
    """What all workers have said."""
    return "\n".join(line for worker in workers(running) for line in worker.lines())


def state_of(running, created):
    return running.call("GET", "/api/v1/sessions/" + created["session_id"]).json()


def body_state(running, number):
    return next(body for body in running.state()["bodies"] if body["address"] == running.plan.body(number))


def named(pids, name):
    """Those of the processes that run a program of this name ('supervise' is our own executable's)."""
    found = []
    for pid in pids:
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if os.path.basename(words[0]) == name.encode() or (name == "supervise" and b"supervise" in words[:2]):
            found.append(pid)
    return found
