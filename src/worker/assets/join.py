#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the one script that pages get: `join.py OUTPUT STYLE.css SCRIPT.js...`. One function around all of it, so that no name is global.

`/* settings */` is filled in by the worker; `base` is where the session lives, known from where the script came from."""

import json
import re
import sys

HEAD = """/* SPDX-License-Identifier: LGPL-2.1-or-later */
(function (settings) {
'use strict';

const base = new URL(document.currentScript.src).pathname.split('/_hydraneck/')[0];
const style = %s;
"""
TAIL = "}(/* settings */));\n"


def main():
    output, style, scripts = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(style, encoding="utf-8") as file:
        css = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)).strip()
    parts = [HEAD % json.dumps(css)]
    for name in scripts:
        with open(name, encoding="utf-8") as file:
            parts.append(file.read().split("*/\n", 1)[1])
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(parts) + TAIL)


if __name__ == "__main__":
    main()
