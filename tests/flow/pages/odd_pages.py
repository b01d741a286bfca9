# SPDX-License-Identifier: LGPL-2.1-or-later
"""In the place of web-server, for all that its pages can be on their way: packed, in pieces, in other letters, without a head. What is not of
this kind goes on to the fake web-server behind it.

`launch()` is what a session's worker starts. An odd page is asked for as `…/odd/<name>/stream.html`; ANSWERS says what comes back. A page whose
name ends in `-at-<n>` comes in two pieces, the second when `…/odd/go/<n>` is asked for: so each piece is known to have been seen alone."""

import gzip
import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../attack"))

import odd  # noqa: E402
import upstream  # noqa: E402

TAG = b"<script src=\"/session/%s/_hydraneck/overlay.js\"></script>"
HTML = b"<!DOCTYPE html>\n<html lang=\"en\" class=\"stream\">\n<head data-a=\"<head>\">\n<title>h\xc3\xa9</title><script>0 < 1</script></head>\n<body><p>x</p></body></html>\n"
HEADLESS = b"<!DOCTYPE html>\n<html><!-- <head> --><body><p>no head</p></body></html>\n"
NAKED = b"only words, 1 < 2\n"
LATIN = HTML.replace(b"h\xc3\xa9", bytes(range(0x80, 0x100)))
SCRIPT = b"export const answer = 42\n" * 40


def _split(before):
    return lambda page: page.replace(before, b"@" + before, 1).split(b"@")


# name → (page, the two parts between which the script stands)
PAGES = {
    "plain": (HTML, _split(b"\n<title>")),
    "latin": (LATIN, _split(b"\n<title>")),
    "headless": (HEADLESS, _split(b"<body>")),
    "naked": (NAKED, lambda page: [page, b""]),
    "empty": (b"", lambda page: [b"", b""]),
}


def _head(more=b"", status=b"200 OK", kind=b"text/html; charset=utf-8"):
    return b"HTTP/1.1 " + status + b"\r\nContent-Type: " + kind + b"\r\n" + more


def _length(page):
    return b"Content-Length: %d\r\n\r\n" % len(page)


def _chunks(page, size):
    return b"".join(b"%x\r\n" % len(page[at:at + size]) + page[at:at + size] + b"\r\n" for at in range(0, len(page), size)) + b"0\r\n\r\n"


def answer(name, head):
    """Everything at once; `head` is the request's."""
    kind, _, how = name.partition("-")
    page = PAGES.get(kind, (HTML, None))[0]
    charset = b"text/html; charset=iso-8859-1" if kind == "latin" else b"text/html; charset=utf-8"
    if kind == "gzip":
        packed = b"\x1f\x8b but no more" if how == "broken" else gzip.compress(HTML)
        head_ = _head(b"Content-Encoding: gzip\r\n" + (b"Transfer-Encoding: chunked\r\n\r\n" if how.startswith("by") else b""))
        if how == "closed":
            return head_ + b"Connection: close\r\n\r\n" + packed
        return head_ + (_chunks(packed, int(how[2:])) if how.startswith("by") else _length(packed) + packed)
    if name == "br":
        return _head(b"Content-Encoding: br\r\n") + _length(HTML) + HTML
    if name == "304":
        return b"HTTP/1.1 304 Not Modified\r\nETag: \"odd\"\r\n\r\n"
    if name == "404":
        return _head(status=b"404 Not Found") + _length(HTML) + HTML
    if name == "206":
        return _head(b"Content-Range: bytes 0-9/%d\r\n" % len(HTML), b"206 Partial Content") + _length(HTML[:10]) + HTML[:10]
    if name == "words":
        return _head(kind=b"text/plain") + _length(HTML) + HTML
    if name == "csp":
        return _head(b"Content-Security-Policy: default-src 'none'; script-src 'self'; connect-src 'self'\r\n") + _length(HTML) + HTML
    if name == "marked":
        return _head(b"ETag: \"odd\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nAccept-Ranges: bytes\r\nContent-MD5: x\r\n") + _length(HTML) + HTML
    if name == "asked":
        return _head(kind=b"text/plain") + _length(head) + head
    if name == "closed":
        return _head(b"Connection: close\r\n\r\n") + HTML
    if how.startswith("by"):
        return _head(b"Transfer-Encoding: chunked\r\n\r\n", kind=charset) + _chunks(page, int(how[2:]))
    return _head(kind=charset) + _length(page) + page


GO = {}
GO_LOCK = threading.Lock()


def _go(number):
    with GO_LOCK:
        return GO.setdefault(number, threading.Event())


def _play(sock, name, head):
    if name.startswith("go"):
        _go(int(name.partition("-")[2])).set()
        sock.sendall(_head(kind=b"text/plain") + _length(b"gone") + b"gone")
        return True
    if "-at-" in name:
        at = int(name.rpartition("-")[2])
        page = PAGES[name.partition("-")[0]][0]
        sock.sendall(_head() + _length(page) + page[:at])
        _go(at).wait(20)
        sock.sendall(page[at:])
        return True
    data = answer(name, head)
    if head.startswith(b"HEAD "):
        data = data[:data.index(b"\r\n\r\n") + 4]
    sock.sendall(data)
    return not name.endswith("closed")


def _converse(sock, inner):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with sock:
        while True:
            try:
                head = odd.read_head(sock)
            except OSError:
                return
            if not head:
                return
            path = head.split(b" ")[1].split(b"?")[0].decode("latin-1")
            if "/odd/" not in path:
                odd.pass_on(sock, head, inner)
                return
            if not _play(sock, path.split("/odd/")[1].split("/")[0], head):
                return


def launch(program):
    """Never returns: ends with the fake behind it, or when it is told to."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address, inner, fake = upstream.start_fake(program)
    listener = socket.create_server(odd.split(address), backlog=64)

    def accept():
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=_converse, args=(sock, odd.split(inner)), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        while fake.poll() is None:
            time.sleep(0.2)
    finally:
        if fake.poll() is None:
            fake.terminate()
        fake.wait()
