# SPDX-License-Identifier: LGPL-2.1-or-later
"""What must hold each time, done many times over: order and completeness, joins beside messages, joins and leaves for a long time. Behind `scripts/soak signalling`; each returns its figures as one line."""

import asyncio
import time

from flow import equal, true
from rooms_world import Member, World, complete, one_order

UNLIMITED = {"rooms": {"rate": 1000000, "burst": 1000000}, "websocket": {"connects_address": 1000000}}  # settings of instances that let one member say as much as it can
AT_ONCE = 200  # messages under way for one speaker
RSS_PERCENT = 5
RSS_KB = 1024


async def _say_all(world, speaker, listeners, count):
    """Not more at a time than the listeners keep up with."""
    while speaker.said < count:
        await speaker.say(min(AT_ONCE, count - speaker.said))
        await world.until(lambda: all(len(member.heard[speaker.user]) >= speaker.said - AT_ONCE // 2 for member in listeners), 30, "the listeners keep up")


async def numbered(cluster, count):
    """R57: one speaker, and a listener at each instance."""
    world = World(cluster)
    speaker = await world.member("numbered", "a", 1).join()
    listeners = [await world.member("numbered", "b%d" % instance, instance).join() for instance in cluster.numbers()]
    began = time.monotonic()
    await _say_all(world, speaker, listeners, count)
    await world.until(lambda: all(len(member.heard["a"]) >= count for member in listeners), 30, "all %d have come" % count)
    for member in listeners:
        complete(member, speaker)
    await world.end()
    return "R57: %d numbered messages to %d listeners, each once and in order, %.0f/s" % (count, len(listeners), count / (time.monotonic() - began))


async def two_speakers(cluster, count):
    """R58: two speakers at two instances; all listeners hear both in one order."""
    world = World(cluster)
    speakers = [await world.member("two", "s%d" % number, number % cluster.instances + 1).join() for number in range(2)]
    listeners = [await world.member("two", "l%d" % number, number % cluster.instances + 1).join() for number in range(4)]
    await asyncio.gather(*(_say_all(world, speaker, listeners, count) for speaker in speakers))
    await world.until(lambda: all(len(member.order) >= 2 * count for member in listeners), 30, "all have come")
    for member in listeners:
        for speaker in speakers:
            complete(member, speaker)
    together = one_order(listeners)
    equal(together, 2 * count, "messages in one order")
    await world.end()
    return "R58: two speakers, %d messages each, in one order for %d listeners" % (count, len(listeners))


async def joins_beside_messages(cluster, rounds, lanes=8):
    """R59: somebody talks while others come; the first thing that one who comes hears is the state of the room."""
    world = World(cluster)

    async def lane(number):
        speaker = await world.member("beside-%d" % number, "a", number % cluster.instances + 1).join()
        over = False

        async def talk():
            while not over:
                await speaker.say()
                await asyncio.sleep(0)

        talking = asyncio.ensure_future(talk())
        for round_number in range(rounds // lanes):
            member = await Member(world, speaker.room, "b%d" % round_number, (number + round_number) % cluster.instances + 1).join()
            equal(member.first, "room_state", "what came first")
            await world.until(lambda: member.heard["a"], 20, "a message came")
            numbers = member.heard["a"]
            await member.leave()
            equal(numbers, list(range(numbers[0], numbers[0] + len(numbers))), "what came in round %d" % round_number)
        over = True
        await talking

    await asyncio.gather(*(lane(number) for number in range(lanes)))
    await world.end()
    return "R59: %d joins beside a speaker, each with its room_state first and no gap" % (rounds // lanes * lanes)


async def offers_to_whoever_comes(cluster, rounds, lanes=8):
    """R60: who hears of a join answers with an offer at once; it comes, each time."""
    world = World(cluster)

    async def lane(number):
        host = await world.member("offers-%d" % number, "a", number % cluster.instances + 1).join()

        def answer(message):
            if message["type"] == "user_joined":
                world.start(host.send("offer", {"sdp": "v=0", "target_user_id": message["payload"]["user_id"]}))

        host.on_message = answer
        for round_number in range(rounds // lanes):
            member = await Member(world, host.room, "b%d" % round_number, (number + round_number) % cluster.instances + 1).join()
            await world.until(lambda: member.events["offer"], 20, "the offer of round %d came" % round_number)
            await member.leave()
            equal(len(member.events["offer"]), 1, "offers")
        await world.until(lambda: all(host.times("user_left", "b%d" % one) == 1 for one in range(rounds // lanes)), 20, "all have left")

    await asyncio.gather(*(lane(number) for number in range(lanes)))
    await world.end()
    return "R60: %d joins answered with an offer at once, each of which came" % (rounds // lanes * lanes)


async def comings_and_goings(cluster, seconds, lanes=16, say=lambda text: None):
    """R105: joins, a few messages, leaves. Memory and Redis' keys are compared when everybody has gone: after a quarter of the time, and at the end."""
    world = World(cluster)
    counts = {"joins": 0}

    async def lane(number, until):
        round_number = 0
        while time.monotonic() < until:
            round_number += 1
            member = await Member(world, "soak-%d" % ((number + round_number * 7) % (lanes // 2)), "u%d-%d" % (number, round_number % 50), (number + round_number) % cluster.instances + 1).join()
            await member.say(3)
            await member.send("ice_candidate", {"candidate": "x" * 200})
            await member.leave()
            counts["joins"] += 1

    async def go_on(length):
        until = time.monotonic() + length
        await asyncio.gather(*(lane(number, until) for number in range(lanes)))
        # what is kept for those who might come back goes by itself
        before = None
        end = time.monotonic() + 90
        while cluster.redis_keys() != before and time.monotonic() < end:
            before = cluster.redis_keys()
            await asyncio.sleep(2)
        return [cluster.rss_kb(number) for number in cluster.numbers()], cluster.redis_keys()

    first, first_keys = await go_on(seconds / 4)
    say("joins and leaves: %d so far, %s KB, %d keys" % (counts["joins"], first, first_keys))
    last, last_keys = await go_on(seconds * 3 / 4)
    await world.end()
    for instance, before, after in zip(cluster.numbers(), first, last):
        true(after <= before * (1 + RSS_PERCENT / 100) + RSS_KB, "instance %d grew from %d to %d KB over %d joins" % (instance, before, after, counts["joins"]))
    true(last_keys <= first_keys, "Redis' keys grew from %d to %d" % (first_keys, last_keys))
    return "R105: %d joins and leaves in %.0f s; memory %s to %s KB, keys %d to %d" % (counts["joins"], seconds, first, last, first_keys, last_keys)
