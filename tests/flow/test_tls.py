#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""server.domain and server.tls with the real binary: pebble is the certificate authority, uacme its client, both as Debian has them."""

import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402

DOMAIN = "neck.hydraneck.test"
HTTPS, HTTP = 8443, 8081
RENEW = os.path.join(flow.TOP, "scripts/acme-renew")


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=20)


def _self_signed(folder, name, address="127.0.0.1"):
    """Paths of a certificate and its key."""
    cert, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + "-key.pem")
    _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=" + name,
             "-addext", "subjectAltName=IP:%s,DNS:%s" % (address, DOMAIN), "-keyout", key, "-out", cert)
    return cert, key


def _accepts(host, port):
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


class World:
    """A cluster whose controller has a domain, and an authority that gives it certificates."""

    def __init__(self, workers=0, **server):
        self.started = flow.Started(workers=workers, bodies=1, turn=False)
        self.running = self.started.cluster
        self.lease = self.started.lease
        self.address = self.lease.address(200)
        self.authority = "https://%s:14000/dir" % self.lease.address(206)
        self.certs = self.running.path("certs")
        os.mkdir(self.certs)
        self.acme = self.running.path("acme")
        module = self.running.path("other-world.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", module, os.path.join(flow.TOP, "tests/support/other-world.c")], check=True)
        self.environment = {"LD_PRELOAD": module, "OTHER_WORLD_ADDRESS": self.address, "OTHER_WORLD_CERTS": self.certs,
                            "ASAN_OPTIONS": os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}
        settings = {"listen": None, "domain": "%s:%d" % (DOMAIN, HTTPS), "https_listen": "%s:%d" % (self.address, HTTPS),
                    "http_listen": "%s:%d" % (self.address, HTTP), "acme_dir": self.acme, "acme_url": self.authority}
        settings.update(server)
        self.started.plan.extra_controller = {"server": settings}

    # ---- its parts ----

    def start_authority(self):
        at = self.lease.address(206)
        cert, key = _self_signed(self.started.folder, "authority", at)
        config = {"pebble": {"listenAddress": at + ":14000", "managementListenAddress": at + ":15000", "certificate": cert, "privateKey": key,
                             "httpPort": HTTP, "tlsPort": HTTPS, "ocspResponderURL": "", "externalAccountBindingRequired": False}}
        path = self.running.path("pebble.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        with open(cert, encoding="ascii") as file:
            self.trust = file.read()
        self._write_trust()
        names = at + ":8053"
        self.running.start("names", ["pebble-challtestsrv", "-defaultIPv4", self.address, "-defaultIPv6", "", "-dns01", names, "-http01", "",
                                     "-https01", "", "-tlsalpn01", "", "-management", at + ":8055"], "Starting management|Starting .*DNS|[Cc]reating")
        self.running.plan.extra_environment.update(PEBBLE_VA_NOSLEEP="1", PEBBLE_WFE_NONCEREJECT="0")
        self.running.start("authority", ["pebble", "-config", path, "-dnsserver", names], "ACME directory available")
        # it says so a moment before it listens
        self.running.wait(lambda: all(_accepts(at, port) for port in (14000, 15000)), 20, "pebble to listen")
        root = self._get("https://%s:15000/roots/0" % at, cert)
        self.root = self.running.path("root.pem")
        with open(self.root, "w", encoding="ascii") as file:
            file.write(root)
        self.trust += root
        self._write_trust()

    def _write_trust(self):
        with open(os.path.join(self.certs, "ca-certificates.crt"), "w", encoding="ascii") as file:
            file.write(self.trust)

    @staticmethod
    def _get(url, trusted):
        context = ssl.create_default_context(cafile=trusted)
        with __import__("urllib.request", fromlist=["urlopen"]).urlopen(url, context=context, timeout=10) as reply:
            return reply.read().decode()

    def start_controller(self):
        self.running.start_controller()

    def start_worker(self):
        plan = self.running.plan
        plan.extra_worker = {"controller": {"url": "https://%s:%d" % (DOMAIN, HTTPS)}}
        plan.extra_environment.update(self.environment)
        self.running.start_worker(1)

    def renew(self, *arguments):
        return subprocess.run([RENEW, "--config", self.running.path("controller.yaml"), *arguments], capture_output=True, text=True, timeout=60,
                              check=False, env=dict(os.environ, HYDRANECK_PROGRAM=self.running.plan.program("hydraneckwebrtc"), **self.environment))

    # ---- talking to it ----

    def connect(self, trusted=True, host=DOMAIN):
        context = ssl.create_default_context(cafile=self.root) if trusted else ssl._create_unverified_context()
        sock = socket.create_connection((self.address, HTTPS), 20)
        return context.wrap_socket(sock, server_hostname=host)

    def certificate(self):
        """SHA-256 of what a new handshake gets, whoever signed it."""
        with self.connect(trusted=False) as sock:
            return hashlib.sha256(sock.getpeercert(True)).hexdigest()

    def ask(self, method, path, body=None, token=True, trusted=True, headers=()):
        """Over HTTPS, on a connection of its own; the certificate must be the domain's."""
        data = json.dumps(body).encode() if body is not None else b""
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: %s:%d" % (DOMAIN, HTTPS), "Connection: close", *headers]
        if token:
            lines.append("Authorization: Bearer " + self.running.plan.token)
        if body is not None:
            lines += ["Content-Type: application/json", "Content-Length: %d" % len(data)]
        with self.connect(trusted) as sock:
            sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + data)
            answer = b""
            while part := sock.recv(65536):
                answer += part
        head, body = answer.split(b"\r\n\r\n", 1)
        if b"chunked" in head:
            pieces, body = body, b""
            while pieces:
                size, pieces = pieces.split(b"\r\n", 1)
                body, pieces = body + pieces[:int(size, 16)], pieces[int(size, 16) + 2:]
        return web.Reply(int(head.split(b" ")[1]), head.decode("latin-1"), body)

    def plain(self, target, method="GET"):
        answer = web.raw(self.address, HTTP, ("%s %s HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n" % (method, target)).encode())
        return answer.decode("latin-1")

    def said(self, text):
        return any(text in line for line in self.running.children["controller"].lines())

    def wait_said(self, text):
        self.running.wait(lambda: self.said(text), 10, "'%s' in the log" % text)


@contextlib.contextmanager
def _world(**options):
    world = World(**options)
    try:
        yield world
    except BaseException:
        world.started.__exit__(*sys.exc_info())
        raise
    world.started.__exit__(None)


def the_runbooks_controller_gets_a_certificate_without_a_hand():
    with _world() as world:
        world.start_authority()
        world.start_controller()
        stand_in = world.certificate()
        contains(world.ask("GET", "/api/v1/health", trusted=False).body.decode(), '"status"', "health behind a stand-in")
        result = world.renew()
        equal(result.returncode, 0, "exit status of acme-renew: %s" % result.stderr)
        contains(result.stdout, DOMAIN + " has a new certificate", "acme-renew")
        world.running.wait(lambda: world.certificate() != stand_in, 10, "another certificate")
        equal(world.ask("GET", "/api/v1/health").status, 200, "health, with the domain's own certificate")
        equal(os.listdir(os.path.join(world.acme, "challenges")), [], "challenges that are left")
        with world.connect() as sock:
            equal(sock.version(), "TLSv1.3", "version")
            contains(sock.cipher()[0], "AES_128_GCM", "cipher")
        again = world.renew()
        equal(again.returncode, 0, "exit status when there is nothing to do: %s" % again.stderr)
        contains(again.stdout, "good for more than 30 days", "acme-renew")


def port_80_leads_to_https_and_shows_challenges_only():
    with _world() as world:
        world.start_controller()
        for method in ("GET", "POST"):
            answer = world.plain("/session/x?a=b", method)
            contains(answer, "HTTP/1.1 308 ")
            contains(answer, "\r\nLocation: https://%s:%d/session/x?a=b\r\n" % (DOMAIN, HTTPS))
        os.makedirs(os.path.join(world.acme, "challenges"))
        os.makedirs(os.path.join(world.acme, "private"))
        token = "abcDEF-_0123456789"

        def put(name, text):
            with open(os.path.join(world.acme, "challenges", name), "w", encoding="ascii") as file:
                file.write(text)

        put(token, token + ".thumb-print_")
        answer = world.plain("/.well-known/acme-challenge/" + token)
        contains(answer, "HTTP/1.1 200 ")
        true(answer.endswith("\r\n\r\n" + token + ".thumb-print_"), "the answer is %r" % answer)
        put("other", token + ".thumb")
        put("long", "long." + "a" * 600)
        put("secret.pem", "secret.pem.a")
        os.symlink(os.path.join(world.acme, "challenges", token), os.path.join(world.acme, "challenges", "link"))
        os.mkfifo(os.path.join(world.acme, "challenges", "pipe"))
        with open(os.path.join(world.acme, "private", "key"), "w", encoding="ascii") as file:
            file.write("key.a")
        for name in ("other", "long", "link", "pipe", "nobody"):
            contains(world.plain("/.well-known/acme-challenge/" + name), "HTTP/1.1 404 ", name)
        for name in ("secret.pem", "", "../private/key", "..%2fprivate%2fkey", "a/b"):
            contains(world.plain("/.well-known/acme-challenge/" + name), "HTTP/1.1 308 ", name)


def _websocket(world, path):
    """The stream socket of a session, over TLS: web.WebSocket on a connection that is there."""
    sock = web.WebSocket("https://%s:%d%s" % (DOMAIN, HTTPS, path), headers={"Origin": "https://%s:%d" % (DOMAIN, HTTPS)}, over=world.connect())
    equal(sock.status, 101, "handshake")
    return sock


def _talk(sock, host, app):
    """Something there and something back."""
    sock.send({"Init": {"host_id": int(host), "app_id": int(app), "video_frame_queue_size": 3, "audio_sample_queue_size": 20}})
    true(sock.receive(), "an answer on the socket")


def pages_and_sockets_go_over_https_and_a_renewal_cuts_none():
    flow.expect_log("the new certificate is not used, the one before stays")
    with _world(workers=1) as world:
        world.start_authority()
        world.running.start_bodies()
        world.running.start_services()
        world.start_controller()
        equal(world.renew().returncode, 0, "exit status of acme-renew")
        world.wait_said("certificate in use")
        world.start_worker()
        world.running.wait(lambda: world.ask("GET", "/api/v1/health").json()["extra"]["workers_healthy"] == 1, 20, "the worker's heartbeat over HTTPS")
        created = world.ask("POST", "/api/v1/sessions", {"body_ip": world.running.plan.body(1)})
        equal(created.status, 201, "create: %r" % created)
        session = created.json()
        true(session["stream_url"].startswith("https://%s:%d/session/%s/" % (DOMAIN, HTTPS, session["session_id"])), "stream_url of %r" % session)
        page = world.ask("GET", "/session/%s/stream.html" % session["session_id"], token=False)
        equal(page.status, 200, "page")
        contains(page.body.decode(), "_hydraneck", "the page with our script")
        host, app = re.search(r"hostId=(\d+)&appId=(\d+)", session["stream_url"]).groups()
        sock = _websocket(world, "/session/%s/api/host/stream" % session["session_id"])

        before = world.certificate()
        result = world.renew("--force")
        equal(result.returncode, 0, "exit status of acme-renew --force: %s" % result.stderr)
        world.running.wait(lambda: world.certificate() != before, 10, "the new certificate")
        renewed = world.certificate()

        with open(os.path.join(world.acme, DOMAIN, "cert.pem"), "w", encoding="ascii") as file:
            file.write("this is no certificate\n")
        os.kill(world.running.children["controller"].pid, signal.SIGHUP)
        world.wait_said("the new certificate is not used, the one before stays")
        equal(world.certificate(), renewed, "certificate")
        _talk(sock, host, app)
        sock.close()
        equal(world.ask("DELETE", "/api/v1/sessions/" + session["session_id"]).status, 200, "delete")


def a_certificate_of_ones_own_serves_and_is_exchanged_on_sighup():
    flow.expect_log("the new certificate is not used, the one before stays")
    started = flow.Started(workers=0, bodies=1, turn=False)
    first, second = _self_signed(started.folder, "first"), _self_signed(started.folder, "second")
    started.plan.extra_controller = {"server": {"tls": {"cert": first[0], "key": first[1]}}}
    controller = started.plan.controller

    def seen():
        return ssl.get_server_certificate(controller, timeout=10).strip()

    def text(path):
        with open(path, encoding="ascii") as file:
            return file.read().strip()

    try:
        started.cluster.start_controller()
        equal(seen(), text(first[0]), "certificate")
        answer = web.raw(*controller, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        contains(answer.decode(), "plain HTTP on a port for HTTPS")
        process = started.cluster.children["controller"]
        os.replace(second[0], first[0])  # its key does not follow yet
        os.kill(process.pid, signal.SIGHUP)
        started.cluster.wait(lambda: any("does not belong to the certificate" in line for line in process.lines()), 10, "a refusal")
        true(seen() != text(first[0]), "a certificate without its key was taken")
        os.replace(second[1], first[1])
        os.kill(process.pid, signal.SIGHUP)
        started.cluster.wait(lambda: seen() == text(first[0]), 10, "the second certificate")
        started.plan.extra_worker = {"server": {"tls": {"cert": first[0], "key": first[1]}}, "controller": {"url": None}}
        worker = started.cluster.start_worker(1)
        equal(ssl.get_server_certificate(started.plan.worker(1), timeout=10).strip(), text(first[0]), "the worker's certificate")
        true(any("serving id=" in line and "url=https://" in line for line in worker.lines()), "the worker's URL is not https")
    except BaseException:
        started.__exit__(*sys.exc_info())
        raise
    started.__exit__(None)


flow.main(globals())
