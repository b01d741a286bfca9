#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The dashboard: on an origin of its own, logged in by the token, live without a reload; in a real Chromium, whose pictures are left in the build folder."""

import atexit
import contextlib
import http.client
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import cluster  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import webdriver  # noqa: E402

CHANGE = {"X-Hydraneck-Admin": "1"}
HOSTILE = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>"
# what is said of the ended session whose id begins so: others may stand before it
ENDED = "return [...document.querySelectorAll('#ended li')].map(each => each.textContent).find(text => text.includes(arguments[0]))"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
          "frame-ancestors 'none'")
API_READERS, DASHBOARD_READERS = 64, 32  # HN_LIMIT_EVENTS_READERS, HN_LIMIT_ADMIN_READERS
WIDE, PHONE = (1920, 1080, 1, False), (390, 844, 2, True)


def _url(running, path=""):
    return cluster.at_url(running.plan.dashboard) + path


def _login(running):
    """The cookie of a login, as a browser sends it."""
    reply = web.call("POST", _url(running, "/login"), {"token": running.plan.token}, headers=CHANGE)
    equal(reply.status, 200, "login: %r" % reply)
    return reply.headers["Set-Cookie"].split(";")[0]


def a_wrong_token_is_refused_and_no_cookie_is_given(running):
    reply = web.call("POST", _url(running, "/login"), {"token": "nonsense"}, headers=CHANGE)
    flow.error_shape(reply, 403, "wrong token")
    equal(reply.headers["Set-Cookie"], None, "cookie")
    flow.error_shape(web.call("POST", _url(running, "/login"), {}, headers=CHANGE), 400)


def a_login_gives_a_cookie_for_this_site_only_that_no_script_reads(running):
    reply = web.call("POST", _url(running, "/login"), {"token": running.plan.token}, headers=CHANGE)
    name, *attributes = [part.strip() for part in reply.headers["Set-Cookie"].split(";")]
    true(name.startswith("hydraneck_admin=") and len(name) == len("hydraneck_admin=") + 64, "cookie %s" % name[:24])
    equal(sorted(attributes), ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict"], "attributes")
    true(running.plan.token not in str(reply.headers) + reply.body.decode(), "the token came back")
    for path in ("/api/v1/workers", "/api/v1/health", "/history"):
        equal(web.call("GET", _url(running, path), headers={"Cookie": name}).status, 200, path)
        flow.error_shape(web.call("GET", _url(running, path)), 401, "not logged in")
        equal(web.call("GET", _url(running, path), headers={"Cookie": name[:-1]}).status, 401, "a cut cookie")
        equal(web.call("GET", _url(running, path), token=running.plan.token).status, 401, "a bearer is no login here")
    equal(web.call("POST", _url(running, "/logout"), headers=dict(CHANGE, Cookie=name)).status, 200, "logout")
    equal(web.call("GET", _url(running, "/api/v1/workers"), headers={"Cookie": name}).status, 401, "after the logout")


def a_stream_of_events_ends_with_its_login(running):
    cookie = _login(running)
    at = running.plan.dashboard
    connection = http.client.HTTPConnection(*at, timeout=10)
    connection.request("GET", "/api/v1/events", headers={"Cookie": cookie})
    reply = connection.getresponse()
    equal((reply.status, reply.headers["Content-Type"]), (200, "text/event-stream"), "stream")
    contains(reply.readline().decode(), "retry:", "its first line")
    web.call("POST", _url(running, "/logout"), headers=dict(CHANGE, Cookie=cookie))
    reply.read()  # to its end, which comes
    connection.close()
    equal(web.call("GET", _url(running, "/api/v1/events"), headers={"Cookie": cookie}).status, 401, "again")


@contextlib.contextmanager
def _listeners(at, count, **fields):
    """So many who hear events; each has heard its first line."""
    connections = []
    try:
        for _ in range(count):
            connections.append(http.client.HTTPConnection(*at, timeout=10))
            connections[-1].request("GET", "/api/v1/events", headers=fields)
            reply = connections[-1].getresponse()
            equal(reply.status, 200, "status of a listener")
            contains(reply.readline().decode(), "retry:", "its first line")
        yield
    finally:
        for connection in connections:
            connection.close()


def who_hears_events_by_the_api_takes_no_place_of_the_dashboard(running):
    cookie = _login(running)
    bearer = {"Authorization": "Bearer " + running.plan.token}
    with _listeners(running.plan.controller, API_READERS, **bearer):
        flow.error_shape(web.call("GET", running.url + "/api/v1/events", token=running.plan.token), 503, "too many readers of events")
        with _listeners(running.plan.dashboard, 1, Cookie=cookie):
            pass


def places_of_dashboards_are_bounded_and_come_back(running):
    cookie = _login(running)
    for _ in range(2 * DASHBOARD_READERS):  # asks what a GET would say, and takes no place
        reply = web.call("HEAD", _url(running, "/api/v1/events"), headers={"Cookie": cookie})
        equal((reply.status, reply.headers["Content-Type"], reply.body), (200, "text/event-stream", b""), "HEAD")
    for _ in range(2):
        with _listeners(running.plan.dashboard, DASHBOARD_READERS, Cookie=cookie):
            connection = http.client.HTTPConnection(*running.plan.dashboard, timeout=10)
            connection.request("GET", "/api/v1/events", headers={"Cookie": cookie})
            reply = connection.getresponse()
            equal((reply.status, reply.headers["Retry-After"]), (503, "5"), "status and Retry-After of one too many")
            contains(reply.read().decode(), "too many readers of events")
            connection.close()
            with _listeners(running.plan.controller, 1, Authorization="Bearer " + running.plan.token):
                pass
        running.wait(lambda: b"hydraneck_event_readers 0\n" in running.call("GET", "/metrics").body, 10, "all who left are noticed")


def what_another_page_would_send_is_refused(running):
    cookie = _login(running)
    drain = _url(running, "/api/v1/workers/worker-1/drain")
    own = _url(running)
    for fields in ({}, dict(CHANGE, Origin="https://evil.example"), dict(CHANGE, Origin=running.url), dict(CHANGE, Origin="null"),
                   dict(CHANGE, **{"Sec-Fetch-Site": "cross-site"}), dict(CHANGE, **{"Sec-Fetch-Site": "same-site"})):
        flow.error_shape(web.call("POST", drain, headers=dict(fields, Cookie=cookie)), 403, "foreign origin")
    flow.error_shape(web.call("GET", _url(running, "/api/v1/workers"), headers={"Cookie": cookie, "Origin": running.url}), 403, "foreign origin")
    equal(web.call("GET", running.url + "/api/v1/workers/worker-1", token=running.plan.token).json()["draining"], False, "draining")
    equal(web.call("POST", drain, headers=dict(CHANGE, Cookie=cookie, Origin=own)).status, 200, "its own page")
    equal(web.call("DELETE", drain, headers=dict(CHANGE, Cookie=cookie)).status, 200, "undrain")


def a_name_that_leads_here_by_somebody_elses_dns_is_refused(running):
    port = running.plan.dashboard[1]
    for host in ("evil.example", "evil.example:%d" % port, "127.0.0.1.evil.example"):
        flow.error_shape(web.call("GET", _url(running, "/"), headers={"Host": host}), 421, "unknown host", "server.admin_origin")
    for host in ("localhost:1234", "127.0.0.1:%d" % port):
        equal(web.call("GET", _url(running, "/"), headers={"Host": host}).status, 200, "through an ssh -L")


def it_is_not_on_the_origin_of_sessions_nor_they_on_its_own(running):
    created = running.create(1)
    path = "/session/" + created["session_id"] + "/stream.html"
    cookie = _login(running)
    equal(web.call("GET", running.url + path).status, 200, "the page at its own origin")
    flow.error_shape(web.call("GET", _url(running, path), headers={"Cookie": cookie}), 404)
    for name in ("/", "/dashboard.js", "/login", "/history"):
        flow.error_shape(web.call("GET", running.url + name, headers={"Cookie": cookie}), 404)
        flow.error_shape(running.worker_call(1, "GET", name), 404)
    equal(running.call("GET", "/api/v1/workers", token=None, headers={"Cookie": cookie}).status, 401, "its cookie at the API's origin")
    for path in ("/api/v1/sessions", "/api/v1/workers/heartbeat", "/metrics", "/api/v1/openapi.json"):
        equal(web.call("POST", _url(running, path), {}, headers=dict(CHANGE, Cookie=cookie)).status, 404, "nothing else: " + path)


def its_pages_allow_nothing_but_their_own_files(running):
    for path, kind in (("/", "text/html; charset=utf-8"), ("/dashboard.js", "text/javascript; charset=utf-8"),
                       ("/dashboard.css", "text/css; charset=utf-8"), ("/icon.svg", "image/svg+xml")):
        reply = web.call("GET", _url(running, path))
        equal((reply.status, reply.headers["Content-Type"]), (200, kind), path)
        equal(reply.headers["Content-Security-Policy"], POLICY, "policy of " + path)
        equal((reply.headers["X-Content-Type-Options"], reply.headers["Referrer-Policy"], reply.headers["X-Frame-Options"]),
              ("nosniff", "no-referrer", "DENY"), "fields of " + path)
        text = reply.body.decode()
        true("http://" not in text.replace("http://www.w3.org/", "") and "https://" not in text, "%s names another host" % path)
        if kind.startswith("text/html"):
            true(" style=" not in text and "<style" not in text and " on" + "click=" not in text, "inline style or script")
        if kind.startswith("text/javascript"):
            true("innerHTML" not in text and "insertAdjacentHTML" not in text and "eval(" not in text, "text may become markup")


# ---- in Chromium ----

_BROWSERS = []


@contextlib.contextmanager
def _browser():
    """The same Chromium for all tests, logged out."""
    if not _BROWSERS:
        _BROWSERS.append(webdriver.Browser())
        atexit.register(_BROWSERS[0].close)
    browser = _BROWSERS[0]
    browser.open("about:blank")
    browser.cdp("Network.clearBrowserCookies", {})
    browser.console()
    yield browser
    browser.open("about:blank")


def _size(browser, size):
    width, height, scale, mobile = size
    browser.cdp("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile})


def _open(browser, running, size=WIDE):
    _size(browser, size)
    browser.open(_url(running, "/"))
    browser.wait_for("return document.body.dataset.view === 'login'", 10)
    browser.script("document.getElementById('token').value = arguments[0]; document.querySelector('#login-form button').click()", running.plan.token)
    browser.wait_for("return document.body.dataset.view === 'app' && document.querySelector('.worker')", 10)
    browser.wait_for("return document.getElementById('live').dataset.live === 'yes'", 10)
    browser.script("window.stays = 1")  # a reload would lose it


def _clean(browser, *allowed):
    """Nothing was refused by the policy, nothing went wrong."""
    said = [entry["message"] for entry in browser.console() if entry["level"] in ("SEVERE", "WARNING")]
    said = [text for text in said if not any(part in text for part in allowed)]
    equal(said, [], "console")
    equal(browser.script("return window.hacked === undefined"), True, "a stranger's script ran")


def _row(browser, session_id):
    return browser.script("const row = [...document.querySelectorAll('#sessions tr')].find(r => r.dataset.key === arguments[0]);"
                          "return row && row.textContent", session_id)


def a_wrong_token_is_said_and_the_right_one_opens(running):
    with _browser() as browser:
        _size(browser, WIDE)
        browser.open(_url(running, "/"))
        browser.wait_for("return document.body.dataset.view === 'login'", 10)
        browser.script("document.getElementById('token').value = 'no'; document.querySelector('#login-form button').click()")
        contains(browser.wait_for("return document.getElementById('login-error').textContent", 10), "wrong token", "what is said")
        equal(browser.script("return document.activeElement.id"), "token", "focus")
        _open(browser, running)
        equal(browser.script("return document.cookie"), "", "what a script sees of the cookie")
        equal(browser.script("return [localStorage.length, sessionStorage.length, document.getElementById('token').value]"), [0, 0, ""], "kept")
        browser.script("document.getElementById('logout').click()")
        browser.wait_for("return document.body.dataset.view === 'login' && window.stays === undefined", 10)
        _clean(browser, "401", "403")


def it_follows_sessions_and_workers_without_a_reload(running):
    with _browser() as browser:
        _open(browser, running)
        created = running.create(1, experience="Alpine Ride", body="living-room", district="muc-2")
        browser.wait_for("return [...document.querySelectorAll('#sessions tr')].some(r => r.dataset.key === arguments[0] && r.textContent.includes('ready'))", 10,
                         created["session_id"])
        row = _row(browser, created["session_id"])
        for part in (created["session_id"][:8], "ready", "living-room", running.plan.body(1), "Alpine Ride", created["worker_id"]):
            contains(row, part, "row")
        true(created["session_id"] not in row, "the whole id is shown")
        equal(browser.script("return document.getElementById('n-sessions').textContent"), "1", "sessions")
        equal(browser.script("return document.getElementById('n-creates').textContent !== '0' && document.querySelectorAll('#spark-creates rect').length > 0"), True, "curve")
        socket = web.WebSocket(created["stream_url"].split("/stream.html")[0].replace("http://", "ws://") + "/api/host/stream")
        browser.wait_for("return document.querySelector('#sessions .badge').textContent === 'active'", 10)
        socket.close()
        browser.wait_for("return document.querySelector('#sessions .badge').textContent === 'idle'", 10)
        running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
        browser.wait_for("return !document.querySelector('#sessions tr')", 10)
        ended = browser.wait_for(ENDED, 10, created["session_id"][:8])
        for part in ("deleted", "living-room"):
            contains(ended, part, "the ended one")
        feed = browser.script("return [...document.querySelectorAll('#events li')].map(l => l.dataset.type)")
        true("session.created" in feed and "session.ended" in feed, "feed is %r" % feed)
        running.call("POST", "/api/v1/workers/worker-2/drain")
        browser.wait_for("return [...document.querySelectorAll('.worker')].some(w => w.dataset.key === 'worker-2' && w.textContent.includes('draining'))", 10)
        running.call("DELETE", "/api/v1/workers/worker-2/drain")
        equal(browser.script("return window.stays"), 1, "the page was not loaded again")
        _clean(browser, "401")


def drain_and_end_ask_first(running):
    created = running.create(1)
    with _browser() as browser:
        _open(browser, running)
        browser.wait_for("return document.querySelector('#sessions tr')", 10)
        press = "document.querySelector(arguments[0]).click()"
        browser.script(press, "[data-key='worker-1'] button")
        equal(browser.script("return [document.getElementById('confirm').open, document.activeElement.id]"), [True, "confirm-no"], "asks, harmless first")
        browser.script(press, "#confirm-no")
        equal(running.call("GET", "/api/v1/workers/worker-1").json()["draining"], False, "after Cancel")
        browser.script(press, "[data-key='worker-1'] button")
        browser.script(press, "#confirm-yes")
        running.wait(lambda: running.call("GET", "/api/v1/workers/worker-1").json()["draining"], 10, "drained by the button")
        browser.wait_for("return document.querySelector(\"[data-key='worker-1'] button\").textContent === 'Undrain'", 10)
        browser.script(press, "[data-key='worker-1'] button")
        browser.script(press, "#confirm-yes")
        running.wait(lambda: not running.call("GET", "/api/v1/workers/worker-1").json()["draining"], 10, "undrained by the button")
        browser.script("[...document.querySelectorAll('#sessions button')].find(b => b.textContent === 'End').click()")
        browser.script(press, "#confirm-yes")
        running.wait(lambda: running.call("GET", "/api/v1/sessions/" + created["session_id"]).status == 404, 10, "ended by the button")
        _clean(browser, "401")


def what_strangers_wrote_stays_text(running):
    with _browser() as browser:
        _open(browser, running)
        created = running.create(1, experience=HOSTILE, body="<b>body</b>", head=HOSTILE, district=HOSTILE)
        browser.wait_for("return document.querySelector('#sessions tr')", 10)
        contains(_row(browser, created["session_id"]), HOSTILE, "row")
        browser.script("document.querySelector('#sessions button').click()")
        browser.wait_for("return document.getElementById('inspect').open && document.getElementById('log').textContent !== '…'", 10)
        contains(browser.script("return document.getElementById('facts').textContent"), HOSTILE, "facts")
        contains(browser.script("return document.getElementById('log').textContent"), "listening on", "last lines of its log")
        contains(browser.wait_for("return document.getElementById('story').textContent", 10), "pairing", "its life")
        contains(browser.script("return document.getElementById('facts').textContent"), "Why this worker", "facts")
        browser.script("document.getElementById('inspect-close').click()")
        running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
        contains(browser.wait_for(ENDED, 10, created["session_id"][:8]), HOSTILE, "the ended one")
        equal(browser.script("return document.querySelectorAll('main img:not([src=\"/icon.svg\"]), #app b b, #app script, dialog img').length"), 0, "elements made of text")
        _clean(browser, "401", "404")


def a_lost_connection_is_said_and_found_again(running):
    with _browser() as browser:
        _open(browser, running)
        browser.cdp("Network.enable", {})
        browser.cdp("Network.emulateNetworkConditions", {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
        browser.wait_for("return document.getElementById('live').dataset.live === 'lost'", 15)
        browser.cdp("Network.emulateNetworkConditions", {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
        browser.wait_for("return document.getElementById('live').dataset.live === 'yes'", 20)
        equal(browser.script("return window.stays"), 1, "the page was not loaded again")


def it_fits_a_desk_and_a_phone(running):
    """Left in the build folder: dashboard-1920x1080.png and dashboard-390x844.png."""
    running.start("swarm", [running.plan.program("hydraneck-sim"), "workers", "--count", "6", "--slots", "8", "--address",
                            running.plan.worker_net + "16/28", "--controller", running.url, "--token", running.plan.token], None)
    try:
        running.wait_workers(8)
        names = ("Alpine Ride", "Berlin by Night", "Desktop", "Old Town")
        created = [running.create(n, experience=names[n % 4], body="stage-%d" % n, district="muc-%d" % (n % 2 + 1)) for n in range(1, 6)]
        running.call("POST", "/api/v1/workers/fake-6/drain")
        running.call("DELETE", "/api/v1/sessions/" + created.pop()["session_id"])
        with _browser() as browser:
            _open(browser, running)
            browser.wait_for("return document.querySelectorAll('.worker').length === 8 && document.querySelectorAll('#sessions tr').length === 4", 10)
            for size in (WIDE, PHONE):
                _size(browser, size)
                equal(browser.script("return document.documentElement.scrollWidth <= innerWidth"), True, "nothing sticks out at %r" % (size[:2],))
                browser.screenshot(os.path.join(flow.build_folder(), "dashboard-%dx%d.png" % size[:2]))
            small = browser.script("return [...document.querySelectorAll('#app button')].filter(b => b.offsetParent && b.offsetHeight < 28).length")
            equal(small, 0, "buttons too small for a thumb")
            nameless = browser.script("return [...document.querySelectorAll('button')].filter(b => b.offsetParent && !(b.getAttribute('aria-label') || b.textContent).trim()).length")
            equal(nameless, 0, "buttons without a name")
            _clean(browser, "401")
    finally:
        flow.settle(running)
        running.children.pop("swarm").stop()  # its token stands on its command line


def _guess(running, client=None, token="no"):
    more = {"X-Forwarded-For": client} if client else {}
    return web.call("POST", _url(running, "/login"), {"token": token}, headers=dict(CHANGE, **more))


def wrong_tokens_are_counted_for_each_client_behind_a_trusted_proxy():
    trusting = {"server": {"trusted_proxies": ["127.0.0.0/8"]}}
    with flow.Started(bodies=1, workers=0, turn=False, extra_controller=trusting) as running:
        def locked_out(client):
            reply = _guess(running, client, running.plan.token)
            if reply.status == 429:
                flow.error_shape(reply, 429, "too many wrong tokens")
                true(0 < int(reply.headers["Retry-After"]) <= 60, "Retry-After")
            return reply.status == 429

        for number in range(10):
            equal(_guess(running, "2001:db8::%x" % number).status, 403, "guess %d" % number)
        equal([locked_out("2001:db8::77"), locked_out("203.0.113.7, 2001:db8::78"), locked_out("2001:db8:0:1::1"), locked_out("198.51.100.1"), locked_out(None)],
              [True, True, False, False, False], "who is locked out")
        for number in range(90):
            equal(_guess(running, "198.51.100.%d" % (number + 10)).status, 403, "guess %d of many" % number)
        equal([locked_out("198.51.100.1"), locked_out(None)], [True, False], "who is locked out by many")
        true(any("wrong token from=198.51.100.12" in line or "wrong token from=::ffff:198.51.100.12" in line
                 for line in running.children["controller"].lines()), "the log does not name the client")


def many_wrong_tokens_are_slowed_down(running):
    """The last one: it locks this machine out for a minute."""
    statuses = [_guess(running, token="x%d" % n).status for n in range(101)]
    equal((statuses[:50], statuses[-1]), ([403] * 50, 429), "statuses")
    reply = _guess(running, token=running.plan.token)
    flow.error_shape(reply, 429, "too many wrong tokens")
    true(0 < int(reply.headers["Retry-After"]) <= 60, "Retry-After")


def a_taken_address_is_named():
    program = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
    import json
    import socket
    import subprocess
    import tempfile
    with socket.socket() as holder, tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with socket.socket() as spare:
            spare.bind(("127.0.0.1", 0))
            free = spare.getsockname()[1]
        taken = "127.0.0.1:%d" % holder.getsockname()[1]
        json.dump({"server": {"listen": "127.0.0.1:%d" % free, "admin_listen": taken, "admin_token": "t"}}, file)
        file.flush()
        result = subprocess.run([program, "controller", "--config", file.name], capture_output=True, text=True, check=False, timeout=20)
        equal(result.returncode, 75, "exit status: %s" % result.stderr)
        for part in ("cannot bind", taken, "server.admin_listen"):
            contains(result.stderr, part, "message")


if __name__ == "__main__":
    flow.expect_log("no application '")
    flow.expect_log("[dashboard] login refused: wrong token")
    flow.main(globals(), bodies=6, workers=2, turn=False)
