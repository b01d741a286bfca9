#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the product holds on to, and what it does when the machine or a neighbour gives nothing more: descriptors, disk, answers, names.

Memory is judged in a release build only (a sanitizer has its own); HYDRANECK_BOUNDS=long makes the loads longer (scripts/test --full)."""

import os
import resource
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import bounds  # noqa: E402
import child  # noqa: E402
import leaks  # noqa: E402
import measure  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

RELEASE = measure.is_release(flow.build_folder())
LONG = os.environ.get("HYDRANECK_BOUNDS") == "long"
CYCLES = 100 if LONG else 12
SLOW_SECONDS = 12 if LONG else 5
WITHOUT_SECONDS = 10 if LONG else 4
BIG = tempfile.mkdtemp(prefix="hydraneck-big-")


def _figure(text):
    print("figure: " + text, flush=True)


def _health(running):
    """Both roles answer at once."""
    for at in (running.plan.controller, running.plan.worker(1)):
        equal(web.call("GET", "http://%s:%d/api/v1/health" % at, timeout=5).status, 200, "health")


def _prefix(created):
    return created["stream_url"].split("/stream.html")[0]


# ---- nothing stays ----

def creating_and_deleting_leaves_descriptors_threads_and_directories_as_they_were(running):
    _figure(bounds.create_and_delete(running, CYCLES, warm_up=20 if LONG else 8, check_rss=RELEASE and LONG))


def ten_thousand_idle_connections_of_clients_leave_no_descriptor_in_a_controller(running):
    _figure(bounds.idle_connections(running, "controller", running.plan.controller))


def ten_thousand_idle_connections_of_clients_leave_no_descriptor_in_a_worker(running):
    _figure(bounds.idle_connections(running, "worker-1", running.plan.worker(1)))


# ---- a slow peer ----

def one_slow_reader_of_a_50_mbit_tunnel_makes_no_proxy_grow(running):
    _figure(bounds.slow_peers(running, "tunnel", SLOW_SECONDS, RELEASE))


def one_slow_reader_of_a_gigabyte_makes_no_proxy_grow(running):
    _figure(bounds.slow_peers(running, "download", SLOW_SECONDS, RELEASE))


def one_slow_upload_of_a_gigabyte_makes_no_proxy_grow(running):
    _figure(bounds.slow_peers(running, "upload", SLOW_SECONDS, RELEASE))


# ---- no descriptors ----

def _echo(running, created):
    sock = socket.create_connection(running.plan.controller)
    sock.settimeout(20)
    sock.sendall((bounds.ECHO % ("/session/" + created["session_id"])).replace("\n", "\r\n").encode())
    head = b""
    while b"\r\n\r\n" not in head:
        part = sock.recv(4096)
        true(part, "closed in the handshake: %r" % head)
        head += part
    contains(head.decode(), "101", "handshake")
    return sock


def _goes_round(sock):
    text = os.urandom(32)
    sock.sendall(text)
    got = b""
    while len(got) < len(text):
        part = sock.recv(4096)
        true(part, "the tunnel was cut")
        got += part
    equal(got, text, "what came back")


def _answer(sock):
    with sock:
        sock.settimeout(10)
        return sock.recv(4096)[9:12].decode()


def _without_descriptors(running, name, at):
    """`name` cannot open anything for a while; an open tunnel goes on, nobody spins, and all is well as soon as it can again."""
    created = running.create(1)
    process = measure.Process(name, running.children[name].pid)
    tunnel = _echo(running, created)
    soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (process.free_descriptor(), hard))
    waiting = []
    try:
        cpu, end = process.cpu_seconds(), time.monotonic() + WITHOUT_SECONDS
        while time.monotonic() < end:
            _goes_round(tunnel)
            if len(waiting) < 20:
                waiting.append(socket.create_connection(at))
                waiting[-1].sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            time.sleep(0.05)
        spent = process.cpu_seconds() - cpu
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (soft, hard))
    true(spent < WITHOUT_SECONDS / 4, "%s spent %.2f s of CPU in %g s without descriptors" % (name, spent, WITHOUT_SECONDS))
    true({_answer(sock) for sock in waiting} <= {"200", "503"}, "somebody was left waiting, or without a word")
    began = time.monotonic()
    equal(web.call("GET", "http://%s:%d/api/v1/health" % at, timeout=10).status, 200, "health when descriptors are back")
    true(time.monotonic() - began < 2, "health took %.1f s when descriptors were back" % (time.monotonic() - began))
    _goes_round(tunnel)
    tunnel.close()
    equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "delete")
    running.create(2)
    _health(running)


def a_controller_without_descriptors_goes_on_and_heals(running):
    _without_descriptors(running, "controller", running.plan.controller)


def a_worker_without_descriptors_goes_on_and_heals(running):
    _without_descriptors(running, "worker-1", running.plan.worker(1))


# ---- no answer ----

def a_web_server_that_accepts_and_never_answers_holds_up_nobody(running):
    silent, other = running.create(1), running.create(2)
    worker = running.children["worker-1"].pid
    port = _port_of(running, silent)
    stopped = [pid for pid in child.descendants(worker) if _listens(pid, port)]
    true(stopped, "nobody listens on port %d" % port)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(web.call("GET", _prefix(silent) + "/stream.html", timeout=60)))
    try:
        asking.start()
        for _ in range(5):
            began = time.monotonic()
            equal(web.call("GET", _prefix(other) + "/stream.html", timeout=5).status, 200, "the page of the other session")
            _health(running)
            true(time.monotonic() - began < 4, "the others wait")
        running.create(3)
        equal(answers, [], "answers of the silent one")
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    asking.join(30)
    equal([reply.status for reply in answers], [200], "the page after all")


def _listens(pid, port):
    """Whether a process has a listening socket on this port."""
    wanted = set()
    with open("/proc/net/tcp", encoding="ascii") as file:
        for line in list(file)[1:]:
            words = line.split()
            if words[3] == "0A" and int(words[1].split(":")[1], 16) == port:
                wanted.add("socket:[%s]" % words[9])
    try:
        return any(os.readlink("/proc/%d/fd/%s" % (pid, fd)) in wanted for fd in os.listdir("/proc/%d/fd" % pid))
    except OSError:
        return False


def _port_of(running, created):
    """The port is known to the worker's log only: `ready … port=8100`."""
    short = "[session %s] created" % created["session_id"][:8]
    line = next(line for line in running.children["worker-1"].lines() if short in line)
    return int(line.split("port=")[1].split()[0])


# ---- a full disk, and names that nobody knows: each in a mount namespace of its own ----

def _in_namespace(running, number, prepare):
    """Starts worker `number` after shell commands in a mount namespace of its own."""
    path = running.write_config("worker-%d" % number, running.worker_config(number))
    name = "worker-%d" % number
    words = ["/usr/bin/unshare", "-m"] + ([] if os.geteuid() == 0 else ["-r"])
    running.start(name, words + ["/bin/sh", "-ec", prepare + '\nexec "$@"', "sh", running.plan.program("hydraneckwebrtc"), "worker", "--config", path],
                  "serving id=")
    return running.children[name]


def a_full_disk_ends_creates_with_an_error_and_the_rest_goes_on():
    with flow.Started(workers=0, bodies=2, turn=False) as running:
        data = running.path("sessions-1")
        worker = _in_namespace(running, 1, "mkdir -p %s\nmount -t tmpfs -o size=8m,mode=700 tmpfs %s" % (data, data))
        running.wait_workers(1)
        inside = "/proc/%d/root%s" % (worker.pid, data)
        alive = running.create(1)
        with open(inside + "/filler", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        reply = running.create(2, expect=None)
        error_shape(reply, 503, "no space left for the session's data")
        equal([name for name in os.listdir(inside) if len(name) == 32], [alive["session_id"]], "directories")
        equal(web.call("GET", alive["stream_url"]).status, 200, "the page of the living session")
        running.wait(lambda: [s["id"] for s in running.call("GET", "/api/v1/sessions").json()["sessions"] if s["status"] != "error"]
                     == [alive["session_id"]], 10, "only the living session is left")
        equal(web.call("GET", "http://%s:%d/api/v1/health" % running.plan.worker(1)).status, 200, "health")
        os.unlink(inside + "/filler")
        running.create(2)
        equal(running.call("DELETE", "/api/v1/sessions/" + alive["session_id"]).status, 200, "delete")


class _Dns:
    """A name server that hears every question; it answers (one address for all names) once it is told to."""

    def __init__(self, host, address):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 53))
        self.answers = False
        self.asked = threading.Event()
        self._address = socket.inet_aton(address)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        try:
            while True:
                question, peer = self.socket.recvfrom(1500)
                self.asked.set()
                if self.answers:
                    self.socket.sendto(self._answer(question), peer)
        except OSError:
            pass

    def _answer(self, question):
        name_end = question.index(b"\0", 12) + 1
        is_a = struct.unpack(">H", question[name_end:name_end + 2])[0] == 1
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + self._address if is_a else b""
        return question[:2] + b"\x81\x80\0\1" + struct.pack(">H", int(is_a)) + b"\0\0\0\0" + question[12:name_end + 4] + record

    def close(self):
        self.socket.close()


def names_that_nobody_answers_hold_up_nobody_and_heal():
    more = {"controller": {"url": "http://controller.example:8080"}, "nps": {"url": "http://nps.example"}}
    with flow.Started(workers=0, bodies=2, turn=False, extra_worker=more) as running:
        at = running.plan.body_net + "206"
        dns = _Dns(at, running.plan.controller[0])
        resolv = running.path("resolv.conf")
        with open(resolv, "w", encoding="ascii") as file:
            file.write("nameserver %s\noptions timeout:2 attempts:1\n" % at)
        _in_namespace(running, 1, "mount --bind %s /etc/resolv.conf" % resolv)
        true(dns.asked.wait(20), "the worker asked for no name")
        for _ in range(3):
            began = time.monotonic()
            created = running.worker_call(1, "POST", "/api/v1/sessions", {"body_ip": running.plan.body(1)})
            equal(created.status, 201, "create at the worker: %r" % created)
            page = "http://%s:%d%s" % (running.plan.worker(1) + (created.json()["stream_path"],))
            equal(web.call("GET", page, timeout=5).status, 200, "the page")
            equal(running.worker_call(1, "DELETE", "/api/v1/sessions/" + created.json()["session_id"]).status, 200, "delete")
            true(time.monotonic() - began < 20, "the session took %.1f s" % (time.monotonic() - began))
            began = time.monotonic()
            equal(running.worker_call(1, "GET", "/api/v1/health").status, 200, "health")
            true(time.monotonic() - began < 1, "health took %.1f s" % (time.monotonic() - began))
        equal(running.call("GET", "/api/v1/health").json()["extra"]["workers_healthy"], 0, "healthy workers")
        dns.answers = True
        running.wait_workers(1, timeout=30)
        running.create(2)
        dns.close()


# ---- the search for secrets finds each ----

def a_secret_or_a_whole_id_in_a_log_would_be_found():
    leaks.add("sekrit-0815")
    whole = "0123456789abcdef" * 2
    equal(len(leaks.in_text("fine line\nwith sekrit-0815 inside\n", ids=True)), 1, "findings of a secret")
    equal(len(leaks.in_text("session=%s\n" % whole, ids=True)), 1, "findings of an id")
    equal(leaks.in_text("session=%s\n" % whole, ids=False), [], "findings where ids are right")
    equal(leaks.in_text("session=%s sha256=%s\n" % (whole[:8], whole * 2), ids=True), [], "findings in a clean line")


for expected in ("[session ", "[proxy]", "[heartbeat]", "session not created", "[controller]", "[nps]", "[cleanup]", "[worker]", "[pairing]"):
    flow.expect_log(expected)
bounds.raise_own_descriptors()
flow.WATCHDOG_SECONDS = 400
try:
    flow.main(globals(), workers=1, bodies=4, turn=False, sessions_max=4,
              extra_worker={"moonlight": {"path": bounds.big_moonlight(BIG, flow.build_folder())}})
finally:
    shutil.rmtree(BIG, ignore_errors=True)
