# SPDX-License-Identifier: LGPL-2.1-or-later
"""In the place of web-server: nginx, or an upstream that misbehaves as it is told, on the session's own port.

The worker pairs as ever: what belongs to that goes on to the fake web-server behind it. The test installs launch() as `moonlight.path`. nginx
writes what it saw of each request to `seen.log` of the session's folder in the test's own, the odd upstream what came as `odd.log`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import odd  # noqa: E402

NGINX = "/usr/sbin/nginx"

CONF = """
master_process off;
worker_processes 1;
pid nginx.pid;
error_log %(log)s/nginx-error.log;
events { worker_connections 512; }
http {
  log_format seen escape=json '{"line":"$request","status":$status,"body":"$request_body","passed_on":"$upstream_status",'
    '"connection":$connection,"te":"$http_transfer_encoding","length":"$http_content_length","host":"$http_host"}';
  access_log %(log)s/seen.log seen;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  large_client_header_buffers 8 64k;
  client_header_buffer_size 64k;
  client_body_buffer_size 2m;
  client_body_in_single_buffer on;
  client_max_body_size 2m;
  keepalive_requests 1000000;
  merge_slashes off;
  default_type text/plain;
  server {
    listen %(address)s;
    location ~ ^/session/[^/]*/(api/(?!host/(stream/|cancel))|$) {
      access_log off;
      proxy_pass http://%(inner)s;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_buffering off;
    }
    location / { proxy_pass http://unix:%(folder)s/echo.sock; }
  }
  server {
    listen unix:%(folder)s/echo.sock;
    access_log off;
    location ~ /status/204 { return 204; }
    location ~ /status/304 { return 304; }
    location / { return 200 "$request_method $request_uri\\n"; }
  }
}
"""


def free_port(host):
    with socket.socket() as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


def start_fake(program):
    """The fake web-server with this session's files, on a port behind us."""
    with open("server/config.json", encoding="utf-8") as file:
        config = json.load(file)
    web = config["web_server"] if "web_server" in config else config
    address = web["bind_address"]
    host = address.rsplit(":", 1)[0]
    web["bind_address"] = "%s:%d" % (host, free_port(host))
    with open("server/inner.json", "w", encoding="utf-8") as file:
        json.dump(config, file)
    return address, web["bind_address"], subprocess.Popen([program, "--config-path", "server/inner.json"])


def start_nginx(address, inner, log):
    folder = os.getcwd()
    with open("nginx.conf", "w", encoding="utf-8") as file:
        file.write(CONF % {"address": address, "inner": inner, "folder": folder, "log": log})
    return subprocess.Popen([NGINX, "-p", folder, "-c", os.path.join(folder, "nginx.conf"), "-g", "daemon off;"],
                            stderr=subprocess.DEVNULL)


def launch(program, log):
    """Never returns: ends with one of its children, or when it is told to."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(os.path.join(log, "mode"), encoding="ascii") as file:
        mode = file.read()
    address, inner, fake = start_fake(program)
    children = [fake]
    try:
        if mode == "nginx":
            children.append(start_nginx(address, inner, log))
        else:
            odd.serve(address, inner, os.path.join(log, "odd.log"))
        while all(child.poll() is None for child in children):
            time.sleep(0.2)
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()
        for child in children:
            child.wait()
