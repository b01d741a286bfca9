#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The injected script in real Chromium: every end of a stream is told in words, Exit ends the session, nothing of the overlay reaches the game."""

import contextlib
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import faults  # noqa: E402
from flow import contains, equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import stream_check  # noqa: E402
import web  # noqa: E402
import webdriver  # noqa: E402

ODD = "Käse & \"Kuchen\" <script>🍰"
PANEL = "const root = document.getElementById('hydraneck-overlay')?.shadowRoot; const dialog = root?.querySelector('dialog');"
ENDED = PANEL + "return dialog?.open ? dialog.querySelector('h1').textContent + ': ' + dialog.querySelector('#text').textContent : null"
FOCUS = PANEL + "return root.activeElement?.className"
BADGE = PANEL + "const badge = root?.querySelector('.badge'); return badge && !badge.hidden ? badge.textContent : null"
# the page's clock runs six times as fast, for what the overlay waits for (25 s until a connection counts as lost)
FAST = """
const now = performance.now.bind(performance), later = window.setTimeout.bind(window)
performance.now = () => now() * 6
window.setTimeout = (func, ms, ...rest) => later(func, ms / 6, ...rest)
"""
# the same words as web-server would send, on the socket that the page really has
SAY = "window.app.stream.ws.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(arguments[0]) }))"


def _playing(running, browser, number=1, **fields):
    created = running.create(number, **fields)
    browser.open(created["stream_url"])
    stream_check.wait_for_play(browser, 40, 10, 10)
    return created


def _session(running, created):
    return running.call("GET", "/api/v1/sessions/" + created["session_id"])


def _gone(running, created, timeout=15):
    running.wait(lambda: _session(running, created).status == 404, timeout, "session is gone")


def a_session_that_is_deleted_is_told_at_once(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser)
        running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
        equal(browser.wait_for(ENDED, 10), "The session has ended: This session is over.", "overlay")


def the_overlay_rates_reports_and_leads_back(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser, experience=ODD, district="Süd & Nord", body="b-6", head="h'1")
        browser.script(SAY, {"ConnectionTerminated": {"error_code": -100}})
        contains(browser.wait_for(ENDED, 5), "No picture from the PC", "overlay")
        link = browser.wait_for(PANEL + "const link = dialog.querySelector('.report').href; return link.includes('b-6') ? link : null", 5)
        values = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query, keep_blank_values=True))
        equal(len(values), 13, "parameters of the report")
        equal((values["experience"], values["district"], values["body"], values["head"], values["body_ip"], values["session_id"], values["end_reason"],
               values["ice_candidate_type"]),
              (ODD, "Süd & Nord", "b-6", "h'1", running.plan.body(1), created["session_id"][:8], "no_video", "relay"), "report")
        true(int(values["duration_ms"]) > 0, "duration is %s" % values["duration_ms"])
        equal(browser.script(PANEL + "const a = dialog.querySelector('.report'); return [a.target, a.rel]"), ["_blank", "noopener noreferrer"], "report link")
        # a change of mind before it is sent
        browser.script(PANEL + "dialog.querySelector('#star2').click(); dialog.querySelector('#star5').click()")
        browser.wait_for(PANEL + "return dialog.querySelector('.said').textContent === 'Thank you'", 10)
        rating = running.wait_event("rating", "services", session_id=created["session_id"][:8])
        equal((int(rating["rating"]), rating["experience"]), (5, ODD), "rating")
        browser.script(PANEL + "dialog.querySelector('.again').click()")
        browser.wait_for("return window.location.pathname === '/api/v1/health'", 10)
        _gone(running, created)


def a_rating_given_while_the_library_is_away_arrives_once_it_is_back(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser, experience=ODD, district="Süd & Nord")
        running.control("services", "POST", "/fault", {"name": "library_status", "value": 503})
        browser.script(SAY, {"ConnectionTerminated": {"error_code": 0}})
        browser.wait_for(ENDED, 5)
        browser.script(PANEL + "dialog.querySelector('#star4').click()")
        browser.wait_for(PANEL + "return dialog.querySelector('.said').textContent === 'Thank you'", 10)
        running.wait_event("rating", "services", status="refused", timeout=30)
        equal(running.state("services")["ratings"], [], "ratings while the library is away")
        running.control("services", "POST", "/fault", {"name": "library_status", "value": 0})
        running.wait_event("rating", "services", status="recorded", session_id=created["session_id"][:8], timeout=60)
        browser.script(PANEL + "dialog.querySelector('.again').click()")
        _gone(running, created)
        equal([(each["rating"], each["experience"], each["district"]) for each in running.state("services")["ratings"]], [(4, ODD, "Süd & Nord")], "ratings")


def exit_quits_and_leads_back(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser)
        browser.script(stream_check.CLICK_EXIT)
        browser.wait_for("return window.location.pathname === '/api/v1/health'", 10)
        _gone(running, created)
        running.wait_event("nps_record", "services", session_id=created["session_id"], end_reason="user_quit")


def exit_works_with_dead_data_channels(running):
    with webdriver.borrow() as browser:
        created = running.create(1)
        faults.session_fault(running, created, "deaf-channels")
        browser.open(created["stream_url"])
        stream_check.wait_for_play(browser, 40, 10, 10)
        browser.script(stream_check.CLICK_EXIT)
        browser.wait_for("return window.location.pathname === '/api/v1/health'", 10)
        _gone(running, created)
        running.wait_event("nps_record", "services", session_id=created["session_id"], end_reason="user_quit")


# what the fake is told → what people read
ENDS = {
    "terminate-after-ms=1,terminate-code=0": "The stream has ended: The PC ended the stream.",
    "terminate-after-ms=1,terminate-code=100": "No picture from the PC: The PC sent no video.",
    "terminate-after-ms=1,terminate-code=101": "No picture from the PC: The video from the PC arrived in pieces",
    "terminate-after-ms=1,terminate-code=102": "The stream has ended: The PC ended the stream right after it began.",
    "terminate-after-ms=1,terminate-code=103": "Protected content: ",
    "terminate-after-ms=1,terminate-code=104": "The stream has ended: The PC could not convert its picture.",
    "terminate-after-ms=1,terminate-code=7": "The stream has ended: The PC ended the stream with an error.",
    "stream-fatal": "The stream could not start: ",
    "exit-on-stream": "The session has ended: This session is over.",
}


def each_end_is_told_in_words(running):
    with webdriver.borrow() as browser:
        created = running.create(1)
        for words, text in ENDS.items():  # the session outlives all of them but the last
            faults.session_fault(running, created, words)
            browser.open(created["stream_url"])
            contains(browser.wait_for(ENDED, 25), text, "overlay for " + words)
            browser.open("about:blank")


def a_flap_shows_a_badge_and_no_overlay(running):
    with webdriver.borrow() as browser:
        created = running.create(1)
        faults.session_fault(running, created, "flap-after-ms=2500,flap-ms=9000")
        browser.open(created["stream_url"])
        equal(browser.wait_for(BADGE, 30), "Reconnecting…", "badge")
        faults.session_fault(running, created)
        browser.wait_for(PANEL + "return root.querySelector('.badge').hidden", 30)
        equal(browser.script(ENDED), None, "overlay")


def a_drop_that_does_not_come_back_is_an_end(running):
    with webdriver.borrow(preload=FAST) as browser:
        created = running.create(1)
        faults.session_fault(running, created, "drop-after-ms=1")
        browser.open(created["stream_url"])
        contains(browser.wait_for(ENDED, 60), "Connection lost", "overlay")
        values = dict(urllib.parse.parse_qsl(browser.script(PANEL + "return new URL(dialog.querySelector('.report').href).search.slice(1)"), keep_blank_values=True))
        equal((values["end_reason"], values["disconnect_count"]), ("connection_lost", "1"), "report")


HEAR = """window.heard = []
    for (const name of ['keydown', 'keyup', 'mousedown', 'pointerdown', 'wheel', 'touchstart'])
        for (const capture of [true, false])
            document.addEventListener(name, event => window.heard.push(event.type), capture)
    document.addEventListener('click', event => window.heard.push(event.type))"""


def keys_and_clicks_inside_never_reach_the_game(running):
    with webdriver.borrow() as browser:
        _playing(running, browser)
        browser.script(HEAR)
        browser.script(SAY, {"ConnectionTerminated": {"error_code": 0}})
        browser.wait_for(ENDED, 5)
        for key in ("a", "Tab", " ", "ArrowRight"):
            for kind in ("keyDown", "keyUp"):
                browser.cdp("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": key})
        _click_at(browser, "h1")
        for _ in range(2):  # nothing is focused now
            for key, code in (("Escape", 27), ("a", 65)):
                _press(browser, key, code)
        equal(browser.script("return window.heard"), [], "what the game heard")
        true(browser.script(ENDED) is not None, "Escape took the overlay away")
        browser.script(PANEL + "dialog.close()")  # as a phone's way back does
        browser.wait_for(ENDED, 5)
        equal(browser.script(FOCUS), "again", "focus")


def keys_and_clicks_of_the_game_are_its_own(running):
    with webdriver.borrow() as browser:
        _playing(running, browser)
        browser.script(HEAR)
        browser.script("document.getElementById('input').focus()")
        _press(browser, "a", 65)
        equal(browser.script("return window.heard"), ["keydown", "keydown", "keyup", "keyup"], "what the game heard of its own keys")
        _click_at(browser, ".mic")  # who speaks goes on playing: the keys stay where they were
        browser.wait_for(MIC.replace("return ", "return 'on' === "), 30)
        browser.script("window.heard = []")
        _press(browser, " ", 32)
        equal(browser.script("return window.heard"), ["keydown", "keydown", "keyup", "keyup"], "what the game heard after a click on the microphone")
        equal(browser.script(MIC), "on", "microphone, which space has not muted")


def _press(browser, key, code):
    for kind in ("rawKeyDown", "keyUp"):
        browser.cdp("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code})


def _click_at(browser, selector):
    at = browser.script(PANEL + "const box = root.querySelector(arguments[0]).getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]", selector)
    for kind in ("mousePressed", "mouseReleased"):
        browser.cdp("Input.dispatchMouseEvent", {"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1})


def it_can_be_used_by_keyboard_and_screen_reader(running):
    with webdriver.borrow() as browser:
        _playing(running, browser)
        browser.script(SAY, {"ConnectionTerminated": {"error_code": 0}})
        browser.wait_for(ENDED, 5)
        equal(browser.script(FOCUS), "again", "focus")
        order = []
        for _ in range(2):
            _press(browser, "Tab", 9)
            order.append(browser.script(FOCUS))
        equal(order[0], "report", "what follows by Tab")
        browser.script(PANEL + "dialog.querySelector('#star3').focus()")
        _press(browser, "ArrowRight", 39)
        equal(browser.script(PANEL + "return [root.activeElement.id, dialog.querySelector('.stars').dataset.value, dialog.querySelector('.said').textContent]"),
              ["star4", "4", "Good"], "stars by arrow")
        _press(browser, "Tab", 9)
        equal(browser.script(FOCUS), "again", "what follows the stars by Tab")
        names = browser.script(PANEL + """return [...root.querySelectorAll('button, a, input')].filter(each => !each.hidden).map(each =>
            (each.getAttribute('aria-label') || (each.labels ? [...each.labels].map(l => l.textContent).join() : '') || each.textContent).trim())""")
        true(all(names), "something has no name: %r" % names)
        equal(browser.script(PANEL + "return [dialog.getAttribute('aria-labelledby'), root.querySelector('.badge').getAttribute('role')]"),
              ["title", "status"], "roles")


def a_second_tab_takes_the_stream_over(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser)
        browser.script("window.open(arguments[0], '_blank')", created["stream_url"])
        contains(browser.wait_for(ENDED, 15), "another tab", "overlay of the first tab")
        running.wait(lambda: _session(running, created).json()["status"] == "active", 40, "the second tab streams")
        browser.script(PANEL + "dialog.querySelector('.again').click()")  # whoever goes on from here must not take it from there
        browser.wait_for("return window.location.pathname === '/api/v1/health'", 10)
        equal(_session(running, created).json()["status"], "active", "the session of the other tab")


@contextlib.contextmanager
def _other_device(running, created):
    """A browser that shares nothing with the first one, playing the same session. When it is left, it must play still."""
    with webdriver.Browser() as browser:
        browser.open(created["stream_url"])
        stream_check.wait_for_play(browser, 40, 10, 10)
        yield
        equal((browser.script(ENDED), _session(running, created).json()["status"]), (None, "active"), "overlay and session of the other device")


def _goes_back(browser):
    browser.script(PANEL + "dialog.querySelector('.again').click()")
    browser.wait_for("return window.location.pathname === '/api/v1/health'", 10)


ELSEWHERE = "Opened elsewhere: The stream was opened in another tab or on another device."
IS_ELSEWHERE = ENDED.replace("return ", "const said = ") + "; return said === %r" % ELSEWHERE


def another_device_takes_the_stream_over(running):
    """The PC serves one stream at a time: the older one ends."""
    with webdriver.borrow() as browser:
        created = _playing(running, browser)
        with _other_device(running, created):
            browser.script(SAY, {"ConnectionTerminated": {"error_code": 0}})
            browser.wait_for(IS_ELSEWHERE, 10)
            _goes_back(browser)


def another_device_takes_the_stream_over_from_one_that_hears_of_no_end(running):
    with webdriver.borrow(preload="const every = window.setInterval.bind(window); window.setInterval = (func, ms, ...rest) => every(func, ms / 6, ...rest)") as browser:
        created = _playing(running, browser)
        with _other_device(running, created):
            browser.wait_for(IS_ELSEWHERE, 10)
            _goes_back(browser)


def who_goes_back_when_the_stream_was_opened_elsewhere_meanwhile_ends_nothing(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser)
        browser.script(SAY, {"ConnectionTerminated": {"error_code": 0}})
        contains(browser.wait_for(ENDED, 5), "The PC ended the stream", "overlay")
        with _other_device(running, created):
            _goes_back(browser)


def who_goes_back_waits_for_no_answer_that_does_not_come(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser)
        browser.script("""const real = window.fetch
            window.fetch = (url, options) => String(url).includes('/_hydraneck/context')
                ? new Promise((_, reject) => options.signal?.addEventListener('abort', () => reject(options.signal.reason))) : real(url, options)""")
        browser.script(SAY, {"ConnectionTerminated": {"error_code": 0}})
        browser.wait_for(ENDED, 5)
        _goes_back(browser)
        _gone(running, created)


ASKED = "return performance.getEntriesByType('resource').map(each => each.name).filter(name => name.includes('/_hydraneck/context'))"
CONNECTED = """const peer = new RTCPeerConnection()
    Object.defineProperty(peer, 'connectionState', { value: 'connected' })
    peer.dispatchEvent(new Event('connectionstatechange'))"""


def another_page_of_the_session_takes_the_stream_from_nobody(running):
    """Whatever connections it has."""
    with webdriver.borrow() as browser, webdriver.borrow(preload=" ") as other:
        created = _playing(running, browser)
        asks = browser.script(ASKED)[0].replace("&new=1", "")
        contains(asks, "?page=")
        other.open(created["stream_url"].split("stream.html")[0] + "admin.html")
        other.script(CONNECTED)
        other.wait_for(ASKED.replace("return ", "return 0 < ") + ".length", 10)
        equal(web.call("GET", asks).json()["taken"], False, "taken from the page that plays")


def a_reload_keeps_the_session(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser)
        browser.script("window.location.reload()")
        stream_check.wait_for_play(browser, 40, 10, 10)
        equal(_session(running, created).status, 200, "session after a reload")


MIC = PANEL + "return root.querySelector('.corner').dataset.mic"
MIC_WORDS = PANEL + "const words = root.querySelector('.words'); return words.hidden ? '' : words.textContent"


def _voice(running, number=1):
    return next(b["voice"] for b in running.state()["bodies"] if b["address"] == running.plan.body(number))


def _click_mic(browser, name="mic"):
    browser.script(PANEL + "root.querySelector('.corner .%s').click()" % name)


def the_microphone_is_heard_at_the_body_muted_and_stopped(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser)
        equal(browser.script(MIC), "off", "at first")
        _click_mic(browser)
        browser.wait_for(MIC.replace("return ", "return 'on' === "), 30)
        running.wait(lambda: _voice(running)["packets"] >= 50, 20, "50 packets at the body")
        browser.wait_for(PANEL + "return parseFloat(root.querySelector('.level').style.getPropertyValue('--level')) > 0.2", 20)
        _click_mic(browser)
        equal(browser.script(MIC), "muted", "after a second click")
        _click_mic(browser)
        equal(browser.script(MIC), "on", "after a third")
        _click_mic(browser, "stop")
        equal(browser.script(MIC), "off", "after its own button")
        running.wait(lambda: _session(running, created).json().get("mic", {}).get("state") != "on", 10, "the worker has ended it")
        voice = _voice(running)
        equal((voice["payload_type"], voice["lost"], voice["malformed"]), (111, 0, 0), "voice")


def the_microphone_stops_with_the_stream(running):
    with webdriver.borrow() as browser:
        _playing(running, browser)
        _click_mic(browser)
        browser.wait_for(MIC.replace("return ", "return 'on' === "), 30)
        browser.script(SAY, {"ConnectionTerminated": {"error_code": 0}})
        browser.wait_for(ENDED, 5)
        equal(browser.script(MIC), "off", "with the stream")


def _refused_with(browser, words):
    _click_mic(browser)
    browser.wait_for(MIC.replace("return ", "return 'error' === "), 10)
    contains(browser.script(MIC_WORDS), words, "words")


def a_microphone_that_is_not_allowed_says_so(running):
    """The user has said no; then yes, after all."""
    with webdriver.Browser(["!--use-fake-ui-for-media-stream"]) as browser:
        _playing(running, browser)
        browser.permit("microphone", "denied")
        _refused_with(browser, "not allowed")
        browser.permit("microphone", "granted")
        _click_mic(browser)
        browser.wait_for(MIC.replace("return ", "return 'on' === "), 30)
        browser.permit("microphone", "denied")  # the browser ends the track
        browser.wait_for(MIC.replace("return ", "return 'error' === "), 10)
        contains(browser.script(MIC_WORDS), "not allowed", "words")


def a_machine_without_a_microphone_says_so(running):
    with webdriver.Browser(["!--use-fake-device-for-media-stream"]) as browser:
        _playing(running, browser)
        _refused_with(browser, "No microphone was found")


def a_microphone_that_another_program_has_says_so(running):
    """No browser here can be brought to it: its word for it is put into its mouth."""
    with webdriver.borrow() as browser:
        _playing(running, browser)
        browser.script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotReadableError'))")
        _refused_with(browser, "another program")


def a_microphone_that_is_refused_says_why_and_can_be_tried_again(running):
    with webdriver.borrow() as browser:
        created = _playing(running, browser)
        browser.script("""const real = window.fetch
            window.fetch = (url, options) => String(url).endsWith('/mic/offer')
                ? Promise.resolve(new Response('{"error":"too many offers","code":429}', { status: 429 })) : real(url, options)
            window.realFetch = real""")
        _click_mic(browser)
        browser.wait_for(MIC.replace("return ", "return 'error' === "), 30)
        contains(browser.script(MIC_WORDS), "too many offers", "words")
        browser.script("window.fetch = window.realFetch")
        _click_mic(browser)
        browser.wait_for(MIC.replace("return ", "return 'on' === "), 30)
        true(_session(running, created).status == 200, "session")


def a_microphone_whose_relay_refuses_it_says_so(running):
    with webdriver.borrow(preload=FAST) as browser:
        _playing(running, browser)
        browser.script("""const real = window.fetch
            window.fetch = async (url, options) => {
                const reply = await real(url, options)
                if (!String(url).endsWith('/ice'))
                    return reply
                const ice = await reply.json()
                ice.ice_servers.forEach(server => { server.credential = 'wrong' })
                return new Response(JSON.stringify(ice))
            }""")
        _click_mic(browser)
        browser.wait_for(MIC.replace("return ", "return 'error' === "), 30)
        contains(browser.script(MIC_WORDS), "relay", "words")


def nothing_is_asked_for_or_remembered_without_a_click(running):
    with webdriver.borrow() as browser:
        _playing(running, browser)
        asked = browser.script("""return (await navigator.permissions.query({ name: 'microphone' })).state + ' ' + Object.keys(localStorage).concat(
            Object.keys(sessionStorage)).filter(key => /hydra|mic/i.test(key)).length""")
        true(asked.endswith(" 0"), "storage: %s" % asked)
        equal(browser.script(MIC), "off", "microphone")


def _at(browser, name, width, height, folder):
    browser.cdp("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
    browser.screenshot(os.path.join(os.environ.get("HYDRANECK_SHOTS") or folder, "%s-%dx%d.png" % (name, width, height)))


# [what of ours, what of the page's] that lie on each other, and what of ours is cut off by the window
OVERLAPS = PANEL + """
const boxes = nodes => nodes.map(node => [node.className || node.id || node.textContent, node.getBoundingClientRect()]).filter(([, box]) => box.width > 0)
const ours = boxes([...root.querySelectorAll('.badge, .words, .corner button')])
const pages = boxes([...document.querySelectorAll('button')])
const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
return [ours.map(([name]) => name), pages.length,
        ours.flatMap(([name, box]) => pages.filter(([, other]) => meet(box, other)).map(([other]) => [name, other])),
        ours.filter(([, box]) => box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight).map(([name]) => name)]
"""


def what_is_over_the_stream_keeps_off_the_pages_own_buttons(running):
    with webdriver.borrow() as browser:
        _playing(running, browser)
        browser.script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))")
        _refused_with(browser, "not allowed")
        browser.script(PANEL + "const badge = root.querySelector('.badge'); badge.hidden = false; badge.textContent = 'Reconnecting…'")
        for sidebar in ("closed", "open"):
            for width, height in ((390, 844), (844, 390), (1920, 1080), (3840, 2160)):
                _at(browser, "stream-sidebar-" + sidebar, width, height, running.plan.folder)
                ours, count, overlaps, cut = browser.script(OVERLAPS)
                equal(ours, ["badge", "words", "mic"], "what is there at %dx%d" % (width, height))
                equal((overlaps, cut), ([], []), "on each other and cut at %dx%d, sidebar %s" % (width, height, sidebar))
                true(count >= 7, "%d buttons of the page" % count)
            browser.script("document.getElementById('sidebar-button').click()")
            browser.wait_for("return document.getElementById('sidebar-root').getBoundingClientRect().left === (arguments[0] ? -176 : 0)", 5, sidebar == "open")


def it_looks_right_on_a_phone_and_on_a_desk(running):
    with webdriver.borrow() as browser:
        _playing(running, browser)
        browser.script(SAY, {"ConnectionTerminated": {"error_code": 0}})
        browser.wait_for(ENDED, 5)
        for width, height in ((390, 844), (844, 390), (1920, 1080), (3840, 2160)):
            _at(browser, "overlay", width, height, running.plan.folder)
            box = browser.script(PANEL + """const box = dialog.getBoundingClientRect()
                return [box.left, box.top, box.right, box.bottom, dialog.scrollHeight - dialog.clientHeight, getComputedStyle(dialog).fontSize]""")
            true(box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height, "the panel is cut at %dx%d: %r" % (width, height, box))
            true(box[4] <= 1, "the panel scrolls at %dx%d: %r" % (width, height, box))
            true(abs((box[0] + box[2]) / 2 - width / 2) < 2, "the panel is not in the middle: %r" % box)


flow.expect_log("[proxy]")
flow.expect_log("[session ")
flow.expect_log("[rating] ratings wait")
if __name__ == "__main__":
    flow.main(globals(), workers=1, bodies=2, turn=True)
