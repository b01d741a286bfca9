#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`scripts/bench SUBCOMMAND... [--quick] [--write]`: runs benchmarks and prints Markdown; --write puts it into docs/benchmarks.md.

A subcommand is a module beside this file with `HELP` and `run (options) -> str`. In docs/benchmarks.md its text stands between
`<!-- bench:NAME -->` and `<!-- /bench:NAME -->`; what people wrote around it stays."""

import argparse
import importlib.util
import os
import re
import sys

import measure

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PAGE = os.path.join(TOP, "docs/benchmarks.md")
HELPERS = ("bench", "measure", "peers", "signalling_peers", "signalling_fastapi")


def _load(name):
    """By its place: tests/support, which some of them use, has modules of the same names."""
    spec = importlib.util.spec_from_file_location("bench_" + name, os.path.join(HERE, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def subcommands():
    names = sorted(name[:-3] for name in os.listdir(HERE) if name.endswith(".py"))
    return {name: _load(name) for name in names if name not in HELPERS}


def write(name, text):
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    block = "<!-- bench:%s -->\n%s\n<!-- /bench:%s -->" % (name, text.strip(), name)
    pattern = re.compile(r"<!-- bench:%s -->.*?<!-- /bench:%s -->" % (name, name), re.S)
    page = pattern.sub(lambda _: block, page) if pattern.search(page) else page.rstrip() + "\n\n" + block + "\n"
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page)


def main():
    known = subcommands()
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.split("\n", maxsplit=1)[0],
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="\n".join("%-10s %s" % (name, module.HELP) for name, module in known.items()))
    parser.add_argument("what", nargs="+", choices=sorted(known) + ["all"], metavar="SUBCOMMAND", help="or `all`")
    parser.add_argument("--quick", action="store_true", help="a small run: one round, a tenth of the work")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--build", required="--help" not in sys.argv, help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help="names of proxies, comma between")
    parser.add_argument("--part", default="", help="parts of a subcommand, comma between")
    parser.add_argument("--size", default="", help="signalling: rooms of these sizes only, comma between")
    options = parser.parse_args()
    for name in sorted(known) if "all" in options.what else options.what:
        text = measure.machine() + "\n\n" + known[name].run(options)
        print("\n" + text, flush=True)
        if options.write:
            write(name, text)


if __name__ == "__main__":
    main()
