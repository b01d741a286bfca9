#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/check itself: the tree is clean, and each kind of violation is found."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402
from flow import contains, equal  # noqa: E402

SPDX = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"


def _check(root):
    result = subprocess.run([os.path.join(flow.TOP, "scripts/check"), root], capture_output=True, text=True, check=False, timeout=60)
    return result.returncode, result.stdout


def _finds(path, content, text, more=None):
    """A tree with this one file beside harmless ones must be refused with this text."""
    root = tempfile.mkdtemp(prefix="hydraneck-check-")
    try:
        wanted = {"src/base/ok.h": SPDX + "#pragma once\n", "src/controller/plan.h": SPDX + "#pragma once\n",
                  "src/worker/plan.h": SPDX + "#pragma once\n"}
        wanted.update(more or {})
        equal(_write_and_check(root, wanted)[0], 0, "exit status of the tree without the violation")
        wanted[path] = SPDX + content
        status, out = _write_and_check(root, wanted)
        equal(status, 1, "exit status")
        contains(out, text, "findings")
    finally:
        shutil.rmtree(root)


def _write_and_check(root, wanted):
    for name, content in wanted.items():
        os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
        with open(os.path.join(root, name), "w", encoding="utf-8") as file:
            file.write(content)
    return _check(root)


def the_tree_keeps_the_house_rules():
    status, out = _check(flow.TOP)
    equal((status, out), (0, "scripts/check: no findings\n"), "check")


def an_include_to_the_right_is_found():
    _finds("src/base/x.c", '#include "controller/plan.h"\n', "goes to the right: base may not use controller")


def an_include_sideways_is_found():
    _finds("src/worker/x-http.c", '#include "controller/plan.h"\n', "goes sideways: worker may not use controller")


def an_unknown_folder_is_found():
    _finds("src/helpers/x.c", "", "unknown folder")


def an_include_without_its_folder_is_found():
    _finds("src/worker/x.c", '#include "plan.h"\n', "does not name its folder")


def a_pure_file_that_includes_gio_is_found():
    _finds("src/worker/x.c", "#include <gio/gio.h>\n", "reaches gio/gio.h")


def a_pure_file_that_reaches_libsoup_through_a_header_is_found():
    _finds("src/worker/x.c", '#include "net/client.h"\n', "reaches net/client.h -> libsoup/soup.h",
           {"src/net/client.h": SPDX + "#pragma once\n#include <libsoup/soup.h>\n"})


def a_pure_file_that_reads_the_clock_is_found():
    _finds("src/controller/x.c", "static void f (void) { g_get_monotonic_time (); }\n", "calls g_get_monotonic_time")


def a_shell_that_includes_gio_is_fine_but_may_not_read_the_environment():
    _finds("src/worker/x-http.c", '#include <gio/gio.h>\nstatic void f (void) { g_getenv ("HOME"); }\n', "reads the environment")


def a_variable_at_file_level_is_found():
    _finds("src/worker/x.c", "static int counter = 0;\n", "file-level variable 'counter' is not const")


def a_goto_is_found():
    _finds("src/worker/x.c", "static void f (void) { goto end; end: return; }\n", "goto")


def a_fake_that_uses_our_encoder_is_found():
    _finds("sim/fakes/x.c", '#include "api/worker-api.h"\n', "would agree with our bugs")


def a_public_function_without_its_block_is_found():
    _finds("src/base/x.h", "#pragma once\nvoid hn_x_run (int depth);\n", "hn_x_run() has no block")


def a_block_that_forgets_a_parameter_is_found():
    _finds("src/base/x.h", "#pragma once\n/**\n * hn_x_run:\n *\n * Runs.\n */\nvoid hn_x_run (int depth);\n", "does not name @depth")


def a_path_outside_the_project_is_found():
    _finds("src/base/x.c", "/* see ../sh" + "ared/design.md */\n", "names a path outside the project")


flow.main(globals())
