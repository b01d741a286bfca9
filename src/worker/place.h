/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/service.h"

/* What a worker must be told about where it runs; everything else is configuration. All texts outlive the worker. */
typedef struct {
  const char *executable;              /* path of our own executable, for the supervisor of each session */
  const char *wireguard_dir;           /* usually /sys/class/net */
  const char *const *more_environment; /* (nullable): NAME=value, NULL-terminated: what web-server gets besides its clean one */
  const char *dot_directory;           /* (nullable) pipeline graphs of microphones are written there */
  HnService *service;                  /* (nullable): may have a socket named "listen"; is told how many sessions there are */
  double time_scale;                   /* long periods are multiplied by it; 0 counts as 1 */
} HnWorkerPlace;
