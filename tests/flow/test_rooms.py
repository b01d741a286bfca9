#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rooms, as clients see them that behave: who gets in, who is there, who hears what. One process, without Redis; each case in both dialects."""

import asyncio
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

from flow import contains, equal, true  # noqa: E402, I001: it makes the modules below findable
import leaks  # noqa: E402
from room_cases import *  # noqa: E402, F401, F403: the same cases as on many instances
from room_client import Closed, case, run, token_of  # noqa: E402

PLAIN, SMALL, OTHER, DRAINED = 1, 2, 3, 4
FREE = {"rate": 1000000, "burst": 1000000, "sockets_user": 10000, "rooms_user": 10000}
EACH = {
    PLAIN: {"rooms": FREE},
    SMALL: {"rooms": {"max_participants": 3, "strict_ids": True, "sockets_user": 3, "rooms_user": 2}},
    OTHER: {"rooms": dict(FREE, dialect="hyphen", broadcast=True, refuse="deny", grace="600ms", server_sender=True, debug=True), "tokens": {"enforce_expiry": False},
            "websocket": {"allowed_origins": ["https://app.example.com"], "ping": "200ms", "pong": "400ms"}},
    DRAINED: {"rooms": FREE, "websocket": {"drain": "500ms"}},
}
INVALID = (1008, "Authentication failed: Could not validate credentials")


# ---- who gets in ----

@case()
async def a_good_token_opens_and_the_first_frame_is_the_state(table):
    a = await table.join("A")
    payload = a.state["payload"]
    equal((payload["participant_count"], payload["participants"][0]["user_id"], payload["user_id"], payload["recovered"]), (1, a.user, a.user, False), "state")
    equal((a.state["sender_id"], a.state["room_id"], a.state["offset"]), (None, table.room, 1), "envelope")


@case()
async def without_a_token_nobody_gets_in(table):
    equal(await table.refused(), (1008, "Authentication token required in query parameters"), "close")
    equal(await table.refused(token=""), (1008, "Authentication token required in query parameters"), "close")


def _bad_tokens(table):
    secret, good = table.running.secret, {"sub": "A", "user_id": "A", "username": "A", "exp": int(time.time()) + 60}
    head = {"alg": "HS256", "typ": "JWT"}
    yield "abc"
    yield token_of(head, good, "wrong" + secret)
    for name in ("none", "None", "nOnE"):
        yield token_of({"alg": name}, good, secret, None)
    yield token_of({"alg": "HS512"}, good, secret, "sha512")
    yield token_of({"alg": "RS256"}, good, secret)
    for sub in (None, 7, ""):
        yield token_of(head, {**{key: value for key, value in good.items() if key != "sub"}, **({} if sub is None else {"sub": sub})}, secret)
    yield token_of(head, {**good, "nbf": int(time.time()) + 3600}, secret)
    yield token_of(head, {**good, "iat": "today"}, secret)
    yield token_of(head, {**good, "aud": "others"}, secret)
    yield token_of(head, {**good, "type": "refresh"}, secret)
    plain = token_of(head, good, secret)
    yield plain + "="
    yield plain.replace("-", "+").replace("_", "/") + "+"
    yield plain + "%00"
    yield plain + "&token=" + plain


@case(dialects=(None,))
async def every_bad_token_is_told_the_same(table):
    for token in _bad_tokens(table):
        leaks.add(token)
        equal(await table.refused(token=token), INVALID, "close of the token %r" % token)


@case(dialects=(None,))
async def a_token_that_has_expired_is_told_so(table):
    equal(await table.refused("A", token=table.token("A", seconds=-1)), (1008, "Authentication failed: Token has expired"), "close")


@case(dialects=(None,))
async def a_token_may_come_in_a_header_too(table):
    a = await table.open(None, path=table.path(), headers={"Authorization": "bearer " + table.token("A")})
    equal((await a.expect("room_state"))["payload"]["user_id"], table.user("A"), "user")
    b = await table.open(None, path=table.path(), subprotocols=["webrtc-rooms", "bearer." + table.token("B")])
    equal((b.connection.subprotocol, (await b.expect("room_state"))["payload"]["user_id"]), ("webrtc-rooms", table.user("B")), "protocol and user")
    equal(await table.refused(path=table.path(), subprotocols=["webrtc-rooms", "bearer.x"]), INVALID, "close")


@case(on=(PLAIN, OTHER), dialects=(None,))
async def an_expiry_ends_the_connection_where_it_is_enforced(table):
    kept = await table.join("A", number=OTHER, dialect="hyphen", token=table.token("A", seconds=2))
    began = time.time()
    ended = await table.join("A", number=PLAIN, token=table.token("A", seconds=2))
    equal(await ended.closed(), (1008, "Token has expired"), "close")
    true(0.9 < time.time() - began < 4, "%g s to the end of a token of 2 s, the second begun included" % (time.time() - began))
    await kept.alive()


@case(on=OTHER, dialects=(None,))
async def where_it_is_wished_refusals_are_http(table):
    raw = await table.raw()
    equal((await raw.upgrade(table.path()))[0], 401, "status without a token")
    for path, status in ((table.path(token="abc"), 401), (table.path("A", room="%20"), 400), (table.path("A", room="!"), 400),
                         (table.path("A", token=table.token("A", room="elsewhere")), 403)):
        equal((await (await table.raw()).upgrade(path))[0], status, "status of %s" % path[:40])


@case(on=OTHER, dialects=(None,))
async def a_foreign_page_does_not_get_in(table):
    for origin, status in (("https://evil.example", 403), ("null", 403), ("https://app.example.com", 101), ("http://rooms.test", 101)):
        equal((await (await table.raw()).upgrade(table.path("A"), Origin=origin))[0], status, "status for %s" % origin)


@case(dialects=(None,))
async def what_is_no_upgrade_is_told_what_is_wanted(table):
    raw = await table.raw()
    status, head = await raw.request("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % table.path("A"))
    equal(status, 426, "status")
    contains(head, "Sec-WebSocket-Version: 13", "head")
    status, head = await (await table.raw()).upgrade(table.path("A"), Sec_WebSocket_Version="12")
    equal(status, 426, "status of version 12")
    contains(head, "Sec-WebSocket-Version: 13", "head")
    equal((await (await table.raw()).upgrade(table.path("A"), Sec_WebSocket_Key=None))[0], 400, "status without a key")
    raw = await table.raw()
    status, _ = await raw.request("POST %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 0\r\n\r\n" % table.path("A"))
    true(status in (400, 405, 426), "status of a POST: %d" % status)
    b = await table.join("B")
    equal(b.state["payload"]["participant_count"], 1, "participants after requests that were no upgrades")


# ---- rooms' names ----

@case(dialects=(None,))
async def a_rooms_name_is_cleaned_before_it_is_used(table):
    for given, name in (("my%20room!" + table.suffix, "myroom" + table.suffix), ("%7Br%7D*%3F%5Bx%5D" + table.suffix, "rx" + table.suffix), ("x" * 100, "x" * 100)):
        client = await table.open("A", room=given)
        equal((await client.expect("room_state"))["room_id"], name, "room of %r" % given)


@case(dialects=(None,))
async def a_name_of_which_nothing_is_left_is_refused(table):
    wrong = (1008, "Room ID must be alphanumeric (with dashes/underscores) and max 100 characters")
    for room, close in (("%20%20", (1008, "Invalid room ID")), ("!!!", wrong), ("x" * 101, wrong), ("r%C3%A4um", wrong), ("ra%CC%88um", wrong)):
        equal(await table.refused("A", room=room), close, "close of %r" % room)


@case(on=SMALL, dialects=(None,))
async def strict_names_are_taken_as_they_are_or_not(table):
    wrong = (1008, "Room ID must be alphanumeric (with dashes/underscores) and max 100 characters")
    for room in ("my%20room!", "a.b", "%7Broom%7D"):
        equal(await table.refused("A", room=room), wrong, "close of %r" % room)
    await table.join("A")


@case(dialects=(None,))
async def what_would_be_another_path_once_decoded_is_nowhere(table):
    for room in ("a%2Fb", "a%2fb", "a/b", "a%5cb", "..%2f..%2fconfig", "%00", "r1%00x", "r1/x", "", "%zz", ".."):
        status, _ = await (await table.raw()).upgrade(table.path("A", room=room))
        true(status in (400, 404), "status %d of %r" % (status, room))
    for path in ("/webrtc/wsx/r1", "/webrtc/ws", "/webrtc/ws/", "/webrtc/ws?token=x", "/webrtc/WS/r1"):
        equal((await (await table.raw()).upgrade(path))[0], 404, "status of %s" % path)


# ---- how many ----

@case(on=SMALL)
async def one_too_many_is_told_so_and_nobody_else_notices(table):
    there = await table.members("ABC")
    d = await table.open("D")
    equal(await d.error("ROOM_FULL"), "Room has reached maximum capacity of 3 participants", "message")
    equal(await d.closed(), (1008, "Room full"), "close")
    tab = await table.join("A")
    equal(tab.state["payload"]["participant_count"], 3, "participants with another tab of one of them")
    for client in there:
        await client.alive()
    await there[1].close()
    for client in (there[0], there[2], tab):
        await client.expect("room_state")
        await client.expect("user_left")
    await table.join("D")


@case(on=SMALL, dialects=(None,))
async def of_fifty_that_come_at_once_as_many_get_in_as_may(table):
    clients = await asyncio.gather(*(table.open("u%d" % number) for number in range(50)))
    first = [(await client.next()).kind for client in clients]
    equal((first.count("room_state"), first.count("error")), (3, 47), "first frames")


@case(on=SMALL, dialects=(None,))
async def a_user_has_so_many_connections_and_rooms(table):
    first = await table.join("A")
    second = await table.join("A", room=table.room + "b")
    third = await table.open("A", room=table.room + "c")
    equal(await third.error("TOO_MANY_ROOMS"), "A user may be in 2 rooms at once", "message")
    equal(await third.closed(), (1008, "Too many rooms"), "close")
    await table.join("A", room=table.room + "b")
    fourth = await table.open("A")
    equal(await fourth.error("TOO_MANY_CONNECTIONS"), "A user may have 3 connections at once", "message")
    equal(await fourth.closed(), (1008, "Too many connections"), "close")
    await first.close()
    await second.alive()
    await asyncio.wait_for(_until_in(table, "A"), 20)


async def _until_in(table, letter):
    """Whose place becomes free when the server has seen a close."""
    while True:
        client = await table.open(letter)
        if (await client.next()).kind == "room_state":
            return client


# ---- ends ----

@case(on=OTHER, dialects=("hyphen",))
async def who_answers_no_ping_is_gone(table):
    a = await table.join("A")
    b = await table.raw_join("B")
    await a.expect("room_state")
    await a.expect("user_joined")
    began = time.monotonic()
    equal(await b.read_close(), (1011, "keepalive ping timeout"), "close")
    true(time.monotonic() - began < 5, "%g s to the end of a dead peer" % (time.monotonic() - began))
    await a.expect("room_state")
    equal((await a.expect("user_left"))["payload"]["user_id"], table.user("B"), "who left")
    await a.alive()


@case(on=OTHER, dialects=("hyphen",))
async def who_only_answers_pings_stays(table):
    idle = await table.join("A")
    dead = await table.raw_join("B")  # several periods: as long as a dead one lives, grace included
    await dead.read_close()
    for kind in ("room_state", "user_joined", "room_state", "user_left"):
        await idle.expect(kind)
    b = await table.join("B")
    equal(b.state["payload"]["participant_count"], 2, "participants")


@case(on=OTHER, dialects=("hyphen",))
async def who_is_lost_and_comes_back_in_time_was_never_gone(table):
    a, b = await table.members("AB")
    b.reset()
    back = await table.open("B", conn=b.state["payload"]["connection_id"], offset=b.state["offset"], epoch=b.state["epoch"])
    equal((await back.expect("room_state"))["payload"]["recovered"], True, "recovered")
    await a.send("offer", {"n": 1})
    equal((await back.expect("offer"))["payload"], {"n": 1}, "payload")
    await a.alive()
    await back.close(1000)
    await a.expect("room_state")
    await a.expect("user_left")


@case(on=OTHER, dialects=("hyphen",))
async def who_is_lost_for_longer_is_told_when_its_grace_is_over(table):
    a, b = await table.members("AB")
    began = time.monotonic()
    b.reset()
    await a.expect("room_state")
    await a.expect("user_left")
    true(time.monotonic() - began > 0.5, "%g s, which is no grace" % (time.monotonic() - began))
    d = await table.join("D")
    await a.expect("room_state")
    await a.expect("user_joined")
    began = time.monotonic()
    await d.close(1001)  # what a browser says when it reloads a page
    await a.expect("room_state")
    await a.expect("user_left")
    true(time.monotonic() - began > 0.5, "%g s, which is no grace" % (time.monotonic() - began))
    c = await table.join("C")
    await a.expect("room_state")
    await a.expect("user_joined")
    began = time.monotonic()
    await c.send("leave", {})
    equal(await c.closed(), (1000, "Left"), "close")
    await a.expect("room_state")
    await a.expect("user_left")
    true(time.monotonic() - began < 0.6, "%g s: a grace for one that took its leave" % (time.monotonic() - began))


@case()
async def a_connection_that_still_stands_is_replaced(table):
    a, b = await table.members("AB")
    back = await table.open("B", conn=b.state["payload"]["connection_id"])
    equal(await b.closed(), (4101, "Replaced by a newer connection"), "close")
    state = await back.expect("room_state")
    equal(state["payload"]["participant_count"], 2, "participants")
    await a.send("offer", {"n": 1})
    await back.expect("offer")
    thief = await table.join("C", conn=state["payload"]["connection_id"])
    for client in (a, back):
        await client.expect("room_state")
        await client.expect("user_joined")
        await client.alive()
    await thief.alive()


# ---- other ways ----

@case(on=OTHER, dialects=("hyphen",))
async def where_it_is_wished_a_target_is_for_the_clients_to_see(table):
    a, b, c = await table.members("ABC")
    await a.send("offer", {"target_user_id": b.user})
    for client in (b, c):
        await client.expect("offer")
    await a.send("offer", {"target_user_id": "nobody"})
    await c.expect("offer")
    await a.alive()


@case(on=OTHER, dialects=("underscore",))
async def where_it_is_wished_the_server_has_a_name(table):
    a = await table.join("A")
    equal(a.state["sender_id"], "server", "sender")


@case(on=OTHER, dialects=(None,))
async def the_default_dialect_is_the_configured_one(table):
    a = await table.raw()
    await a.upgrade(table.path("A"))
    equal((await a.read_message())["type"], "room-state", "type")
    a = await table.raw(PLAIN)
    await a.upgrade(table.path("A"))
    equal((await a.read_message())["type"], "room_state", "type")


@case(on=OTHER, dialects=("hyphen",))
async def debugging_prints_the_seeds_three_lines(table):
    a, b = await table.members("AB")
    await a.send("offer", {})
    await b.expect("offer")
    lines = "\n".join(table.process(OTHER).lines())
    for line in ("[WebRTC-Router] Received offer from %s in %s" % (a.user, table.room), "[WebRTC-Manager] Publishing to room %s" % table.room,
                 "[WebRTC-Router] Forwarded offer to %s in %s" % (b.user, table.room)):
        true(any(said.endswith(line) for said in lines.splitlines()), "no line that ends in %r" % line)


@case(on=OTHER, dialects=("hyphen",))
async def a_line_of_the_log_tells_room_user_and_type(table):
    a = await table.join("A")
    await a.send_raw('{"type":"user_joined","payload":{}}')
    await a.error("FORBIDDEN_MESSAGE_TYPE")
    lines = "\n".join(table.process(OTHER).lines())
    for words in ("WebSocket connected room=%s user=%s", "message refused room=%s user=%s type=user_joined code=FORBIDDEN_MESSAGE_TYPE"):
        contains(lines, words % (table.room, a.user), "log")


# ---- the server's end; last ----

@case(on=DRAINED, dialects=(None,))
async def a_server_that_ends_tells_everybody_and_spreads_the_closes(table):
    clients = [await table.join("u%d" % number, room=table.room + "-%d" % (number // 2)) for number in range(40)]
    process = table.process(DRAINED)
    waiting = [asyncio.ensure_future(_hear_end(client)) for client in clients]
    began = time.monotonic()
    process.ask_to_stop()
    ends = await asyncio.gather(*waiting)
    equal({close for close, _, _ in ends}, {(1012, "Server is restarting")}, "closes")
    equal({told for _, told, _ in ends}, {1}, "how often they were told")
    times = sorted(when - began for _, _, when in ends)
    true(times[-1] - times[0] > 0.2 and times[-1] < 5, "closes between %g and %g s" % (times[0], times[-1]))
    equal(process.stop(), 0, "exit status")


async def _hear_end(client):
    told = 0
    try:
        while True:
            frame = await client.next()
            told += 1 if frame.kind == "error" and frame["payload"]["code"] == "SERVER_SHUTDOWN" else 0
    except Closed as closed:
        return (closed.code, closed.reason), told, time.monotonic()


if __name__ == "__main__":
    run(globals(), last=[a_server_that_ends_tells_everybody_and_spreads_the_closes], instances=4, redis=False, nginx=False, each=EACH)
