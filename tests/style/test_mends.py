#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `explain` says to do (src/api/mends.h) and the troubleshooting of docs/runbook.md are the same words."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402
from flow import equal, true  # noqa: E402

TEXT = r'"((?:[^"\\]|\\.)*)"'
ROW = re.compile(r"^MEND_OF_(TEXT|REASON) \(" + TEXT + r"(?:, " + TEXT + r")?, " + TEXT + r"\)$", re.M)


def _read(path):
    with open(os.path.join(flow.TOP, path), encoding="utf-8") as file:
        return file.read()


def _mends():
    rows = [(kind, key, pattern, mend.replace('\\"', '"')) for kind, key, pattern, mend in ROW.findall(_read("src/api/mends.h"))]
    equal(len(rows), len(re.findall(r"^MEND_OF_", _read("src/api/mends.h"), re.M)), "rows that can be read")
    return rows


def each_mend_is_the_runbooks():
    table = [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in _read("docs/runbook.md").splitlines()
             if line.startswith("| ")]
    for _, key, _, mend in _mends():
        rows = [cells for cells in table if len(cells) == 3 and "`%s`" % key in cells[0]]
        equal(len(rows), 1, "rows of the runbook about '%s'" % key)
        equal(rows[0][2], mend, "what to do about '%s'" % key)


def each_pattern_fits_its_own_text():
    for kind, key, pattern, _ in _mends():
        if kind == "TEXT":
            shape = re.escape(pattern).replace(r"\*", ".*")
            true(re.fullmatch(shape, key), "'%s' does not fit '%s'" % (pattern, key))


def each_reason_of_an_end_has_a_mend():
    reasons = set(re.findall(r'^  X \(\w+, "(\w+)"', _read("src/worker/session.h"), re.M))
    true(len(reasons) > 10, "reasons: %r" % reasons)
    equal(reasons - {key for kind, key, _, _ in _mends() if kind == "REASON"}, set(), "reasons without a mend")


flow.main(globals())
