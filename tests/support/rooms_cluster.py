# SPDX-License-Identifier: LGPL-2.1-or-later
"""Some instances of `hydraneckwebrtc rooms` (or `mesh`) and a Redis that can be stopped, frozen and asked; instances can be killed and started again, and are asked how they are meanwhile."""

import contextlib
import signal
import socket
import threading
import time

import flow
import leaks
import measure
import rooms
import signalling
from flow import equal, true


class Control:
    """What is done to rooms.Rooms or what is made of it. Instances have the numbers 1 to `instances`."""

    health_path = "/health"

    def numbers(self):
        return list(self.at)

    def after(self, number):
        """The next instance, round and round."""
        return number % self.instances + 1

    def health(self, number):
        return self.call("GET", self.health_path, number=number, timeout=5)

    def rss_kb(self, number):
        return measure.Process(self.product, self.children[self.name(number)].pid).rss_kb()

    def stop_redis(self):
        self.children.pop("redis").stop()

    @contextlib.contextmanager
    def frozen_redis(self):
        self.children["redis"].signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.children["redis"].signal(signal.SIGCONT)

    def redis_keys(self):
        """How many there are."""
        if self.redis_at is None:
            return 0
        with socket.create_connection(self.redis_at, 5) as connection:
            connection.sendall(b"DBSIZE\r\n")
            return int(connection.recv(64)[1:])


class Cluster(Control, rooms.Rooms):
    health_path = "/webrtc/health"

    def socket_url(self, number, room, user):
        return "ws://%s:%d/webrtc/ws/%s?token=%s" % (*self.at[number], room, self.token(user))


class Started(signalling.Started):
    """One for a file, or for a part of a soak."""

    kind = Cluster

    def _make(self, options):
        running = self.kind(flow.build_folder(), self.folder, self.lease, nginx=False, **options)
        leaks.add(running.secret)
        leaks.add(running.admin_token)
        return running


class Watched:
    """Asks each instance again and again how it is, from a thread of its own: `slowest` is the longest that an answer took."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.slowest, self.count, self.wrong = 0.0, 0, []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.over.wait(0.1):
            for number in self.cluster.numbers():
                began = time.monotonic()
                try:
                    true(self.cluster.health(number).status in (200, 503), "/health answers")
                except OSError as problem:
                    self.wrong.append("instance %d: %s" % (number, problem))
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.count += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join()
        if kind is None:
            equal(self.wrong, [], "what went wrong with /health")
            true(self.count > 0, "/health was asked")
