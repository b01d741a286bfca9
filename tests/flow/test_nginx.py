#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sample front configuration in a real nginx, with this test's addresses and certificate; periods of both sides are scaled down alike."""

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402

NGINX = "/usr/sbin/nginx"
SCALE = 0.02  # 25 s become 0.5 s, and nginx's 60 s become 1.2 s
PULSE = b"\x8a\x00"  # an empty Pong
NAME = "hydraneckwebrtc.experiencenet.com"


def _certificate(key, pem):
    subprocess.run(["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + NAME, "-keyout", key, "-out", pem],
                   check=True, capture_output=True)


class _Nginx:
    """scripts/nginx-front.conf as it is, but for addresses, files and the scale."""

    def __init__(self, running, scale=SCALE):
        self.folder = running.path("nginx")
        os.makedirs(self.folder, exist_ok=True)
        self.at = (running.plan.controller[0], 8443)
        _certificate(self._path("key"), self._path("pem"))
        with open(os.path.join(flow.TOP, "scripts/nginx-front.conf"), encoding="utf-8") as file:
            text = file.read()
        for given, ours in (("server 127.0.0.1:8080;", "server %s:%d;" % running.plan.controller), ("listen 80;", "listen %s:8081;" % self.at[0]),
                            ("listen 443 ssl;", "listen %s:%d ssl;" % self.at), ("listen [::]:80;", ""), ("listen [::]:443 ssl;", ""),
                            ("/etc/ssl/certs/hydraneckwebrtc.pem", self._path("pem")), ("/etc/ssl/private/hydraneckwebrtc.key", self._path("key")),
                            ("proxy_read_timeout 60s;", "proxy_read_timeout %dms;" % (60000 * scale))):
            equal(text.count(given), 1, "how often the sample says '%s'" % given)
            text = text.replace(given, ours)
        self.config = self._path("conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("daemon off;\nmaster_process off;\npid %s;\nerror_log stderr info;\nevents {}\nhttp {\n" % self._path("pid"))
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
                file.write("%s_temp_path %s;\n" % (kind, self._path(kind)))
            file.write(text + "}\n")
        self.process = None

    def _path(self, name):
        return os.path.join(self.folder, name)

    def check(self):
        result = subprocess.run([NGINX, "-e", "stderr", "-t", "-c", self.config], capture_output=True, text=True, check=False, timeout=20)
        equal(result.returncode, 0, "nginx -t says %s" % result.stderr)
        return result.stderr

    def __enter__(self):
        self.process = child.Child("nginx", [NGINX, "-e", "stderr", "-c", self.config], self._path("log"), wait_for="nginx/")
        return self

    def __exit__(self, *_):
        self.process.stop()


def nginx_accepts_the_sample(running):
    contains(_Nginx(running).check(), "test is successful")


def nginx_accepts_the_sample_for_rooms():
    with tempfile.TemporaryDirectory() as folder:
        path = functools.partial(os.path.join, folder)
        _certificate(path("key"), path("pem"))
        with open(os.path.join(flow.TOP, "scripts/nginx-rooms.conf"), encoding="utf-8") as file:
            text = file.read()
        for given, ours in (("listen 443 ssl;", "listen 127.0.0.1:8443 ssl;"), ("listen [::]:443 ssl;", ""), ("/etc/ssl/certs/hydraneckwebrtc-rooms.pem", path("pem")),
                            ("/etc/ssl/private/hydraneckwebrtc-rooms.key", path("key")), ("/var/log/nginx/hydraneck-rooms.log", path("log")),
                            ("/var/log/nginx/hydraneck-rooms-error.log", path("error-log"))):
            equal(text.count(given), 1, "how often the sample says '%s'" % given)
            text = text.replace(given, ours)
        true("$args" not in text and "$request " not in text and "$request_uri" not in text, "the log would hold arguments, and tokens with them")
        with open(path("conf"), "w", encoding="utf-8") as file:
            file.write("pid %s;\nevents {}\nhttp {\n%s}\n" % (path("pid"), text))
        result = subprocess.run([NGINX, "-e", "stderr", "-t", "-c", path("conf")], capture_output=True, text=True, check=False, timeout=20)
        equal(result.returncode, 0, "nginx -t says %s" % result.stderr)


def what_nginx_forwards_comes_out_as_https(running):
    with _Nginx(running, scale=1) as nginx:  # creates are not scaled
        running.wait(lambda: not _refused(nginx), 10, "nginx listens")
        reply = subprocess.run(["/usr/bin/curl", "-sk", "--resolve", "%s:%d:%s" % (NAME, nginx.at[1], nginx.at[0]), "-H", "Authorization: Bearer " + running.plan.token,
                                "-H", "Content-Type: application/json", "-d", '{"body_ip":"%s"}' % running.plan.body(1),
                                "https://%s:%d/api/v1/sessions" % (NAME, nginx.at[1])], capture_output=True, text=True, check=True, timeout=60).stdout
        true(re.search(r'"stream_url":"https://%s/session/' % re.escape(NAME), reply), "create answers %s" % reply)


def _refused(nginx):
    return subprocess.run(["/usr/bin/curl", "-sk", "-o", "/dev/null", "https://%s:%d/api/v1/health" % nginx.at], check=False, timeout=20).returncode == 7


def _listen(socket, seconds):
    """All that comes in this time; an end is an error."""
    end = time.monotonic() + seconds
    heard = socket.buffer
    while time.monotonic() < end:
        socket.sock.settimeout(max(end - time.monotonic(), 0.001))
        try:
            part = socket.sock.recv(65536)
        except TimeoutError:
            break
        true(part, "the idle socket ended %g s too early; heard %r" % (end - time.monotonic(), heard))
        heard += part
    socket.sock.settimeout(20)
    return heard


def an_idle_socket_outlives_proxy_read_timeout(running):
    created = running.create(2)
    host, app = re.search(r"hostId=(\d+)&appId=(\d+)", created["stream_url"]).groups()
    with _Nginx(running) as nginx:
        running.wait(lambda: not _refused(nginx), 10, "nginx listens")
        socket = web.WebSocket("wss://%s:%d/session/%s/api/host/stream" % (*nginx.at, created["session_id"]))
        equal(socket.status, 101, "status of the upgrade")
        heard = _listen(socket, 3 * 60 * SCALE)
        equal(heard.replace(PULSE, b""), b"", "what is no pulse")
        true(3 <= len(heard) / len(PULSE) <= 8, "pulses heard: %r" % heard)
        # the way to web-server is as it was, in both directions
        socket.send({"Init": {"host_id": int(host), "app_id": int(app), "video_frame_queue_size": 3, "audio_sample_queue_size": 20}})
        equal(list(json.loads(socket.receive())), ["UpdateApp"], "first message")
        socket.close()


flow.main(globals(), time_scale=SCALE, bodies=2, workers=1, turn=False, extra_controller={"server": {"trusted_proxies": ["127.0.0.0/8"]}})
