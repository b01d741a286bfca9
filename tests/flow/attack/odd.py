# SPDX-License-Identifier: LGPL-2.1-or-later
"""An upstream that answers as no upstream should: raw bytes, chosen by the last segment of the path. What is not for it goes on to the fake
web-server as it is. What came on each connection, and when and how it ended, is one line of JSON in its log."""

import json
import socket
import struct
import threading
import time

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def split(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def read_head(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            return data
        data += part
    return data


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


# name: bytes of the answer, and what follows: "keep" (wait for the peer), "next" (take another request), "fin", "rst", "flood" (send without
# end), "stale-fin" and "stale-rst" (wait for the next request on this connection, and end it instead of an answer), "late" (wait for it, and finish the last answer first)
ANSWERS = {
    "plain": (OK + b"Content-Length: 5\r\n\r\nhello", "next"),
    "stale-fin": (OK + b"Content-Length: 5\r\n\r\nhello", "stale-fin"),
    "stale-rst": (OK + b"Content-Length: 5\r\n\r\nhello", "stale-rst"),
    "length-fin": (OK + b"Content-Length: 100\r\n\r\nhello", "fin"),
    "length-rst": (OK + b"Content-Length: 100\r\n\r\nhello", "rst"),
    "chunked-fin": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "fin"),
    "chunked-rst": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "rst"),
    "chunk-fin": (OK + b"Transfer-Encoding: chunked\r\n\r\n50\r\nhello", "fin"),
    "chunked-no-last-line": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "fin"),
    "close-fin": (OK + b"Connection: close\r\n\r\nhello", "fin"),
    "close-rst": (OK + b"Connection: close\r\n\r\nhello", "rst"),
    "head-fin": (OK + b"Content-Le", "fin"),
    "nothing-fin": (b"", "fin"),
    "nothing-rst": (b"", "rst"),
    "bad-chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n", "keep"),
    "both": (OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "keep"),
    "two-lengths": (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "keep"),
    "odd-length": (OK + b"Content-Length: +5\r\n\r\nhello", "keep"),
    "bare-lf": (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "keep"),
    "old-te": (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "fin"),
    "not-http": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "fin"),
    "long-head": (OK + b"X: y\r\n" * 20000 + b"\r\n", "keep"),
    "body-to-head": (OK + b"Content-Length: 5\r\n\r\nhello", "next"),
    "late-body-to-head": (OK + b"Content-Length: 5\r\n\r\n", "late"),
    "body-to-204": (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "next"),
    "chunks-to-204": (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "next"),
    "body-to-304": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", "next"),
    "second-answer": (OK + b"Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "next"),
    "hints": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
              + OK + b"Content-Length: 5\r\n\r\nhello", "next"),
    "hints-without-end": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500, "keep"),
    "hint-with-body": (b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello" + OK + b"Content-Length: 0\r\n\r\n", "keep"),
    "switch": (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "keep"),
    "early": (b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch", "keep"),
    "early-fin": (b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmuch", "fin"),
    "flood": (OK + b"Transfer-Encoding: chunked\r\n\r\n", "flood"),
    "silent": (b"", "keep"),
    "begun": (OK + b"Content-Length: 100\r\n\r\nhello", "keep"),
}


def wait_for_end(sock, seen):
    """Whatever else the peer says, and how it ends."""
    try:
        while True:
            part = sock.recv(65536)
            if not part:
                return "fin"
            seen["bytes"] += part.decode("latin-1")
    except OSError:
        return "rst"


def flood(sock):
    try:
        while True:
            sock.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
    except OSError:
        return "rst"


def play(sock, name, seen, tell):
    answer, then = ANSWERS[name]
    seen["name"] = name
    tell(dict(seen, event="begun"))
    try:
        sock.sendall(answer)
    except OSError:
        then = "keep"
    if then == "flood":
        seen["end"] = flood(sock)
    elif then == "keep":
        seen["end"] = wait_for_end(sock, seen)
    elif then.startswith("stale"):
        seen["next"] = sock.recv(65536).decode("latin-1")
    elif then == "late" and sock.recv(65536):
        sock.sendall(b"evil!" + ANSWERS["plain"][0])
    if then.endswith("rst"):
        reset(sock)
    seen["at"] = time.monotonic()
    tell(dict(seen, event="ended"))


def pipe(one, other):
    try:
        while True:
            part = one.recv(65536)
            if not part:
                break
            other.sendall(part)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def pass_on(sock, data, inner):
    with socket.create_connection(inner) as other:
        other.sendall(data)
        back = threading.Thread(target=pipe, args=(other, sock), daemon=True)
        back.start()
        pipe(sock, other)
        back.join()


def converse(sock, inner, tell):
    with sock:
        while one_request(sock, inner, tell):
            pass


def one_request(sock, inner, tell):
    """Whether the connection may carry another."""
    try:
        data = read_head(sock)
    except OSError:
        return False
    name = data.split(b"\r\n", 1)[0].split(b" ")[1].split(b"?")[0].rsplit(b"/", 1)[-1].decode("latin-1") if data else ""
    if name in ANSWERS:
        play(sock, name, {"bytes": data.decode("latin-1")}, tell)
        return ANSWERS[name][1] == "next"
    if data:
        pass_on(sock, data, inner)
    return False



def serve(address, inner, path):
    """From threads of its own."""
    lock = threading.Lock()
    listener = socket.create_server(split(address), backlog=256)

    def tell(line):
        with lock, open(path, "a", encoding="ascii") as file:
            file.write(json.dumps(line) + "\n")

    def accept():
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=converse, args=(sock, split(inner), tell), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
