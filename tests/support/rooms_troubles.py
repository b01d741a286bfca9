# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a cluster of rooms must live through, each as one function: something is done to an instance or to Redis while members talk, then it is checked who heard what. Behind tests/flow/test_rooms_cluster.py (small, with a
short lease) and `scripts/soak signalling` (as the issue says). Each returns its figures as one line."""

import asyncio
import time

from flow import equal, true
from rooms_cluster import Watched
from rooms_world import Talk, World, complete, once_and_in_order, one_order

FLOWS_AGAIN_SECONDS = 2  # after Redis is back
SWEEP_SECONDS = 5  # beyond the lease


async def _filled(world, name, rooms, per_instance, returns=lambda instance, number: False):
    """`per_instance` members of each instance in each room, in the order of rooms."""
    members = [world.member("%s-%d" % (name, room), "%s-%d-%d-%d" % (name, room, instance, number), instance, returns(instance, number))
               for room in range(rooms) for instance in world.cluster.numbers() for number in range(per_instance)]
    await asyncio.gather(*(member.join() for member in members))
    everybody = world.cluster.instances * per_instance
    await world.until(lambda: all(member.events["room_state"][-1]["participant_count"] == everybody for member in members), 20, "all know of all")
    return members


def _others(members, member):
    return [other for other in members if other.room == member.room and other is not member]


async def _all_heard_all(world, members, seconds, what, more=0):
    """Of what was said until now, everybody has the last of each, or what comes `more` after it."""
    last = {member: member.said + more for member in members}
    await world.until(lambda: all(member.heard[other.user] and member.heard[other.user][-1] >= last[other] for member in members for other in _others(members, member)), seconds, what)


async def kill(cluster, lease, **more):
    """One of the instances is killed, and started again when all is over."""
    try:
        return await _kill(cluster, lease, **more)
    finally:
        cluster.start_instance(cluster.instances)


async def _kill(cluster, lease, rooms=4, per_instance=2, rate=10, talk=1.0):
    """Survivors lose and double nothing; its users leave once or, if they come back, never, and these miss nothing."""
    world = World(cluster)
    victim = cluster.instances
    members = await _filled(world, "kill", rooms, per_instance, lambda instance, number: instance == victim and number > 0)
    survivors = [member for member in members if member.instance != victim]
    gone = [member for member in members if member.instance == victim and not member.returns]
    back = [member for member in members if member.returns]
    async with Talk(world, members, rate):
        await asyncio.sleep(talk)  # the load that it dies under
        died = time.monotonic()
        cluster.kill(victim)
        await world.until(lambda: all(member.is_here and member.instance != victim for member in back), 20, "they are back elsewhere")
        returned = time.monotonic() - died
        await world.until(lambda: all(member.times("user_left", user.user) for member in survivors for user in gone if user.room == member.room), lease + SWEEP_SECONDS,
                          "all were told who is gone")
        left = time.monotonic() - died
        await asyncio.sleep(talk)
    await _all_heard_all(world, survivors + back, 10, "all have heard all")
    for member in survivors + back:
        for other in _others(survivors, member):
            complete(member, other)
        for other in _others(gone + back, member):
            once_and_in_order(member, other.user)
    for member in survivors:
        for other in _others(members, member):
            equal(member.times("user_left", other.user), 1 if other in gone else 0, "how often %r heard that %s left" % (member, other.user))
    for member in back:
        equal(member.welcome.get("recovered"), True, "whether %r recovered" % member)
    together = sum(one_order([member for member in survivors if member.room == "kill-%d" % room]) for room in range(rooms))
    await world.end()
    return "kill -9 of one of %d: %d survivors heard %d messages in one order, %d came back after %.1f s, %d left once after %.1f s" % (
        cluster.instances, len(survivors), together, len(back), returned, len(gone), left)


async def _through_an_outage(cluster, name, outage, rooms, per_instance, rate, talk):
    """Members talk, the outage comes and goes. Nobody's socket ends, nobody leaves, those of one instance lose nothing, and the instances hear each other soon afterwards."""
    world = World(cluster)
    members = await _filled(world, name, rooms, per_instance)
    states = {member: len(member.events["room_state"]) for member in members}
    with Watched(cluster) as watched:
        async with Talk(world, members, rate):
            await asyncio.sleep(talk)
            await outage()
            back = time.monotonic()
            await _all_heard_all(world, members, FLOWS_AGAIN_SECONDS + 2 / rate, "the instances hear each other again", more=1)
            again = time.monotonic() - back
            await asyncio.sleep(talk)
        await _all_heard_all(world, members, 10, "all have heard all")
    for member in members:
        true(member.is_here and not member.closes, "%r is still there (%r)" % (member, member.closes))
        for other in _others(members, member):
            equal(member.times("user_left", other.user), 0, "how often %r heard that %s left" % (member, other.user))
            once_and_in_order(member, other.user)
            if other.instance == member.instance:
                complete(member, other)
    true(watched.slowest < 1, "/health took %.1f s" % watched.slowest)
    fresh = all(len(member.events["room_state"]) > states[member] for member in members)
    await world.end()
    return fresh, "%d members, flow again after %.2f s, /health within %.0f ms" % (len(members), again, watched.slowest * 1000)


async def redis_restarted(cluster, rooms=4, per_instance=2, rate=10, talk=1.0):
    """It comes back at once, and empty."""
    async def outage():
        cluster.stop_redis()
        cluster.start_redis()
    fresh, text = await _through_an_outage(cluster, "restart", outage, rooms, per_instance, rate, talk)
    true(fresh, "each has a fresh room_state")
    return "Redis restarted: " + text


async def redis_frozen(cluster, seconds, rooms=4, per_instance=2, rate=10, talk=1.0):
    async def outage():
        with cluster.frozen_redis():
            await asyncio.sleep(seconds)
    _, text = await _through_an_outage(cluster, "frozen", outage, rooms, per_instance, rate, talk)
    return "Redis frozen for %g s: %s" % (seconds, text)


async def redis_away(cluster, seconds, rooms=4, per_instance=2, rate=10, talk=1.0):
    """Longer than a lease."""
    async def outage():
        cluster.stop_redis()
        await asyncio.sleep(seconds)
        cluster.start_redis()
    fresh, text = await _through_an_outage(cluster, "away", outage, rooms, per_instance, rate, talk)
    true(fresh, "each has a fresh room_state")
    return "Redis away for %g s: %s" % (seconds, text)
