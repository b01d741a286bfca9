#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the one module that pages import: `join.py OUTPUT SCRIPT.js...`, one after another, the first one's opening comment kept."""

import sys


def main():
    output, scripts = sys.argv[1], sys.argv[2:]
    parts = []
    for number, name in enumerate(scripts):
        with open(name, encoding="utf-8") as file:
            text = file.read()
        parts.append(text if number == 0 else text.split("*/\n", 1)[1])
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))


if __name__ == "__main__":
    main()
