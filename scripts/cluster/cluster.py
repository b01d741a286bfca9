# SPDX-License-Identifier: LGPL-2.1-or-later
"""A simulated cluster: fake bodies and services, coturn, a controller and workers, all on loopback; what runs where, and its end.

Used by ./scripts/demo (fixed addresses) and by the flow tests (a leased network each)."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time

import child
import holders
import web

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TURN_USER = "hydraturn"
TURN_REALM = "hydraneckwebrtc"
TURN_CLI_PORT = 5766


class Plan:
    """Which address each part gets."""

    def __init__(self, build, folder, bodies=8, workers=2, controller_port=8080, lease=None, token="demo-token", turn=True,
                 sessions_max=4, extra_worker=None, extra_controller=None, wireguard=True, time_scale=None,
                 extra_environment=None, pages=None):
        self.build = os.path.abspath(build)
        self.folder = folder
        self.bodies = bodies
        self.workers = workers
        self.token = token
        self.turn = turn  # True: each session has credentials of its own; "static": one user for all, as in the original runbook
        self.sessions_max = sessions_max
        self.wireguard = wireguard
        self.extra_environment = dict(extra_environment or {})
        if pages is not None:  # whose pages web-server has: a folder of sim/fakes, `static-v3` for upstream's version 3
            self.extra_environment["HYDRANECK_SIM_STATIC"] = os.path.join(TOP, "sim/fakes", pages)
        self.time_scale = time_scale  # long fixed periods of controller and workers are multiplied by it
        self.extra_worker = extra_worker or {}
        self.extra_controller = extra_controller or {}
        self.turn_password = "%032x" % int.from_bytes(os.urandom(16), "big")
        self.turn_secret = "%048x" % int.from_bytes(os.urandom(24), "big")
        self.turn_cli_password = "%032x" % int.from_bytes(os.urandom(16), "big")
        if lease is None:
            self.controller = ("127.0.0.1", controller_port)
            self.dashboard = ("127.0.0.1", 9047)
            self.body_net, self.body_first = "127.0.1.", 1
            self.worker_net = "127.0.0."
            self.turn_at, self.turn_cli = ("127.0.0.1", 3478), ("127.0.0.1", TURN_CLI_PORT)
            # below the kernel's ephemeral range, so that no passing connection has them
            self.services = {"nps": ("127.0.0.1", 28301), "library": ("127.0.0.1", 28302)}
            self.controls = {"bodies": ("127.0.0.1", 28303), "services": ("127.0.0.1", 28304)}
            self.udp_start, self.relay_ports = 40000, (49152, 49951)
        else:
            base = 20000 + 200 * (lease.index % 60)
            self.controller = (lease.address(200), 8080)
            self.dashboard = (lease.address(206), 9047)
            self.body_net, self.body_first = lease.net, 101
            self.worker_net = lease.net
            # the command line is nowhere that coturn relays to
            self.turn_at, self.turn_cli = (lease.address(201), 3478), (lease.address(206), TURN_CLI_PORT)
            self.services = {"nps": (lease.address(202), 80), "library": (lease.address(203), 80)}
            self.controls = {"bodies": (lease.address(204), 80), "services": (lease.address(205), 80)}
            # the media of all tests meets on 127.0.0.1, so their port ranges must not; below the kernel's ephemeral range
            self.udp_start, self.relay_ports = base, (base + 160, base + 199)
        self.udp_per_worker = 1000 if lease is None else 80

    def body(self, number):
        """Address of body 1, 2, …"""
        return self.body_net + str(self.body_first + number - 1)

    def worker(self, number):
        return (self.worker_net + str(number), 47990)

    def program(self, name):
        return os.path.join(self.build, {"hydraneckwebrtc": "src/cli/hydraneckwebrtc", "hydraneck-sim": "sim/hydraneck-sim",
                                         "web-server": "sim/moonlight-web-stream/web-server"}[name])

    def listens(self):
        """Every TCP address that must be free, with what it is for."""
        wanted = [(self.controller, "controller"), (self.dashboard, "dashboard")]
        wanted += [(self.worker(n), "worker %d" % n) for n in range(1, self.workers + 1)]
        for n in range(1, self.bodies + 1):
            wanted += [((self.body(n), port), "body %d" % n) for port in (47984, 47989, 47990, 47991)]
        wanted += [(at, name) for name, at in list(self.services.items()) + list(self.controls.items())]
        if self.turn:
            wanted += [(self.turn_at, "coturn"), (self.turn_cli, "coturn's command line")]
        return wanted


def at_text(at):
    return "%s:%d" % at


def at_url(at):
    return "http://%s:%d" % at


class Cluster:
    """Starts in the order that things need each other; stop() ends all of it and says what did not end well."""

    def __init__(self, plan, progress=None):
        self.plan = plan
        self.children = {}
        self.ended = []  # those that a test has killed
        self.since = {"bodies": 0, "services": 0}  # events before the last reset() are of no interest
        self.progress = progress or (lambda text: None)
        self.wireguard_dir = os.path.join(plan.folder, "net")
        os.makedirs(os.path.join(self.wireguard_dir, "wg0"), exist_ok=True)
        if not plan.wireguard:
            return
        with open(os.path.join(self.wireguard_dir, "wg0", "uevent"), "w", encoding="ascii") as file:
            file.write("DEVTYPE=wireguard\nINTERFACE=wg0\n")

    # ---- parts ----

    def env(self):
        keep = {name: value for name, value in os.environ.items()
                if name in ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "HYDRANECK_SIM_STATIC", "HYDRANECK_DOT_DIR")}
        keep["HYDRANECK_WIREGUARD_DIR"] = self.wireguard_dir
        if self.plan.time_scale is not None:
            keep["HYDRANECK_TIME_SCALE"] = str(self.plan.time_scale)
        keep.update(self.plan.extra_environment)
        return keep

    def path(self, name):
        return os.path.join(self.plan.folder, name)

    def start(self, name, argv, wait_for, timeout=20, terminal=None):
        self.children[name] = child.Child(name, argv, self.path(name + ".log"), env=self.env(), cwd=self.plan.folder,
                                          wait_for=wait_for, timeout=timeout, terminal=terminal)
        return self.children[name]

    def start_bodies(self):
        p = self.plan
        self.start("bodies", [p.program("hydraneck-sim"), "bodies", "--address", p.body(1), "--count", str(p.bodies),
                              "--control", at_text(p.controls["bodies"])], "^ready$")

    def start_services(self):
        p = self.plan
        self.start("services", [p.program("hydraneck-sim"), "services", "--nps", at_text(p.services["nps"]), "--library",
                                at_text(p.services["library"]), "--control", at_text(p.controls["services"])], "^ready$")

    def write_secret(self, name, text):
        """A file that only we can read; returns its path."""
        path = self.path(name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def turn_conf(self):
        """What scripts/coturn-conf says for this cluster."""
        p = self.plan
        words = ["--listen", p.turn_at[0], "--port", str(p.turn_at[1]), "--relay-ip", p.turn_at[0], "--peer", "127.0.0.1", "--realm", TURN_REALM,
                 "--min-port", str(p.relay_ports[0]), "--max-port", str(p.relay_ports[1]), "--sessions", str(max(p.sessions_max * p.workers, 1)),
                 "--log", "stdout", "--pid", self.path("turnserver.pid"), "--cli", at_text(p.turn_cli),
                 "--cli-password-file", self.write_secret("turn-cli-password", p.turn_cli_password)]
        if p.turn == "static":
            words += ["--user", TURN_USER, "--password-file", self.write_secret("turn-password", p.turn_password)]
        else:
            if not os.path.exists(self.path("turn.db")):
                self.write_secret("turn.db", "")
            words += ["--userdb", self.path("turn.db")]
        return subprocess.run([os.path.join(TOP, "scripts/coturn-conf"), *words], check=True, capture_output=True, text=True).stdout

    def start_turn(self):
        p = self.plan
        conf = self.write_secret("turnserver.conf", self.turn_conf())
        self.start("coturn", ["/usr/bin/turnserver", "-c", conf], "Total General servers")
        # it prints nothing when its sockets are open: the TCP one is opened last
        self.wait(lambda: holders.bind_problem(*p.turn_at), 10, "coturn listens")

    def start_controller(self):
        p = self.plan
        config = {"mode": "controller",
                  "server": {"listen": at_text(p.controller), "admin_token": p.token, "admin_listen": at_text(p.dashboard)}}
        merge(config, p.extra_controller)
        path = self.write_config("controller", config)
        self.start("controller", [p.program("hydraneckwebrtc"), "controller", "--config", path], "listening on")

    def worker_config(self, number):
        p = self.plan
        config = {
            "mode": "worker",
            "server": {"listen": at_text(p.worker(number)), "admin_token": p.token},
            "controller": {"url": at_url(p.controller), "token": p.token},
            "worker": {"id": "worker-%d" % number},
            "sessions": {"max": p.sessions_max, "port_range_start": 8000 + 100 * number,
                         "udp_port_start": p.udp_start + p.udp_per_worker * (number - 1),
                         "data_dir": self.path("sessions-%d" % number),
                         # somewhere that is there without Internet
                         "return_url": at_url(p.controller) + "/api/v1/health"},
            "sunshine": {"username": "sunshine", "password": "sunshine", "allowed_networks": [p.body_net + "0/24"]},
            "moonlight": {"path": p.program("web-server")},
            "webrtc": {"public_ip": "127.0.0.1"},
            "nps": {"url": at_url(p.services["nps"]), "token": "nps-token"},
            "library": {"url": at_url(p.services["library"]), "token": "library-token"},
        }
        if p.turn:
            # over TCP as well: that is what an `ssh -L` can carry
            urls = ["turn:" + at_text(p.turn_at), "turn:" + at_text(p.turn_at) + "?transport=tcp"]
            config["ice_servers"] = [{"urls": urls}]
            config["turn"] = {"secret": p.turn_secret, "userdb": self.path("turn.db"), "realm": TURN_REALM, "cli": at_text(p.turn_cli),
                              "cli_password": p.turn_cli_password}
        if p.turn == "static":
            config["ice_servers"] = [{"urls": urls, "username": TURN_USER, "credential": p.turn_password}]
            del config["turn"]
        merge(config, p.extra_worker)
        return config

    def start_worker(self, number, terminal=None):
        path = self.write_config("worker-%d" % number, self.worker_config(number))
        return self.start("worker-%d" % number, [self.plan.program("hydraneckwebrtc"), "worker", "--config", path], "serving id=",
                          terminal=terminal)

    def write_config(self, name, config):
        path = self.path(name + ".yaml")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(config, file, indent=2)  # JSON is YAML
            file.write("\n")
        return path

    def start_all(self):
        p = self.plan
        self.progress("bodies       %s … %s" % (p.body(1), p.body(p.bodies)))
        self.start_bodies()
        self.progress("services     nps %s, library %s" % (at_url(p.services["nps"]), at_url(p.services["library"])))
        self.start_services()
        if p.turn:
            self.progress("coturn       %s" % at_text(p.turn_at))
            self.start_turn()
        self.progress("controller   %s" % at_url(p.controller))
        self.start_controller()
        for number in range(1, p.workers + 1):
            self.progress("worker %d     %s" % (number, at_url(p.worker(number))))
            self.start_worker(number)
        self.wait_workers(p.workers)

    # ---- talking to it ----

    @property
    def url(self):
        return at_url(self.plan.controller)

    def worker_url(self, number):
        return at_url(self.plan.worker(number))

    def call(self, method, path, body=None, token=True, **more):
        return web.call(method, self.url + path, body, token=self.plan.token if token is True else token, **more)

    def worker_call(self, number, method, path, body=None, token=True, **more):
        return web.call(method, at_url(self.plan.worker(number)) + path, body, token=self.plan.token if token is True else token,
                        **more)

    def control(self, which, method, path, body=None):
        reply = web.call(method, at_url(self.plan.controls[which]) + path, body)
        if reply.status != 200:
            raise child.ChildError("control address of %s: %r" % (which, reply))
        return reply.json()

    def fault(self, body, name, value):
        return self.control("bodies", "POST", "/fault", {"body": self.plan.body(body) if body != "*" else "*", "name": name,
                                                         "value": value})

    def reset(self):
        """Takes every fault back and forgets what the fakes have seen."""
        for which in self.since:
            self.since[which] = self.control(which, "POST", "/reset")["last"]

    def state(self, which="bodies"):
        return self.control(which, "GET", "/state")

    def events(self, which="bodies", since=None, wait_ms=0):
        return self.control(which, "GET", "/events?since=%d&wait_ms=%d" % (self.since[which] if since is None else since, wait_ms))

    def wait_event(self, kind, which="bodies", timeout=20, **fields):
        """The first event of this type (and these fields) since reset(); blocks on the fake's long poll, does not sleep."""
        since = self.since[which]
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise child.ChildError("no event '%s' %r within %g s" % (kind, fields, timeout))
            batch = self.events(which, since, int(min(left, 5) * 1000))
            for event in batch["events"]:
                if event["type"] == kind and all(event.get(k) == v for k, v in fields.items()):
                    return event
            since = batch["last"]

    def wait_workers(self, count, timeout=20):
        """Until the controller counts so many healthy workers."""
        self.wait(lambda: self.call("GET", "/api/v1/health").json()["extra"]["workers_healthy"] == count, timeout,
                  "%d healthy workers" % count)

    def wait(self, condition, timeout, what):
        """Polls what has no event of its own."""
        return child.until(condition, timeout, what)

    def create(self, number=1, expect=201, **fields):
        """A session on body 1, 2, …: the reply's JSON, or the whole reply when another status is expected."""
        request = {"body_ip": self.plan.body(number), "sunshine_user": "sunshine", "sunshine_pass": "sunshine"}
        request.update(fields)
        reply = self.call("POST", "/api/v1/sessions", request)
        if expect is not None and reply.status != expect:
            raise child.ChildError("create answered %r instead of %d" % (reply, expect))
        return reply.json() if expect == 201 else reply

    def session_directories(self, number):
        """Names of the session directories that a worker has; logs of ended ones and what waits to be sent lie beside them."""
        folder = self.path("sessions-%d" % number)
        return [n for n in os.listdir(folder) if re.fullmatch("[0-9a-f]{32}", n)] if os.path.isdir(folder) else []

    # ---- its end ----

    def stop(self):
        """Ends everything, workers first so that they can clean up. Returns what went wrong, as texts."""
        wrong = []
        workers = [c for n, c in self.children.items() if n.startswith("worker")]
        rest = [c for n, c in self.children.items() if not n.startswith("worker")]
        left = [pid for c in self.children.values() if c.alive() for pid in child.descendants(c.pid)]
        for group in (workers, rest):
            for name, status in child.stop_all(group).items():
                if status not in (0, -15) and name != "coturn":
                    wrong.append("%s ended with status %d" % (name, status))
        end = time.monotonic() + 10
        while time.monotonic() < end and any(child.is_alive(pid) for pid in left):
            time.sleep(0.05)
        wrong += ["process %d was left behind" % pid for pid in left if child.is_alive(pid)]
        self.children = {}
        return wrong


def merge(into, more):
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


class Folder:
    """A temporary folder, removed at the end."""

    def __init__(self, prefix):
        self.path = tempfile.mkdtemp(prefix=prefix)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
