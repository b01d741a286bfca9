/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The subcommands. Each takes the arguments after its name and returns the exit status (sysexits.h; 78: configuration). */

#define COMMAND(name, function, arguments, what) int function (int argc, char **argv);
#include "cli/commands.h"
#undef COMMAND
