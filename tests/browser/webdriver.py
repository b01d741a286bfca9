# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small WebDriver client: chromedriver and a headless Chromium of our own, ended as a whole.

    with webdriver.Browser() as browser:
        browser.open("http://127.0.0.1:8080/")
        browser.wait_for("return document.title", 5)

chromedriver listens on a free port of loopback, Chromium gets an empty profile of its own. Both live in one new process group;
leaving the `with` block, also by an exception, kills that group and removes the profile. The group is led by a shell that kills
it when our end of its stdin closes, so nothing outlives us either when we are killed. Standard library only.
"""

import atexit
import base64
import contextlib
import http.client
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage", "--disable-extensions", "--no-proxy-server",
    "--window-size=1280,720",
]


# Ends its own process group and removes the profile ($0) at the end of input. It must not hold the driver's stdout, whose end
# tells that the driver has died.
# The last act is done from a session of its own: first the whole group is killed, only then is the profile removed, or Chromium writes it again.
BURIAL = 'kill -KILL -- "-$1"; n=0; while kill -0 -- "-$1" && [ $n -lt 40 ]; do sleep 0.05; n=$((n + 1)); done; rm -rf "$2"'
GUARD = ('"$@" </dev/null & exec >/dev/null 2>&1; read line; trap "" TERM; kill -TERM 0; sleep 0.3; '
         "exec setsid /bin/sh -c '" + BURIAL + "' burial $$ \"$0\"")


class WebDriverError(Exception):
    """The browser or its driver refused a command."""


class TimedOut(WebDriverError):
    """A condition did not come true in time."""


class Browser:
    """One Chromium with one tab.

    `flags` are added to the command line of Chromium (`!--flag`: one of FLAGS is left out), `preload` is a script that runs in each page before its own scripts,
    `environment` is added to what its processes find in ours.
    """

    def __init__(self, flags=(), preload=None, chromedriver="/usr/bin/chromedriver", chromium="/usr/bin/chromium", environment=None):
        self.environment = environment or {}
        self.session = None
        self.driver = None
        self.profile = tempfile.mkdtemp(prefix="browser-")
        try:
            self._start_driver_patiently(chromedriver)
            self._start_session(chromium, list(flags))
            if preload is not None:
                self.cdp("Page.addScriptToEvaluateOnNewDocument", {"source": preload})
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start_driver_patiently(self, chromedriver):
        """With --port=0 it looks for a port that is free for IPv6 and then fails if the same is taken for IPv4."""
        for attempts_left in (3, 2, 1, 0):
            try:
                self._start_driver(chromedriver)
                return
            except WebDriverError:
                _kill_group(self.driver)
                self.driver = None
                if attempts_left == 0:
                    raise

    def _start_driver(self, chromedriver):
        # HOME inside the profile: Chromium's crash handler and caches leave nothing behind
        environment = dict(os.environ, HOME=self.profile, XDG_CONFIG_HOME=self.profile, XDG_CACHE_HOME=self.profile,
                           TMPDIR=self.profile, **self.environment)
        self.driver = subprocess.Popen(["/bin/sh", "-c", GUARD, self.profile, chromedriver, "--port=0"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, env=environment)
        self.port = self._read_port(20)

    def _read_port(self, timeout):
        """chromedriver chooses a free port itself and prints it."""
        text = b""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            ready, _, _ = select.select([self.driver.stdout], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.driver.stdout.fileno(), 4096) if ready else b""
            if ready and not chunk:
                break
            text += chunk
            found = re.search(rb"started successfully on port (\d+)", text)
            if found:
                return int(found.group(1))
        raise WebDriverError("chromedriver did not start: " + text.decode(errors="replace"))

    def _start_session(self, chromium, flags):
        dropped = [flag[1:] for flag in flags if flag.startswith("!")]
        args = [flag for flag in FLAGS if flag not in dropped] + [flag for flag in flags if not flag.startswith("!")]
        options = {"binary": chromium, "args": args + ["--user-data-dir=" + self.profile + "/profile"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
                  "timeouts": {"script": 30000, "pageLoad": 30000}}
        self.session = self._request("POST", "/session", {"capabilities": {"alwaysMatch": wanted}}, 60)["sessionId"]

    def _request(self, method, path, body=None, timeout=45):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise WebDriverError(f"{value['error']}: {value.get('message', '')}")
        return value

    def _command(self, method, name, body=None):
        return self._request(method, f"/session/{self.session}{name}", body)

    def open(self, url):
        """Loads a page and waits for its load event."""
        self._command("POST", "/url", {"url": url})

    def script(self, text, *args):
        """Runs a function body with `arguments`; returns what it returns (promises are awaited)."""
        return self._command("POST", "/execute/sync", {"script": text, "args": list(args)})

    def async_script(self, text, *args):
        """Runs a function body whose last argument is the callback that ends it."""
        return self._command("POST", "/execute/async", {"script": text, "args": list(args)})

    def wait_for(self, text, timeout, *args):
        """Runs a function body again and again until what it returns is true, and returns that."""
        end = time.monotonic() + timeout
        while True:
            value = self.script(text, *args)
            if value:
                return value
            if time.monotonic() >= end:
                raise TimedOut(f"not true within {timeout} s: {text.strip()}")
            time.sleep(0.1)

    def screenshot(self, path):
        """Writes a PNG of the window."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._command("GET", "/screenshot")))

    def console(self):
        """What the page has logged since the last call: a list of {level, message, timestamp}."""
        return self._command("POST", "/se/log", {"type": "browser"})

    def cdp(self, command, params):
        """One command of the DevTools protocol."""
        return self._command("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def permit(self, name, state):
        """What the user has answered: `granted`, `denied` or `prompt` (W3C Permissions, 11)."""
        self._command("POST", "/permissions", {"descriptor": {"name": name}, "state": state})

    def forget(self):
        """As new: one empty tab, nothing stored, nothing changed."""
        with contextlib.suppress(WebDriverError):
            self.script("localStorage.clear(); sessionStorage.clear()")
        first, *others = self._command("GET", "/window/handles")
        for handle in others:
            self._command("POST", "/window", {"handle": handle})
            self._command("DELETE", "/window")
        self._command("POST", "/window", {"handle": first})
        self.open("about:blank")
        for command in ("Emulation.clearDeviceMetricsOverride", "Network.clearBrowserCookies", "Network.clearBrowserCache", "Browser.resetPermissions"):
            self.cdp(command, {})
        self.console()

    def close(self):
        """Ends Chromium and its driver; nothing of them is left when this returns."""
        with _undisturbed():
            self._end()

    def _end(self):
        if self.session is not None:
            try:
                self._request("DELETE", f"/session/{self.session}", timeout=5)
            except (WebDriverError, OSError, ValueError, http.client.HTTPException):
                pass
            self.session = None
        if self.driver is not None:
            _kill_group(self.driver)
            self.driver = None
        shutil.rmtree(self.profile, ignore_errors=True)


_idle = {}  # (flags, preload) → a browser that nobody uses; they end with the program


@contextlib.contextmanager
def borrow(flags=(), preload=None):
    """A browser that another test of this program may have used before: to start one takes longer than most of what is done with it.

    It comes as new (see Browser.forget). One that something went wrong with is not used again."""
    key = (tuple(flags), preload)
    browser = _idle.pop(key, None) or Browser(flags, preload)
    try:
        yield browser
        browser.forget()
    except BaseException:
        browser.close()
        raise
    if key in _idle:
        browser.close()
    else:
        _idle[key] = browser


@atexit.register
def _close_idle():
    while _idle:
        _idle.popitem()[1].close()


@contextlib.contextmanager
def _undisturbed():
    """A second Ctrl-C, or a SIGTERM behind the first, must not stop the clearing up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _lives(group):
    """Whether a process group has a member that is no zombie: not every PID 1 reaps what is left to it."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                state, _, member_of = file.read().rsplit(")", 1)[1].split()[:3]
        except OSError:
            continue
        if int(member_of) == group and state not in "ZX":
            return True
    return False


def _kill_group(process):
    """Kills the group that `process` leads and waits until no member is left (at most 5 s)."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    process.stdin.close()
    process.stdout.close()
    end = time.monotonic() + 5
    while _lives(process.pid) and time.monotonic() < end:
        time.sleep(0.02)
