#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Updates, with a real program that replaces itself, a fake release server that attacks it, and this test as the service manager."""

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import releases  # noqa: E402
from flow import contains, equal, true  # noqa: E402
from lease import Lease  # noqa: E402

BUILT = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
SIM = os.path.join(flow.build_folder(), "sim/hydraneck-sim")
VERSION = releases.version_of(BUILT)
NEWER = "7.2.0"


def _read(path):
    with open(path, "rb") as file:
        return file.read()


class Machine:
    """A folder with a program of ours, a configuration and a release server, as on a node; no role runs unless a test starts one."""

    def __init__(self, lease, **update):
        self.folder = tempfile.mkdtemp(prefix="hydraneck-update-")
        self.bin = os.path.join(self.folder, "bin")
        os.makedirs(self.bin)
        self.program = os.path.join(self.bin, "hydraneckwebrtc")
        shutil.copy(BUILT, self.program)
        self.releases = releases.Server(SIM, self.folder, (lease.address(210), 80), (lease.address(211), 80))
        self.update = {"url": self.releases.url, "public_key": self.releases.key, "request_file": os.path.join(self.folder, "update-wanted"), **update}
        self.config = os.path.join(self.folder, "node.yaml")
        self.write({"server": {"listen": lease.address(1) + ":47990", "admin_token": "x-token"}, "update": self.update})

    def write(self, config):
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(config, file)

    def run(self, *arguments, answer="", home=None, **words):
        return subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=60, check=False, input=answer,
                              env=dict(os.environ, HOME=home or self.folder, **words))

    def update_now(self, *more):
        return self.run("update", "--config", self.config, "--force", "--healthy", "5", *more)

    def names(self):
        return sorted(os.listdir(self.bin))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.releases.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _machine(**update):
    lease = Lease()
    machine = Machine(lease, **update)
    machine.lease = lease
    return machine


def _untouched(machine, before):
    equal(_read(machine.program), before, "the program")
    true(".update" not in " ".join(machine.names()), "what was fetched is gone: %r" % machine.names())


def check_update_tells_both_versions_and_by_its_status_which_is_newer():
    with _machine() as machine:
        result = machine.run("check-update", "--config", machine.config)
        equal(result.returncode, 66, "status when the channel is empty: %r" % result)
        contains(result.stderr, "latest.json: the release server answered 404")
        machine.releases.offer(BUILT, VERSION)
        result = machine.run("check-update", "--config", machine.config)
        equal(result.stdout, "Current version: %s\nLatest version: %s\nAutomatic update: on\n" % (VERSION, VERSION), "check-update")
        equal(result.returncode, 0, "status when it is the latest")
        machine.releases.offer(BUILT, NEWER)
        result = machine.run("check-update", "--config", machine.config)
        contains(result.stdout, "Latest version: %s\n" % NEWER)
        equal(result.returncode, 1, "status when a newer one is there")
        equal(set(machine.releases.asked_for()), {"latest.json"}, "files that were fetched")


def without_a_configuration_the_environment_says_where_releases_are():
    with _machine() as machine:
        machine.releases.offer(BUILT, VERSION)
        result = machine.run("check-update", HYDRANECK_UPDATE_URL=machine.releases.url)
        equal((result.returncode, result.stderr), (0, ""), "status and errors")
        contains(result.stdout, "Latest version: %s\n" % VERSION)
        result = machine.run("check-update", HYDRANECK_UPDATE_URL="nowhere")
        equal(result.returncode, 78, "status")
        contains(result.stderr, "HYDRANECK_UPDATE_URL")


def without_a_key_nothing_is_installed_and_that_is_said():
    with _machine() as machine:
        machine.releases.offer(BUILT, NEWER)
        # a token that only the role's own service has is not missed
        machine.write({"server": {"listen": "127.0.0.1:1"}, "update": {"url": machine.releases.url}})
        result = machine.run("check-update", "--config", machine.config)
        contains(result.stdout, "Automatic update: off, no public key is built in (meson option update_key), and update.public_key is not set\n")
        result = machine.update_now()
        equal(result.returncode, 78, "exit status")
        contains(result.stderr, "no public key is built in")
        contains(machine.run("version", "--verbose").stdout, "update key: none is built in")


def a_newer_release_replaces_the_program_and_keeps_the_one_before():
    with _machine() as machine:
        before = _read(machine.program)
        machine.releases.offer(BUILT, NEWER)
        result = machine.update_now()
        equal(result.returncode, 0, "exit status of %r" % result)
        contains(result.stdout, "updated: version %s → %s" % (VERSION, NEWER))
        equal(releases.version_of(machine.program), NEWER, "version")
        equal(stat.S_IMODE(os.stat(machine.program).st_mode), 0o755, "mode")
        equal(machine.names(), ["hydraneckwebrtc", "hydraneckwebrtc.backup"], "files")
        equal(_read(machine.program + ".backup"), before, "backup")
        result = machine.update_now()
        contains(result.stdout, "up to date: version %s" % NEWER)
        equal(result.returncode, 0, "exit status when nothing is newer")


def an_update_asks_first_unless_it_is_forced():
    with _machine() as machine:
        before = _read(machine.program)
        machine.releases.offer(BUILT, NEWER)
        result = machine.run("update", "--config", machine.config, answer="no\n")
        contains(result.stdout, "Type yes")
        contains(result.stdout, "nothing was done")
        _untouched(machine, before)
        equal(machine.run("update", "--config", machine.config, answer="yes\n").returncode, 0, "exit status after a yes")
        equal(releases.version_of(machine.program), NEWER, "version")


def an_older_release_is_never_installed():
    with _machine() as machine:
        before = _read(machine.program)
        machine.releases.offer(BUILT, "0.0.9")
        result = machine.update_now()
        equal(result.returncode, 0, "exit status")
        contains(result.stdout, "up to date: version %s; the server has 0.0.9" % VERSION)
        equal(machine.releases.asked_for(), ["latest.json"], "files that were fetched")
        _untouched(machine, before)


# fault: (exit status, what is said, whether the program itself was fetched)
ATTACKS = {
    "latest_status": (69, "latest.json: the release server answered 500", False),
    "latest_bad_json": (76, "latest.json: ", False),
    "sum_missing": (76, "SHA256SUMS: '%s' is there not" % releases.NAME, False),
    "sum_wrong": (76, "%s: its SHA-256 is not the one that was signed" % releases.NAME, True),
    "unsigned": (66, "SHA256SUMS.minisig: the release server answered 404", False),
    "wrong_key": (76, "SHA256SUMS.minisig: the signature does not belong to these bytes", False),
    "other_key": (76, "SHA256SUMS.minisig: the signature was made with another key", False),
    "other_channel": (76, "the signature was made for 'hydraneckwebrtc %s staging', not for 'hydraneckwebrtc %s production'" % (NEWER, NEWER), False),
    "old_release": (76, "the signature was made for 'hydraneckwebrtc 0.0.9 production', not for 'hydraneckwebrtc %s production'" % NEWER, False),
    "foreign_file": (76, "%s: its SHA-256 is not the one that was signed" % releases.NAME, True),
    "truncated": (69, "%s: " % releases.NAME, True),
    "endless": (69, "%s: answer is longer than 67108864 bytes" % releases.NAME, True),
    "endless_list": (69, "SHA256SUMS: answer is longer than 1048576 bytes", False),
    "redirect_loop": (76, "SHA256SUMS: more than 3 redirects", False),
    "redirect_away": (76, "redirected to 'http://192.0.2.1/hydraneckwebrtc': only https is followed", False),
    **({"silent": (75, "latest.json: timed out after 30 s", False)} if os.environ.get("HYDRANECK_LONG") else {}),
    "fails_version": (70, "the new program's `version`: ended with status 1: cannot be", True),
    "lies_version": (76, "the new program's `version`: it answered something else than 'hydraneckwebrtc %s'" % NEWER, True),
}


def each_attack_and_failure_of_a_release_server_leaves_the_old_program():
    with _machine() as machine:
        before = _read(machine.program)
        machine.releases.offer(BUILT, "0.0.9")
        machine.releases.offer(BUILT, NEWER)
        for name, (status, text, fetched) in ATTACKS.items():
            machine.releases.reset()
            machine.releases.fault(name, 500 if name == "latest_status" else True)
            result = machine.update_now()
            equal(result.returncode, status, "exit status under %s: %r" % (name, result))
            contains(result.stderr, "nothing was changed: ", name)
            contains(result.stderr, text, name)
            equal(releases.NAME in machine.releases.asked_for(), fetched, "the program was fetched under " + name)
            if name == "redirect_loop":
                equal(machine.releases.asked_for().count("SHA256SUMS"), 4, "requests: one, and three redirects")
            _untouched(machine, before)
        equal(machine.names(), ["hydraneckwebrtc"], "files after all attacks")
        machine.releases.reset()
        equal(machine.update_now().returncode, 0, "and without one it is installed")


def two_updates_at_once_are_one():
    with _machine() as machine:
        import fcntl
        machine.releases.offer(BUILT, NEWER)
        holder = os.open(machine.bin, os.O_RDONLY)
        fcntl.flock(holder, fcntl.LOCK_EX)
        result = machine.update_now()
        os.close(holder)
        equal(result.returncode, 75, "exit status")
        contains(result.stderr, "another update of '%s' is under way" % machine.program)


def a_key_in_a_file_that_others_may_change_is_not_believed_by_root():
    if os.geteuid() != 0:
        return
    with _machine() as machine:
        machine.releases.offer(BUILT, NEWER)
        os.chmod(machine.config, 0o666)
        result = machine.update_now()
        equal(result.returncode, 78, "exit status")
        contains(result.stderr, "may be changed by others than root")


# ---- with a role that runs ----


class Node(flow.Started):
    """A cluster whose worker is a copy of the program; this test is its service manager: it starts it anew when somebody asks at a socket."""

    def __init__(self, update=None, controller=None):
        self.home = tempfile.mkdtemp(prefix="hydraneck-node-")
        self.program = os.path.join(self.home, "hydraneckwebrtc")
        shutil.copy(BUILT, self.program)
        self.request = os.path.join(self.home, "update-wanted")
        super().__init__(workers=1, bodies=2, turn=False)
        self.releases = releases.Server(SIM, self.home, (self.lease.address(210), 80), (self.lease.address(211), 80))
        settings = {"url": self.releases.url, "public_key": self.releases.key, "request_file": self.request, "defer_limit": "1s", **(update or {})}
        self.releases.offer(BUILT, VERSION)
        self.plan.extra_worker = {"update": settings}
        self.plan.extra_controller = {"update": {**settings, "request_file": self.request + "-controller", **(controller or {"auto": "off"})}}
        built = self.plan.program
        self.plan.program = lambda name: self.program if name == "hydraneckwebrtc" else built(name)
        self.restarts = 0
        self.restarted = []

    def __enter__(self):
        running = super().__enter__()
        running.node = self
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.home, "manager"))
        self.listener.listen()
        threading.Thread(target=self._manage, args=(running,), daemon=True).start()
        restart = ("import os, signal, socket\ndef restart():\n    s = socket.socket(socket.AF_UNIX)\n    s.connect(%r)\n    return s.recv(1) != b'y'\n"
                   % os.path.join(self.home, "manager"))
        cut = "os.kill(os.getppid(), signal.SIGKILL)\n"
        for name, code in (("restart", "raise SystemExit(restart())\n"), ("cut", cut), ("restart-and-cut", "restart()\n" + cut)):
            with open(os.path.join(self.home, name), "w", encoding="utf-8") as file:
                file.write("#!/usr/bin/python3\n" + restart + code)
            os.chmod(file.name, 0o755)
        return running

    def __exit__(self, *what):
        self.listener.close()
        try:
            super().__exit__(*what)
        finally:
            self.releases.stop()
            shutil.rmtree(self.home, ignore_errors=True)

    def _manage(self, running):
        while True:
            try:
                peer = self.listener.accept()[0]
            except OSError:
                return
            self.restarts += 1
            old = running.children["worker-1"]
            old.stop()
            path = running.path("worker-1.yaml")
            running.children["worker-1"] = child.Child("worker-1", [self.program, "worker", "--config", path], running.path("worker-1.log"),
                                                       env=running.env(), cwd=running.plan.folder)
            self.restarted.append(running.children["worker-1"])
            peer.sendall(b"y")
            peer.close()

    def update_now(self, running, *more, restart="restart", program=None):
        return subprocess.run([program or self.program, "update", "--config", running.path("worker-1.yaml"), "--force", "--healthy", "6", "--restart",
                               os.path.join(self.home, restart), *more], capture_output=True, text=True, timeout=60, check=False,
                              env=dict(os.environ, HOME=self.home))


def _room(running):
    return running.worker_call(1, "GET", "/api/v1/health").json()["extra"]["max_sessions"]


def _asked(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="ascii") as file:
        return file.read().strip() or None


def _events(running):
    """What the controller's stream remembers."""
    at = running.plan.controller
    with socket.create_connection(at, 10) as stream:
        stream.sendall(("GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nLast-Event-ID: 0\r\n\r\n" % running.plan.token).encode())
        text = ""
        while "update.asked" not in text:
            text += stream.recv(65536).decode()
    return text


def _version(running):
    return running.worker_call(1, "GET", "/api/v1/health").json()["version"]


def an_idle_worker_asks_by_itself_is_updated_and_comes_up_healthy():
    with Node(update={"interval": "1s"}, controller={"interval": "1s"}) as running:
        node = running.node
        equal(_version(running), VERSION, "version before")
        node.releases.offer(BUILT, NEWER)
        running.wait(lambda: _asked(node.request), 15, "the worker asks")
        equal(_asked(node.request), NEWER, "what it asks for")
        # until it is replaced it takes nobody
        equal(_room(running), 0, "room")
        result = node.update_now(running)
        equal(result.returncode, 0, "exit status of %r" % result)
        equal(_version(running), NEWER, "version after")
        equal(node.restarts, 1, "restarts")
        running.wait(lambda: running.call("GET", "/api/v1/workers").json()["workers"][0]["version"] == NEWER, 10, "the controller knows")
        running.wait_workers(1)
        running.wait(lambda: _asked(node.request + "-controller"), 15, "the controller asks")
        running.create(1)
        contains(running.worker_call(1, "GET", "/metrics").body.decode(), 'hydraneck_update_checks_total{outcome="failed"} 0')
        equal(re.findall(r"^event: (update\..*)$", _events(running), re.M), ["update.available", "update.asked"], "events of the controller")


def one_that_never_gets_healthy_is_rolled_back_by_itself():
    with Node(update={"interval": "2s"}) as running:
        node = running.node
        before = _read(node.program)
        node.releases.offer(BUILT, NEWER)
        node.releases.fault("never_healthy")
        result = node.update_now(running)
        equal(result.returncode, 70, "exit status of %r" % result)
        contains(result.stderr, "version %s was rolled back: http://" % NEWER)
        contains(result.stderr, "did not come up as version %s within 6 s" % NEWER)
        contains(result.stderr, "version %s runs again" % VERSION)
        equal(_read(node.program), before, "the program")
        equal(_version(running), VERSION, "version that runs")
        equal(node.restarts, 2, "restarts")
        running.wait_workers(1)
        running.create(1)
        # it remembers: by itself it does not try that one again
        running.children["worker-1"].wait_line(r"\[updater\] version %s was rolled back here" % NEWER.replace(".", r"\."), 10)
        true(not os.path.exists(node.request), "nobody was asked for it")


def _files(node):
    return sorted(name for name in os.listdir(node.home) if name.startswith("hydraneckwebrtc"))


def one_that_was_cut_off_before_its_restart_is_taken_back_and_cuts_nobody():
    with Node(update={"auto": "off"}) as running:
        node = running.node
        before = _read(node.program)
        node.releases.offer(BUILT, NEWER)
        equal(node.update_now(running, restart="cut").returncode, -9, "exit status")
        equal((releases.version_of(node.program), _version(running)), (NEWER, VERSION), "versions of the file and of the worker")
        created = running.create(1)
        result = node.update_now(running)
        equal(result.returncode, 75, "exit status of %r" % result)
        contains(result.stderr, "nothing was changed: the last update was cut off before its restart: version %s was taken back" % NEWER)
        equal((_read(node.program), node.restarts, _files(node)), (before, 0, ["hydraneckwebrtc"]), "program, restarts, files")
        running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
        equal(node.update_now(running).returncode, 0, "exit status of the next one")
        equal((_version(running), _files(node)), (NEWER, ["hydraneckwebrtc", "hydraneckwebrtc.backup"]), "version, files")


def one_that_was_cut_off_before_its_proof_is_proved_by_the_next():
    with Node(update={"auto": "off"}) as running:
        node = running.node
        node.releases.offer(BUILT, NEWER)
        equal(node.update_now(running, restart="restart-and-cut").returncode, -9, "exit status")
        true("hydraneckwebrtc.unproven" in _files(node), "files: %r" % _files(node))
        running.wait(lambda: len(node.restarted) == 1, 10, "it is restarted")
        node.restarted[0].wait_line("serving id=", 10)
        running.wait_workers(1)
        running.create(1)  # goes on: nothing is restarted that runs as it should
        result = node.update_now(running)
        equal(result.returncode, 0, "exit status of %r" % result)
        contains(result.stdout, "looking what became of it: version %s\n" % NEWER)
        contains(result.stdout, "updated: version %s → %s\n" % (VERSION, NEWER))
        equal((node.restarts, _files(node)), (1, ["hydraneckwebrtc", "hydraneckwebrtc.backup"]), "restarts, files")
        contains(node.update_now(running).stdout, "up to date: version %s" % NEWER)


def one_that_was_cut_off_and_never_gets_healthy_is_rolled_back_by_the_one_before():
    with Node(update={"auto": "off"}) as running:
        node = running.node
        before = _read(node.program)
        node.releases.offer(BUILT, NEWER)
        node.releases.fault("never_healthy")
        equal(node.update_now(running, restart="restart-and-cut").returncode, -9, "exit status")
        # as the unit runs it: the new one may be unable to
        result = node.update_now(running, program=node.program + ".backup")
        equal(result.returncode, 70, "exit status of %r" % result)
        contains(result.stderr, "version %s was rolled back: http://" % NEWER)
        contains(result.stderr, "version %s runs again" % VERSION)
        equal((_read(node.program), _version(running)), (before, VERSION), "program, version")
        equal(_files(node), ["hydraneckwebrtc", "hydraneckwebrtc.rejected"], "files")


def one_that_was_cut_off_before_its_swap_is_forgotten():
    with _machine() as machine:
        machine.releases.offer(BUILT, NEWER)
        os.link(machine.program, machine.program + ".backup")
        with open(machine.program + ".unproven", "w", encoding="ascii") as file:
            file.write("%s\n%s\n\n" % (VERSION, NEWER))
        result = machine.update_now()
        equal(result.returncode, 0, "exit status of %r" % result)
        equal(releases.version_of(machine.program), NEWER, "version")
        equal(machine.names(), ["hydraneckwebrtc", "hydraneckwebrtc.backup"], "files")


def sessions_are_not_cut_unless_it_is_said_so():
    flow.expect_log("[updater] no update: SHA256SUMS.minisig: ")
    with Node(update={"interval": "1s", "defer_limit": "0s"}) as running:
        node = running.node
        worker = running.children["worker-1"]
        # a server that lies is said, and changes nothing
        node.releases.fault("wrong_key")
        node.releases.offer(BUILT, NEWER)
        worker.wait_line(r"\[updater\] no update: SHA256SUMS.minisig: the signature does not belong to these bytes", 15)
        equal((_asked(node.request), _room(running)), (None, 4), "what a lie changes")
        # by itself: sessions that outlive the limit go on, and new ones are taken again
        running.create(1)
        node.releases.reset()
        worker.wait_line(r"\[updater\] version .* waits for the next look: sessions=1", 15)
        worker.wait_line(r"\[updater\] new sessions are taken again", 15)
        equal(_asked(node.request), None, "what it asks for")
        # by hand
        result = node.update_now(running)
        equal(result.returncode, 75, "exit status of %r" % result)
        contains(result.stderr, "nothing was changed: 1 session would be cut")
        contains(result.stderr, "--now does not wait")
        equal(_version(running), VERSION, "version")
        result = node.update_now(running, "--now")
        equal(result.returncode, 0, "exit status of %r" % result)
        equal(_version(running), NEWER, "version")


def a_worker_with_sessions_waits_then_drains_and_asks_with_its_last_one():
    flow.expect_log("session not created: no healthy workers available")
    flow.expect_log("session not created: worker is waiting for an update")  # asked before the controller had heard of it
    with Node(update={"interval": "1s", "defer_limit": "6s"}) as running:
        node = running.node
        created = running.create(1)
        node.releases.offer(BUILT, NEWER)
        worker = running.children["worker-1"]
        worker.wait_line(r"\[updater\] version .* is there", 15)
        equal(_room(running), 4, "room while it waits for a moment without sessions")
        worker.wait_line(r"\[updater\] no new sessions", 15)
        equal(_asked(node.request), None, "what it asks for while a session runs")
        reply = running.worker_call(1, "POST", "/api/v1/sessions", {"body_ip": running.plan.body(2)})
        flow.error_shape(reply, 503, error="worker is waiting for an update")
        equal(running.create(2, expect=None).status, 503, "create at the controller")
        equal(_room(running), 0, "room while it drains")
        equal(running.worker_call(1, "GET", "/api/v1/sessions/" + created["session_id"]).status, 200, "its session goes on")
        running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
        running.wait(lambda: _asked(node.request), 15, "the worker asks")


def it_is_off_without_a_key_and_when_it_is_told_so():
    with _machine(public_key=None) as machine:
        for environment, why in (({}, "no public key is built in"), ({"HYDRA_AUTO_UPDATE": "off"}, "HYDRA_AUTO_UPDATE=off")):
            worker = child.Child("worker-alone", [machine.program, "worker", "--config", machine.config], os.path.join(machine.folder, "worker.log"),
                                 env=dict(os.environ, **environment), wait_for=r"automatic update is off: " + why)
            equal(worker.stop(), 0, "exit status of the worker")
            equal(sum("[updater]" in line for line in worker.lines()), 1, "lines about it")


flow.main(globals())
