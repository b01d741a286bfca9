/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of releases, ROOT/VERSION/FILE with ROOT/latest.json beside, as a release server shows it: with sums and signature, and whatever it was
 * told to do wrong. */
#pragma once

#include "sim/fakes/body/faults.h"
#include "sim/fakes/body/message.h"

enum {
#define FAULT(NAME, name, kind, what) SIM_RELEASE_FAULT_##NAME,
#include "sim/fakes/release/faults-list.h"
#undef FAULT
  SIM_RELEASE_FAULTS
};

extern const SimFaultRow sim_release_faults[SIM_RELEASE_FAULTS];

typedef struct SimReleases SimReleases;

/* How an answer leaves. */
typedef enum {
  SIM_RELEASES_WHOLE,
  SIM_RELEASES_CUT,     /* half of what was announced */
  SIM_RELEASES_ENDLESS, /* again and again */
  SIM_RELEASES_NEVER,
} SimReleasesManner;

/**
 * sim_releases_fs_new:
 * @root: the folder
 * @channel: whose releases these are
 *
 * Returns: (transfer full): a server's view, with a fresh key
 */
SimReleases *sim_releases_fs_new (const char *root, const char *channel);

/**
 * sim_releases_fs_free:
 * @self: (nullable) (transfer full): a view
 */
void sim_releases_fs_free (SimReleases *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimReleases, sim_releases_fs_free)

/**
 * sim_releases_fs_get_faults:
 * @self: a view
 *
 * Returns: (array fixed-size=SIM_RELEASE_FAULTS): its knobs, to be turned
 */
guint *sim_releases_fs_get_faults (SimReleases *self);

/**
 * sim_releases_fs_get_key:
 * @self: a view
 *
 * Returns: (transfer full): the public key that releases are signed with
 */
char *sim_releases_fs_get_key (const SimReleases *self);

/**
 * sim_releases_fs_answer:
 * @self: a view
 * @request: a request
 * @answer: to be filled
 *
 * Returns: how the answer leaves
 */
SimReleasesManner sim_releases_fs_answer (SimReleases *self, const SimRequest *request, SimAnswer *answer);
