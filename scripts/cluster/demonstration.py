# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the demos share: how they speak, how they prove a step, and how they end, however that comes."""

import getpass
import os
import signal
import socket
import time

import child
import cluster
import holders

START = time.monotonic()


class Failed(Exception):
    """A step of the proof did not hold."""


class Refused(Failed):
    """Nothing was started."""


def say(text=""):
    print(text, flush=True)


def step(text):
    say("[%6.2fs] %s" % (time.monotonic() - START, text))


def check(condition, text):
    if not condition:
        raise Failed(text)


def timed(name, function):
    """One step of the proof: a line with what it took and what it tells."""
    began = time.monotonic()
    try:
        told = function()
    except Failed as error:
        raise Failed("step '%s' failed: %s" % (name, error)) from None
    except Exception as error:  # a step must say which it was, whatever broke
        raise Failed("step '%s' failed: %s: %s" % (name, type(error).__name__, error)) from error
    step("%-22s %6.2f s  %s" % (name, time.monotonic() - began, told if isinstance(told, str) else ""))
    return told


def here():
    """How ssh reaches this machine, as far as it knows itself."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "USER"
    return "%s@%s" % (user, socket.gethostname())


def check_children(running):
    for name, process in running.children.items():
        if not process.alive():
            raise Failed("%s has ended with status %s; its last lines:\n  %s" % (
                name, process.process.returncode, "\n  ".join(process.tail())))


def check_outer_address(outer, need):
    if outer.ensure():
        if outer.added:
            step("address      added %s on %s: Chromium gathers nothing with loopback only" % (outer.ADDRESS, outer.NAME))
    elif need:
        raise Refused(outer.MEND)
    else:
        say("note: %s" % outer.MEND)


def ending(running, show, close=lambda: None):
    """Shows what runs; then everything is stopped, whatever has happened."""
    broken = None
    try:
        show()
    except BaseException as error:
        broken = error
        raise
    finally:
        # a second Ctrl-C must not stop the clearing up
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        wrong = running.stop()
        close()
        if wrong and (broken is None or isinstance(broken, KeyboardInterrupt)):
            raise Failed("the end was not clean: %s" % "; ".join(wrong))


def _on_signal(number, _frame):
    raise KeyboardInterrupt(number)


def run(once, show):
    """`show` gets a folder that is gone afterwards, and the address that browsers may need. Returns the exit status."""
    # SIGINT too: a shell's background job inherits it ignored, and Python then leaves it so
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
    folder = cluster.Folder("hydraneck-demo-")
    outer = holders.OuterAddress()
    keep = False
    try:
        show(folder.path, outer)
        if once:
            step("all steps hold; everything is stopped")
    except KeyboardInterrupt:
        say("\nstopped; nothing is left running")
        return 130 if once else 0
    except (Failed, child.ChildError) as error:
        started = not isinstance(error, Refused)
        keep = started and os.environ.get("HYDRANECK_KEEP") == "1"
        say("\nFAILED: %s" % error)
        if started and not keep:
            say("HYDRANECK_KEEP=1 keeps the logs of the next run.")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads any more: that is an end like Ctrl-C
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        outer.remove()
        if keep:
            say("logs kept in %s" % folder.path)
        else:
            folder.remove()
    return 0
