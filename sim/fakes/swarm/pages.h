/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a fake worker serves below /session/{id}/: a stream page and its assets, some KB each. Pure. */
#pragma once

#include <glib.h>

typedef struct SimPages SimPages;

typedef struct {
  const char *type;
  GBytes *body;
} SimPage;

/**
 * sim_pages_new:
 *
 * Returns: (transfer full): all pages
 */
SimPages *sim_pages_new (void);

/**
 * sim_pages_free:
 * @self: (nullable) (transfer full): pages
 */
void sim_pages_free (SimPages *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimPages, sim_pages_free)

/**
 * sim_pages_find:
 * @self: pages
 * @name: path below the session, without a query
 *
 * Returns: (transfer none) (nullable): the page
 */
const SimPage *sim_pages_find (const SimPages *self, const char *name);

/**
 * sim_pages_assets:
 * @html: (array length=length): a page
 * @length: bytes
 *
 * What a browser fetches besides the page: its scripts and stylesheets, `data:` left out.
 *
 * Returns: (transfer full): paths as the page has them
 */
GStrv sim_pages_assets (const char *html, gsize length);

/**
 * sim_pages_resolve:
 * @base: path of the page, with or without a query
 * @link: as the page has it
 *
 * Returns: (transfer full): the path it leads to
 */
char *sim_pages_resolve (const char *base, const char *link);
