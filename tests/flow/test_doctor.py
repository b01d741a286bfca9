#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`hydraneckwebrtc doctor`: each finding is made to appear on a simulated node, and each has its mend."""

import http.server
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import cluster  # noqa: E402
from flow import contains, equal, true  # noqa: E402


def _doctor(running, *words, change=None, text=None, expect=None, before=None, role="worker", **environment):
    """What the doctor says of worker 1's configuration, changed by `change`."""
    config = running.worker_config(1)
    cluster.merge(config, change or {})
    path = running.write_config("patient", config)
    if text is not None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    done = subprocess.run([running.plan.program("hydraneckwebrtc"), "doctor", "--config", path, "--role", role, *words], capture_output=True, text=True,
                          timeout=60, check=False, env=dict(running.env(), **environment), preexec_fn=before)
    equal(done.stderr, "", "stderr")
    for secret in (running.plan.token, running.plan.turn_password, running.plan.turn_secret):
        true(secret not in done.stdout, "a secret is printed")
    if expect is not None:
        equal(done.returncode, expect, "exit status of\n%s" % done.stdout)
    return done.stdout


def _has(said, level, *parts):
    """A line of this level with all these parts."""
    for line in said.splitlines():
        if line.startswith(level + " ") and all(part in line for part in parts):
            if level != "ok":
                contains(line, "  -->  ", "a finding")
            return
    raise AssertionError("no '%s' line with %r:\n%s" % (level, parts, said))


def a_node_in_order_is_told_so(running):
    created = running.create(1)
    pid = running.children["worker-1"].pid
    said = _doctor(running, "--body", running.plan.body(2), expect=0)
    _has(said, "ok", "config", "patient.yaml is right for a worker")
    _has(said, "ok", "ports", "of server.listen is held by hydraneckwebrtc (pid %d), which answers" % pid)
    _has(said, "ok", "ports", "sessions.port_range_start: 8100-8102 are free or our sessions'")
    _has(said, "ok", "ports", "sessions.udp_port_start: ")
    _has(said, "ok", "wireguard")
    for part in ("web-server is executable", "streamer is executable", "static is there"):
        _has(said, "ok", "moonlight", part)
    _has(said, "ok", "mic", "GStreamer has all that a microphone needs")
    _has(said, "ok", "data_dir", "is ours")
    _has(said, "ok", "controller", "answers and accepts controller.token")
    _has(said, "ok", "clock", "the controller's clock differs by 0 s")
    turn = "turn:%s:%d" % running.plan.turn_at
    _has(said, "ok", "turn", turn + " gave a relay at ")
    _has(said, "ok", "turn", turn + "?transport=tcp gave a relay at ")
    for number in (1, 2):
        _has(said, "ok", "body %s answers on port 47990" % running.plan.body(number))
    contains(said.splitlines()[-1], " 0 FAIL")
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    equal(len(running.call("GET", "/api/v1/workers").json()["workers"]), 1, "workers: the doctor registers nobody")


def a_controller_has_its_own_findings(running):
    path = running.path("controller.yaml")
    done = subprocess.run([running.plan.program("hydraneckwebrtc"), "doctor", "--config", path], capture_output=True, text=True, timeout=60, check=False,
                          env=running.env())
    equal(done.returncode, 0, done.stdout)
    _has(done.stdout, "ok", "controller.yaml is right for a controller")
    _has(done.stdout, "ok", "of server.listen is held by hydraneckwebrtc (pid %d), which answers" % running.children["controller"].pid)
    _has(done.stdout, "ok", "of server.admin_listen is held by hydraneckwebrt")
    true("moonlight" not in done.stdout, "a controller needs no moonlight")


def findings_come_as_json_too(running):
    found = json.loads(_doctor(running, "--json", change={"moonlight": {"path": "/none"}}, expect=1))
    equal(sum(f["level"] == "fail" for f in found["findings"]), found["fail"], "count")
    one = next(f for f in found["findings"] if f["level"] == "fail")
    equal((one["check"], one["what"]), ("moonlight", "/none is not an executable file"), "finding")
    contains(one["mend"], "moonlight.path")
    true(all(("mend" in f) == (f["level"] != "ok") for f in found["findings"]), "each finding that is not ok has a mend")


def wrong_words_exit_64(running):
    for words in (["--body", "body-1"], ["--role", "boss"], ["file.yaml"]):
        done = subprocess.run([running.plan.program("hydraneckwebrtc"), "doctor", *words], capture_output=True, text=True, timeout=20, check=False)
        equal(done.returncode, 64, "exit status of %r" % words)
        contains(done.stderr, "hydraneckwebrtc doctor: ")


def a_wrong_configuration_is_found(running):
    said = _doctor(running, text="sessions: {max: 0}\n", expect=1)
    _has(said, "FAIL", "config", "patient.yaml:1:17: 'sessions.max' must be a whole number", "hydraneckwebrtc config --sample")


def a_stranger_on_our_port_is_named(running):
    with socket.create_server(((running.plan.worker_net + "210"), 0)) as stranger:
        port = stranger.getsockname()[1]
        said = _doctor(running, change={"server": {"listen": "%s:%d" % stranger.getsockname()}}, expect=1)
        _has(said, "FAIL", "ports", "port %d of server.listen is held by %s (pid %d)" % (port, _own_name(), os.getpid()), "systemctl status %d" % os.getpid(), "change server.listen")
    said = _doctor(running, change={"server": {"listen": "192.0.2.1:8080"}}, expect=1)
    _has(said, "FAIL", "ports", "server.listen", "ip address show")


def _own_name():
    with open("/proc/self/comm", encoding="ascii") as file:
        return file.read().strip()


def strangers_in_the_sessions_ranges_are_named(running):
    with socket.create_server(((running.plan.worker_net + "210"), 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(((running.plan.worker_net + "210"), 0))
        first, media = tcp.getsockname()[1], udp.getsockname()[1]
        said = _doctor(running, change={"sessions": {"port_range_start": first, "udp_port_start": media}})
        name = "%d by %s (pid %d)" % (first, _own_name(), os.getpid())
        true(any(name in line and "ss -ltnp" in line and "move sessions.port_range_start" in line for line in said.splitlines()), said)
        name = "%d by %s (pid %d)" % (media, _own_name(), os.getpid())
        true(any(name in line and "ss -lunp" in line and "move sessions.udp_port_start" in line for line in said.splitlines()), said)


def _kernel(running, **files):
    folder = running.path("proc")
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in {"sys/net/ipv4/ip_local_port_range": "32768\t60999\n", "sys/net/ipv4/ip_local_reserved_ports": "\n", "sys/net/core/somaxconn": "4096\n",
                       "meminfo": "MemTotal: 9999999 kB\nMemAvailable: 8000000 kB\n", **files}.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    return folder


def ports_that_are_not_reserved_are_found(running):
    ours = {"sessions": {"udp_port_start": 40000, "port_range_start": 8080}}
    said = _doctor(running, change=ours, HYDRANECK_PROC_DIR=_kernel(running))
    _has(said, "warn", "ports", "a passing connection may get 40 of the media ports of sessions, 40000-40039",
         "sysctl -w net.ipv4.ip_local_reserved_ports=8080-8082,40000-40039")
    _has(said, "ok", "ports", "no passing connection gets the HTTP ports of sessions, 8080-8082")
    reserved = {"sys/net/ipv4/ip_local_reserved_ports": "3478,8080-8082,40000-40039\n"}
    said = _doctor(running, change=ours, HYDRANECK_PROC_DIR=_kernel(running, **reserved))
    _has(said, "ok", "ports", "no passing connection gets the media ports of sessions")


def limits_that_are_too_low_are_found(running):
    said = _doctor(running, HYDRANECK_PROC_DIR=_kernel(running, **{"sys/net/core/somaxconn": "128\n", "meminfo": "MemAvailable: 100000 kB\n"}))
    _has(said, "warn", "limits", "128 connections may wait to be accepted", "sysctl -w net.core.somaxconn=4096")
    _has(said, "warn", "limits", "97 MB of memory available, 200 MB wanted", "lower sessions.max")
    for count, level in ((2000, "warn"), (200, "FAIL")):
        said = _doctor(running, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count)))
        _has(said, level, "limits", "%d open files allowed" % count, "LimitNOFILE=65536")


def no_wireguard_is_found(running):
    os.makedirs(running.path("no-wireguard"), exist_ok=True)
    said = _doctor(running, HYDRANECK_WIREGUARD_DIR=running.path("no-wireguard"))
    _has(said, "warn", "wireguard", "no WireGuard interface detected", "systemctl enable --now wg-quick@wg0")


def a_turn_server_is_asked_for_a_relay(running):
    without = {"secret": None, "userdb": None, "cli": None, "cli_password": None}

    def ice(url, credential):
        return {"ice_servers": [{"urls": [url], "username": "hydraturn", "credential": credential}], "turn": without}

    at = "turn:%s:%d" % running.plan.turn_at
    said = _doctor(running, change=ice(at, "wrong-password"), expect=1)
    _has(said, "FAIL", "turn", at, "/etc/turnserver.conf")
    true("wrong-password" not in said, "a secret is printed")
    said = _doctor(running, change={"turn": {"secret": "not-the-secret", "userdb": None}}, expect=1)
    _has(said, "FAIL", "turn", at, "compare turn.secret with static-auth-secret=")
    said = _doctor(running, change={"turn": {"userdb": "/nowhere/turn.db"}}, expect=1)
    _has(said, "FAIL", "turn", "/nowhere/turn.db", "ls -l /nowhere/turn.db")
    said = _doctor(running, change=ice("turn:%s:1?transport=tcp" % running.plan.turn_at[0], "x"), expect=1)
    _has(said, "FAIL", "turn", ":1", "systemctl status coturn")
    said = _doctor(running, change={"ice_servers": [], "turn": without}, expect=0)
    _has(said, "warn", "turn", "media is not relayed", "apt install coturn")


def moonlight_that_is_not_whole_is_found(running):
    folder = running.path("moonlight")
    os.makedirs(folder, exist_ok=True)
    shutil.copy("/bin/true", folder + "/web-server")
    said = _doctor(running, change={"moonlight": {"path": folder + "/web-server"}}, expect=1)
    _has(said, "ok", "moonlight", folder + "/web-server is executable")
    _has(said, "FAIL", "moonlight", folder + "/streamer is not an executable file", "chmod +x")
    _has(said, "FAIL", "moonlight", folder + "/static is not there", "its pages are in static/")
    os.chmod(folder + "/web-server", 0o644)
    said = _doctor(running, change={"moonlight": {"path": folder + "/web-server"}}, expect=1)
    _has(said, "FAIL", "moonlight", folder + "/web-server is not an executable file", "chmod +x")


def a_controller_that_does_not_know_us_is_found(running):
    said = _doctor(running, change={"controller": {"token": "no-such-token"}}, expect=1)
    _has(said, "FAIL", "controller", "does not accept controller.token", "worker-token")
    said = _doctor(running, change={"controller": {"url": "http://%s:1" % (running.plan.worker_net + "210")}}, expect=1)
    _has(said, "FAIL", "controller", "is not reached", "curl -v http://")
    token = subprocess.run([running.plan.program("hydraneckwebrtc"), "worker-token", "--config", running.path("controller.yaml"), "worker-1"], check=True,
                           capture_output=True, text=True).stdout.strip()
    said = _doctor(running, change={"controller": {"token": token}}, expect=0)
    _has(said, "ok", "controller", "accepts this worker's token")


class _Yesterday(http.server.BaseHTTPRequestHandler):
    """A controller whose clock is wrong, and that knows no workers."""

    def date_time_string(self, timestamp=None):
        return "Thu, 01 Jan 2015 00:00:00 GMT"

    def do_GET(self):
        self.send_response(404 if self.server.lost else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def a_clock_that_differs_is_found(running):
    with http.server.ThreadingHTTPServer(((running.plan.worker_net + "211"), 0), _Yesterday) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = "http://%s:%d" % server.server_address
        server.lost = False
        _has(_doctor(running, change={"controller": {"url": url}}), "warn", "clock", "the controller's clock differs by ", "timedatectl set-ntp true")
        server.lost = True
        _has(_doctor(running, change={"controller": {"url": url}}, expect=1), "FAIL", "controller", "answers with status 404: it is no controller", "curl -v")
        server.shutdown()


def a_body_that_is_not_there_is_found(running):
    said = _doctor(running, "--body", (running.plan.worker_net + "212"), expect=1)
    _has(said, "FAIL", "body", "body %s unreachable on port 47990" % (running.plan.worker_net + "212"), "wg show; ping -c 2 -W 3 ")


def a_data_directory_that_is_not_ours_alone_is_found(running):
    path = running.path("open-data")
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o777)
    said = _doctor(running, change={"sessions": {"data_dir": path}}, expect=1)
    _has(said, "FAIL", "data_dir", "may be written to by others", "install -d -m 700 " + path)
    said = _doctor(running, change={"sessions": {"data_dir": "/dev/null"}}, expect=1)
    _has(said, "FAIL", "data_dir", "is no directory")


flow.main(globals(), workers=1, bodies=2, sessions_max=2)
