#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The fake streamer and its pages, alone with real Chromium and real coturn.

    test_streamer.py PATH-OF-STREAMER [unittest arguments]

Exit status 77 when Chromium, its driver or coturn is not installed, or there is no address beside loopback (Chromium then gathers
no candidate at all).
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import dev_host  # noqa: E402
import stream_check  # noqa: E402
import turn_client  # noqa: E402
import webdriver  # noqa: E402

STATIC = os.path.join(TOP, "sim/fakes/static")
ADDRESS = "127.0.23.1"
TURN_ADDRESS = "127.0.23.9"
STREAMER = None

SEND_OFFER_TWICE = """
const send = WebSocket.prototype.send
WebSocket.prototype.send = function (data) {
    send.call(this, data)
    if (window.sentTwice || !data.includes('"ty":"offer"')) return
    window.sentTwice = true
    send.call(this, data)
}
"""


def free_port(kind, address):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def has_outer_address():
    """A UDP connect sends nothing; it fails without a route, and names the source address otherwise."""
    text = subprocess.run(["ip", "-4", "-o", "address"], capture_output=True, text=True, check=False).stdout
    return any(" inet 127." not in line for line in text.splitlines() if " inet " in line)


class Alone:
    """A streamer that is spoken to without a browser."""

    def __init__(self, **init):
        self.process = subprocess.Popen([STREAMER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.tell({"Init": {"webrtc": {"network_types": ["udp4"]}, "ice_servers": [], "session": "s", "host_address": "127.0.1.1",
                            "app": {"app_id": 2, "title": "Desktop"}, **init}})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def tell(self, value):
        self.process.stdin.write(json.dumps(value).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self):
        return json.loads(self.process.stdout.readline())


class StreamerProtocol(unittest.TestCase):
    def test_it_first_waits_for_a_transport_and_then_tells_the_ice_servers(self):
        with Alone(ice_servers=[{"urls": ["turn:192.0.2.7:3478"], "username": "u", "credential": "c"}, {"urls": ["stun:x"]}]) as alone:
            self.assertEqual(alone.hear(), {"Server": {"DebugLog": {"message": "Waiting for Transport to negotiate", "ty": None}}})
            self.assertEqual(alone.hear(), {"Server": {"Setup": {"ice_servers": [
                {"urls": ["turn:192.0.2.7:3478"], "username": "u", "credential": "c"},
                {"urls": ["stun:x"], "username": "", "credential": ""}]}}})

    def test_it_ends_at_once_with_status_0_when_stdin_closes(self):
        with Alone() as alone:
            alone.hear()
            alone.hear()
            alone.process.stdin.close()
            self.assertEqual(alone.process.wait(5), 0)
            self.assertEqual(alone.process.stderr.read(), b"")

    def test_a_failed_launch_is_told_with_its_code_and_ends_the_stream(self):
        with Alone() as alone:
            alone.hear()
            alone.hear()
            alone.tell({"Launch": {"ok": False, "error_code": -7, "text": "no display"}})
            self.assertEqual(alone.hear(), {"Server": {"DebugLog": {"message": "no display", "ty": "fatalDescription"}}})
            self.assertEqual(alone.hear(), {"Server": {"ConnectionTerminated": {"error_code": -7}}})
            self.assertEqual(alone.hear(), "Stop")

    def test_stop_is_told_once_and_the_process_ends_within_10_seconds(self):
        with Alone() as alone:
            alone.hear()
            alone.hear()
            began = time.monotonic()
            alone.tell("Stop")
            alone.tell("Stop")
            self.assertEqual(alone.hear(), "Stop")
            self.assertEqual(alone.process.stdout.read(), b"")
            self.assertEqual(alone.process.wait(10), 0)
            self.assertLess(time.monotonic() - began, 10)

    def test_lines_that_are_no_message_are_survived(self):
        with Alone() as alone:
            alone.hear()
            alone.hear()
            alone.process.stdin.write(b"[" * 100000 + b"\n{}\nnull\n\"x\"\n{\"Client\":{\"WebRtc\":{\"Description\":{\"ty\":1}}}}\n")
            alone.tell({"Client": {"WebRtc": {"Description": {"ty": "offer", "sdp": "no sdp"}}}})
            alone.tell({"Client": {"WebRtc": {"Description": {"ty": "answer", "sdp": "v=0\r\n"}}}})
            alone.tell({"Client": {"WebRtc": {"AddIceCandidate": {"candidate": "candidate:1 1 udp 1 x.local 9 typ host"}}}})
            alone.tell("Stop")
            self.assertEqual(alone.hear(), "Stop")


class InChromium(unittest.TestCase):
    maxDiff = None  # a sanitizer report is worth reading whole

    def setUp(self):
        self.log = tempfile.TemporaryFile()
        self.host = None
        self.addCleanup(self.end)

    def end(self):
        if self.host is not None:
            self.host.stop()
        self.log.close()

    def serve(self, **options):
        self.host = dev_host.Host(ADDRESS, STREAMER, STATIC, prefix="/session/3f9c2a", log=self.log, **options).start()
        return self.host

    def play(self, browser, url):
        browser.open(url)
        return stream_check.result_of(stream_check.wait_for_play(browser, 30, 30, 50))

    def assert_clean_end(self):
        """The streamer of the last page ends well, and has complained about nothing."""
        streamer = self.host.streamers[-1]
        streamer.stdin.close()
        status = streamer.wait(5)
        self.log.seek(0)
        self.assertEqual((status, self.log.read().decode()), (0, ""))

    def test_it_plays_and_exit_ends_it_at_once(self):
        host = self.serve(webrtc={"network_types": ["udp4"], "port_range": {"min": 40300, "max": 40315}})
        with webdriver.Browser() as browser:
            result = self.play(browser, host.url)
            self.assertEqual(result["video"], "640x360")
            self.assertTrue(browser.script(stream_check.MOVES))
            self.assertNotIn("Stop", host.streamers[-1].server_lines)
            stream_check.click_exit(browser, host.url)
        self.assertEqual(host.streamers[-1].server_lines.count("Stop"), 1)
        self.assert_told_in_order(host.streamers[-1].server_lines)
        self.assert_ports_between(host.streamers[-1].server_lines, 40300, 40315)
        self.assert_clean_end()

    def assert_told_in_order(self, lines):
        told = [line["Server"] for line in lines if line != "Stop"]
        logs = [each["DebugLog"]["message"] for each in told if "DebugLog" in each]
        kinds = [each["WebRtc"]["Description"]["ty"] if "Description" in each.get("WebRtc", {}) else next(iter(each)) for each in told]
        self.assertEqual(logs[:3], ["Waiting for Transport to negotiate", "Moonlight Stream", "Starting Stage: platform initialization"])
        self.assertEqual(len(logs), 2 + 2 * 11)
        self.assertEqual(logs[-1], "Completed Stage: input stream establishment")
        self.assertEqual([kind for kind in kinds if kind not in ("DebugLog", "WebRtc")], ["Setup", "answer", "offer", "ConnectionComplete"])

    def assert_ports_between(self, lines, low, high):
        told = [line["Server"]["WebRtc"]["AddIceCandidate"]["candidate"].split() for line in lines
                if line != "Stop" and "AddIceCandidate" in line["Server"].get("WebRtc", {})]
        self.assertTrue(told)
        for fields in told:
            self.assertEqual(fields[2].upper(), "UDP")
            self.assertTrue(low <= int(fields[5]) <= high, fields)

    def test_an_offer_that_comes_twice_still_plays(self):
        host = self.serve()
        with webdriver.Browser(preload=SEND_OFFER_TWICE) as browser:
            self.play(browser, host.url)
            self.assertTrue(browser.script("return window.sentTwice"))
        self.assert_clean_end()

    def test_two_pages_play_at_once(self):
        host = self.serve()
        with webdriver.Browser() as one, webdriver.Browser() as other:
            one.open(host.url)
            self.play(other, host.url)
            stream_check.wait_for_play(one, 20, 30, 50)
        self.assert_clean_end()

    def test_it_plays_through_a_relay_set_up_by_coturn_conf(self):
        turn = Turn(self)
        servers = [{"urls": [f"turn:{TURN_ADDRESS}:{turn.port}"], "username": "hydraturn", "credential": turn.word}]
        host = self.serve(ice_servers=servers)
        with webdriver.Browser(preload=stream_check.FORCE_RELAY) as browser:
            self.assertEqual(self.play(browser, host.url)["local"], "relay")
        self.assert_clean_end()


class Turn:
    """A real turnserver on loopback with the configuration that scripts/coturn-conf prints."""

    def __init__(self, test):
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self.word = os.urandom(12).hex()
        self.port = free_port(socket.SOCK_DGRAM, TURN_ADDRESS)
        conf = os.path.join(folder.name, "turnserver.conf")
        word = os.path.join(folder.name, "word")
        with open(os.open(word, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(self.word)
        text = subprocess.run(
            [os.path.join(TOP, "scripts/coturn-conf"), "--listen", TURN_ADDRESS, "--port", str(self.port), "--user", "hydraturn",
             "--password-file", word, "--relay-ip", TURN_ADDRESS, "--peer", "127.0.0.1", "--min-port", "50000", "--max-port", "50099",
             "--log", os.path.join(folder.name, "log"), "--pid", os.path.join(folder.name, "pid")],
            check=True, capture_output=True).stdout
        with open(os.open(conf, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(text)
        self.process = subprocess.Popen(["turnserver", "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        cwd=folder.name, start_new_session=True)
        test.addCleanup(self.stop)
        self.wait()

    def wait(self):
        end = time.monotonic() + 10
        while not turn_client.answers(TURN_ADDRESS, self.port):
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("turnserver does not answer")

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class CoturnConf(unittest.TestCase):
    def test_only_the_named_peer_gets_a_permission(self):
        turn = Turn(self)
        with turn_client.Client(TURN_ADDRESS, turn.port, "hydraturn", turn.word) as client:
            self.assertIsNone(client.allocate())
            self.assertIsNone(client.permit("127.0.0.1"))
            for stranger in ("127.0.0.2", "127.0.1.1", "10.10.0.1", "10.10.100.6", "169.254.169.254", "192.0.2.2", "8.8.8.8"):
                self.assertEqual(client.permit(stranger), 403, stranger)

    def test_ipv6_and_ipv4_mapped_peers_get_no_permission(self):
        turn = Turn(self)
        with turn_client.Client(TURN_ADDRESS, turn.port, "hydraturn", turn.word) as client:
            self.assertIsNone(client.allocate())
            for stranger in ("::ffff:127.0.0.1", "::ffff:10.10.0.1", "::1", "fd00::2"):
                self.assertIn(client.permit(stranger), (403, 443), stranger)

    def test_a_wrong_password_gets_no_allocation(self):
        turn = Turn(self)
        with turn_client.Client(TURN_ADDRESS, turn.port, "hydraturn", "wrong") as client:
            self.assertEqual(client.allocate(), 401)


def main():
    global STREAMER
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 64
    STREAMER = os.path.abspath(sys.argv.pop(1))
    for program in ("/usr/bin/chromium", "/usr/bin/chromedriver", "/usr/bin/turnserver"):
        if not os.access(program, os.X_OK):
            print(f"skipped: {program} is not installed", file=sys.stderr)
            return 77
    if not has_outer_address():
        print("skipped: Chromium needs an address beside loopback", file=sys.stderr)
        return 77
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return unittest.main(verbosity=2)


if __name__ == "__main__":
    sys.exit(main())
