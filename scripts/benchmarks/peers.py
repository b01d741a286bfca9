# SPDX-License-Identifier: LGPL-2.1-or-later
"""The proxies that are compared, configured as somebody who knows them would: one worker or thread, keep-alive to the upstream, no access log, buffers
of 64 KB, nothing on disk, the same fields set. Each listens on an address of its own and has its files in a folder of its own."""

import contextlib
import os
import socket
import time

import measure

UPSTREAM = ("127.31.0.2", 9000)
SESSION = "/session/0123456789abcdef0123456789abcdef/"
SCRIPT = '<script src="%s_hydraneck/overlay.js"></script>' % SESSION

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit; worker_rlimit_nofile 20000;
events {{ worker_connections 18000; multi_accept on; }}
http {{
  access_log off; default_type application/octet-stream; server_tokens off; tcp_nodelay on; types_hash_max_size 2048;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_timeout 1h; keepalive_requests 100000000; client_max_body_size 0; client_body_buffer_size 64k; reset_timedout_connection on;
  upstream up {{ server {up_host}:{up_port}; keepalive 64; keepalive_requests 100000000; keepalive_timeout 1h; }}
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  server {{
    listen {host}:{port} {ssl} backlog=16384;
    {tls}
    location /session/ {{
      proxy_pass http://up; proxy_http_version 1.1; proxy_request_buffering off; proxy_max_temp_file_size 0;
      proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k; proxy_read_timeout 1h; proxy_send_timeout 1h;
      proxy_set_header Host $http_host; proxy_set_header Connection $connection_upgrade; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-User browser; proxy_set_header Authorization ""; add_header Referrer-Policy no-referrer;
      {extra}
    }}
  }}
}}
"""
SUB_FILTER = """proxy_set_header Accept-Encoding ""; sub_filter_once on; sub_filter '<head>' '<head>%s';""" % SCRIPT

HAPROXY = """
global
  nbthread 1
  maxconn 9500
  tune.bufsize 65536
  tune.maxrewrite 1024
  no log
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  timeout http-keep-alive 1h
  http-reuse always
frontend front
  bind {host}:{port} backlog 16384
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-User browser
  http-request del-header Authorization
  http-response set-header Referrer-Policy no-referrer
  default_backend up
backend up
  server up {up_host}:{up_port}
"""


@contextlib.contextmanager
def started(argv, host, port, env=None, ready=False, core=None):
    """A server that is listening; on the core for servers if no other is named."""
    with measure.process(argv, measure.cores()[0] if core is None else core, ready=ready, env=env) as child:
        for _ in range(500):
            with contextlib.suppress(OSError):
                socket.create_connection((host, port), 1).close()
                break
            time.sleep(0.02)
        else:
            raise SystemExit("error: %s does not listen" % os.path.basename(argv[0]))
        yield child.pid


def _write(folder, name, text, **values):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.format(folder=folder, up_host=UPSTREAM[0], up_port=UPSTREAM[1], **values))
    return path


def ours(build, folder, host, port, pair=()):
    return started([os.path.join(build, "scripts/benchmarks/bench-own"), host, str(port), UPSTREAM[0], str(UPSTREAM[1]), *pair], host, port, ready=True)


def nginx(build, folder, host, port, extra="", tls=""):
    path = _write(folder, "nginx.conf", NGINX, host=host, port=port, extra=extra, tls=tls, ssl="ssl" if tls else "")
    return started(["/usr/sbin/nginx", "-p", folder, "-e", os.path.join(folder, "error.log"), "-c", path], host, port)


def nginx_sub_filter(build, folder, host, port):
    return nginx(build, folder, host, port, SUB_FILTER)


def haproxy(build, folder, host, port):
    return started(["/usr/sbin/haproxy", "-db", "-q", "-f", _write(folder, "haproxy.cfg", HAPROXY, host=host, port=port)], host, port)


def go(build, folder, host, port):
    return started([os.path.join(build, "scripts/benchmarks/bench-reverse-proxy"), "%s:%d" % (host, port), "%s:%d" % UPSTREAM], host, port,
                    env=dict(os.environ, GOMAXPROCS="1"), ready=True)


ALL = {"ours": ours, "nginx": nginx, "haproxy": haproxy, "go": go}
TITLES = {"ours": "hydraneckwebrtc", "nginx": "nginx", "haproxy": "haproxy", "go": "Go ReverseProxy", "sub_filter": "nginx `sub_filter`"}


class Rig:
    """One proxy at work between load and upstream."""

    def __init__(self, options, name, start, folder, host):
        self.tool = os.path.join(options.build, "scripts/benchmarks/bench-load")
        self.name, self.host, self.port = name, host, 8080
        self.start = lambda: start(options.build, folder, host, self.port)
        self.pid = 0

    def argv(self, job, path, *words):
        return [self.tool, self.host, str(self.port), job, SESSION + path] + [str(word) for word in words]

    def measured(self, job, path, *words):
        """(CPU seconds of the proxy, what the load says)"""
        before = measure.cpu_seconds(self.pid)
        said = measure.load(self.argv(job, path, *words), measure.cores()[1])
        return measure.cpu_seconds(self.pid) - before, said

    @contextlib.contextmanager
    def running(self):
        with self.start() as self.pid:
            yield self

    def holding(self, path, count, kind):
        import subprocess
        return measure.process(self.argv("hold", path, count, kind), measure.cores()[1], stdin=subprocess.PIPE)


def upstream(options):
    return measure.process([os.path.join(options.build, "scripts/benchmarks/bench-upstream"), UPSTREAM[0], str(UPSTREAM[1])], measure.cores()[1])
