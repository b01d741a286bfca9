#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls of real Chromium tabs through nginx, two instances and Redis: with the seed's script, with what a network does to them, and with what the server says."""

import contextlib
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import signalling  # noqa: E402
from flow import contains, equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import call_check  # noqa: E402
import webdriver  # noqa: E402

SOCKETS = "hydraneck_websockets"

# A page of our own around the script: it shows all that it tells, and can keep it from coming back for a while.
PAGE = """
const { Room } = await import("/webrtc/client.js")
window.told = []
window.gate = Promise.resolve()
window.room = new Room({ room: arguments[1], token: () => window.gate.then(() => arguments[0]) })
for (const name of ["state", "participants", "peer", "peerchange", "peerleave", "message", "problem"])
    room.addEventListener(name, ({ detail }) => told.push([name, detail.state ?? detail.type ?? detail.code ?? detail.id ?? detail.length, JSON.stringify(detail)]))
room.setStream(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }))
room.join()
"""

# What a page that uses the seed's script has to bring: a token before it; behind it, in the same turn, what is to be sent.
SEED_BEFORE = "const token = arguments[0]; const camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });\n"
SEED_BEHIND = "\ncamera.getTracks().forEach(track => pc.addTrack(track, camera)); window.seed = { pc, ws, config }"

# What the tab sends waits until release() is called, or is lost for the first so-and-so many of a type.
WAYLAY = """
const plain = WebSocket.prototype.send
const waiting = []
window.lose = {}
window.sent = {}
window.hold = false
WebSocket.prototype.send = function (text) {
    const type = JSON.parse(text).type
    window.sent[type] = [...(window.sent[type] ?? []), text]
    if (window.lose[type] > 0)
        window.lose[type]--
    else if (window.hold)
        waiting.push([this, text])
    else
        plain.call(this, text)
}
window.release = () => {
    window.hold = false
    const types = waiting.map(([, text]) => JSON.parse(text).type)
    waiting.splice(0).forEach(([socket, text]) => plain.call(socket, text))
    return types
}
"""
UFRAGS = "return room.peers.map(peer => [...peer.connection.localDescription.sdp.matchAll(/ice-ufrag:(.*)/g)][0][1])"
JOINED = "return room.state === 'joined'"


@contextlib.contextmanager
def _tabs(running, count=2, preload=call_check.PRELOAD + WAYLAY, flags=()):
    with contextlib.ExitStack() as stack:
        tabs = [stack.enter_context(webdriver.borrow(flags=flags, preload=preload)) for _ in range(count)]
        yield tabs
        for tab in tabs:
            for entry in tab.console():
                true("eyJ" not in entry["message"], "a token in the console: %s" % entry["message"][:80])


def _open(running, tab, room, user):
    tab.open(running.url + "/webrtc/health")
    tab.script(PAGE, running.token(user, user.title()), room)


def _call(running, tabs, room, users=("ann", "bob")):
    for tab, user in zip(tabs, users):
        _open(running, tab, room, user)
    for tab in tabs:
        call_check.wait_for_media(tab)


def the_seeds_script_answers_our_page(running):
    with open(os.path.join(flow.TOP, "fixtures/seeds/rooms-browser.js"), encoding="utf-8") as file:
        seed = file.read()
    # the sample names localhost:8000
    with _tabs(running, 1) as [ours], _tabs(running, 1, flags=("--host-resolver-rules=MAP localhost:8000 %s:%d" % running.front,)) as [theirs]:
        theirs.open("http://localhost:8000/webrtc/health")
        theirs.script(SEED_BEFORE + seed + SEED_BEHIND, running.token("seed", "Seed"))
        call_check.join(ours, running.url + "/webrtc/demo#my-room", "Ann")
        child.until(lambda: [running.metric(number, SOCKETS) for number in running.at] == [1, 1], 5, "each tab has an instance of its own")
        for tab in (ours, theirs):
            seen = call_check.wait_for_media(tab, frames=20, packets=40)
            equal(seen["connected"], 1, "connections")
        equal(theirs.script("return seed.pc.getSenders().length"), 2, "senders of the seed's page: it offered nothing itself")
        equal(theirs.script("return seed.pc.getConfiguration().iceServers.length"), 1, "ICE servers that its configuration brought")
        contains(ours.script("return document.querySelector('.tile .name').textContent"), "Seed")
        # and when it comes second, it does not offer either
        theirs.open("http://localhost:8000/webrtc/health")
        theirs.script(SEED_BEFORE + seed + SEED_BEHIND, running.token("seed-2", "Second"))
        for tab in (theirs, ours):
            call_check.wait_for_media(tab)


def a_killed_instance_costs_its_tabs_nothing(running):
    with _tabs(running) as tabs:
        _call(running, tabs, "killed")
        equal([running.metric(number, SOCKETS) for number in running.at], [1, 1], "sockets of the instances")
        for tab in tabs:
            tab.script("window.gate = new Promise(open => { window.openGate = open })")
        running.kill(2)
        lost = child.until(lambda: [tab for tab in tabs if tab.script("return told.some(each => each[1] === 'waiting')")], 5, "a tab notices")[0]
        kept = next(tab for tab in tabs if tab is not lost)
        true(kept.script("return room.send('chat-message', { content: 'while you were away' })"), "nothing was sent")
        for tab in tabs:
            tab.script("window.openGate()")
        lost.wait_for(JOINED, 10)
        lost.wait_for("return told.some(each => each[0] === 'message')", 5)
        equal(lost.script("return told.filter(each => each[0] === 'message').map(each => JSON.parse(each[2]).payload.content)"), ["while you were away"], "what was missed")
        true(lost.script("return told.some(each => each[2].includes('\"recovered\":true'))"), "it did not recover")
        for tab in tabs:
            call_check.wait_for_media(tab)
            equal(tab.script("return [window.made.length, room.peers.length, told.filter(each => each[0] === 'peerleave').length]"), [1, 1, 0], "made, peers, left")
        running.start_instance(2)


def two_offers_at_once_end_in_one_call(running):
    with _tabs(running) as tabs:
        _call(running, tabs, "glare")
        before = [tab.script(UFRAGS) for tab in tabs]
        for _ in range(3):
            for tab in tabs:
                tab.script("window.hold = true; room.peers[0].restart()")
                tab.wait_for("return room.peers[0].connection.signalingState === 'have-local-offer'", 5)
            for tab in tabs:
                contains(tab.script("return release()"), "offer", "what was held back")
            for tab in tabs:
                tab.wait_for("return room.peers[0].connection.signalingState === 'stable' && room.peers[0].state === 'connected'", 10)
        for tab, old in zip(tabs, before):
            call_check.wait_for_media(tab)
            true(tab.script(UFRAGS) != old, "the way is the old one")
            equal(tab.script("return [window.made.length, room.peers[0].connection.getTransceivers().length, told.filter(each => each[0] === 'problem').length]"), [1, 2, 0],
                  "connections made, lines, problems")


def a_failed_way_is_replaced(running):
    with _tabs(running) as tabs:
        _call(running, tabs, "restart")
        before = [tab.script(UFRAGS) for tab in tabs]
        # what Chromium says when no candidate pair is left
        tabs[0].script("""const [pc] = window.made
                          Object.defineProperty(pc, "connectionState", { get: () => "failed", configurable: true })
                          pc.dispatchEvent(new Event("connectionstatechange"))
                          delete pc.connectionState""")
        equal(tabs[0].script("return room.peers[0].state"), "interrupted", "state")
        for tab, old in zip(tabs, before):
            tab.wait_for("return room.peers[0].connection.localDescription.sdp.includes('ice-ufrag') && (%s)[0] !== arguments[0]" % UFRAGS.replace("return ", "", 1), 10, old[0])
            call_check.wait_for_media(tab)
        tabs[0].wait_for("return room.peers[0].state === 'connected'", 5)
        equal([tab.script("return window.made.length") for tab in tabs], [1, 1], "connections made")


def what_is_lost_on_the_way_is_said_again(running):
    with _tabs(running) as [ann, bob]:
        _open(running, ann, "lossy", "ann")
        bob.open(running.url + "/webrtc/health")
        ann.script("window.lose = { answer: 1 }")
        bob.script("window.lose = { offer: 1 }")
        bob.script(PAGE, running.token("bob", "Bob"), "lossy")
        for tab in (ann, bob):
            call_check.wait_for_media(tab, timeout=25)
        equal(ann.script("return [window.lose.answer, window.made.length]"), [0, 1], "answers to lose, connections made")
        equal(bob.script("return [window.lose.offer, window.made.length]"), [0, 1], "offers to lose, connections made")


def a_tab_that_goes_has_left_and_one_that_dies_is_called_anew(running):
    with _tabs(running) as [ann, bob]:
        _call(running, (ann, bob), "reload")
        bob.open(running.url + "/webrtc/health")
        ann.wait_for("return room.peers.length === 0", 1)  # long before its grace is over
        _open(running, bob, "reload", "bob")
        for tab in (ann, bob):
            call_check.wait_for_media(tab)
        # nobody says goodbye: within the grace the same user is there again, with a connection that the others do not know
        for dead, other in ((bob, ann), (ann, bob)):
            dead.script("room.constructor.prototype.leave = () => {}")
            dead.open(running.url + "/webrtc/health")
            _open(running, dead, "reload", "ann" if dead is ann else "bob")
            for tab in (ann, bob):
                call_check.wait_for_media(tab)
            equal(other.script("return [room.peers.length, window.made.filter(each => each.connectionState === 'closed').length > 0]"), [1, True], "peers, is the old connection closed")
        equal(bob.script("return told.filter(each => each[0] === 'peerleave').length"), 0, "leaves")


def three_see_each_other_and_one_only_looks_on(running):
    with _tabs(running, 3) as tabs:
        cid = tabs[2]
        _call(running, tabs[:2], "three")
        cid.open(running.url + "/webrtc/health")
        cid.script(PAGE.replace("room.setStream(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }))", ""), running.token("cid", "Cid"), "three")
        for tab in tabs:
            tab.wait_for("return room.peers.length === 2 && room.peers.every(peer => peer.state === 'connected')", 15)
            call_check.wait_for_media(tab)
        equal(sorted(cid.script("return room.peers.map(peer => peer.stream.getTracks().length)")), [2, 2], "tracks that the onlooker has of each")
        offers = cid.script("return window.sent.offer")
        equal([(offer.count("m=audio"), offer.count("m=video")) for offer in offers], [(1, 1), (1, 1)], "what who came last asks for: also one that sends nothing asks first")


def what_the_server_ends_for_good_is_not_tried_again(running):
    with _tabs(running, 1) as [ann]:
        _open(running, ann, "ended", "ann")
        ann.wait_for(JOINED, 5)
        reply = running.call("DELETE", "/webrtc/admin/rooms/ended/participants/ann", token=running.admin_token)
        equal(reply.status, 200, "status of the kick: %r" % reply)
        ann.wait_for("return room.state === 'refused'", 5)
        equal(ann.script("return JSON.parse(told.at(-1)[2]).code"), 4100, "close code")
        ann.open(running.url + "/webrtc/health")
        ann.script(PAGE, running.token("ann", seconds=-5), "ended")
        ann.wait_for("return room.state === 'refused'", 5)
        contains(ann.script("return told.at(-1)[2]"), "expired", "reason")


def the_script_comes_back_where_the_table_says_so(running):
    with open(os.path.join(flow.TOP, "docs/signalling.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\|.*\| (\d{4}) \|.*\| (no|yes|with a new token) \|$", file.read(), re.M)
    true(len(rows) > 15, "the table has only %d closes" % len(rows))
    with _tabs(running, 1) as [tab]:
        tab.open(running.url + "/webrtc/health")
        for code, answer in rows:
            equal(tab.script("return (await import('/webrtc/client.js')).mayReturn(Number(arguments[0]))", code), answer == "yes", "whether it comes back after %s" % code)


def the_page_keeps_its_policy_on_phone_and_desktop(running):
    with _tabs(running, 1) as [tab]:
        for width, height in ((390, 844), (1920, 1080)):
            tab.cdp("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
            call_check.join(tab, running.url + "/webrtc/demo?%d#looks" % width, "Ann")
            boxes = tab.script("""return ["bar", "self", "alone"].map(id => document.getElementById(id).getBoundingClientRect())
                                      .map(box => [box.left >= 0, box.top >= 0, box.right <= arguments[0], box.bottom <= arguments[1]])""", width, height)
            equal(boxes, [[True] * 4] * 3, "bar, picture of oneself and words within %d × %d" % (width, height))
            equal(tab.script("return document.documentElement.scrollWidth"), width, "width of the page")
        equal(tab.console(), [], "what Chromium complains about")
    policy = running.call("GET", "/webrtc/demo").headers["Content-Security-Policy"]
    true("unsafe" not in policy and "default-src 'none'" in policy, "the policy is %s" % policy)


flow.main(globals(), started=signalling.Started, between=signalling.nothing, instances=2, extra={"rooms": {"grace": "5s"}})
