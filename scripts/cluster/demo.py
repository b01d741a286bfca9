# SPDX-License-Identifier: LGPL-2.1-or-later
"""./scripts/demo: a whole simulated cluster on this machine, until Ctrl-C; with --once: one session proven end to end."""

import argparse
import errno
import http.client
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import child  # noqa: E402
import cluster  # noqa: E402
import demonstration  # noqa: E402
import holders  # noqa: E402
import web  # noqa: E402
from demonstration import START, Failed, Refused, check, check_children, check_outer_address, ending, say, step, timed  # noqa: E402

# ---- before anything starts ----

CLOSING_SECONDS = 70  # TIME_WAIT is 60 s


def taken_addresses(plan):
    found = [(at, name, holders.bind_problem(*at)) for at, name in plan.listens()]
    return [(at, name, problem) for at, name, problem in found if problem]


def is_passing(at, problem):
    """Our ports lie in the kernel's ephemeral range: a connection of somebody may have one for a while, without a listener."""
    return problem.errno == errno.EADDRINUSE and holders.holder(*at) is None


def check_ports(plan):
    """Says who is in the way, and what helps: another port for the controller, or the end of another demo."""
    taken = taken_addresses(plan)
    end = time.monotonic() + CLOSING_SECONDS
    if taken and all(is_passing(at, problem) for at, _, problem in taken):
        step("waiting      a closed connection still has %s:%d, a minute at most" % taken[0][0])
    while taken and all(is_passing(at, problem) for at, _, problem in taken) and time.monotonic() < end:
        time.sleep(1)
        taken = taken_addresses(plan)
    if not taken:
        return
    lines = []
    for (address, port), name, problem in taken[:8]:
        held = " is held by %s" % (holders.holder(address, port) or "a connection") if problem.errno == errno.EADDRINUSE else ""
        lines.append("  %s:%d, wanted for %s,%s (%s)" % (address, port, name, held or " cannot be had", problem.strerror))
    if len(taken) > 8:
        lines.append("  … and %d more" % (len(taken) - 8))
    only_ours = all(at == plan.controller for at, _, _ in taken)
    mend = "Choose another --port." if only_ours else "Is another demo running? Its other ports are fixed: stop the holder first."
    raise Refused("these addresses are not free:\n%s\n%s" % ("\n".join(lines), mend))


def only_one_demo():
    """Two demos want the same addresses: the second says so instead of racing for them. The name goes with the process."""
    name = "\0hydraneck-demo"
    held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        held.bind(name)
        held.listen(64)  # nobody accepts: who asks stays in the queue
        return held
    except OSError:
        held.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(2)
        try:
            caller.connect(name)
            pid = struct.unpack("3i", caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        except OSError:
            pid = "unknown"
    raise Refused("another demo is running (pid %s): end it first" % pid)


# ---- the proof ----

def prove_page(created):
    page = web.call("GET", created["stream_url"])
    check(page.status == 200, "the page answered %d" % page.status)
    check(int(page.headers["Content-Length"]) == len(page.body), "Content-Length does not fit the page")
    found = re.findall(rb'<script src="(/session/[0-9a-f]+/_hydraneck/[^"]+)"', page.body)
    check(len(found) == 1, "the page carries %d injected scripts instead of 1" % len(found))
    base = created["stream_url"].split("/session/")[0]
    script = web.call("GET", base + found[0].decode())
    check(script.status == 200 and b"relay" in script.body, "the injected script is not there")
    return "%d bytes, script injected" % len(page.body)


def stream_numbers(url):
    found = re.search(r"hostId=(\d+)&appId=(\d+)", url)
    check(found, "the stream URL names no host and app: %s" % url)
    return int(found.group(1)), int(found.group(2))


def prove_socket(created):
    host, app = stream_numbers(created["stream_url"])
    base = created["stream_url"].split("/stream.html")[0]
    sock = web.WebSocket(base.replace("http://", "ws://") + "/api/host/stream")
    check(sock.status == 101, "the stream socket answered %d" % sock.status)
    sock.send({"Init": {"host_id": host, "app_id": app, "video_frame_queue_size": 3, "audio_sample_queue_size": 20}})
    seen = []
    while "Setup" not in seen:
        message = json.loads(sock.receive())
        seen.append(next(iter(message)))
    sock.close()
    check(seen[0] == "UpdateApp", "the first message was %s" % seen[0])
    return "%d messages up to Setup" % len(seen)


def prove_browser(created, screenshot):
    argv = ["/usr/bin/python3", os.path.join(cluster.TOP, "tests/browser/stream_check.py"), "--require-relay"]
    if screenshot:
        argv += ["--screenshot", screenshot]
    browser = subprocess.Popen(argv + [created["stream_url"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = browser.communicate(timeout=120)
    except KeyboardInterrupt:
        browser.terminate()  # it ends its Chromium and removes the profile
        browser.communicate(timeout=15)
        raise
    check(browser.returncode == 0, "the browser does not play: %s %s" % (out.strip(), err.strip()[-500:]))
    figures = json.loads(out.strip().splitlines()[-1])
    return "%(frames)d frames, %(audio_packets)d audio packets, local candidate %(local)s" % figures


def session_remains(running, created, worker_pid, ports):
    """What is left of a deleted session, as texts."""
    left = []
    session = created["session_id"]
    for number in range(1, running.plan.workers + 1):
        folder = running.path("sessions-%d/%s" % (number, session))
        if os.path.exists(folder):
            left.append("directory " + folder)
    if child.descendants(worker_pid):
        left.append("processes %s" % child.descendants(worker_pid))
    left += ["port %s:%d" % at for at in ports if holders.bind_problem(*at)]
    body = next(b for b in running.state()["bodies"] if b["address"] == running.plan.body(1))
    if body["clients"]:
        left.append("paired client %s" % body["clients"])
    return left


def listening_ports(pids):
    """TCP addresses that these processes listen on."""
    inodes = set()
    for pid in pids:
        try:
            for fd in os.listdir("/proc/%d/fd" % pid):
                inodes.add(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
        except OSError:
            continue
    found = []
    with open("/proc/net/tcp", encoding="ascii") as file:
        for row in (line.split() for line in file.readlines()[1:]):
            if row[3] == "0A" and "socket:[%s]" % row[9] in inodes:
                packed, port = row[1].split(":")
                found.append((socket.inet_ntoa(bytes.fromhex(packed)[::-1]), int(port, 16)))
    return found


def prove(running, screenshot):
    """One session from create to nothing left; a line per step."""
    def create():
        prove.created = running.create(1, experience="Desktop", district="demo", body="body-1", head="demo")
        return "session %s… on %s" % (prove.created["session_id"][:8], prove.created["worker_id"])

    timed("create", create)
    created = prove.created
    worker = running.children[created["worker_id"]]
    ports = listening_ports(child.descendants(worker.pid))
    timed("page via controller", lambda: prove_page(created))
    timed("stream socket", lambda: prove_socket(created))
    timed("chromium plays", lambda: prove_browser(created, screenshot))

    def delete():
        reply = running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
        check(reply.status in (200, 204), "delete answered %r" % reply)
        check(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status == 404, "a second delete is not 404")

    def gone():
        try:
            running.wait(lambda: not session_remains(running, created, worker.pid, ports), 10, "nothing left of the session")
        except child.ChildError:
            raise Failed("left behind: %s" % "; ".join(session_remains(running, created, worker.pid, ports))) from None
        return "process, %d ports, directory and pairing" % len(ports)

    def record():
        event = running.wait_event("nps_record", "services", timeout=10)
        check(created["session_id"] in json.dumps(event), "the record is of another session: %r" % event)
        return "received by the fake service"

    timed("delete", delete)
    timed("nothing is left", gone)
    timed("nps record", record)


# ---- the live view ----

def bar(part, whole, width=10):
    filled = round(width * part / whole) if whole else 0
    return "█" * filled + "░" * (width - filled)


def ask(running, path):
    return running.call("GET", path, timeout=5).json()


def status_lines(running):
    """What is live now; the age of sessions is the only thing that changes by itself."""
    lines = []
    try:
        workers = ask(running, "/api/v1/workers")["workers"]
        sessions = ask(running, "/api/v1/sessions")["sessions"]
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        return ["the controller does not answer: %s" % error]
    for worker in workers:
        active, most = worker["active_sessions"], worker["max_sessions"]
        lines.append("  %-10s %-9s %s %d/%d" % (worker["id"], worker["status"], bar(active, most), active, most))
    lines.append("")
    lines.append("  %-9s %-13s %-9s %-8s %s" % ("SESSION", "BODY", "STATE", "AGE", "STREAMS"))
    sessions.sort(key=lambda session: (session["created_at"], session["id"]))  # else they change places at each look
    for session in sessions[:12]:
        lines.append("  %-9s %-13s %-9s %-8s %d" % (
            session["id"][:8], session["body_ip"], session["status"], session["age"], session["active_connections"]))
    urls = [session["stream_url"] for session in sessions if session.get("stream_url") and session["status"] in LIVE]
    lines += ["", "Open in a browser:"] + ["  " + url for url in urls[:4]]
    if len(urls) > 4:
        lines.append("  … and %d more, see /api/v1/sessions" % (len(urls) - 4))
    if not urls:
        lines.append("  no session: create one with")
        lines.append("""  curl -s -X POST -H "Authorization: Bearer %s" -H "Content-Type: application/json" \\""" % running.plan.token)
        lines.append("""    -d '{"body_ip":"%s"}' %s/api/v1/sessions""" % (running.plan.body(1), running.url))
    return lines


LIVE = ("ready", "active", "idle")


def span(seconds):
    seconds = int(seconds)
    return "%dm%02ds" % (seconds // 60, seconds % 60) if seconds >= 60 else "%ds" % seconds


def how_to(running):
    plan = running.plan
    return ["", "From another machine, first (the page, and TURN over TCP):",
            "  ssh -L %d:%s -L %d:%s -L %d:%s %s" % (plan.controller[1], cluster.at_text(plan.controller), plan.dashboard[1],
                                                       cluster.at_text(plan.dashboard), plan.turn_at[1], cluster.at_text(plan.turn_at),
                                                       demonstration.here()),
            "", "Dashboard (the same token): %s" % cluster.at_url(plan.dashboard),
            "", "API (token %s):  curl -s %s/api/v1/health | jq ." % (plan.token, running.url),
            "Bodies' state and faults:  curl -s %s/state | jq .bodies" % cluster.at_url(plan.controls["bodies"]),
            "Logs: %s/*.log      Ctrl-C ends everything." % plan.folder,
            "(\"Start new stream\" leads to the health JSON here; on a real worker to sessions.return_url.)"]


class Screen:
    """The terminal's other screen, redrawn in place: the scrollback stays as it was."""

    def __enter__(self):
        sys.stdout.write("\x1b[?1049h\x1b[?25l")
        return self

    def __exit__(self, *_):
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()

    def show(self, live, rest):
        columns, rows = shutil.get_terminal_size()
        def height(lines):
            return sum(max(1, -(-len(line) // columns)) for line in lines)
        lines = live + rest
        while lines and height(lines) > rows - 1:
            lines = lines[:-1]  # the least important stands last
        sys.stdout.write("\x1b[H" + "".join("%s\x1b[K\n" % line for line in lines) + "\x1b[J")
        sys.stdout.flush()


def watch_screen(running):
    with Screen() as screen:
        while True:
            check_children(running)
            title = "hydraneckwebrtc demo · %s · up %s" % (time.strftime("%H:%M:%S"), span(time.monotonic() - START))
            screen.show([title, ""] + status_lines(running), how_to(running))
            time.sleep(1)


def watch_lines(running):
    """Not a terminal: a block whenever something has changed besides the ages."""
    last = None
    for line in how_to(running):
        say(line)
    while True:
        check_children(running)
        lines = status_lines(running)
        steady = [re.sub(r"\b(\d+h)?(\d+m)?\d+s\b", "", line) for line in lines]
        if steady != last:
            last = steady
            say("\n".join([""] + lines))
        time.sleep(1)


# ---- main ----

def arguments():
    parser = argparse.ArgumentParser(prog="./scripts/demo", description="Starts a whole simulated cluster on this machine: coturn, a "
                                     "controller, workers, fake bodies and services. Ctrl-C ends all of it. "
                                     "`./scripts/demo rooms` shows room signalling instead: a video call.")
    parser.add_argument("--once", action="store_true", help="prove one session end to end, with a headless Chromium, and exit")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="workers (default 2, at most 20)")
    parser.add_argument("--bodies", type=int, default=8, metavar="N", help="fake bodies (default 8, at most 100)")
    parser.add_argument("--port", type=int, default=8080, metavar="PORT", help="the controller's port on 127.0.0.1 (default 8080)")
    parser.add_argument("--screenshot", metavar="FILE", help="with --once: a PNG of the playing page")
    parser.add_argument("--build", default=os.path.join(cluster.TOP, "build"), help=argparse.SUPPRESS)
    parser.add_argument("--leased", action="store_true", help=argparse.SUPPRESS)  # tests: addresses of their own
    parser.add_argument("--check-only", action="store_true", help=argparse.SUPPRESS)  # before anything is installed or built
    options = parser.parse_args()
    if not 1 <= options.workers <= 20 or not 1 <= options.bodies <= 100 or not 1 <= options.port <= 65535:
        parser.error("--workers is 1 … 20, --bodies 1 … 100, --port 1 … 65535")
    if not options.leased:
        others = [at for at, name in plan_of(options, "/nonexistent", None).listens() if name != "controller"]
        if ("127.0.0.1", options.port) in others:
            parser.error("--port %d is the demo's own, for another part" % options.port)
    if options.screenshot:
        folder = os.path.dirname(os.path.abspath(options.screenshot))
        if not os.access(folder, os.W_OK | os.X_OK):
            parser.error("--screenshot: cannot write into '%s'" % folder)
        if not options.once:
            parser.error("--screenshot goes with --once")
    if options.check_only:
        try:
            if not options.leased:
                only_one_demo().close()
        except Failed as error:
            say("FAILED: %s" % error)
            sys.exit(1)
        sys.exit(0)
    return options


def plan_of(options, folder, lease):
    return cluster.Plan(options.build, folder, bodies=options.bodies, workers=options.workers, controller_port=options.port, lease=lease,
                        extra_worker={"sessions": {"abandon_timeout": "24h"}})


def run(options, folder, outer):
    lease = None
    if options.leased:
        from lease import Lease
        lease = Lease()
    held = None if options.leased else only_one_demo()
    plan = plan_of(options, folder, lease)
    check_outer_address(outer, options.once)
    check_ports(plan)
    running = cluster.Cluster(plan, progress=step)

    def show():
        running.start_all()
        step("up           %d workers healthy" % plan.workers)
        if options.once:
            prove(running, options.screenshot)
        else:
            sessions = [running.create(n, experience="Desktop", body="body-%d" % n) for n in range(1, 1 + min(2, plan.bodies, plan.workers * 4))]
            step("sessions     %d created" % len(sessions))
            (watch_screen if sys.stdout.isatty() else watch_lines)(running)

    ending(running, show, held.close if held else lambda: None)


def main():
    options = arguments()
    return demonstration.run(options.once, lambda folder, outer: run(options, folder, outer))


if __name__ == "__main__":
    sys.exit(main())
