#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The test plays systemd: NOTIFY_SOCKET, WATCHDOG_USEC, LISTEN_FDS and the journal's socket, for both roles."""

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402
from lease import Lease  # noqa: E402

PROGRAM = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
TOKEN = "played-token"
_REPORT = {"worker_id": "w-7", "url": "http://127.0.0.1:1", "boot_id": "b", "boot_utc_us": 1, "api_token": "t" * 32, "version": "0",
           "active_sessions": 0, "max_sessions": 1, "sessions": []}
# LISTEN_PID is our own once exec has happened; $1: the role, $2: the configuration, the rest: descriptors that become 3, 4, …
START = 'role=$1 config=$2; shift 2; [ -z "$1" ] || exec 3<&"$1"; [ -z "$2" ] || exec 4<&"$2"; ' \
        '[ "$LISTEN_PID" != mine ] || export LISTEN_PID=$$; exec "$PROGRAM" "$role" --config "$config"'


class _Systemd:
    """One machine: a leased address, sockets that a manager would have, and the programs that it starts."""

    def __init__(self, role="controller", notify_path=None):
        self.role = role
        self.lease = Lease()
        self.folder = tempfile.mkdtemp(prefix="hydraneck-flow-")
        self.at = (self.lease.address(1), 47990)
        os.makedirs(os.path.join(self.folder, "net/wg0"))
        with open(os.path.join(self.folder, "net/wg0/uevent"), "w", encoding="ascii") as file:
            file.write("DEVTYPE=wireguard\n")
        self.config = os.path.join(self.folder, "config.yaml")
        listen = {"listen": "%s:%d" % self.at, "admin_token": TOKEN, "admin_listen": ""}
        words = {"server": listen}
        if role == "worker":
            words.update({"worker": {"id": "played"}, "sessions": {"data_dir": os.path.join(self.folder, "sessions")},
                          "moonlight": {"path": os.path.join(flow.build_folder(), "sim/moonlight-web-stream/web-server")},
                          "sunshine": {"allowed_networks": [self.lease.net + "0/24"]}})
        with open(self.config, "w", encoding="ascii") as file:
            json.dump(words, file)
        self.notify_path = notify_path or os.path.join(self.folder, "notify")
        self.notify = self._datagrams(self.notify_path)
        self.journal = self._datagrams(os.path.join(self.folder, "journal"))
        self.process = None
        self.opened = [self.notify, self.journal]

    @staticmethod
    def _datagrams(path):
        it = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        it.bind("\0" + path[1:] if path.startswith("@") else path)
        it.settimeout(20)
        return it

    def listening(self, at=None):
        it = socket.socket()
        it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        it.bind(at or self.at)
        it.listen(1024)
        self.opened.append(it)
        return it

    def start(self, fds=(), names="", stderr=None, **words):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.folder, "PROGRAM": PROGRAM, "NOTIFY_SOCKET": self.notify_path,
                       "HYDRANECK_WIREGUARD_DIR": os.path.join(self.folder, "net"),
                       **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}, **words}
        if fds:
            environment = {"LISTEN_FDS": str(len(fds)), "LISTEN_FDNAMES": names, "LISTEN_PID": "mine", **environment}
        numbers = [str(one.fileno()) for one in fds]
        self.process = subprocess.Popen(["/bin/bash", "-c", START, "start", self.role, self.config] + numbers,
                                        env=environment, pass_fds=[int(n) for n in numbers], stdout=subprocess.DEVNULL,
                                        stderr=stderr or open(os.path.join(self.folder, "stderr"), "ab"))
        return self.process

    def wait_listening(self, seconds=20):
        end = time.monotonic() + seconds
        while True:
            with socket.socket() as it:
                if it.connect_ex(self.at) == 0:
                    return
            true(time.monotonic() < end and self.process.poll() is None, "nobody listens")
            time.sleep(0.02)

    def hear(self, seconds=20):
        """What it says next, or None."""
        ready, _, _ = select.select([self.notify], [], [], seconds)
        return self.notify.recv(4096).decode() if ready else None

    def hear_until(self, words, seconds=20):
        end = time.monotonic() + seconds
        heard = []
        while time.monotonic() < end:
            heard.append(self.hear(end - time.monotonic()))
            if heard[-1] == words:
                return heard
        raise AssertionError("not said: %r, but %r\n%s" % (words, heard, self.stderr()))

    def stderr(self):
        with open(os.path.join(self.folder, "stderr"), encoding="utf-8") as file:
            return file.read()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.hear_until("STOPPING=1")
        equal(self.process.wait(30), 0, "exit status")

    def call(self, method, path, body=None):
        return web.call(method, "http://%s:%d%s" % (*self.at, path), body, token=TOKEN)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for one in self.opened:
            one.close()
        flow.subprocess_remove(self.folder)
        self.lease.release()


def ready_is_said_when_it_serves_and_stopping_when_it_ends():
    for role in ("controller", "worker"):
        with _Systemd(role) as systemd:
            systemd.start()
            heard = systemd.hear_until("READY=1")
            equal(systemd.call("GET", "/api/v1/health").status, 200, "status right after READY=1")
            true("STOPPING=1" not in heard, "it stops at once: %r" % heard)
            systemd.end()


def a_signal_that_comes_before_it_has_said_where_it_listens_ends_it_in_order():
    """It is stopped where it says so: its log is a pipe that is full."""
    reader, writer = os.pipe()
    os.write(writer, b"." * fcntl.fcntl(writer, 1031, 4096))  # F_SETPIPE_SZ
    with _Systemd() as systemd:
        systemd.start(stderr=writer)
        systemd.wait_listening()
        systemd.process.send_signal(signal.SIGTERM)
        os.close(writer)
        with os.fdopen(reader, "rb") as log:
            said = log.read()
        contains(said.decode(), "listening on", "its log")
        equal(systemd.process.wait(20), 0, "exit status")


def a_reload_is_announced_and_over():
    with _Systemd() as systemd:
        systemd.start()
        systemd.hear_until("READY=1")
        systemd.process.send_signal(signal.SIGHUP)
        true(systemd.hear_until("READY=1")[-2].startswith("RELOADING=1\nMONOTONIC_USEC="), "a reload is not announced")
        systemd.end()


def a_worker_says_how_many_sessions_it_has():
    with _Systemd("worker") as systemd:
        systemd.start()
        contains(systemd.hear_until("READY=1"), "STATUS=0 of 15 sessions", "what was said")
        systemd.end()


def the_notify_socket_may_be_abstract():
    with _Systemd(notify_path="@hydraneck-flow-%d" % os.getpid()) as systemd:
        systemd.start()
        systemd.hear_until("READY=1")
        systemd.end()


def a_notify_socket_that_is_none_ends_it_with_78():
    with _Systemd() as systemd:
        equal(systemd.start(NOTIFY_SOCKET="relative").wait(20), 78, "exit status")
        contains(systemd.stderr(), "NOTIFY_SOCKET='relative' is no path of a socket")
        equal(systemd.start(WATCHDOG_USEC="soon").wait(20), 78, "exit status")
        contains(systemd.stderr(), "WATCHDOG_USEC='soon' is not a number")


def the_watchdog_is_fed_by_the_main_loop_and_starves_when_that_is_stuck():
    """Only the main thread is stuck here: it writes a log line into a pipe that is full. A thread that feeds would go on."""
    period = 0.6
    reader, writer = os.pipe()
    fcntl.fcntl(writer, 1031, 4096)  # F_SETPIPE_SZ
    with _Systemd() as systemd:
        systemd.start(stderr=writer, WATCHDOG_USEC=str(int(period * 1e6)))
        for _ in range(4):
            systemd.hear_until("WATCHDOG=1", period)
        os.set_blocking(writer, False)
        for size in (512, 1):
            try:
                while True:
                    os.write(writer, b"." * size)
            except BlockingIOError:
                pass
        os.set_blocking(writer, True)  # the flag belongs to both of us
        answers = []
        asking = threading.Thread(target=lambda: answers.append(systemd.call("POST", "/api/v1/workers/heartbeat", _REPORT).status))
        asking.start()
        end = time.monotonic() + 20
        while systemd.hear(period) is not None:  # what was fed before it was stuck
            true(time.monotonic() < end, "fed although the loop is stuck")
        equal(answers, [], "answers of a stuck loop")
        drain = threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(reader, 65536), b"")])
        drain.start()
        systemd.hear_until("WATCHDOG=1")
        asking.join(20)
        true(len(answers) == 1, "the loop did not go on")
        systemd.end()
        os.close(writer)
        drain.join(20)
        os.close(reader)


def a_watchdog_of_another_process_is_not_fed():
    with _Systemd() as systemd:
        systemd.start(WATCHDOG_USEC="20000", WATCHDOG_PID="1")
        systemd.hear_until("READY=1")
        systemd.process.send_signal(signal.SIGTERM)
        heard = systemd.hear_until("STOPPING=1")
        true("WATCHDOG=1" not in heard, "fed: %r" % heard)
        equal(systemd.process.wait(20), 0, "exit status")


def a_socket_that_is_handed_over_is_served():
    for role in ("controller", "worker"):
        with _Systemd(role) as systemd:
            other = systemd.listening((systemd.lease.address(2), 0))
            handed = systemd.listening()  # it could not bind this itself
            systemd.start([other, handed], "strange:listen")
            systemd.hear_until("READY=1")
            equal(systemd.call("GET", "/api/v1/health").status, 200, "status")
            contains(systemd.stderr(), "the service manager listens as 'strange' for us, which this configuration does not ask for")
            systemd.end()


def sockets_meant_for_another_process_are_left_alone():
    with _Systemd() as systemd:
        handed = systemd.listening((systemd.lease.address(2), 0))
        systemd.start([handed], "listen", LISTEN_PID="1")
        systemd.hear_until("READY=1")
        equal(systemd.call("GET", "/api/v1/health").status, 200, "status at its own address")
        systemd.end()


def what_is_no_listening_socket_ends_it_with_78():
    with _Systemd() as systemd:
        with socket.socket() as idle:
            equal(systemd.start([idle], "listen").wait(20), 78, "exit status")
        contains(systemd.stderr(), "file descriptor 3 ('listen' in LISTEN_FDNAMES) is no listening socket")


def a_restart_loses_no_connection():
    with _Systemd() as systemd:
        handed = systemd.listening()
        systemd.start([handed], "listen")
        systemd.hear_until("READY=1")
        enough, failures, answers = threading.Event(), [], []

        def ask():
            while not enough.is_set():
                try:
                    reply = systemd.call("GET", "/api/v1/health")
                    answers.append(reply.json()["extra"]["process_id"] if reply.status == 200 else failures.append(reply.status))
                except OSError as problem:
                    failures.append(repr(problem))

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        for _ in range(3):
            first = len(answers)
            while len(answers) < first + 20 and not failures:
                time.sleep(0.005)
            systemd.end()
            systemd.start([handed], "listen")
            systemd.hear_until("READY=1")
        enough.set()
        for asker in askers:
            asker.join(20)
        equal(failures, [], "failures of %d requests" % len(answers))
        equal(len(set(answers)), 4, "processes that answered")
        systemd.end()


def _fields(datagram):
    return dict(line.split("=", 1) for line in datagram.decode().splitlines())


def _with_journal(systemd, right=True):
    """Starts with stderr as the journal's stream, as far as JOURNAL_STREAM tells."""
    stderr = open(os.path.join(systemd.folder, "stderr"), "ab")
    status = os.fstat(stderr.fileno())
    return systemd.start(stderr=stderr, HYDRANECK_JOURNAL_SOCKET=os.path.join(systemd.folder, "journal"),
                         JOURNAL_STREAM="%d:%d" % (status.st_dev, status.st_ino + (not right)))


def the_journal_gets_fields():
    with _Systemd("worker") as systemd:
        _with_journal(systemd)
        systemd.hear_until("READY=1")
        got = [_fields(systemd.journal.recv(65536))]
        while "serving id=" not in got[-1]["MESSAGE"]:
            got.append(_fields(systemd.journal.recv(65536)))
        true(got[-1]["MESSAGE"].startswith("[worker] serving id=played "), "message %r" % got[-1])
        equal({k: v for k, v in got[-1].items() if k != "MESSAGE"},
              {"PRIORITY": "6", "SYSLOG_IDENTIFIER": "hydraneckwebrtc", "WORKER": "played"}, "fields")
        # nobody is at home there: the session's lines say whose they are
        systemd.call("POST", "/api/v1/sessions", {"body_ip": systemd.lease.address(9)})
        while "SESSION" not in got[-1]:
            got.append(_fields(systemd.journal.recv(65536)))
        equal(len(got[-1]["SESSION"]), 8, "characters of SESSION=")
        contains(got[-1]["MESSAGE"], got[-1]["SESSION"])
        systemd.end()
        equal(systemd.stderr(), "", "stderr")


def a_controllers_line_says_which_worker_it_means():
    with _Systemd() as systemd:
        _with_journal(systemd)
        systemd.hear_until("READY=1")
        for boot, status in ((2, 200), (1, 409)):  # the second one is of a worker that was replaced
            equal(systemd.call("POST", "/api/v1/workers/heartbeat", dict(_REPORT, boot_id="boot-%d" % boot, boot_utc_us=boot)).status,
                  status, "status of boot %d's heartbeat" % boot)
        got = [_fields(systemd.journal.recv(65536))]
        while "heartbeat refused" not in got[-1]["MESSAGE"]:
            got.append(_fields(systemd.journal.recv(65536)))
        equal((got[-1]["WORKER"], got[-1]["PRIORITY"]), ("w-7", "4"), "WORKER= and PRIORITY= of %r" % got[-1])
        systemd.end()


def a_line_that_the_journal_does_not_take_goes_to_stderr():
    with _Systemd("worker") as systemd:
        _with_journal(systemd)
        systemd.hear_until("READY=1")
        systemd.journal.close()
        systemd.end()
        contains(systemd.stderr(), "INFO    [worker] stopped")


def a_stderr_that_is_not_the_journal_gets_plain_lines():
    with _Systemd("worker") as systemd:
        _with_journal(systemd, right=False)
        systemd.hear_until("READY=1")
        systemd.end()
        contains(systemd.stderr(), "INFO    [worker] serving id=played")


flow.main(globals())
