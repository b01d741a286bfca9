# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays web-server's part for one fake streamer, so that streamer and pages can be tried without the rest.

Serves the static pages and config.js, and bridges each stream socket to a streamer process of its own: `Init` spawns it,
`StartStream` is answered with a successful launch. Just enough HTTP and WebSocket for Chromium; trusted use on loopback only.
"""

import base64
import hashlib
import http.server
import json
import mimetypes
import os
import socketserver
import struct
import subprocess
import threading

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Host(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """`streamers` are the processes it has started, the newest last; each has a list `server_lines` of what it said."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, address, streamer, static, webrtc=None, ice_servers=(), prefix="", log=None):
        super().__init__((address, 0), Handler)
        self.streamer = streamer
        self.static = static
        self.webrtc = webrtc if webrtc is not None else {"network_types": ["udp4"]}
        self.ice_servers = list(ice_servers)
        self.prefix = prefix
        self.log = log
        self.streamers = []

    @property
    def url(self):
        return f"http://{self.server_address[0]}:{self.server_address[1]}{self.prefix}/stream.html?hostId=1&appId=2"

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()
        for streamer in self.streamers:
            if streamer.poll() is None:
                streamer.kill()
            streamer.wait()
            streamer.pump.join(5)
            for pipe in (streamer.stdin, streamer.stdout):
                pipe.close()

    def handle_error(self, request, client_address):
        pass  # a browser that is killed resets its connections


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.split("?")[0].removeprefix(self.server.prefix)
        if path == "/config.js":
            config = {"path_prefix": self.server.prefix, "default_settings": None}
            self.reply("text/javascript", ("export default " + json.dumps(config)).encode())
        elif path == "/api/host/stream":
            self.stream()
        else:
            self.send_static(path)

    def send_static(self, path):
        root = os.path.realpath(self.server.static)
        file = os.path.realpath(root + path)
        if not file.startswith(root + os.sep) or not os.path.isfile(file):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with open(file, "rb") as source:
            self.reply(mimetypes.guess_type(file)[0] or "application/octet-stream", source.read())

    def reply(self, content_type, body):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    # the stream socket

    def stream(self):
        accept = base64.b64encode(hashlib.sha1(self.headers["Sec-WebSocket-Key"].encode() + MAGIC).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        self.close_connection = True
        self.lock = threading.Lock()
        if "Init" in json.loads(self.read_message() or "{}"):
            self.bridge()

    def bridge(self):
        self.send({"UpdateApp": {"app": {"app_id": 2, "title": "Desktop", "is_hdr_supported": False}}})
        self.send({"DebugLog": {"message": "Launching streamer", "ty": None}})
        child = subprocess.Popen([self.server.streamer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.server.log)
        child.server_lines = []
        self.server.streamers.append(child)
        self.send({"DebugLog": {"message": "Completed Stage: Launch Streamer", "ty": None}})
        self.tell(child, {"Init": {
            "webrtc": self.server.webrtc, "ice_servers": self.server.ice_servers, "session": "3f9c2a7b55aa", "host_address": "127.0.1.1",
            "app": {"app_id": 2, "title": "Desktop"}, "video_frame_queue_size": 3, "audio_sample_queue_size": 20,
        }})
        child.pump = threading.Thread(target=self.pump, args=(child,), daemon=True)
        child.pump.start()
        try:
            while (text := self.read_message()) is not None:
                message = json.loads(text)
                self.tell(child, {"Client": message})
                if "StartStream" in message:
                    self.tell(child, {"Launch": {"ok": True}})
        except (OSError, ValueError):
            pass  # the streamer is gone

    @staticmethod
    def tell(child, message):
        child.stdin.write(json.dumps(message).encode() + b"\n")
        child.stdin.flush()

    def pump(self, child):
        for line in child.stdout:
            value = json.loads(line)
            child.server_lines.append(value)
            if isinstance(value, dict):
                try:
                    self.send(value["Server"])
                except OSError:
                    pass

    def send(self, message):
        data = json.dumps(message).encode()
        if len(data) < 126:
            head = struct.pack("!BB", 0x81, len(data))
        elif len(data) < 65536:
            head = struct.pack("!BBH", 0x81, 126, len(data))
        else:
            head = struct.pack("!BBQ", 0x81, 127, len(data))
        with self.lock:
            self.wfile.write(head + data)

    def read_exactly(self, count):
        data = self.rfile.read(count)
        if len(data) < count:
            raise ConnectionError("socket closed")
        return data

    def read_message(self):
        """One text message, or None when the browser has closed. Chromium does not fragment what it sends here."""
        try:
            while True:
                first, second = self.read_exactly(2)
                length = second & 0x7F
                if length == 126:
                    (length,) = struct.unpack("!H", self.read_exactly(2))
                elif length == 127:
                    (length,) = struct.unpack("!Q", self.read_exactly(8))
                mask = self.read_exactly(4)
                data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.read_exactly(length)))
                if first & 0x0F == 8:
                    return None
                if first & 0x0F == 1:
                    return data.decode()
        except ConnectionError:
            return None
