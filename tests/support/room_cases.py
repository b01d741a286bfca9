# SPDX-License-Identifier: LGPL-2.1-or-later
"""What must hold of rooms however many processes serve them: who is there, and who hears what. Each client of a case may sit at another instance."""

import asyncio
import json

from flow import equal, true  # noqa: I001
from room_client import Closed, case


def _ids(frame):
    return [entry["user_id"] for entry in frame["payload"]["participants"]]


async def _hear_leave(client, user):
    state = await client.expect("room_state")
    true(user not in _ids(state), "%s in %s" % (user, state.raw))
    equal((await client.expect("user_left"))["payload"]["user_id"], user, "who left")
    return state


async def _all_hear(clients, sender, kind, payload):
    """`sender` says something, and each of `clients` hears it next."""
    await sender.send(kind, payload)
    for client in clients:
        frame = await client.expect(kind)
        equal((frame["payload"], frame["sender_id"]), (payload, sender.user), "what was said, and by whom")


# ---- membership ----

@case()
async def who_joins_gets_the_state_and_the_others_state_and_news(table):
    a = await table.join("A")
    equal((_ids(a.state), a.state["payload"]["participant_count"], a.state["payload"]["room_id"]), ([a.user], 1, table.room), "first state")
    b = await table.join("B")
    state = await a.expect("room_state")
    equal((state["payload"]["participant_count"], _ids(state)), (2, [a.user, b.user]), "state after the second join")
    joined = await a.expect("user_joined")
    equal((joined["payload"]["user_id"], joined["payload"]["username"], joined["sender_id"], joined["room_id"]), (b.user, "B", None, table.room), "news")
    equal((b.state["payload"]["participant_count"], _ids(b.state)), (2, [a.user, b.user]), "state of the one that joined")
    await _all_hear([b], a, "offer", {"n": 1})
    await a.alive()
    await b.alive()


@case()
async def participants_have_an_id_a_name_and_a_time(table):
    a = await table.join("A")
    entry, = a.state["payload"]["participants"]
    equal((set(entry), entry["user_id"], entry["username"]), ({"user_id", "username", "joined_at"}, a.user, "A"), "participant")
    true(entry["joined_at"].endswith("+00:00") and "T" in entry["joined_at"], "time %r" % entry["joined_at"])


@case()
async def who_closes_is_told_to_the_others(table):
    a, b = await table.members("AB")
    await b.close()
    equal((await _hear_leave(a, b.user))["payload"]["participant_count"], 1, "count")
    await a.alive()


@case()
async def who_is_reset_is_told_within_a_second(table):
    a, b = await table.members("AB")
    b.reset()
    state = await asyncio.wait_for(_hear_leave(a, b.user), 5)
    equal(state["payload"]["participant_count"], 1, "count")


@case()
async def who_comes_and_goes_often_is_never_there_twice(table):
    a = await table.join("A")
    for _ in range(20):
        b = await table.join("B")
        state = await a.expect("room_state")
        equal(sorted(_ids(state)), sorted([a.user, b.user]), "participants")
        await a.expect("user_joined")
        await b.close()
        equal(_ids(await _hear_leave(a, b.user)), [a.user], "participants")
    await a.alive()


@case()
async def a_user_with_two_tabs_is_there_once_and_goes_with_the_last(table):
    a, first = await table.members("AB")
    second = await table.join("B")
    equal(sorted(_ids(second.state)), sorted([a.user, first.user]), "participants")
    await first.close()
    await _all_hear([a], second, "offer", {"still": "here"})
    await second.close()
    await _hear_leave(a, second.user)
    await a.alive()


@case()
async def two_rooms_know_nothing_of_each_other(table):
    a, b = await table.members("AB")
    other = await table.join("A", room=table.room + "-other")
    witness = await table.join("C", room=table.room + "-other")
    await other.expect("room_state")
    await other.expect("user_joined")
    await other.close()
    await _hear_leave(witness, other.user)
    await _all_hear([b], a, "offer", {"n": 1})


# ---- relay ----

@case()
async def offer_answer_and_candidate_reach_the_other_and_not_their_sender(table):
    a, b = await table.members("AB")
    for kind, payload in (("offer", {"type": "offer", "sdp": "v=0\r\n"}), ("answer", {"type": "answer", "sdp": "v=0\r\n"}),
                          ("ice_candidate", {"candidate": "candidate:1 1 UDP 1 10.0.0.1 1 typ host", "sdp_mid": "0", "sdp_m_line_index": 0})):
        await a.send(kind, payload)
        frame = await b.expect(kind)
        equal((frame["payload"], frame["sender_id"], frame["room_id"]), (payload, a.user, table.room), kind)
        true(isinstance(frame["timestamp"], str) and isinstance(frame["offset"], int) and isinstance(frame["epoch"], str), "rest of %s" % frame.raw)
    await a.alive()


@case()
async def a_payload_arrives_as_the_bytes_that_left(table):
    a, b = await table.members("AB")
    for payload in ('{"z":0.1,"a":1e2,"n":12345678901234567890,"u":"\u00e4\U0001f600","k":{ "y":1 , "x":[ ] }}', '{"s":"\\u0000\\ud800\\u00e4\\/"}',
                    '{"__proto__":{"x":1},"constructor":"<script>alert(1)</script>","sql":"\';DROP TABLE x;--","crlf":"\\r\\nSet-Cookie: a","ansi":"\\u001b[31m"}'):
        await a.send_raw('{"type":"offer","payload":%s,"unknown":[1]}' % payload)
        frame = await b.expect("offer")
        true('"payload":%s,"sender_id":' % payload in frame.raw, "%s is not in %s" % (payload, frame.raw))
        true("unknown" not in frame, "an unknown field in %s" % frame.raw)


@case()
async def sender_room_and_time_are_the_servers_and_the_clients(table):
    a, b = await table.members("AB")
    other = await table.join("C", room=table.room + "-other")
    await a.send("offer", {}, sender_id=b.user, room_id=table.room + "-other", timestamp="x")
    frame = await b.expect("offer")
    equal((frame["sender_id"], frame["room_id"], frame["timestamp"]), (a.user, table.room, "x"), "who, where, when")
    for given in ({}, {"timestamp": None}, {"timestamp": ""}):
        await a.send("offer", {}, **given)
        when = (await b.expect("offer"))["timestamp"]
        true(when.endswith("+00:00") and len(when) == 32, "time %r" % when)
    await other.alive()


@case()
async def a_target_alone_is_told(table):
    a, b, c = await table.members("ABC")
    await a.send("offer", {"target_user_id": b.user})
    equal((await b.expect("offer"))["sender_id"], a.user, "sender")
    await _all_hear([b, c], a, "chat-message", {"next": 1})
    await a.send("offer", {"target_user_id": "nobody"})
    await a.error("TARGET_NOT_FOUND")
    await a.send("offer", {"target_user_id": a.user})
    await _all_hear([b, c], a, "chat-message", {"next": 2})
    await a.alive()


CLIENTS_TYPES = """offer answer ice_candidate media-control screen-share-control chat-message role-updated permission-updated recording-control file-share-offer file-share-accept
    file-share-reject file-share-progress file-share-complete network-stats quality-update analytics-event participant-update room-settings-update hand-raise hand-raise-queue
    waiting-room-admit waiting-room-reject reaction breakout-room-create breakout-room-assign breakout-room-close virtual-background-update live-stream-start live-stream-stop
    e2ee-key-exchange e2ee-ratchet-update""".split()


@case()
async def every_type_of_clients_is_relayed(table):
    a, b = await table.members("AB")
    equal(len(CLIENTS_TYPES), 38 - 6, "types of clients")
    for number, kind in enumerate(CLIENTS_TYPES):
        await a.send(kind, {"n": number})
    for number, kind in enumerate(CLIENTS_TYPES):
        equal((await b.expect(kind))["payload"], {"n": number}, kind)


@case()
async def what_only_servers_say_is_refused(table):
    a, b = await table.members("AB")
    for kind in ("room_state", "user_left", "user_joined", "error", "recording-status", "waiting-room-join"):
        await a.send(kind, {})
        await a.error("FORBIDDEN_MESSAGE_TYPE")
    await _all_hear([b], a, "offer", {"n": 1})


@case()
async def both_spellings_are_understood_and_each_hears_its_own(table):
    a = await table.join("A", dialect="hyphen")
    b = await table.join("B", dialect="underscore")
    await a.expect("room_state")
    await a.expect("user_joined")
    for name in ("ice-candidate", "ice_candidate"):
        await a.send_raw(json.dumps({"type": name, "payload": {}}))
        equal((await b.next())["type"], "ice_candidate", "type")
        await b.send_raw(json.dumps({"type": name, "payload": {}}))
        equal((await a.next())["type"], "ice-candidate", "type")


@case()
async def thousands_of_messages_arrive_once_and_in_order(table):
    a, b = await table.members("AB")
    count = 2500

    async def speak():
        for number in range(count):
            await a.send_raw('{"type":"offer","payload":{"n":%d}}' % number)

    speaking = asyncio.ensure_future(speak())
    last = 0
    for number in range(count):
        frame = await b.next()
        equal(frame["payload"]["n"], number, "number of a message")
        true(frame["offset"] > last, "offset %r after %r" % (frame["offset"], last))
        last = frame["offset"]
    await speaking


@case()
async def all_hear_two_speakers_in_one_order(table):
    a, b, c, d = await table.members("ABCD")
    count = 500

    async def speak(client, letter):
        for number in range(count):
            await client.send_raw('{"type":"chat-message","payload":{"n":"%s%d"}}' % (letter, number))

    async def hear(client):
        return [(await client.expect("chat-message"))["payload"]["n"] for _ in range(2 * count)]

    async def hear_other(client):
        return [(await client.expect("chat-message"))["payload"]["n"] for _ in range(count)]

    _, _, at_c, at_d, at_a, at_b = await asyncio.gather(speak(a, "a"), speak(b, "b"), hear(c), hear(d), hear_other(a), hear_other(b))
    equal(at_c, at_d, "order at C and D")
    equal([n for n in at_c if n[0] == "a"], ["a%d" % n for n in range(count)], "order of A's")
    equal((at_a, at_b), (["b%d" % n for n in range(count)], ["a%d" % n for n in range(count)]), "what A and B heard of each other")


@case()
async def the_first_frame_is_the_state_whatever_is_said_meanwhile(table):
    a = await table.join("A")
    ended = asyncio.Event()

    async def speak():
        number = 0
        while not ended.is_set():
            number += 1
            await a.send("offer", {"n": number})
            await asyncio.sleep(0)

    async def listen():
        try:
            while True:
                await a.next()
        except Closed:
            pass

    speaking, listening = asyncio.ensure_future(speak()), asyncio.ensure_future(listen())
    for _ in range(20):
        b = await table.join("B")  # fails if anything came before the state
        first = (await b.expect("offer"))["payload"]["n"]
        equal((await b.expect("offer"))["payload"]["n"], first + 1, "the one after the first")
        await b.close()
    ended.set()
    await speaking
    listening.cancel()


@case()
async def an_offer_in_answer_to_the_news_arrives(table):
    a = await table.join("A")
    for number in range(20):
        b = await table.open("B")
        await a.expect("room_state")
        equal((await a.expect("user_joined"))["payload"]["user_id"], b.user, "who joined")
        await a.send("offer", {"n": number, "target_user_id": b.user})
        await b.expect("room_state")
        equal((await b.expect("offer"))["payload"]["n"], number, "offer")
        await b.close()
        await _hear_leave(a, b.user)


# ---- coming back ----

def _place(client, frame):
    return {"offset": frame["offset"], "epoch": frame["epoch"], "conn": client.state["payload"]["connection_id"]}


@case()
async def who_comes_back_hears_what_it_missed_once_and_in_order(table):
    a, b, c = await table.members("ABC")
    await _all_hear([b], a, "chat-message", {"n": 0})
    await b.send("chat-message", {"own": 1})
    await a.expect("chat-message")
    await a.send("chat-message", {"n": 1})
    place = _place(b, await b.expect("chat-message"))
    await b.close()
    await _hear_leave(a, b.user)
    await a.send("chat-message", {"n": 2})
    await a.send("offer", {"n": 3, "target_user_id": c.user})
    await a.send("ice_candidate", {"n": 4})
    while (await c.next()).kind != "ice_candidate":
        pass
    back = await table.open("B", **place)
    state = await back.expect("room_state")
    equal((state["payload"]["recovered"], sorted(_ids(state))), (True, sorted([a.user, b.user, c.user])), "state")
    equal([(await back.expect(kind))["payload"]["n"] for kind in ("chat-message", "ice_candidate")], [2, 4], "what it missed")
    await a.expect("room_state")
    await a.expect("user_joined")
    await _all_hear([back], a, "offer", {"n": 5})


@case()
async def own_messages_are_not_missed_ones(table):
    a, b = await table.members("AB")
    place = _place(b, b.state)
    await b.send("chat-message", {"own": 1})
    await a.expect("chat-message")
    await _all_hear([b], a, "chat-message", {"n": 1})
    b.reset()
    await _hear_leave(a, b.user)
    back = await table.open("B", **place)
    equal((await back.expect("room_state"))["payload"]["recovered"], True, "recovered")
    equal((await back.expect("chat-message"))["payload"], {"n": 1}, "what it missed")
    await back.alive()


@case()
async def what_is_too_long_ago_is_not_recovered(table):
    a, b = await table.members("AB")
    place = _place(b, b.state)
    await b.close()
    await _hear_leave(a, b.user)
    for number in range(300):
        await a.send("chat-message", {"n": number})
    await a.alive()
    for given in (place, dict(place, offset=10**9), dict(place, epoch="another"), dict(place, epoch="%22"), dict(place, offset="x")):
        back = await table.open("B", **given)
        equal((await back.expect("room_state"))["payload"]["recovered"], False, "recovered")
        await back.alive()
        await back.close()


@case()
async def a_token_that_is_for_other_rooms_does_not_open_this_one(table):
    for room, refused in (("elsewhere", True), ("else*", True), (table.room, False), ("room-*", False), ("*", False)):
        client = await table.open("A", token=table.token("A", room=room))
        if refused:
            equal(await client.closed(), (1008, "Token is for another room"), "close with the claim %r" % room)
        else:
            await client.expect("room_state")


__all__ = [name for name, value in list(globals().items()) if hasattr(value, "numbers")]
