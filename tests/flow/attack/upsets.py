# SPDX-License-Identifier: LGPL-2.1-or-later
"""Upstreams that break off or misbehave (attack/odd.py), and clients that vanish, through both front doors.

The functions of TESTS are tests of test_attack.py."""

import json
import socket
import struct
import time

from flow import equal, true
from talk import Ended, Talk


def _ask(world, door, name, method="GET", version="1.1", fields="", body=b""):
    """Asks the odd upstream for one of its answers; returns the open connection and the request's mark."""
    mark = world.next_mark(name)
    path = "/api/host/stream/" if method == "POST" else "/odd/"
    talk = Talk(door.at)
    talk.send(("%s %s%s%s?m=%s HTTP/%s\r\nHost: a\r\n%s\r\n" % (method, door.prefix, path, name, mark, version, fields)).encode() + body)
    return talk, mark


CUT = ("length-fin", "length-rst", "chunked-fin", "chunked-rst", "chunk-fin", "chunked-no-last-line", "close-rst", "head-fin", "nothing-fin",
       "nothing-rst", "bad-chunk")
MALFORMED = ("both", "two-lengths", "odd-length", "bare-lf", "old-te", "not-http", "long-head", "hints-without-end", "switch", "hint-with-body",
             "head-fin", "nothing-fin", "nothing-rst")


def a_cut_upstream_is_a_cut_for_the_client(world):
    for door in world.odd_doors:
        for name in CUT:
            for version in ("1.1", "1.0"):
                talk, _ = _ask(world, door, name, version=version)
                with talk:
                    try:
                        answer = talk.final()[0]
                    except Ended:
                        continue
                    true(answer.status == 502 or not answer.complete,
                         "%s through the %s looks complete to HTTP/%s: %r" % (name, door.name, version, answer))
        talk, _ = _ask(world, door, "close-fin")
        with talk:
            answer = talk.final()[0]
            equal((answer.status, answer.body, answer.complete), (200, b"hello", True), "what ends with its connection")


def a_malformed_answer_is_502_in_the_one_error_shape(world):
    for door in world.odd_doors:
        for name in MALFORMED:
            for method in ("GET", "HEAD"):
                talk, _ = _ask(world, door, name, method)
                with talk:
                    answer, hints = talk.final(method)
                    equal(answer.status, 502, "status of %s through the %s" % (name, door.name))
                    true(all(hint.status == 103 for hint in hints), "hints %r" % hints)
                    if method == "GET":
                        equal(json.loads(answer.body)["code"], 502, "code")
                    if answer.get("connection") == "close":
                        talk.end()
                    else:
                        talk.send(door.probe("behind", "/odd/plain"))
                        equal(talk.final()[0].body, b"hello", "answer behind " + name)


def no_answer_of_an_upstream_reaches_another_request(world):
    for door in world.odd_doors:
        for name, method, status in (("body-to-head", "HEAD", 200), ("late-body-to-head", "HEAD", 200), ("body-to-204", "GET", 204), ("chunks-to-204", "GET", 204),
                                     ("body-to-304", "GET", 304), ("second-answer", "GET", 200)):
            talk, _ = _ask(world, door, name, method)
            with talk:
                equal(talk.final(method)[0].status, status, "status of %s through the %s" % (name, door.name))
                for _ in range(3):
                    mark = world.next_mark("plain")
                    talk.send(door.probe(mark, "/odd/plain"))
                    answer = talk.final()[0]
                    equal((answer.status, answer.body), (200, b"hello"), "answer behind " + name)
                    equal(len(world.told.events(mark)), 1, "requests that came of it")


def interim_answers_go_on_to_those_who_know_them(world):
    for door in world.odd_doors:
        talk, _ = _ask(world, door, "hints")
        with talk:
            answer, hints = talk.final()
            equal(([hint.status for hint in hints], answer.status, answer.body), ([103, 102], 200, b"hello"), "answers through the " + door.name)
        talk, _ = _ask(world, door, "hints", version="1.0")
        with talk:
            equal([hint.status for hint in talk.final()[1]], [], "interim answers for HTTP/1.0")


def an_early_answer_reaches_the_client_and_ends_its_connection(world):
    for door in world.odd_doors:
        for name in ("early", "early-fin"):
            for fields in ("Content-Length: 50000000\r\n", "Transfer-Encoding: chunked\r\n"):
                talk, _ = _ask(world, door, name, "POST", fields=fields, body=b"2faf080\r\n" + b"x" * 100000)
                with talk:
                    answer = talk.final("POST")[0]
                    equal((answer.status, answer.body, answer.get("connection")), (413, b"much", "close"), "answer through the " + door.name)
                    talk.end()


def a_vanished_client_stops_the_upstream_within_a_second(world):
    for door in world.odd_doors:
        for name, method in (("silent", "GET"), ("begun", "GET"), ("flood", "GET"), ("silent", "POST"), ("begun", "POST")):
            for how in ("fin", "rst"):
                talk, mark = _ask(world, door, name, method, fields="Content-Length: 100\r\n" if method == "POST" else "",
                                  body=b"half" if method == "POST" else b"")
                world.running.wait(lambda mark=mark: world.told.events(mark), 10, "the upstream was asked for " + name)
                if name != "silent":
                    talk.more()
                if how == "rst":
                    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                left = time.monotonic()
                talk.sock.close()
                ended = world.running.wait(lambda mark=mark: world.told.events(mark, "ended"), 10, "the upstream of %s was stopped" % name)
                true(ended[0]["at"] - left < 1, "%s %s went on for %.2f s behind the %s" % (method, name, ended[0]["at"] - left, door.name))


def _use_up(door, done):
    """Takes the connections that wait, the youngest first, until it was the turn of the one meant."""
    for _ in range(10):
        with Talk(door.at) as talk:
            talk.send(door.probe("used", "/odd/close-fin"))
            equal(talk.final()[0].status, 200, "status")
        if done():
            return


def a_stale_connection_is_tried_once_more_and_never_for_what_is_not_safe(world):
    door = [door for door in world.odd_doors if door.name == "worker"][0]
    for name in ("stale-fin", "stale-rst"):
        for second, method, status, fresh in (("plain", "GET", 200, 1), ("nothing-fin", "GET", 502, 1), ("plain", "POST", 200, 1)):
            talk, first = _ask(world, door, name)
            with talk:
                equal(talk.final()[0].status, 200, "status")
            talk, mark = _ask(world, door, second, method, fields="Content-Length: 0\r\n" if method == "POST" else "")
            with talk:
                equal(talk.final(method)[0].status, status, "status of %s behind %s" % (second, name))
            equal(len(world.told.events(mark)), fresh, "fresh connections for it")
            if method == "POST":
                equal(world.told.events(first, "ended"), [], "uses of the connection that waits")
                _use_up(door, lambda first=first: world.told.events(first, "ended"))
            ended = world.running.wait(lambda first=first: world.told.events(first, "ended"), 10, "the stale connection ended")
            equal(mark in ended[0]["next"], method == "GET", "whether %s %s was tried on the stale connection" % (method, second))


TESTS = [a_cut_upstream_is_a_cut_for_the_client, a_malformed_answer_is_502_in_the_one_error_shape, no_answer_of_an_upstream_reaches_another_request,
         interim_answers_go_on_to_those_who_know_them, an_early_answer_reaches_the_client_and_ends_its_connection,
         a_vanished_client_stops_the_upstream_within_a_second, a_stale_connection_is_tried_once_more_and_never_for_what_is_not_safe]
