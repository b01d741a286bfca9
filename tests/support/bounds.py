# SPDX-License-Identifier: LGPL-2.1-or-later
"""The long loads behind tests/flow/test_bounds.py and scripts/soak: each does its work on a running cluster, checks what must hold, and
returns its figures as one line."""

import concurrent.futures
import os
import re
import resource
import socket
import time

import flow
import measure
from flow import equal, true

GROWTH_KB = 2048  # of one proxy beside one slow peer
RSS_PERCENT = 5  # over a thousand sessions


def products(running):
    """Controller and workers, as measured processes."""
    return [measure.Process(name, process.pid) for name, process in running.children.items()
            if name == "controller" or name.startswith("worker")]


def raise_own_descriptors():
    """As many as this machine allows, for us and for what we start."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def big_moonlight(folder, build):
    """A moonlight-web-stream folder with big_web_server.py in front of the fake; returns the path of its `web-server`."""
    real = os.path.join(build, "sim/moonlight-web-stream")
    for name, target in (("web-server", os.path.join(flow.TOP, "tests/support/big_web_server.py")),
                         ("real-web-server", os.path.join(real, "web-server")),
                         ("streamer", os.path.join(real, "streamer")), ("static", os.path.join(real, "static"))):
        if not os.path.lexists(os.path.join(folder, name)):
            os.symlink(os.path.realpath(target), os.path.join(folder, name))
    return os.path.join(folder, "web-server")


# ---- create and delete ----

def _folders(running):
    return sorted(os.path.join(top, name) for top in os.listdir(running.plan.folder) if top.startswith("sessions-")
                  for name in os.listdir(running.path(top)) if re.fullmatch("[0-9a-f]{32}", name))


def _cycle(running, body):
    created = running.create(body)
    reply = running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    equal(reply.status, 200, "delete")


def _cycles(running, first, count, progress):
    """One loop for each body, so that no two sessions want the same."""
    bodies = running.plan.bodies

    def loop(body):
        for number in range(first + body - 1, first + count, bodies):
            _cycle(running, body)
            progress(number)

    with concurrent.futures.ThreadPoolExecutor(bodies) as pool:
        for done in [pool.submit(loop, body) for body in range(1, bodies + 1)]:
            done.result()


def _held(processes):
    return [(p.fds(), p.threads()) for p in processes]


def _lowest(processes, seconds):
    """The least that they hold while nothing happens: a heartbeat's connection comes and goes every 30 s, pooled ones end within 20 s."""
    seen = []

    def look():
        seen.append(_held(processes))
        return False

    measure.settle(look, seconds)
    return [(min(s[n][0] for s in seen), min(s[n][1] for s in seen)) for n in range(len(processes))]


def _no_sessions(running):
    running.wait(lambda: not running.call("GET", "/api/v1/sessions").json()["sessions"], 30, "no session is left")


def create_and_delete(running, count, warm_up=20, check_rss=True, progress=lambda number: None):
    """Descriptors, threads and directories as before, memory within 5 % (after a warm-up)."""
    processes = products(running)
    _cycles(running, 0, warm_up, lambda number: None)
    _no_sessions(running)
    before, rss_before = _lowest(processes, 35), [p.rss_kb() for p in processes]
    began = time.monotonic()
    _cycles(running, warm_up, count, progress)
    took = time.monotonic() - began
    _no_sessions(running)
    measure.settle(lambda: _held(processes) == before, 70)
    after, rss_after = _held(processes), [p.rss_kb() for p in processes]
    text = "%d create/delete cycles in %.0f s: " % (count, took) + ", ".join(
        "%s fds %d→%d threads %d→%d RSS %d→%d KB (%+.1f %%)" % (p.name, was[0], now[0], was[1], now[1], old, new, 100 * (new - old) / old)
        for p, was, now, old, new in zip(processes, before, after, rss_before, rss_after))
    equal(_folders(running), [], "directories of sessions")
    equal(after, before, "descriptors and threads: " + text)
    for old, new in zip(rss_before, rss_after):
        true(not check_rss or new <= old * (1 + RSS_PERCENT / 100), text)
    return text


# ---- idle connections ----

def idle_connections(running, name, address, count=10000):
    """Keep-alive connections that ask once, idle, and are closed by the client."""
    process = measure.Process(name, running.children[name].pid)
    before, own = process.fds(), len(os.listdir("/proc/self/fd"))
    sockets = []
    try:
        for number in range(count):
            sock = socket.socket()
            sockets.append(sock)
            sock.settimeout(30)
            # not all from one address: there are not ports enough for several runs
            sock.bind((running.plan.body_net + str(210 + number % 20), 0))
            sock.connect(address)
            sock.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n")
            true(sock.recv(65536).startswith(b"HTTP/1.1 200"), "no answer to connection %d" % number)
        opened = process.fds()
    finally:
        for sock in sockets:
            sock.close()
    true(opened >= count, "only %d descriptors at the peak" % opened)
    true(measure.settle(lambda: process.fds() <= before, 60), "%d descriptors are left of %d" % (process.fds() - before, opened))
    equal(len(os.listdir("/proc/self/fd")), own, "descriptors of the client")
    return "%d idle connections: %s fds %d, %d at the peak, %d after" % (count, name, before, opened, process.fds())


# ---- slow peers ----

def _connect(running, created, request):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    sock.settimeout(30)
    sock.connect(running.plan.controller)
    prefix = "/session/" + created["session_id"]
    sock.sendall((request % prefix).replace("\n", "\r\n").encode())
    return sock


TUNNEL = "GET %s/api/host/stream?flood=50 HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n" \
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n"
ECHO = TUNNEL.replace("flood=50", "echo")
DOWNLOAD = "GET %s/big.bin HTTP/1.1\nHost: a\n\n"
UPLOAD = "POST %%s/api/host/stream/sink HTTP/1.1\nHost: a\nContent-Length: %d\n\n" % (1 << 30)


def _read_slowly(sock, seconds, bytes_per_second=131072):
    end = time.monotonic() + seconds
    got = 0
    while time.monotonic() < end:
        part = sock.recv(bytes_per_second // 8)
        true(part, "cut after %d bytes" % got)
        got += len(part)
        time.sleep(0.125)
    return got


def _read_fast(sock, count):
    while count > 0:
        part = sock.recv(min(count, 262144))
        true(part, "cut")
        count -= len(part)


def _send_all_it_takes(sock, seconds):
    block = bytes(262144)
    end = time.monotonic() + seconds
    sent = 0
    sock.setblocking(False)
    while time.monotonic() < end:
        try:
            sent += sock.send(block)
        except BlockingIOError:
            time.sleep(0.02)
    return sent


def _slow(running, created, request, work):
    processes = products(running)
    with measure.Growth(processes) as growth:
        with _connect(running, created, request) as sock:
            moved = work(sock)
    return growth, processes, moved


def slow_peers(running, kind, seconds, check=True):
    """`kind`: tunnel, download or upload. A run at full speed comes first, so that what each needs once is not counted."""
    created = running.create(1)
    request = {"tunnel": TUNNEL, "download": DOWNLOAD, "upload": UPLOAD}[kind]
    warm = {"tunnel": lambda sock: _read_fast(sock, 8 << 20), "download": lambda sock: _read_fast(sock, 64 << 20),
            "upload": lambda sock: _send_all_it_takes(sock, 2)}[kind]
    slow = {"tunnel": lambda sock: _read_slowly(sock, seconds), "download": lambda sock: _read_slowly(sock, seconds),
            "upload": lambda sock: _send_all_it_takes(sock, seconds)}[kind]
    _slow(running, created, request, warm)
    growth, processes, moved = _slow(running, created, request, slow)
    text = "slow %s, %.1f MB in %g s: %s" % (kind, moved / 1e6, seconds, growth.text())
    for process in processes:
        true(not check or growth.kb(process) < GROWTH_KB, text)
    return text
