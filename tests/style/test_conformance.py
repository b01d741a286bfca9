#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every literal of the runbook is promised with its test, or named as not here yet; and docs/runbook.md speaks of all of them."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402
from flow import true  # noqa: E402

LATER = "## Promised by the runbook, not here yet"


def _read(name):
    with open(os.path.join(flow.TOP, name), encoding="utf-8") as file:
        return file.read()


def _promises():
    rows = [line.split("\t") for line in _read("fixtures/seeds/runbook-promises.tsv").splitlines() if not line.startswith("#")]
    true(len(rows) > 60 and all(len(row) == 3 for row in rows), "the list of promises is odd")
    return rows


def _missing(wanted, text):
    return [promise for promise in wanted if promise not in text]


def each_literal_of_the_runbook_has_a_row_with_a_test():
    held = _read("docs/conformance.md").split(LATER)[0]
    rows = "\n".join(line.rsplit("|", 2)[0] for line in held.splitlines() if re.search(r"\| .*`\w+:\w+`.* \|$", line))
    missing = _missing([text for _, text, when in _promises() if when == "now"], rows.replace("\\|", "|"))
    true(not missing, "docs/conformance.md has no row with a test for: %s" % ", ".join(missing))


def each_literal_that_is_not_kept_yet_is_admitted():
    later = _read("docs/conformance.md").partition(LATER)[2].replace("\\|", "|")
    missing = _missing([text for _, text, when in _promises() if when != "now"], later)
    true(not missing, "docs/conformance.md does not admit: %s" % ", ".join(missing))


def the_runbook_speaks_of_each_literal():
    missing = _missing([text for _, text, _ in _promises()], _read("docs/runbook.md"))
    true(not missing, "docs/runbook.md says nothing of: %s" % ", ".join(missing))


if __name__ == "__main__":
    flow.main(globals())
