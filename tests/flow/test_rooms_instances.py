#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rooms over several instances that share a Redis: the cases that hold on one process hold here too, each client at another instance than the one before; and what is only to be seen where there are many."""

import asyncio
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

from flow import equal, true  # noqa: E402, I001: it makes the modules below findable
from room_cases import *  # noqa: E402, F401, F403: the same cases as on one process
from room_client import case, run  # noqa: E402

FREE = {"rate": 1000000, "burst": 1000000, "sockets_user": 10000, "rooms_user": 10000}
LEASE_SECONDS = 30  # the default: far longer than any wait here
VICTIM = 3


async def _ann_and_bob(table, number):
    """Ann at instance 1, Bob at another one; each has read all of it."""
    ann = await table.join("A", number=1)
    bob = await table.join("B", number=number)
    await ann.expect("room_state")
    await ann.expect("user_joined")
    return ann, bob


async def _bob_leaves_once_and_at_once(ann, bob):
    began = time.monotonic()
    await bob.close()
    equal((await ann.expect("room_state"))["payload"]["participant_count"], 1, "participants")
    equal((await ann.expect("user_left"))["payload"]["user_id"], bob.user, "who left")
    true(time.monotonic() - began < LEASE_SECONDS / 3, "it took %.1f s" % (time.monotonic() - began))
    await ann.alive()


@case(on=(1, 2))
async def a_connection_that_stands_at_another_instance_is_replaced(table):
    ann, bob = await _ann_and_bob(table, 2)
    back = await table.join("B", number=1, conn=bob.state["payload"]["connection_id"])
    equal(back.state["payload"]["participant_count"], 2, "participants")
    equal(await bob.closed(), (4101, "Replaced by a newer connection"), "close")
    await ann.alive()
    await _bob_leaves_once_and_at_once(ann, back)


@case(on=(1, 2))
async def a_connection_of_somebody_else_cannot_be_replaced(table):
    ann, bob = await _ann_and_bob(table, 2)
    await table.join("C", number=1, conn=bob.state["payload"]["connection_id"])
    for client in (ann, bob):
        await client.expect("room_state")
        await client.expect("user_joined")
    await bob.alive()
    await ann.alive()


@case(on=(1, VICTIM), dialects=(None,))
async def who_comes_back_from_a_killed_instance_leaves_when_it_leaves(table):
    ann, bob = await _ann_and_bob(table, VICTIM)
    await asyncio.get_running_loop().run_in_executor(None, table.running.kill, VICTIM)
    back = await table.join("B", number=1, conn=bob.state["payload"]["connection_id"], offset=bob.state["offset"], epoch=bob.state["epoch"])
    equal((back.state["payload"]["recovered"], back.state["payload"]["participant_count"]), (True, 2), "state")
    await ann.alive()
    await _bob_leaves_once_and_at_once(ann, back)



if __name__ == "__main__":
    run(globals(), numbers=(1, 2), last=[who_comes_back_from_a_killed_instance_leaves_when_it_leaves], instances=3, nginx=False, each={number: {"rooms": FREE} for number in (1, 2, VICTIM)})
