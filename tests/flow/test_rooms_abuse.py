#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rooms, and clients that do not behave: broken messages, broken frames, floods, and readers that do not read. What one does is borne by it alone."""

import asyncio
import contextlib
import json
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import measure  # noqa: E402
from flow import contains, equal, true  # noqa: E402
from room_client import CLOSE, PING, PONG, TEXT, Raw, case, run  # noqa: E402

PLAIN, SMALL, QUICK, FULL = 1, 2, 3, 4
FREE = {"rate": 1000000, "burst": 1000000, "sockets_user": 10000, "rooms_user": 10000, "bad_messages": 1000}
EACH = {
    PLAIN: {"rooms": FREE},
    SMALL: {"rooms": {"bad_messages": 5, "rate": 20, "burst": 40, "rate_patience": "500ms"}, "websocket": {"connects_address": 60}},
    QUICK: {"rooms": FREE, "websocket": {"message_timeout": "300ms"}},
    FULL: {"rooms": FREE, "websocket": {"sockets": 3}},
}
LIMIT = 65536
STALLED_KB = 1536 if measure.is_release(flow.build_folder()) else 40000  # AddressSanitizer keeps what was freed
KEPT = 260  # messages, and a few more


def _resident_kb(process):
    with open("/proc/%d/statm" % process.pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


async def _all_is_well(a, b):
    await a.send("offer", {"all": "well"})
    equal((await b.expect("offer"))["payload"], {"all": "well"}, "payload")
    await a.alive()


# ---- messages ----

@case()
async def what_is_no_json_is_told_so_and_the_socket_stays(table):
    a, b = await table.members("AB")
    for text in ("{", "", '{"type":"offer","payload":{}}{}', "{'type':'offer'}", '/* x */{"type":"offer","payload":{}}', '{"type":"offer","payload":{},}',
                 '{"type":"offer","payload":{"x":NaN}}', "nonsense", "[" * 60000, '{"a":' * 10000, '{"type":"offer","payload":{"x":"\t"}}', '{"type":"offer","payload":{"x":"\\x"}}'):
        await a.send_raw(text)
        contains(await a.error("INVALID_JSON"), "not JSON", "message")
    await _all_is_well(a, b)


@case()
async def what_has_not_the_form_is_told_so_and_the_socket_stays(table):
    a, b = await table.members("AB")
    for text in ("[]", "null", "5", '"x"', "{}", '{"payload":{}}', '{"type":7,"payload":{}}', '{"type":"offer"}', '{"type":"offer","payload":null}', '{"type":"offer","payload":[]}',
                 '{"type":"offer","payload":"x"}', '{"type":"offer","payload":{},"sender_id":7}', '{"type":"offer","payload":{},"room_id":[]}',
                 '{"type":"offer","payload":{},"timestamp":1}', '{"type":"offer","payload":{"target_user_id":1}}', '{"type":"error","type":"offer","payload":{}}',
                 '{"type":"offer","\\u0074ype":"error","payload":{}}', '{"type":"offer","payload":{},"payload":{}}'):
        await a.send_raw(text)
        await a.error("INVALID_MESSAGE")
    await a.connection.send(b'{"type":"offer","payload":{}}')
    equal(await a.error("INVALID_MESSAGE"), "a message must be text", "message")
    await a.send_raw('{"type":"dance\\u001b[31m","payload":{}}')
    await a.error("UNKNOWN_MESSAGE_TYPE")
    await _all_is_well(a, b)


@case(on=SMALL)
async def too_many_bad_messages_in_a_row_close(table):
    a = await table.join("A")
    for _ in range(4):
        await a.send_raw("{")
        await a.error("INVALID_JSON")
    await a.alive()  # a good one ends the row
    for _ in range(5):
        await a.send_raw('{"type":"dance","payload":{}}')
        await a.error("UNKNOWN_MESSAGE_TYPE")
    equal(await a.closed(), (1008, "Too many invalid messages"), "close")


def _sized(size):
    text = '{"type":"offer","payload":{"x":""}}'
    return text.replace('""', '"%s"' % ("x" * (size - len(text))))


@case(dialects=(None,))
async def a_message_may_be_so_long(table):
    a, b = await table.members("AB")
    for size in (LIMIT - 1, LIMIT):
        await a.send_raw(_sized(size))
        equal(len((await b.expect("offer"))["payload"]["x"]), size - 35, "length")
    await a.send_raw(_sized(LIMIT + 1))
    equal((await a.closed())[0], 1009, "close")
    raw = await table.raw_join("C")
    raw.send(Raw.frame(TEXT, b"", final=False)[:1] + bytes([0x80 | 127]) + struct.pack(">Q", 2**40) + b"\0\0\0\0")
    equal((await raw.read_close())[0], 1009, "close of a length that was only announced")


@case(dialects=(None,))
async def fragments_are_bounded_together(table):
    raw = await table.raw_join("A")
    raw.send(Raw.frame(TEXT, b"x" * 30000, final=False) + Raw.frame(0, b"x" * 30000, final=False) + Raw.frame(0, b"x" * 30000, final=False))
    equal((await raw.read_close())[0], 1009, "close of three fragments beyond the limit")
    raw = await table.raw_join("B")
    raw.send(Raw.frame(TEXT, b"x", final=False) + Raw.frame(0, b"x", final=False) * 10000)
    equal((await raw.read_close())[0], 1009, "close of ten thousand fragments")


@case(on=QUICK, dialects=(None,))
async def a_message_that_does_not_end_is_not_waited_for(table):
    for data in (Raw.frame(TEXT, b'{"type":', final=False), Raw.frame(TEXT, b"x" * 100)[:50]):
        raw = await table.raw_join("A")
        raw.send(data)
        began = time.monotonic()
        equal((await raw.read_close())[0], 1008, "close")
        true(time.monotonic() - began < 5, "%g s" % (time.monotonic() - began))


# ---- frames ----

@case(dialects=(None,))
async def broken_frames_are_1002_and_broken_text_is_1007(table):
    for what, data, code in (("unmasked", Raw.frame(TEXT, b"{}", masked=False), 1002), ("opcode 3", Raw.frame(3, b""), 1002), ("opcode 11", Raw.frame(11, b""), 1002),
                             ("RSV1", Raw.frame(TEXT, b"{}", reserved=4), 1002), ("RSV3", Raw.frame(TEXT, b"{}", reserved=1), 1002),
                             ("long ping", Raw.frame(PING, b"x" * 126), 1002), ("ping in fragments", Raw.frame(PING, b"x", final=False), 1002),
                             ("a fragment of nothing", Raw.frame(0, b"x"), 1002), ("text in text", Raw.frame(TEXT, b"x", final=False) + Raw.frame(TEXT, b"x"), 1002),
                             ("half a close", Raw.frame(CLOSE, b"\x03"), 1002), ("close 1005", Raw.frame(CLOSE, b"\x03\xed"), 1002), ("close 1006", Raw.frame(CLOSE, b"\x03\xee"), 1002),
                             ("close 999", Raw.frame(CLOSE, b"\x03\xe7"), 1002), ("close 5000", Raw.frame(CLOSE, b"\x13\x88"), 1002),
                             ("bad UTF-8", Raw.frame(TEXT, b'{"x":"\xff"}'), 1007), ("overlong UTF-8", Raw.frame(TEXT, b'{"x":"\xc0\xaf"}'), 1007),
                             ("a surrogate", Raw.frame(TEXT, b'{"x":"\xed\xa0\x80"}'), 1007), ("bad UTF-8 in a close", Raw.frame(CLOSE, b"\x03\xe8\xff"), 1007)):
        raw = await table.raw_join("A")
        raw.send(data)
        equal((await raw.read_close())[0], code, "close of %s" % what)


@case(dialects=(None,))
async def compression_is_not_taken_up(table):
    raw = await table.raw()
    status, head = await raw.upgrade(table.path("A"), Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    equal(status, 101, "status")
    true("extensions" not in head.lower(), "an extension in %r" % head)
    await raw.read_message()
    raw.send(Raw.frame(TEXT, b"\xaa\x56\x2a", reserved=4))
    equal((await raw.read_close())[0], 1002, "close of a compressed frame")


@case(dialects=(None,))
async def what_strangers_write_forges_no_line_of_the_log(table):
    a = await table.join("A")
    b = await table.join("B", token=table.token("B"))
    await a.expect("room_state")
    await a.expect("user_joined")
    await b.close(1000, "bye\r\n2026 [rooms] forged\x1b[31m")
    await a.expect("room_state")
    await a.expect("user_left")
    lines = table.process(PLAIN).lines()
    mine = [line for line in lines if b.user in line and "disconnected" in line]
    equal(len(mine), 1, "lines about it")
    contains(mine[0], "\\x0d\\x0a2026 [rooms] forged\\x1b[31m", "line")


# ---- floods ----

async def _worst_of(client, count):
    """Of so many questions, how long the slowest answer took."""
    worst = 0
    for _ in range(count):
        began = time.monotonic()
        await client.alive()
        worst = max(worst, time.monotonic() - began)
    return worst


@case(on=SMALL, dialects=(None,))
async def who_says_too_much_is_told_and_then_closed(table):
    flood = await table.raw_join("A")
    witness = await table.join("W", room=table.room + "-other")

    async def pour():
        message = Raw.frame(TEXT, b'{"type":"offer","payload":{"n":1}}')
        while True:
            flood.send(message * 100)
            await flood.writer.drain()
            await asyncio.sleep(0.01)  # ten thousand a second

    pouring = asyncio.ensure_future(pour())
    asking = asyncio.ensure_future(_worst_of(witness, 20))
    told, ended = [], None
    while ended is None:
        opcode, payload = await flood.read_frame()
        if opcode == CLOSE:
            ended = (struct.unpack(">H", payload[:2])[0], payload[2:].decode())
        else:
            told.append(json.loads(payload)["payload"])
    pouring.cancel()
    equal(ended, (1008, "Rate limit exceeded"), "close")
    equal([error["code"] for error in told], ["RATE_LIMIT_EXCEEDED"], "errors in half a second")
    contains(told[0]["message"], "Retry after ", "message")
    true(await asking < 1, "the slowest answer to somebody in another room took %g s" % await asking)


@case(on=SMALL, dialects=(None,))
async def who_is_told_and_waits_may_go_on(table):
    a, b = await table.members("AB")
    for _ in range(40):
        await a.send("offer", {})
    for _ in range(5):
        await a.send("offer", {"too": "many"})
    await a.error("RATE_LIMIT_EXCEEDED")
    for _ in range(40):
        await b.expect("offer")
    for attempt in range(41):  # forty at once, and more as time goes by
        true(attempt < 40, "nothing more came")
        await a.send("offer", {})
        with contextlib.suppress(asyncio.TimeoutError):
            await b.expect("offer", 0.25)
            break
    equal(a.connection.open, True, "still open")


@case(dialects=(None,))
async def pings_are_answered_together(table):
    raw = await table.raw_join("A")
    witness = await table.join("W", room=table.room + "-other")
    asking = asyncio.ensure_future(_worst_of(witness, 20))
    count = 20000
    raw.send(b"".join(Raw.frame(PING, b"%d" % number) for number in range(count)))
    pongs, last = 0, b""
    while last != b"%d" % (count - 1):
        opcode, last = await raw.read_frame()
        equal(opcode, PONG, "opcode")
        pongs += 1
    true(pongs < count / 2, "%d pongs" % pongs)
    raw.send(Raw.frame(PONG, b"") * 20000 + Raw.frame(PING, b"end"))
    equal(await raw.read_frame(), (PONG, b"end"), "answer after unasked pongs")
    raw.send(Raw.frame(CLOSE, struct.pack(">H", 1000)) * 1000)
    equal((await raw.read_close())[0], 1000, "close of a thousand")
    true(await asking < 1, "the slowest answer to somebody in another room took %g s" % await asking)


async def _stalled(table, letter):
    """A client in the room whose kernel takes next to nothing, and who does not read."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, table.at())
    reader, writer = await asyncio.open_connection(sock=plain, limit=1024)
    raw = Raw(reader, writer)
    table._stack.callback(raw.drop)
    await raw.upgrade(table.path(letter))
    reader._transport.pause_reading()
    return raw


@case(dialects=(None,))
async def who_does_not_read_is_closed_and_the_others_notice_nothing(table):
    a, c = await table.members("AC")
    for _ in range(KEPT):  # what the room keeps for who comes back is not the slow one's
        await a.send("offer", {"x": "x" * 60000})
        await c.next()
    await _stalled(table, "B")
    for client in (a, c):
        await client.expect("room_state")
        await client.expect("user_joined")
    before = most = _resident_kb(table.process(PLAIN))
    count, sent = 60, []
    for number in range(count):
        sent.append(number)
        await a.send("offer", {"n": number, "x": "x" * 60000})
        frame = await c.next()
        while frame.kind != "offer":  # the news that B is gone
            true(frame.kind in ("room_state", "user_left"), "a frame %s" % frame.raw[:100])
            frame = await c.next()
        equal(frame["payload"]["n"], number, "number")
        most = max(most, _resident_kb(table.process(PLAIN)))
    await a.expect("room_state")
    equal((await a.expect("user_left"))["payload"]["user_id"], table.user("B"), "who left")
    print("figure: one who does not read: %d KB" % (most - before), flush=True)
    true(most - before <= STALLED_KB, "the server grew by %d KB" % (most - before))


@case(dialects=(None,))
async def whatever_all_say_at_once_is_taken_as_it_can_be_and_nothing_is_lost(table):
    pairs, count = 160, 200
    speakers = [await table.raw_join("A%d" % number, room="%s-%d" % (table.room, number)) for number in range(pairs)]
    listeners = [await table.raw_join("B%d" % number, room="%s-%d" % (table.room, number)) for number in range(pairs)]
    words = b"".join(Raw.frame(TEXT, b'{"type":"offer","payload":{"n":%d}}' % number) for number in range(count))
    for speaker in speakers:
        speaker.send(words)
    for listener in listeners:
        heard = [(await listener.read_message())["payload"]["n"] for _ in range(count)]
        equal(heard, list(range(count)), "what was heard")
    for speaker in speakers:
        speaker.send(Raw.frame(TEXT, b'{"type":"ping","payload":{}}'))
        equal([(await speaker.read_message()).kind for _ in range(3)], ["room_state", "user_joined", "pong"], "what a speaker heard")


# ---- connections ----

@case(on=SMALL, dialects=(None,))
async def so_many_sockets_are_opened_from_one_address(table):
    statuses = []
    while 429 not in statuses and len(statuses) < 60:  # one more each second
        raw = await table.raw()
        status, head = await raw.upgrade(table.path("A"), X_Forwarded_For="203.0.113.9")
        statuses.append(status)
    equal((statuses[:20], statuses[-1]), ([101] * 20, 429), "statuses")
    contains(head.lower(), "retry-after: ", "head")
    raw = await table.raw()
    equal((await raw.upgrade(table.path("A"), X_Forwarded_For="203.0.113.10"))[0], 101, "status for another address")


@case(on=FULL, dialects=(None,))
async def so_many_sockets_are_open_in_all(table):
    there = [await table.join(letter) for letter in "ABC"]
    raw = await table.raw()
    status, head = await raw.upgrade(table.path("D"))
    equal(status, 503, "status of one too many")
    contains(head.lower(), "retry-after: ", "head")
    await there.pop().close()
    while status == 503:  # its end is told in the next turn
        status, _ = await (await table.raw()).upgrade(table.path("D"))
    equal(status, 101, "status when there is room again")


@case(dialects=(None,))
async def a_token_of_any_length_is_borne(table):
    for length, statuses in ((64 * 1024, (414, 431)), (7000, (101,))):
        raw = await table.raw()
        status, _ = await raw.upgrade(table.path(token="x" * length))
        true(status in statuses, "status %d of a token of %d bytes" % (status, length))
        if status == 101:
            equal((await raw.read_close())[0], 1008, "close")
    raw = await table.raw()
    status, _ = await raw.upgrade(table.path(), Authorization="Bearer " + "x" * 20000)
    equal((status, (await raw.read_close())[0]), (101, 1008), "a long token in a header")
    await table.join("A")


@case(dialects=(None,))
async def half_open_connections_are_cut_and_the_others_served(table):
    silent = [await table.raw() for _ in range(100)]
    slow = [await table.raw() for _ in range(100)]
    for raw in slow:
        raw.send(b"G")
    began = time.monotonic()
    a, b = await table.members("AB")
    await _all_is_well(a, b)
    true(time.monotonic() - began < 5, "%g s for others" % (time.monotonic() - began))
    for raw in slow + silent:
        await asyncio.wait_for(raw.reader.read(), 20)  # to its end
    true(9 < time.monotonic() - began < 16, "cut after %g s" % (time.monotonic() - began))
    await _all_is_well(a, b)


if __name__ == "__main__":
    run(globals(), instances=4, redis=False, nginx=False, each=EACH)
