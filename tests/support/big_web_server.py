#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stands before the fake web-server and adds what only memory tests want: a gigabyte to load, a socket that never stops, a sink that hardly
reads, an echo. Whatever else comes goes to the fake, which lies beside it as `real-web-server`.

    GET  …/big.bin                              1 GiB, as fast as it is taken
    GET  …/api/host/stream?flood=50             WebSocket: binary messages at so many Mbit/s, as long as they are taken
    GET  …/api/host/stream?echo                 WebSocket: bytes come back as they went
    POST …/api/host/stream/sink                 reads 64 KiB each quarter of a second and never answers"""

import ctypes
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time

GIGABYTE = 1 << 30
REAL_PORT_OFFSET = 5000


def start_real(config_path):
    """The fake on a port of its own; returns where this program shall listen and where the fake does."""
    with open(config_path, encoding="utf-8") as file:
        config = json.load(file)
    host, port = config["web_server"]["bind_address"].rsplit(":", 1)
    own, real = (host, int(port)), (host, int(port) + REAL_PORT_OFFSET)
    config["web_server"]["bind_address"] = "%s:%d" % real
    path = config_path.replace(".json", "-real.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    program = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "real-web-server")
    process = subprocess.Popen([program, "--config-path", path],
                               preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0))
    return own, real, process


def read_head(client):
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        if not part:
            return None, b""
        data += part
    head, rest = data.split(b"\r\n\r\n", 1)
    return head, rest


def gigabyte(client):
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % GIGABYTE)
    block = bytes(65536)
    for _ in range(GIGABYTE // len(block)):
        client.sendall(block)


def flood(client, mbit):
    client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n")
    message = b"\x82\x7e\x40\x00" + bytes(16384)
    began, sent = time.monotonic(), 0
    while True:
        due = sent * 8 / (mbit * 1e6) - (time.monotonic() - began)
        if due > 0:
            time.sleep(due)
        client.sendall(message)
        sent += len(message)


def echo(client, rest):
    client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n" + rest)
    while True:
        part = client.recv(65536)
        if not part:
            return
        client.sendall(part)


def sink(client):
    while client.recv(65536):
        time.sleep(0.25)


def pass_on(client, head, rest, real):
    """One exchange with the fake: no second request of the connection gets there unseen."""
    if not re.search(rb"(?i)\r\nupgrade: *websocket", head):
        head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head) + b"\r\nConnection: close"
    with socket.create_connection(real) as server:
        server.sendall(head + b"\r\n\r\n" + rest)
        pair = {client: server, server: client}
        while pair:
            for ready in select.select(list(pair), [], [])[0]:
                part = ready.recv(65536)
                if not part:
                    return
                pair[ready].sendall(part)


def serve(client, real):
    try:
        with client:
            head, rest = read_head(client)
            if head is None:
                return
            line = head.split(b"\r\n", 1)[0]
            mbit = re.search(rb"/api/host/stream\?flood=(\d+)", line)
            if b"/big.bin" in line:
                gigabyte(client)
            elif mbit:
                flood(client, int(mbit.group(1)))
            elif b"/api/host/stream?echo" in line:
                echo(client, rest)
            elif b"/api/host/stream/sink" in line:
                sink(client)
            else:
                pass_on(client, head, rest, real)
    except OSError:
        pass


def main():
    own, real, process = start_real(sys.argv[sys.argv.index("--config-path") + 1])
    while process.poll() is None:
        try:
            socket.create_connection(real).close()
            break
        except OSError:
            time.sleep(0.02)
    threading.Thread(target=lambda: (process.wait(), os._exit(1)), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with socket.create_server(own, backlog=128) as listener:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, real), daemon=True).start()


main()
