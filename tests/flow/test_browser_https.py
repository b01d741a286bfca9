#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chromium over HTTPS, at a name of its own: a page on a name other than this machine's may ask for a microphone only in a secure context."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import web  # noqa: E402
from flow import equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import stream_check  # noqa: E402
import webdriver  # noqa: E402

NAME = "neck.hydraneck.test"
PANEL = "const root = document.getElementById('hydraneck-overlay')?.shadowRoot; const dialog = root?.querySelector('dialog');"
MIC = PANEL + "return root.querySelector('.corner').dataset.mic === 'on'"


class Secure:
    """A cluster whose controller speaks HTTPS, with a certificate that the worker and the browser have been told to trust."""

    def __init__(self):
        self.started = flow.Started(workers=1, bodies=1, turn=True)
        self.running, self.plan = self.started.cluster, self.started.plan
        self.folder = self.started.folder
        self.address, self.port = self.plan.controller
        self.url = "https://%s:%d" % (NAME, self.port)
        self.cert, self.key = os.path.join(self.folder, "cert.pem"), os.path.join(self.folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=" + NAME,
                        "-addext", "subjectAltName=DNS:" + NAME, "-keyout", self.key, "-out", self.cert], check=True, capture_output=True, timeout=20)

    def start(self):
        self.plan.extra_controller = {"server": {"tls": {"cert": self.cert, "key": self.key}}}
        self.plan.extra_worker = {"controller": {"url": self.url}, "sessions": {"return_url": self.url + "/api/v1/health"}}
        self.running.start_bodies()
        self.running.start_services()
        self.running.start_turn()
        self.running.start_controller()
        self.plan.extra_environment.update(self._other_world())
        self.running.start_worker(1)
        self.running.wait(lambda: self.call("GET", "/api/v1/health")["extra"]["workers_healthy"] == 1, 20, "the worker's heartbeat over HTTPS")

    def _other_world(self):
        """Where the name leads here and the certificate is trusted."""
        module, certs = os.path.join(self.folder, "other-world.so"), os.path.join(self.folder, "certs")
        subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", module, os.path.join(flow.TOP, "tests/support/other-world.c")], check=True)
        os.mkdir(certs)
        with open(self.cert, encoding="ascii") as file, open(os.path.join(certs, "ca-certificates.crt"), "w", encoding="ascii") as trusted:
            trusted.write(file.read())
        return {"LD_PRELOAD": module, "OTHER_WORLD_ADDRESS": self.address, "OTHER_WORLD_CERTS": certs,
                "ASAN_OPTIONS": os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}

    def call(self, method, path, body=None):
        """The answer's JSON, from who has the name's certificate."""
        context = ssl.create_default_context(cafile=self.cert)
        connection = http.client.HTTPSConnection(NAME, self.port, timeout=60, context=context)
        connection._create_connection = lambda _at, *more: __import__("socket").create_connection((self.address, self.port), *more)
        connection.request(method, path, None if body is None else json.dumps(body),
                           {"Authorization": "Bearer " + self.plan.token, **({"Content-Type": "application/json"} if body is not None else {})})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def browser(self):
        """One that finds the name here and takes this certificate and no other."""
        public = ssl.PEM_cert_to_DER_cert(subprocess.run(["openssl", "x509", "-in", self.cert, "-pubkey", "-noout"], check=True, capture_output=True, text=True).stdout
                                          .replace("PUBLIC KEY", "CERTIFICATE"))
        hashed = base64.b64encode(hashlib.sha256(public).digest()).decode()
        return webdriver.Browser(["--host-resolver-rules=MAP %s %s" % (NAME, self.address), "--ignore-certificate-errors-spki-list=" + hashed])


@contextlib.contextmanager
def _secure():
    secure = Secure()
    try:
        secure.start()
        yield secure
    except BaseException:
        secure.started.__exit__(*sys.exc_info())
        raise
    secure.started.__exit__(None)


def a_stream_plays_speaks_and_ends_over_https():
    with _secure() as secure, secure.browser() as browser:
        created = secure.call("POST", "/api/v1/sessions", {"body_ip": secure.plan.body(1)})
        true(created["stream_url"].startswith(secure.url + "/session/"), "stream_url of %r" % created)
        browser.open(created["stream_url"])
        equal(stream_check.wait_for_play(browser, 40, 30, 50)["local"], "relay", "local candidate")
        equal(browser.script("return [location.protocol, isSecureContext, window.app.stream.ws.url.split('/')[0]]"), ["https:", True, "wss:"], "how it is reached")
        browser.script(PANEL + "root.querySelector('.corner .mic').click()")
        browser.wait_for(MIC, 30)
        running = secure.running
        running.wait(lambda: next(b["voice"] for b in running.state()["bodies"])["packets"] >= 50, 20, "50 packets at the body")
        said = [entry["message"] for entry in browser.console() if "mixed content" in entry["message"].lower() or "insecure" in entry["message"].lower()]
        equal(said, [], "what is not secure")
        browser.script(stream_check.CLICK_EXIT)
        browser.wait_for("return location.href === arguments[0]", 10, secure.url + "/api/v1/health")
        running.wait_event("nps_record", "services", session_id=created["session_id"], end_reason="user_quit")


def without_it_the_same_page_has_no_microphone_and_says_why():
    """A page on such a name over plain HTTP: the browser has no getUserMedia there."""
    with flow.Started(workers=1, bodies=1, turn=True) as running:
        created = running.create(1)
        address, port = running.plan.controller
        with webdriver.Browser(["--host-resolver-rules=MAP %s %s" % (NAME, address)]) as browser:
            browser.open(created["stream_url"].replace("%s:%d" % (address, port), "%s:%d" % (NAME, port)))
            equal(browser.script("return isSecureContext"), False, "secure context")
            browser.script(PANEL + "root.querySelector('.corner .mic').click()")
            words = browser.wait_for(PANEL + "const words = root.querySelector('.words'); return !words.hidden && words.textContent", 15)
            true("https" in words.lower(), "what is said: %s" % words)


flow.expect_log("[proxy]")
flow.expect_log("[session ")
flow.main(globals())
