# SPDX-License-Identifier: LGPL-2.1-or-later
"""./scripts/demo rooms: Redis, two instances of `hydraneckwebrtc rooms` and nginx, and a link to open in two tabs, until Ctrl-C; with --once: a call proven end to end."""

import argparse
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import child  # noqa: E402
import cluster  # noqa: E402
import demonstration  # noqa: E402
import rooms  # noqa: E402
from demonstration import check, check_children, check_outer_address, ending, say, step, timed  # noqa: E402
from lease import Lease  # noqa: E402

ROOM = "demo"
SOCKETS = "hydraneck_websockets"
LEASE_SECONDS = 6  # of the proof's instances: the seat that a killed one leaves behind stands so long


# ---- the proof ----

class Proof:
    """One call of two tabs, from the page to its end."""

    def __init__(self, running, screenshot):
        sys.path.insert(0, os.path.join(cluster.TOP, "tests/browser"))
        import call_check
        import webdriver
        self.running, self.screenshot, self.calls, self.driver = running, screenshot, call_check, webdriver
        self.url = running.url + "/webrtc/demo#" + ROOM

    def __call__(self):
        timed("page via nginx", self.page)
        with self.driver.Browser(preload=self.calls.PRELOAD) as self.ann, self.driver.Browser(preload=self.calls.PRELOAD) as self.bob:
            timed("first tab", lambda: self.calls.join(self.ann, self.url, "Ann"))
            timed("second tab", lambda: self.calls.join(self.bob, self.url, "Bob"))
            timed("two instances", self.apart)
            timed("call", self.both_see)
            timed("instance killed", self.survives)
            timed("one leaves", self.leaves)

    def page(self):
        reply = self.running.call("GET", "/webrtc/demo")
        check(reply.status == 200, "the page answered %d" % reply.status)
        check("unsafe" not in reply.headers["Content-Security-Policy"], "its policy is lax")
        script = self.running.call("GET", "/webrtc/client.js")
        check(script.status == 200 and b"export class Room" in script.body, "the script is not there")
        return "%d bytes, script %d bytes" % (len(reply.body), len(script.body))

    def apart(self):
        child.until(lambda: all(self.running.metric(number, SOCKETS) == 1 for number in self.running.at), 5, "each tab has an instance of its own")
        return "one tab on each"

    def both_see(self):
        seen = [self.calls.wait_for_media(browser, frames=30, packets=50) for browser in (self.ann, self.bob)]
        if self.screenshot:
            self.ann.screenshot(self.screenshot)
        return "%d and %d frames, %d and %d audio packets" % (seen[0]["frames"], seen[1]["frames"], seen[0]["packets"], seen[1]["packets"])

    def survives(self):
        self.running.kill(2)
        child.until(lambda: self.running.metric(1, SOCKETS) == 2, 10, "the tab of the killed instance is with the other one")
        for browser in (self.ann, self.bob):
            browser.wait_for("return document.getElementById('badge').hidden", 10)
            self.calls.wait_for_media(browser)
            check(browser.script("return window.made.length") == 1, "the call was made anew")
        return "both tabs on the other one, the call went on"

    def leaves(self):
        """Who was on the killed instance has a seat there until its lease is over: gone within that and 5 s."""
        self.bob.script("document.getElementById('leave').click()")
        self.ann.wait_for("return !document.getElementById('alone').hidden", LEASE_SECONDS + 5)


# ---- what a person reads ----

def how_to(running):
    link = "/webrtc/demo#" + ROOM
    token = running.token_by_command("--sub", "alice", "--username", "Alice", "--ttl", str(12 * 3600))
    return ["Open in two tabs, or in two browsers:", "  " + running.url + link, "",
            "From another machine, first (camera and microphone need localhost or https):",
            "  ssh -L 8000:%s %s" % (cluster.at_text(running.front), demonstration.here()), "  then http://127.0.0.1:8000" + link, "",
            "API, as a user:      curl -s -H \"Authorization: Bearer %s\" %s/webrtc/config" % (token, running.url),
            "Room signalling:     %s/webrtc/ws/ROOM?token=…   (docs/signalling.md)" % running.url.replace("http", "ws"),
            "An instance's state: curl -s %s/webrtc/health" % cluster.at_url(running.at[1])]


def watch(running):
    """A line whenever somebody comes or goes."""
    say("\n".join([""] + how_to(running) + [""]))
    last = None
    while True:
        check_children(running)
        now = tuple(int(running.metric(number, SOCKETS)) for number in running.at)
        if now != last and (last or any(now)):
            step("in the room  %s" % ", ".join("%d on instance %d" % (count, number) for number, count in zip(running.at, now)))
        last = now
        time.sleep(1)


# ---- main ----

def arguments():
    parser = argparse.ArgumentParser(prog="./scripts/demo rooms", description="Starts room signalling on this machine: Redis, two instances and nginx in front of them, "
                                     "and a page for video calls. Ctrl-C ends all of it.")
    parser.add_argument("--once", action="store_true", help="prove a call of two tabs end to end, with headless Chromium, and exit")
    parser.add_argument("--screenshot", metavar="FILE", help="with --once: a PNG of the call")
    parser.add_argument("--build", default=os.path.join(cluster.TOP, "build"), help=argparse.SUPPRESS)
    parser.add_argument("--check-only", action="store_true", help=argparse.SUPPRESS)  # before anything is installed or built
    options = parser.parse_args()
    if options.screenshot and not options.once:
        parser.error("--screenshot goes with --once")
    if options.check_only:
        sys.exit(0)
    return options


def run(options, folder, outer):
    lease = Lease()
    extra = {"rooms": {"presence_ttl": "%ds" % LEASE_SECONDS}} if options.once else None
    running = rooms.Rooms(options.build, folder, lease, extra=extra, progress=step)

    def show():
        check_outer_address(outer, options.once)
        running.start_all()
        (Proof(running, options.screenshot) if options.once else lambda: watch(running))()

    ending(running, show, lease.release)


if __name__ == "__main__":
    chosen = arguments()
    sys.exit(demonstration.run(chosen.once, lambda folder, outer: run(chosen, folder, outer)))
