# SPDX-License-Identifier: LGPL-2.1-or-later
"""The signalling servers that are compared: each listens on an address of its own, with one process on one core (Redis and the load have the other), no access log, and keeps
what it writes in a folder of its own. A system says how it is started, and what the load's sockets ask for and say."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import time

import measure
import peers

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 8000
SECRET = "benchmark-secret-benchmark-secret"
OFFER = '{"type":"offer","payload":{"type":"offer","sdp":"@"}}'

NCHAN = """
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn; worker_rlimit_nofile 20000;
events {{ worker_connections 18000; multi_accept on; }}
http {{
  access_log off; tcp_nodelay on; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; nchan_max_reserved_memory 256m;
  server {{
    listen {host}:{port} backlog=16384;
    location ~ ^/room/(\\w+)$ {{
      nchan_pubsub websocket; nchan_channel_id $1; nchan_subscriber_first_message newest; nchan_message_buffer_length 1000; nchan_message_timeout 10s;
    }}
  }}
}}
"""


def _base64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(user):
    head = _base64(b'{"alg":"HS256","typ":"JWT"}')
    claims = _base64(json.dumps({"sub": user, "iat": int(time.time()), "exp": int(time.time()) + 7200}).encode())
    text = "%s.%s" % (head, claims)
    return "%s.%s" % (text, _base64(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()))


@contextlib.contextmanager
def redis(folder, host, port=6379):
    argv = ["/usr/bin/redis-server", "--bind", host, "--port", str(port), "--save", "", "--appendonly", "no", "--dir", folder, "--loglevel", "warning", "--protected-mode", "no"]
    with peers.started(argv, host, port, core=measure.cores()[1]) as pid:
        yield pid


class System:
    """`hosts`: one for each instance. `echo`: who says something hears it too."""
    echo = False
    greeted = "-"

    def __init__(self, options, folder, network):
        self.build, self.folder, self.network = options.build, os.path.join(folder, self.name), network
        os.mkdir(self.folder)
        self.hosts = ["127.31.%d.%d" % (network, 10 + i) for i in range(self.instances)]
        self.server, self.redis = [], []
        self.stack = contextlib.ExitStack()

    instances = 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def add(self, argv, host, ready=False, env=None):
        self.server.append(self.stack.enter_context(peers.started(argv, host, PORT, env=env, ready=ready)))

    def add_redis(self):
        host = "127.31.%d.9" % self.network
        self.redis.append(self.stack.enter_context(redis(self.folder, host)))
        return "redis://%s:6379/0" % host

    def path(self, room, member):
        """What member `member` of room `room` asks for."""
        raise NotImplementedError

    def hello(self, room, member):
        return "-"

    def message(self, room, member, size):
        return OFFER

    def targets(self, rooms, size):
        path = os.path.join(self.folder, "targets-%d-%d" % (rooms, size))
        with open(path, "w", encoding="ascii") as file:
            for room in range(rooms):
                for member in range(size):
                    host = self.hosts[member % len(self.hosts)]
                    file.write("\t".join([str(room), host, str(PORT), self.path(room, member), self.hello(room, member), self.greeted,
                                          self.message(room, member, size)]) + "\n")
        return path

    def cpu(self):
        return sum(map(measure.cpu_seconds, self.server)), sum(map(measure.cpu_seconds, self.redis))

    def rss_kb(self):
        return sum(map(measure.rss_kb, self.server))

    def settle(self):
        """Until it does nothing any more."""
        before = sum(self.cpu())
        for _ in range(100):
            time.sleep(0.1)
            now = sum(self.cpu())
            if now - before < 0.004:
                return
            before = now


class Ours(System):
    """`hydraneckwebrtc rooms`, everything in one process."""
    name, title, greeted = "ours", "rooms", "greeted"
    product, settings = "rooms", {"max_participants": 1000}

    def start(self):
        self.start_with("")

    def start_with(self, redis_url):
        for number, host in enumerate(self.hosts):
            config = {"mode": self.product, "server": {"listen": "%s:%d" % (host, PORT), "admin_token": SECRET}, "tokens": {"secret": SECRET}, "websocket": {"connects_address": 1000000},
                      self.product: dict(self.settings, rate=1000000, burst=1000000), "log": {"level": "warning"}}
            if redis_url:
                config["redis"] = {"url": redis_url}
            path = os.path.join(self.folder, "%d.yaml" % number)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
                json.dump(config, file)
            self.add([os.path.join(self.build, "src/cli/hydraneckwebrtc"), self.product, "--config", path], host)

    def path(self, room, member):
        return "/webrtc/ws/r%04d?token=%s" % (room, token("u%04d-%d" % (room, member)))


class OursRedis(Ours):
    name, title = "ours-redis", "rooms, Redis"

    def start(self):
        self.start_with(self.add_redis())


class OursTwo(OursRedis):
    name, title, instances = "ours-two", "2 × rooms, Redis", 2


class Floor(System):
    name, title = "floor", "bare `send()`"

    def start(self):
        self.add([os.path.join(self.build, "scripts/benchmarks/bench-signalling-floor"), self.hosts[0], str(PORT)], self.hosts[0], ready=True)

    def path(self, room, member):
        return "/%d" % room


class Sockets(Floor):
    name, title = "sockets", "our sockets alone"

    def start(self):
        self.add([os.path.join(self.build, "scripts/benchmarks/bench-signalling-own"), self.hosts[0], str(PORT)], self.hosts[0], ready=True)


class Nchan(System):
    name, title, echo = "nchan", "Nchan", True

    def start(self):
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(NCHAN.format(folder=self.folder, host=self.hosts[0], port=PORT))
        self.add(["/usr/sbin/nginx", "-p", self.folder, "-e", os.path.join(self.folder, "error.log"), "-c", path], self.hosts[0])

    def path(self, room, member):
        return "/room/r%04d" % room


class FastApi(System):
    name, title, greeted = "fastapi", "FastAPI", "greeted"

    def start(self):
        env = dict(os.environ, REDIS_URL=self.add_redis(), PYTHONPATH=HERE, PYTHONDONTWRITEBYTECODE="1")
        argv = ["/usr/bin/python3", "-m", "uvicorn", "signalling_fastapi:app", "--host", self.hosts[0], "--port", str(PORT), "--no-access-log", "--log-level", "warning"]
        self.add(argv, self.hosts[0], env=env)

    def path(self, room, member):
        return "/webrtc/ws/r%04d?user=u%05d" % (room, member)


class OursMesh(Ours):
    name, title = "mesh", "mesh"
    product, settings = "mesh", {}

    def path(self, room, member):
        return "/"

    def hello(self, room, member):
        return '{"type":"register","agent_id":"a%04d-%d"}' % (room, member)

    def message(self, room, member, size):
        return '{"type":"offer","from":"a%04d-%d","to":"a%04d-%d","offer":{"type":"offer","sdp":"@"}}' % (room, member, room, (member + 1) % size)


class NodeMesh(OursMesh):
    name, title = "node", "node-ws"

    def start(self):
        env = dict(os.environ, NODE_PATH="/usr/share/nodejs")
        self.add(["/usr/bin/node", os.path.join(HERE, "signalling_mesh.js"), self.hosts[0], str(PORT)], self.hosts[0], ready=True, env=env)


class Load:
    """The sockets of `rooms` rooms of `size` members, on one core with Redis."""

    def __init__(self, system, rooms, size, speakers=1, at_once=16, size_bytes=300):
        self.system = system
        argv = [os.path.join(system.build, "scripts/benchmarks/bench-signalling-load"), system.targets(rooms, size), str(speakers), str(size_bytes), str(at_once)]
        self.process = measure.process(argv + (["echo"] if system.echo else []), measure.cores()[1], ready=None, stdin=measure.PIPE)
        self.child = None
        self.joined = None

    def __enter__(self):
        self.child = self.process.__enter__()
        try:
            self.joined = self._line()
        except BaseException:
            self.process.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *words):
        return self.process.__exit__(*words)

    def _line(self):
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError("the load on %s ended with status %s" % (self.system.name, self.child.wait(10)))
        return json.loads(line)

    def measured(self, job):
        """(CPU seconds of the server, of its Redis, what the load says)"""
        before = self.system.cpu()
        try:
            self.child.stdin.write(job + "\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: reading from it says so
        said = self._line()
        after = self.system.cpu()
        return after[0] - before[0], after[1] - before[1], said
