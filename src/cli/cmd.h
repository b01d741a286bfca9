/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The subcommands. Each takes the arguments after its name and returns the exit status (sysexits.h; 78: configuration). */

int hn_cmd_controller (int argc, char **argv);
int hn_cmd_worker (int argc, char **argv);
int hn_cmd_config_sample (int argc, char **argv);
int hn_cmd_mic_pipeline (int argc, char **argv);
int hn_cmd_worker_token (int argc, char **argv);
