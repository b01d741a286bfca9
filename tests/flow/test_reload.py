#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIGHUP: what of the configuration changes while a controller and a worker serve, what does not, and that nobody who streams notices."""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402


def _read(running, name):
    with open(running.path(name + ".yaml"), encoding="utf-8") as file:
        return json.load(file)


def _lines(running, name):
    return len(running.children[name].lines())


def _said_since(running, name, start):
    return "\n".join(running.children[name].lines()[start:])


def _reload(running, name, change=None, text=None):
    """Writes the changed configuration, sends SIGHUP, waits for the last line about it; returns what was said."""
    if change is not None:
        config = _read(running, name)
        change(config)
        running.write_config(name, config)
    if text is not None:
        with open(running.path(name + ".yaml"), "w", encoding="utf-8") as file:
            file.write(text)
    process = running.children[name]
    start = len(process.lines())
    os.kill(process.pid, signal.SIGHUP)
    running.wait(lambda: any("[config] reloaded" in x or "[config] not reloaded" in x for x in process.lines()[start:]), 10, "an answer to SIGHUP")
    return _said_since(running, name, start)


def _set(*path):
    *sections, last, value = path

    def change(config):
        for section in sections:
            config = config.setdefault(section, {})
        if value is None:
            config.pop(last, None)
        else:
            config[last] = value
    return change


def a_file_that_did_not_change_changes_nothing(running):
    for name in ("controller", "worker-1"):
        contains(_reload(running, name), "[config] reloaded applied=0")


flow.main(globals(), workers=1, bodies=3, turn=False, sessions_max=2)
