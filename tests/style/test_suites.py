#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/suites.py: what runs beside what, and what becomes of a suite that fails, is late, or is left."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
from flow import contains, equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "scripts"))

import suites  # noqa: E402


def _suite(name, command="true", group="flow", parallel=True, timeout=60, priority=0):
    return suites.Suite({"name": name, "cmd": ["/bin/sh", "-c", command], "env": {}, "timeout": timeout, "priority": priority, "suite": ["x:" + group], "is_parallel": parallel})


def as_many_with_a_browser_as_cores_and_as_many_without():
    one, two, three = (_suite(n, group="browser") for n in "abc")
    measures = _suite("m", group="browser", parallel=False)
    flows = [_suite("f%d" % n) for n in range(4)]
    for suite, running, expected in (
            (one, [], True), (two, [one], True), (three, [one, two], False), (one, flows[:3], True),
            (measures, [], True), (measures, [one], False), (one, [measures], False), (measures, flows[:2], True),
            (flows[2], flows[:2], True), (flows[3], flows[:3], False),
            (flows[1], [one, flows[0]], True), (flows[2], [one, *flows[:2]], False), (flows[1], [one, two, flows[0]], True), (flows[2], [one, two, *flows[:2]], False)):
        equal(suites.fits(suite, running, 2), expected, "%s beside %s" % (suite.name, [each.name for each in running]))


@contextlib.contextmanager
def _folder(made):
    """A build folder that has these suites."""
    with tempfile.TemporaryDirectory() as folder:
        real, suites.of_folder = suites.of_folder, lambda _folder, names=None: [each for each in made if names is None or each.name in names]
        try:
            yield folder
        finally:
            suites.of_folder = real


def _run(made, **options):
    said = io.StringIO()
    with _folder(made) as folder, contextlib.redirect_stdout(said):
        results = suites.run(folder, dict(os.environ, WORD="hello"), **options)
    return {result["name"]: result for result in results}, said.getvalue()


def each_is_told_as_what_it_came_to():
    made = [_suite("good", "echo $WORD; echo beside >&2"), _suite("bad", "echo why; exit 3"), _suite("none", "exit 77"), _suite("dead", "kill -9 $$")]
    results, said = _run(made)
    equal({name: result["result"] for name, result in results.items()}, {"good": "OK", "bad": "FAIL", "none": "SKIP", "dead": "FAIL"}, "results")
    equal((results["good"]["stdout"], results["good"]["stderr"]), ("hello\n", "beside\n"), "what a good one said")
    true("    why\n" in said and "hello" not in said, "what is shown: %s" % said)
    contains(said, "4/4 ")
    results, _ = _run(made, names=["good"], one_by_one=True)
    equal(list(results), ["good"], "one by its name")


def one_that_is_late_is_ended_with_all_that_it_started():
    results, _ = _run([_suite("late", "sleep 1000 & echo $!; trap '' TERM; wait; wait", timeout=0.2)])
    equal(results["late"]["result"], "TIMEOUT", "result")
    true(not child.is_alive(int(results["late"]["stdout"])), "what it started lives")


def who_is_told_to_end_leaves_nothing():
    """run-tests itself, ended by a signal while a suite runs."""
    with tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "fifo")
        os.mkfifo(fifo)
        code = """if True:
            import sys
            sys.path.insert(0, %r)
            import suites
            suites.of_folder = lambda _folder, names=None: [suites.Suite({"name": "s", "cmd": ["/bin/sh", "-c", "echo $$ >%s; exec sleep 1000"], "env": {}, "timeout": 60,
                                                                        "priority": 0, "suite": ["x:flow"], "is_parallel": True})]
            import importlib.machinery
            tests = importlib.machinery.SourceFileLoader("run_tests", %r).load_module()
            sys.argv[1:] = [%r]
            tests.main()""" % (os.path.join(flow.TOP, "scripts"), fifo, os.path.join(flow.TOP, "scripts/run-tests"), folder)
        runner = subprocess.Popen([sys.executable, "-B", "-W", "ignore", "-c", code], stdout=subprocess.DEVNULL)
        with open(fifo, encoding="ascii") as file:
            suite = int(file.readline())
        runner.send_signal(signal.SIGTERM)
        equal(runner.wait(20), 143, "exit status")
        true(not child.is_alive(suite), "the suite lives")


flow.main(globals())
