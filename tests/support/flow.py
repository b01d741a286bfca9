# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the flow tests stand on: a cluster on a leased network, a watchdog, and one line per test in cmocka's form.

Every answer of its controller and workers must be as their OpenAPI documents say. After each cluster everything that the product wrote, and the words of every process, are searched for secrets and whole ids (leaks.py).

A test file defines functions whose names are sentences and ends with `flow.main (globals ())`. A function that takes an argument is
given a running cluster, one for the whole file; what it leaves behind (a fault, a session) is cleared before the next."""

import faulthandler
import inspect
import os
import sys
import tempfile
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts/cluster"))

import child  # noqa: E402
import leaks  # noqa: E402
import openapi  # noqa: E402
import cluster  # noqa: E402
import web  # noqa: E402, F401
from lease import Lease  # noqa: E402

WATCHDOG_SECONDS = 120
# the same as scripts/run-tests sets, for whoever runs one file by hand (docs/decisions.md 6)
os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=1:intercept_tls_get_addr=0")


def build_folder():
    return os.path.abspath(os.environ.get("HYDRANECK_BUILD") or os.path.join(TOP, "build-test"))


def equal(actual, expected, what="value"):
    if actual != expected:
        raise AssertionError("%s is %r, not %r" % (what, actual, expected))


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def contains(text, part, what="text"):
    if part not in text:
        raise AssertionError("%s has no %r: %r" % (what, part, text))


def error_shape(reply, status, error=None, detail=None):
    """The one shape of every error; returns it."""
    equal(reply.status, status, "status of %r" % reply)
    body = reply.json()
    equal(body["code"], status, "code")
    true(set(body) <= {"error", "code", "detail"}, "unknown members in %r" % body)
    if error is not None:
        equal(body["error"], error, "error")
    if detail is not None:
        contains(body.get("detail", ""), detail, "detail")
    return body


class Started:
    """One cluster for a file. Options are those of cluster.Plan."""

    def __init__(self, **options):
        self.lease = Lease()
        self.folder = tempfile.mkdtemp(prefix="hydraneck-flow-")
        self.watch = None
        self.cluster = self._make(options)

    def _make(self, options):
        self.plan = cluster.Plan(build_folder(), self.folder, lease=self.lease, **options)
        leaks.know(self.plan)
        return cluster.Cluster(self.plan)

    def _watch(self):
        return openapi.Watch(self.cluster, web).__enter__()

    def __enter__(self):
        try:
            self.cluster.start_all()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        self.watch = self._watch()
        return self.cluster

    def __exit__(self, kind, *_):
        processes = [*self.cluster.ended, *self.cluster.children.values()]
        leaks.search_processes(processes)
        wrong = self.cluster.stop()
        if self.watch is not None:
            self.watch.__exit__()
            wrong += self.watch.wrong
        leaks.search_files(self.folder)
        if kind is None:
            wrong += unexpected_lines(processes)
        if kind is not None or wrong:
            for process in processes:
                sys.stdout.write("--- %s\n%s\n" % (process.name, "\n".join(process.tail(40))))
        subprocess_remove(self.folder)
        self.lease.release()
        if wrong and kind is None:
            raise AssertionError("; ".join(wrong[:5]))


EXPECTED = []


def expect_log(text):
    """A warning or error line with this text is right in this file; any other fails it."""
    EXPECTED.append(text)


def unexpected_lines(processes):
    """Warnings and errors of our own processes that no test announced."""
    found = []
    for process in processes:
        if not process.name.startswith(("controller", "worker", "rooms", "mesh")):
            continue
        for line in process.lines():
            bad = " WARNING " in line or " ERROR " in line or "ERROR: AddressSanitizer" in line or "runtime error:" in line
            if bad and not any(text in line for text in EXPECTED):
                found.append("unexpected line of %s: %s" % (process.name, line))
    return found


def subprocess_remove(folder):
    import shutil
    shutil.rmtree(folder, ignore_errors=True)


def settle(running):
    """Between two tests: no fault, no session."""
    for session in running.call("GET", "/api/v1/sessions").json()["sessions"]:
        running.call("DELETE", "/api/v1/sessions/" + session["id"])
    running.reset()


def _run(name, function, arguments):
    print("[ RUN      ] %s" % name, flush=True)
    faulthandler.dump_traceback_later(WATCHDOG_SECONDS, exit=True)
    try:
        function(*arguments)
    except Exception:  # noqa: BLE001: a test may fail in any way
        traceback.print_exc(file=sys.stdout)
        print("[  FAILED  ] %s" % name, flush=True)
        return False
    finally:
        faulthandler.cancel_dump_traceback_later()
    print("[       OK ] %s" % name, flush=True)
    return True


def main(names, started=Started, between=settle, **options):
    """Runs the functions of a file in their order; exit status 1 if one fails. Arguments choose tests by name.

    `started` is what tests with an argument are given, `between` clears up between two of them."""
    tests = [(n, f) for n, f in names.items() if inspect.isfunction(f) and f.__module__ == "__main__" and not n.startswith("_")]
    chosen = sys.argv[1:]
    unknown = set(chosen) - {n for n, _ in tests}
    if unknown:
        print("no such test: %s; there are:\n  %s" % (", ".join(sorted(unknown)), "\n  ".join(n for n, _ in tests)))
        sys.exit(64)
    if chosen:
        tests = [t for t in tests if t[0] in chosen]
    failed = 0
    alone = [t for t in tests if not inspect.signature(t[1]).parameters]
    shared = [t for t in tests if inspect.signature(t[1]).parameters]
    for name, function in alone:
        failed += not _run(name, function, ())
    if shared:
        ran = []
        try:
            with started(**options) as running:
                for number, (name, function) in enumerate(shared):
                    if number:
                        between(running)
                    ran.append(_run(name, function, (running,)))
        except Exception:  # noqa: BLE001
            traceback.print_exc(file=sys.stdout)
            print("[ RUN      ] the_cluster_starts_and_ends_cleanly\n[  FAILED  ] the_cluster_starts_and_ends_cleanly", flush=True)
            failed += 1 + len(shared) - len(ran)
        else:
            print("[ RUN      ] the_cluster_starts_and_ends_cleanly\n[       OK ] the_cluster_starts_and_ends_cleanly", flush=True)
        failed += ran.count(False)
    failed += not _run("nothing_that_was_written_holds_a_secret_or_a_whole_id", leaks.verdict, ())
    sys.exit(1 if failed else 0)
