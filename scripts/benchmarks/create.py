# SPDX-License-Identifier: LGPL-2.1-or-later
"""Creates: what the controller manages with 1,000 fake workers, and how long one with real pairing takes.

The controller is pinned to one core; fake workers and load share the other. A create there is everything that it costs the controller: the
caller's request, the choice, the call to the worker, its answer, and the worker's heartbeats on each change.

A create with real pairing is timed by the caller. `Ours` is the part of it in which nobody else is what it waits for: the wall time minus the
time in which a request of the worker to web-server, Sunshine or hydrabody was not answered yet (in the pairing: until web-server's own request
waits for the PIN at Sunshine, and from when the PIN was taken), and minus the time in which web-server, just started, still refused connections. It is read from the packets on the loopback interface (needs CAP_NET_RAW), not from what we say of ourselves:
our polling and our deliberate waits count as ours."""

import contextlib
import json
import os
import socket
import struct
import sys
import tempfile
import threading
import time

import measure

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cluster"))

import cluster  # noqa: E402
import web  # noqa: E402

HELP = "creates per second with 1,000 fake workers, and one with real pairing"
CONTROLLER = "127.31.90.1"
WORKERS, SLOTS = 1000, 10
TOKEN = "bench-token"
RATE = 1000
TCP, FIN, SYN, RST = 6, 1, 2, 4
PACKET_OUTGOING, ETH_P_IP, SO_TIMESTAMPNS = 4, 0x0800, 35
BODY_PORTS = (47990, 47991)  # the worker asks here; 47984 and 47989 are web-server's


# ---- many creates ----

def _sim(options, words):
    return [os.path.join(options.build, "sim/hydraneck-sim")] + words + ["--controller", "http://%s:8080" % CONTROLLER, "--token", TOKEN]


@contextlib.contextmanager
def _swarm(options, folder, cores):
    """The controller and its fake workers; all of them registered."""
    config = os.path.join(folder, "controller.yaml")
    with open(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        json.dump({"mode": "controller", "server": {"listen": CONTROLLER + ":8080", "admin_token": TOKEN, "admin_listen": ""}}, file)
    binary = os.path.join(options.build, "src/cli/hydraneckwebrtc")
    with measure.process([binary, "controller", "--config", config, "--log-level", "warning"], cores[0], ready=False) as controller:
        _wait(lambda: _healthy() is not None, "the controller answers")
        with measure.process(_sim(options, ["workers", "--count", str(WORKERS), "--slots", str(SLOTS), "--address", "127.31.92.0/22"]),
                             cores[1]):
            _wait(lambda: _healthy() == WORKERS, "%d workers are healthy" % WORKERS)
            yield controller


def _healthy():
    try:
        return web.call("GET", "http://%s:8080/api/v1/health" % CONTROLLER).json()["extra"]["workers_healthy"]
    except OSError:
        return None


def _wait(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("error: not within %d s: %s" % (seconds, what))
        time.sleep(0.05)


def _one_load(options, controller, cores, words):
    before = measure.cpu_seconds(controller.pid)
    said = measure.load(_sim(options, ["creates"] + words), cores[1])
    _wait(lambda: _active() == 0, "no load is left")
    return said, (measure.cpu_seconds(controller.pid) - before) / said["asked"] * 1e6


def _active():
    return web.call("GET", "http://%s:8080/api/v1/health" % CONTROLLER).json()["extra"]["active_sessions"]


def _many(options, rounds, count):
    cores = measure.cores()
    seen = {name: [] for name in ("per_second", "p50", "p99", "rate_p50", "rate_p99", "cpu")}
    with tempfile.TemporaryDirectory() as folder, _swarm(options, folder, cores) as controller:
        measure.load(_sim(options, ["creates", "--count", "500", "--at-once", "16"]), cores[1])
        for number in range(rounds):
            measure.say("create: round %d of %d, 16 at once" % (number + 1, rounds))
            said, cpu = _one_load(options, controller, cores, ["--count", str(count), "--at-once", "16"])
            seen["per_second"].append(said["create"]["per_second"])
            seen["p50"].append(said["create"]["us"]["p50"] / 1e3)
            seen["p99"].append(said["create"]["us"]["p99"] / 1e3)
            seen["cpu"].append(cpu)
            measure.say("create: round %d of %d, %d a second" % (number + 1, rounds, RATE))
            said, _ = _one_load(options, controller, cores, ["--count", str(count), "--rate", str(RATE)])
            seen["rate_p50"].append(said["create"]["us"]["p50"] / 1e3)
            seen["rate_p99"].append(said["create"]["us"]["p99"] / 1e3)
        rss = measure.rss_kb(controller.pid) / 1024
    return [
        ["creates per second, 16 at once", measure.cell(seen["per_second"], 0), _verdict(seen["per_second"], 1000, at_least=True)],
        ["p50 of these, ms", measure.cell(seen["p50"]), ""],
        ["p99 of these, ms", measure.cell(seen["p99"]), _verdict(seen["p99"], 20)],
        ["p50 at %d a second, ms" % RATE, measure.cell(seen["rate_p50"]), ""],
        ["p99 at %d a second, ms" % RATE, measure.cell(seen["rate_p99"]), _verdict(seen["rate_p99"], 20)],
        ["controller's CPU for a create, its delete and their heartbeats, µs", measure.cell(seen["cpu"], 0), ""],
        ["controller's memory at the end, MB", "%.0f" % rss, ""],
    ]


def _verdict(values, target, at_least=False):
    middle = sorted(values)[len(values) // 2]
    sign = "≥" if at_least else "≤"
    met = middle >= target if at_least else middle <= target
    gap = abs(middle / target - 1) * 100
    return "%s %g: %s" % (sign, target, "met" if met else "missed by %.0f %%" % gap)


# ---- one with real pairing ----

class Tap:
    """Every TCP packet of the loopback interface while it is open, with the kernel's time."""

    def __init__(self):
        self.packets = []  # (time, source, destination, flags, payload bytes)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("lo", ETH_P_IP))
        self.socket.settimeout(0.2)
        self.open = True
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while self.open:
            try:
                data, more, _, address = self.socket.recvmsg(200, 64)
            except socket.timeout:
                continue
            if address[2] == PACKET_OUTGOING or len(data) < 40 or data[9] != TCP:
                continue
            at = next((struct.unpack("qq", text[:16]) for _, kind, text in more if kind == SO_TIMESTAMPNS), (0, 0))
            header = (data[0] & 15) * 4
            length = struct.unpack("!H", data[2:4])[0]
            ports = struct.unpack("!HH", data[header:header + 4])
            body = length - header - (data[header + 12] >> 4) * 4
            text = data[length - body:] if body else b""
            self.packets.append((at[0] + at[1] / 1e9, (socket.inet_ntoa(data[12:16]), ports[0]), (socket.inet_ntoa(data[16:20]), ports[1]),
                                 data[header + 13], body, text[:80]))

    def close(self):
        self.open = False
        self.thread.join()
        self.socket.close()


def waits(packets, worker, body):
    """Times in which something was asked of a fake and not answered, as [begin, end]. `worker` and `body` are addresses."""
    found, asked, starting = [], {}, {}
    pairing = None
    for at, source, target, flags, length, text in packets:
        if pairing and target == (body, 47989) and text.startswith(b"GET /pair?"):
            pairing.setdefault("pending", at)
        outgoing = _is_fake(target, worker, body)
        if not outgoing and not _is_fake(source, worker, body):
            continue
        key = (source, target) if outgoing else (target, source)
        if pairing and key == pairing["key"]:
            if not outgoing and length:
                pairing["last"] = at
            if flags & (FIN | RST):
                pairing["closed"] = True
        elif outgoing and length and text.startswith(b"POST /session/") and b"/api/pair HTTP" in text:
            pairing = {"key": key, "asked": at}
        elif flags & SYN:
            if outgoing:
                starting.setdefault(target, at)
            else:
                starting.pop(source, None)
        elif not outgoing and flags & RST and source in starting:
            found.append([starting[source], at])  # it does not listen yet
        elif outgoing and length:
            asked[key] = at
        elif not outgoing and length and key in asked:
            found.append([asked.pop(key), at])
            if pairing and "pending" in pairing and "closed" not in pairing and source == (body, 47990):
                pairing["taken"] = at
    # a PIN can be posted when web-server's own request waits for it at Sunshine; once it is taken the rest is theirs
    if pairing and "pending" in pairing and "taken" in pairing:
        found += [[pairing["asked"], pairing["pending"]], [pairing["taken"], pairing["last"]]]
    return found


def _is_fake(at, worker, body):
    """Whether the worker asks things there: Sunshine's API, hydrabody, web-server."""
    return (at[0] == body and at[1] in BODY_PORTS) or (at[0] == worker and 8000 <= at[1] < 9000)


def covered(intervals, begin, end):
    """How much of begin … end the intervals cover together."""
    total, reached = 0.0, begin
    for start, stop in sorted(intervals):
        start, stop = max(start, reached), min(stop, end)
        if stop > start:
            total += stop - start
            reached = stop
    return total


class _Net:
    """What cluster.Plan wants of a lease."""

    net, index = "127.31.91.", 0

    def address(self, host):
        return self.net + str(host)


def _pairing(options, rounds, count):
    walls, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        plan = cluster.Plan(options.build, folder, bodies=1, workers=1, lease=_Net(), turn=False)
        running = cluster.Cluster(plan)
        try:
            running.start_all()
            for number in range(rounds):
                measure.say("create: round %d of %d, real pairing" % (number + 1, rounds))
                taken = [_one_pairing(running) for _ in range(count)]
                walls.append(sorted(wall for wall, _ in taken)[count // 2])
                ours.append(sorted(part for _, part in taken)[count // 2] if taken[0][1] is not None else None)
        finally:
            running.stop()
    rows = [["create with real pairing, s", measure.cell(walls, 3), _verdict(walls, 1)]]
    if None in ours:
        rows.append(["of which ours, s", "–", "needs CAP_NET_RAW"])
    else:
        rows.append(["of which ours, s", measure.cell(ours, 3), _verdict(ours, 0.2)])
    return rows


def _one_pairing(running):
    try:
        tap = Tap()
    except PermissionError:
        tap = None
    began = time.time()
    created = running.create(1)
    ended = time.time()
    wall = ended - began
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    if tap is None:
        return wall, None
    tap.close()
    body = running.plan.body(1)
    worker = running.plan.worker(1)[0]
    return wall, wall - covered(waits(tap.packets, worker, body), began, ended)


def run(options):
    rounds, scale = (1, 0.1) if options.quick else (3, 1)
    parts = options.part.split(",") if options.part else ["many", "pairing"]
    rows = []
    if "many" in parts:
        rows += _many(options, rounds, int(5000 * scale))
    if "pairing" in parts:
        rows += _pairing(options, rounds, max(1, int(5 * scale)))
    head = "%d fake workers × %d slots, each create on a body of its own; real pairing on one body, median of each round." % (WORKERS, SLOTS)
    return head + "\n\n" + measure.table(["what", "hydraneckwebrtc", "target"], rows)
