# SPDX-License-Identifier: LGPL-2.1-or-later
"""Room signalling on this machine: Redis, instances of `hydraneckwebrtc rooms` and nginx in front, each on an address of its own; and its end.

Used by `./scripts/demo rooms` and by the flow tests. Addresses come from a leased network, so any number of these runs at once."""

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import time

import child
import cluster
import holders
import web

NGINX = "/usr/sbin/nginx"
REDIS = "/usr/bin/redis-server"
SAMPLE = os.path.join(cluster.TOP, "scripts/nginx-rooms.conf")


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(claims, secret):
    """A JSON web token, HS256, made without a line of the product's."""
    text = ".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return text + "." + _base64url(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


class Rooms:
    """Starts in the order that things need each other; stop() ends all of it and says what did not end well."""

    product = "rooms"  # the subcommand

    def __init__(self, build, folder, lease, instances=2, redis=True, nginx=True, extra=None, each=None, progress=None):
        self.build = os.path.abspath(build)
        self.folder = folder
        self.instances, self.lease = instances, lease
        self.redis_at = (lease.address(2), 6379) if redis else None
        self.front = (lease.address(1), 8000) if nginx else None
        self.at = {number: (lease.address(10 + number), 8000) for number in range(1, instances + 1)}
        self.secret = base64.b64encode(os.urandom(24)).decode()  # in hexadecimal, one of 1,500 would hold 0000, and be refused
        self.admin_token = os.urandom(24).hex()
        self.extra = extra or {}
        self.each = each or {}  # number of an instance -> what it alone is configured with
        self.progress = progress or (lambda text: None)
        self.children = {}
        self.ended = []  # those that were killed

    # ---- parts ----

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self):
        return os.path.join(self.build, "src/cli/hydraneckwebrtc")

    def listens(self):
        """Every TCP address that must be free, with what it is for."""
        wanted = [(at, "instance %d" % number) for number, at in self.at.items()]
        wanted += [(self.redis_at, "Redis")] if self.redis_at else []
        return wanted + ([(self.front, "nginx")] if self.front else [])

    def start(self, name, argv, wait_for, timeout=20):
        keep = ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")
        env = {key: value for key, value in os.environ.items() if key in keep}
        self.children[name] = child.Child(name, argv, self.path(name + ".log"), env=env, cwd=self.folder, wait_for=wait_for, timeout=timeout)
        return self.children[name]

    def start_redis(self):
        address, port = self.redis_at
        self.start("redis", [REDIS, "--bind", address, "--port", str(port), "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", self.folder],
                   "Ready to accept connections")

    def config(self):
        config = {"mode": "rooms", "server": {"admin_token": self.admin_token, "trusted_proxies": ["127.0.0.0/8"]}, "tokens": {"secret": self.secret},
                  # nobody is asked where we are: the machine's own addresses do
                  "rooms": {"demo": "*", "stun_urls": ["stun:%s:3478" % self.at[1][0]]}}
        if self.redis_at:
            config["redis"] = {"url": "redis://%s:%d" % self.redis_at}
        cluster.merge(config, self.extra)
        return config

    def name(self, number):
        return "%s-%d" % (self.product, number)

    def start_instance(self, number):
        config = self.config()
        config["server"]["listen"] = "%s:%d" % self.at[number]
        cluster.merge(config, self.each.get(number, {}))
        name = self.name(number)
        path = self.path(name + ".yaml")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(config, file, indent=2)  # JSON is YAML
        return self.start(name, [self.program(), self.product, "--config", path], "listening on")

    def nginx_conf(self):
        """scripts/nginx-rooms.conf as it is, but for addresses, files and TLS; and every tab of this machine comes from one address, so its hash would send all of them to one
        instance."""
        with open(SAMPLE, encoding="utf-8") as file:
            text = file.read()
        servers = "".join("  server %s:%d;\n" % at for at in self.at.values())
        for given, ours in (("  server 127.0.0.1:8000;\n  server 127.0.0.1:8001;\n  server 127.0.0.1:8002;\n", servers), ("  ip_hash;\n", "  least_conn;\n"),
                            ("  listen 443 ssl;\n", "  listen %s:%d;\n" % self.front), ("  listen [::]:443 ssl;\n", ""),
                            ("  ssl_certificate /etc/ssl/certs/hydraneckwebrtc-rooms.pem;\n", ""), ("  ssl_certificate_key /etc/ssl/private/hydraneckwebrtc-rooms.key;\n", ""),
                            ("  ssl_protocols TLSv1.2 TLSv1.3;\n", ""), ("/var/log/nginx/hydraneck-rooms.log", self.path("nginx-access.log")),
                            ("/var/log/nginx/hydraneck-rooms-error.log", self.path("nginx-error.log"))):
            if text.count(given) != 1:
                raise child.ChildError("the sample %s says %r %d times, not once" % (SAMPLE, given, text.count(given)))
            text = text.replace(given, ours)
        temporary = "".join("  %s_temp_path %s;\n" % (kind, self.path("nginx-" + kind)) for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return "daemon off;\nmaster_process off;\npid %s;\nerror_log stderr notice;\nevents {}\nhttp {\n%s%s}\n" % (self.path("nginx.pid"), temporary, text)

    def start_nginx(self):
        path = self.path("nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.nginx_conf())
        self.start("nginx", [NGINX, "-e", "stderr", "-c", path], "nginx/")
        child.until(lambda: holders.bind_problem(*self.front), 10, "nginx listens")

    def start_all(self):
        if self.redis_at:
            self.progress("redis        %s:%d" % self.redis_at)
            self.start_redis()
        for number, at in self.at.items():
            self.progress("instance %d   %s" % (number, cluster.at_url(at)))
            self.start_instance(number)
        if self.front:
            self.progress("nginx        %s" % cluster.at_url(self.front))
            self.start_nginx()

    # ---- talking to it ----

    @property
    def url(self):
        return cluster.at_url(self.front or self.at[1])

    def token(self, user, name=None, seconds=3600, **claims):
        return sign({"sub": user, "user_id": user, "username": name or user, "exp": int(time.time()) + seconds, **claims}, self.secret)

    def token_by_command(self, *words):
        """What `hydraneckwebrtc token` prints."""
        done = subprocess.run([self.program(), "token", "--config", self.path("rooms-1.yaml"), *words], check=False, capture_output=True, text=True, timeout=20)
        if done.returncode != 0:
            raise child.ChildError("hydraneckwebrtc token: %s" % done.stderr.strip())
        return done.stdout.strip()

    def call(self, method, path, body=None, token=None, number=None, **more):
        return web.call(method, (cluster.at_url(self.at[number]) if number else self.url) + path, body, token=token, **more)

    def metric(self, number, name):
        """The sum of a metric's series on one instance."""
        text = self.call("GET", "/metrics", number=number, token=self.admin_token).body.decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name)

    # ---- its end ----

    def kill(self, number):
        """-9, as a machine that loses its power."""
        process = self.children.pop(self.name(number))
        process.signal(signal.SIGKILL)
        process.stop()
        self.ended.append(process)

    def stop(self):
        """Ends everything, instances first so that they can take their leave. Returns what went wrong, as texts."""
        wrong = []
        for group in ([c for n, c in self.children.items() if n.startswith(self.product)], [c for n, c in self.children.items() if not n.startswith(self.product)]):
            for name, status in child.stop_all(group).items():
                if status not in (0, -15):
                    wrong.append("%s ended with status %d" % (name, status))
        self.children = {}
        return wrong
