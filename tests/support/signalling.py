# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the flow tests of signalling stand on: Redis, instances and nginx on a leased network, searched for secrets as every cluster is.

A test file ends with `flow.main(globals(), started=signalling.Started, between=signalling.nothing, instances=2)`."""

import flow  # noqa: I001: it makes the modules below findable
import leaks
import rooms


class Started(flow.Started):
    """Options are those of rooms.Rooms."""

    def _make(self, options):
        running = rooms.Rooms(flow.build_folder(), self.folder, self.lease, **options)
        leaks.add(running.secret)
        leaks.add(running.admin_token)
        return running

    def _watch(self):
        return None


def nothing(_running):
    """Each test of signalling has rooms of its own, so nothing needs to be cleared between two."""
