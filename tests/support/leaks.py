# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks for secrets where none may be: in what the product logged, in the words of its processes, and in errors that it answered.

Secrets are what a cluster's plan holds, and the passwords and tokens that tests send; whole ids are any 32 hex digits in a line of ours (a
log may show the first 8 of an id). Findings are kept until the file ends: flow.main() then gives the verdict."""

import glob
import json
import os
import re

import child
import web

ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
KEYS = {"token", "admin_token", "password", "credential", "sunshine_pass", "secret", "cli_password"}
# the fakes' own credentials are also the name of the thing
HARMLESS = {"sunshine", "wrong", ""}
SHORTEST = 6

_secrets = set()
_found = []
_plain_call = web.call


def add(secret):
    """From now on this text may be in no log, no error and no process list."""
    if isinstance(secret, str) and secret not in HARMLESS and len(secret) >= SHORTEST:
        _secrets.add(secret)


def _add_from(tree):
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in KEYS:
                add(value)
            _add_from(value)
    elif isinstance(tree, list):
        for value in tree:
            _add_from(value)


def know(plan):
    """Everything secret in a cluster's plan."""
    for secret in (plan.token, plan.turn_password, plan.turn_secret, plan.turn_cli_password, "nps-token", "library-token"):
        add(secret)
    _add_from(plan.extra_worker)
    _add_from(plan.extra_controller)


def _short(text):
    return text if len(text) < 200 else text[:200] + "…"


def in_text(text, ids):
    """What of a text should not be there, as sentences; `ids`: whole ids as well."""
    found = ["a secret (%s…): %s" % (secret[:3], _short(line)) for secret in _secrets if secret in text
             for line in text.splitlines() if secret in line]
    if ids:
        found += ["a whole id: %s" % _short(line) for line in text.splitlines() if ID.search(line)]
    return found


def search_processes(processes):
    """Before they end: the words of each process of a cluster and of all below it."""
    for process in processes:
        if not process.alive():
            continue
        for pid in [process.pid] + child.descendants(process.pid):
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as file:
                    words = file.read().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            _found.extend("the process list holds " + text for text in in_text(words, ids=False))


def _is_ours(path):
    return os.path.basename(path).startswith(("controller", "worker-"))


def search_files(folder):
    """After they ended: every log below a cluster's folder. In those of other programs whole ids are right."""
    for path in glob.glob(folder + "/**/*.log*", recursive=True):
        with open(path, encoding="utf-8", errors="replace") as file:
            _found.extend("%s holds %s" % (os.path.relpath(path, folder), text) for text in in_text(file.read(), ids=_is_ours(path)))


def _call(method, url, body=None, token=None, **more):
    """web.call(), which besides learns what is secret and looks into each error."""
    add(token)
    try:
        _add_from(json.loads(body) if isinstance(body, (str, bytes)) else body)
    except (ValueError, RecursionError):  # what a test sends need not be JSON
        pass
    reply = _plain_call(method, url, body, token=token, **more)
    if reply.status >= 400:
        text = "%s\n%s" % (reply.headers, reply.body.decode("utf-8", "replace"))
        _found.extend("the answer %d holds %s" % (reply.status, leak) for leak in in_text(text, ids=False))
    return reply


web.call = _call


def verdict():
    """Raises when anything was found."""
    if _found:
        raise AssertionError("%d findings:\n  %s" % (len(_found), "\n  ".join(sorted(set(_found))[:20])))
