#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pages on their way through controller and worker: what comes out is what the upstream sent and one tag, whatever form it came in; nothing that a
stranger wrote runs in them; and what becomes of a session whose page is closed or loaded again.

The upstream is pages/odd_pages.py, with the fake web-server behind it."""

import http.client
import os
import re
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
sys.path.insert(0, os.path.join(HERE, "pages"))

import flow  # noqa: E402, I001: it makes the modules below findable
import odd_pages  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import stream_check  # noqa: E402
import webdriver  # noqa: E402

PANEL = "const root = document.getElementById('hydraneck-overlay')?.shadowRoot; const dialog = root?.querySelector('dialog');"
ENDED = PANEL + "return dialog?.open ? dialog.querySelector('h1').textContent + ': ' + dialog.querySelector('#text').textContent : null"
SAY = "window.app.stream.ws.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(arguments[0]) }))"


class Page:
    """A session's addresses and the tag that its pages get."""

    def __init__(self, running, **fields):
        self.created = running.create(1, **fields)
        self.id = self.created["session_id"]
        self.base = self.created["stream_url"].split("/stream.html")[0]
        self.tag = odd_pages.TAG.replace(b"%s", self.id.encode())

    def odd(self, name, **more):
        return web.call(more.pop("method", "GET"), self.base + "/odd/%s/stream.html" % name, **more)

    def expected(self, kind):
        page, split = odd_pages.PAGES[kind]
        before, after = split(page)
        return before + self.tag + after


def _names(reply):
    return {name.lower() for name in reply.headers.keys()}


# ---- bytes ----


def every_page_of_the_fakes_is_its_file_and_one_tag():
    for pages in ("static", "static-v3"):
        folder = os.path.join(flow.TOP, "sim/fakes", pages)
        with flow.Started(workers=1, bodies=1, turn=False, pages=pages) as running:
            page = Page(running)
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if os.path.isdir(path) or name == "config.js":
                    continue
                with open(path, "rb") as file:
                    content = file.read()
                for door in (running.url, running.worker_url(1)):
                    seen = web.call("GET", door + "/session/%s/%s" % (page.id, name)).body
                    if name.endswith(".html"):
                        equal(seen, content.replace(b"<head>", b"<head>" + page.tag, 1), "%s/%s" % (pages, name))
                        true(page.tag in seen, "no tag in %s" % name)
                    else:
                        equal(seen, content, "%s/%s" % (pages, name))


def a_page_is_the_same_in_whatever_form_it_comes(running):
    page = Page(running)
    for kind in odd_pages.PAGES:
        for how in ("", "-by1", "-by7", "-by4096"):
            reply = page.odd(kind + how)
            equal((reply.status, reply.body), (200, page.expected(kind)), "page %s%s" % (kind, how))
    equal(page.odd("closed").body, page.expected("plain"), "a page that ends with its connection")


def a_page_split_at_each_byte_is_the_same(running):
    page = Page(running)
    last = odd_pages.HTML.index(b"<title>") + 8
    parts = urllib.parse.urlsplit(page.base)
    for at in range(9, last):  # fewer may be held back, then nobody knows when the first piece was seen
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        connection.request("GET", parts.path + "/odd/plain-at-%d/stream.html" % at)
        reply = connection.getresponse()
        seen = reply.read(at - 8)
        equal(web.call("GET", page.base + "/odd/go-%d/x" % at).body, b"gone", "go")
        seen += reply.read()
        equal(seen, page.expected("plain"), "page split at %d" % at)
        connection.close()


def a_head_request_says_what_a_get_would(running):
    page = Page(running)
    for name in ("plain", "headless"):
        reply = page.odd(name, method="HEAD")
        equal((reply.status, reply.body), (200, b""), "HEAD of " + name)
        equal(int(reply.headers["Content-Length"]), len(page.expected(name)), "Content-Length of HEAD")
    parts = urllib.parse.urlsplit(page.base)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    for method, name in (("HEAD", "plain"), ("GET", "plain"), ("HEAD", "plain-by7"), ("GET", "plain-by7"), ("GET", "304"), ("GET", "gzip"), ("GET", "plain")):
        connection.request(method, parts.path + "/odd/%s/stream.html" % name)
        reply = connection.getresponse()
        body = reply.read()
        if method == "GET" and name.startswith("plain"):
            equal(body, page.expected("plain"), "page on a connection that goes on")
    connection.close()


def a_page_is_never_asked_for_in_part_or_on_condition(running):
    page = Page(running)
    conditions = {"Range": "bytes=0-5", "If-Range": "\"odd\"", "If-None-Match": "\"odd\"", "If-Modified-Since": "Thu, 01 Jan 2037 00:00:00 GMT",
                  "If-Match": "\"x\"", "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT", "Accept-Encoding": "gzip, br"}
    seen = page.odd("asked", headers=conditions).body.decode("latin-1").lower()
    for name in conditions:
        true("\r\n%s:" % name.lower() not in seen, "%s reached the upstream: %r" % (name, seen))
    reply = page.odd("marked", headers=conditions)
    equal((reply.status, reply.body), (200, page.expected("plain")), "page")
    equal(_names(reply) & {"etag", "last-modified", "accept-ranges", "content-range", "content-encoding"}, set(), "what would fit another page")
    # the same at the fake web-server, which knows all of this
    real = web.call("GET", page.base + "/stream.html", headers=conditions)
    equal((real.status, "etag" in _names(real)), (200, False), "stream.html")


def what_is_no_whole_page_is_left_alone(running):
    page = Page(running)
    for name, status, body in (("304", 304, b""), ("404", 404, odd_pages.HTML), ("206", 206, odd_pages.HTML[:10]), ("words", 200, odd_pages.HTML)):
        reply = page.odd(name)
        equal((reply.status, reply.body), (status, body), name)
    equal(page.odd("206").headers["Content-Range"], "bytes 0-9/%d" % len(odd_pages.HTML), "Content-Range")
    equal(page.odd("304").headers["ETag"], "\"odd\"", "ETag of a 304")
    # and a script of the page can be had in part and on condition
    whole = web.call("GET", page.base + "/stream.js")
    part = web.call("GET", page.base + "/stream.js", headers={"Range": "bytes=10-29"})
    equal((part.status, part.body, part.headers["Content-Range"]), (206, whole.body[10:30], "bytes 10-29/%d" % len(whole.body)), "part of a script")
    equal(web.call("GET", page.base + "/stream.js", headers={"If-None-Match": whole.headers["ETag"]}).status, 304, "a script that is known")


def a_page_that_is_packed_unasked_is_unpacked_and_has_the_tag(running):
    page = Page(running)
    for name in ("gzip", "gzip-by1", "gzip-by7", "gzip-closed"):
        reply = page.odd(name, headers={"Accept-Encoding": "gzip"})
        equal((reply.status, reply.body), (200, page.expected("plain")), "packed page " + name)
        true("content-encoding" not in _names(reply), "%s still says that it is packed" % name)
    equal(page.odd("gzip", method="HEAD").status, 200, "HEAD of a packed page")
    contains(page.odd("gzip-broken").body, b"broken or too large")
    reply = page.odd("br")
    equal((reply.body, reply.headers["Content-Encoding"]), (odd_pages.HTML, "br"), "a page packed in a way that cannot be undone")


def who_opens_a_session_that_is_over_sees_a_page(running):
    page = Page(running)
    running.call("DELETE", "/api/v1/sessions/" + page.id)
    for door in (running.url, running.worker_url(1)):
        for where in ("/session/%s/stream.html" % page.id, "/session/%s" % page.id, "/session/"):
            reply = web.call("GET", door + where, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
            equal(reply.status, 404, where)
            contains(reply.body, b"This stream has ended")
            contains(reply.headers["Content-Security-Policy"], "default-src 'none'")
            equal(web.call("GET", door + where).json(), {"error": "session not found", "code": 404}, "what a program gets")
    with webdriver.borrow() as browser:
        browser.open(running.worker_url(1) + "/session/%s/stream.html" % page.id)
        equal(browser.script("return [document.querySelector('h1').textContent, document.querySelector('a').href, getComputedStyle(document.body).display]"),
              ["This stream has ended", running.url + "/api/v1/health", "grid"], "what a person sees")


def a_page_that_allows_only_its_own_scripts_has_the_overlay(running):
    page = Page(running)
    with webdriver.borrow() as browser:
        browser.open(page.base + "/odd/csp/stream.html")
        equal(browser.wait_for(PANEL + "return root ? getComputedStyle(root.querySelector('.mic')).borderRadius : null", 10) not in (None, "0px"), True,
              "style of the overlay")


def the_script_leaves_no_name_behind(running):
    page = Page(running)
    with webdriver.borrow() as browser:
        browser.open(page.base + "/odd/plain/stream.html")
        browser.wait_for(PANEL + "return root !== undefined", 10)
        equal(browser.script("""const frame = document.createElement('iframe')
            document.body.append(frame)
            const plain = new Set(Object.getOwnPropertyNames(frame.contentWindow))
            return Object.getOwnPropertyNames(window).filter(name => !plain.has(name) && !/^([0-9]+|ret_nodes|cdc_.*)$/.test(name))"""), [],
              "names that a bare window has not, but for those of chromedriver")


# ---- what strangers write ----

HOSTILE = ["</script><script>window.hit=1</script>", "\"'><img src=x onerror=window.hit=2>", "javascript:window.hit=3", "<!--<script>", "${window.hit=4}",
           "');window.hit=5;//", "\\u003cscript>window.hit=6</script>"]


def nothing_that_a_caller_wrote_runs_in_the_page(running):
    with webdriver.borrow() as browser:
        for words in HOSTILE:
            page = Page(running, experience=words, district=words, body=words, head=words)
            browser.open(page.created["stream_url"] + "&x=" + urllib.parse.quote(words, safe=""))
            stream_check.wait_for_play(browser, 40, 5, 5)
            browser.script(SAY, {"DebugLog": {"message": words, "ty": "fatalDescription"}})
            browser.wait_for(ENDED, 10)
            link = browser.wait_for(PANEL + "const link = dialog.querySelector('.report').href; return link.includes('experience=&') ? null : link", 10)
            values = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query, keep_blank_values=True))
            equal([values[name] for name in ("experience", "district", "body", "head")], [words] * 4, "report")
            contains(link, "https://issues.experiencenet.com/report?", "report")
            equal(browser.script(PANEL + "return [window.hit ?? null, dialog.querySelector('.detail').textContent, dialog.querySelectorAll('script, img').length]"),
                  [None, words, 0], "hits, detail, elements")
            running.call("DELETE", "/api/v1/sessions/" + page.id)


def a_session_id_that_is_none_is_never_shown_as_a_page(running):
    with webdriver.borrow() as browser:
        for words in HOSTILE + ["0" * 31 + "\"", "x\"onerror=\"window.hit=1"]:
            for rest in ("/stream.html", "/_hydraneck/overlay.js", ""):
                url = running.url + "/session/" + urllib.parse.quote(words, safe="") + rest
                reply = web.call("GET", url)
                true(400 <= reply.status < 500, "%r: %r" % (url, reply))
                contains(reply.headers["Content-Type"], "application/json", "type of a refusal")
                browser.open(url)
                equal(browser.script("return window.hit ?? null"), None, "hits at " + url)


def an_address_that_is_a_script_is_refused_or_never_followed():
    path = "/%22'%3E%3C/script%3E%3Cscript%3Ewindow.hit=1%3C/script%3E?a=%27&b=%3C/script%3E"
    with flow.Started(workers=1, bodies=1, turn=True, extra_worker={"sessions": {"return_url": "http://127.0.0.1:1" + path}}) as running, \
            webdriver.borrow() as browser:
        page = Page(running)
        browser.open(page.created["stream_url"])
        stream_check.wait_for_play(browser, 40, 5, 5)
        browser.script(SAY, {"ConnectionTerminated": {"error_code": 0}})
        browser.wait_for(ENDED, 10)
        link = browser.script(PANEL + "return [dialog.querySelector('.again').href, window.hit ?? null]")
        equal(link[1], None, "hits")
        equal(link[0], "http://127.0.0.1:1" + path, "return link")
    for url in ("javascript:window.hit=1", "data:text/html,x", "JaVaScRiPt:alert(1)", "http://127.0.0.1:1/\"'></script><script>window.hit=1</script>"):
        try:
            with flow.Started(workers=1, bodies=1, turn=False, extra_worker={"sessions": {"return_url": url}}):
                raise AssertionError("a worker starts with return_url %s" % url)
        except flow.child.ChildError as error:
            contains(str(error), "return_url", "what the worker says")


# ---- playing ----


def it_plays_over_turn_by_tcp_alone():
    started = flow.Started(workers=1, bodies=1, turn=True)
    url = "turn:%s:%d?transport=tcp" % started.plan.turn_at
    original = started.cluster.worker_config

    def over_tcp(number):
        config = original(number)
        config["ice_servers"][0]["urls"] = [url]
        return config
    started.cluster.worker_config = over_tcp
    with started as running, webdriver.borrow() as browser:
        browser.open(running.create(1)["stream_url"])
        equal(stream_check.wait_for_play(browser, 40, 30, 50)["local"], "relay", "local candidate")
        equal(browser.script(RELAYS), [["relay"], ["tcp"]], "kinds of local candidates, and how they are relayed")


RELAYS = """
const all = [...(await window.app.stream.transport.peer.getStats()).values()].filter(entry => entry.type === 'local-candidate')
return [[...new Set(all.map(entry => entry.candidateType))], [...new Set(all.map(entry => entry.relayProtocol))]]
"""


# ---- leaving ----

TIME_SCALE = 0.2
GRACE_SECONDS = 15 * TIME_SCALE


def a_closed_tab_ends_its_session_after_the_grace_and_a_reload_does_not():
    with flow.Started(workers=1, bodies=2, turn=True, time_scale=TIME_SCALE) as running, webdriver.borrow() as browser:
        # a reload, and long after it
        created = running.create(1)
        browser.open(created["stream_url"])
        stream_check.wait_for_play(browser, 40, 10, 10)
        browser.script("window.location.reload()")
        stream_check.wait_for_play(browser, 40, 10, 10)
        end = time.monotonic() + 2.5 * GRACE_SECONDS
        while time.monotonic() < end:  # that time passes is what is tested
            stream_check.wait_for_play(browser, 40, 10, 10)
        equal(running.call("GET", "/api/v1/sessions/" + created["session_id"]).json()["status"], "active", "session after a reload")
        # a tab that is closed
        second = running.create(2)
        browser.script("window.tab = window.open(arguments[0], '_blank')", second["stream_url"])
        running.wait(lambda: _status(running, second) == "active", 40, "the second tab streams")
        left = time.monotonic()
        browser.script("window.tab.close()")
        record = running.wait_event("nps_record", "services", session_id=second["session_id"])
        equal(record["end_reason"], "page_left", "end reason")
        true(time.monotonic() - left >= GRACE_SECONDS * 0.9, "it ended after %.1f s" % (time.monotonic() - left))
        running.wait(lambda: _status(running, second) is None, 15, "session is gone")
        equal(_status(running, created), "active", "the session of the other tab")


def _status(running, created):
    reply = running.call("GET", "/api/v1/sessions/" + created["session_id"])
    return reply.json()["status"] if reply.status == 200 else None


flow.expect_log("[proxy]")
flow.expect_log("[session ")


def _launcher():
    """A `moonlight.path` that puts the odd pages in front of the fake web-server."""
    folder = os.path.join(flow.tempfile.mkdtemp(prefix="hydraneck-pages-"))
    path = os.path.join(folder, "web-server")
    real = os.path.join(flow.build_folder(), "sim/moonlight-web-stream/web-server")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o755), "w", encoding="utf-8") as file:
        file.write("#!/usr/bin/python3\nimport sys\nsys.path.insert(0, %r)\nsys.dont_write_bytecode = True\n"
                   "import odd_pages\nodd_pages.launch(%r)\n" % (os.path.join(HERE, "pages"), real))
    for name in ("streamer", "static"):
        os.symlink(os.path.realpath(os.path.join(os.path.dirname(real), name)), os.path.join(folder, name))
    return folder, path


if __name__ == "__main__":
    place, program = _launcher()
    try:
        flow.main(globals(), workers=1, bodies=1, turn=True, extra_worker={"moonlight": {"path": program}})
    finally:
        flow.subprocess_remove(place)
