/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"

/* One row of options.h, and how a text becomes its value: the same way for the file, for the defaults and for whatever comes later. */

typedef enum {
  HN_CONFIG_TEXT,
  HN_CONFIG_SECRET,
  HN_CONFIG_WORKER_ID,
  HN_CONFIG_URL,
  HN_CONFIG_LISTEN,
  HN_CONFIG_ADDRESS,
  HN_CONFIG_LOG_LEVEL,
  HN_CONFIG_CHOICE,
  HN_CONFIG_TEXTS,
  HN_CONFIG_DURATION,
  HN_CONFIG_PERIOD,
  HN_CONFIG_UINT,
  HN_CONFIG_BOOL,
  HN_CONFIG_NETWORKS,
  HN_CONFIG_ICE,
  HN_CONFIG_JSON,
} HnConfigType;

typedef struct {
  const char *path;
  HnConfigType type;
  gsize offset; /* in HnConfig */
  const char *default_value; /* of a CHOICE: all that there is to choose from, separated by `|`, the default first */
  gint64 min, max;
  const char *doc;
  gboolean live; /* taken up while running, on SIGHUP */
} HnConfigOption;

/**
 * hn_config_value_slot:
 * @config: a configuration
 * @option: a row
 *
 * Returns: (transfer none): the field of @config that the row is about
 */
gpointer hn_config_value_slot (HnConfig *config, const HnConfigOption *option);

/**
 * hn_config_value_clear:
 * @config: a configuration
 * @option: a row
 *
 * Frees what the field holds.
 */
void hn_config_value_clear (HnConfig *config, const HnConfigOption *option);

/**
 * hn_config_value_from_text:
 * @config: where to put it
 * @option: which one
 * @text: the value
 *
 * Returns: (nullable): %NULL when it is taken; else what is wrong, to follow the option's name
 */
const char *hn_config_value_from_text (HnConfig *config, const HnConfigOption *option, const char *text);

/**
 * hn_config_value_set_default:
 * @config: a configuration
 * @option: a row
 *
 * Sets what counts when nothing is given.
 */
void hn_config_value_set_default (HnConfig *config, const HnConfigOption *option);

/**
 * hn_config_value_range:
 * @option: a row
 *
 * Returns: (transfer full): what its values may be, to follow what is wrong with one; may be empty
 */
char *hn_config_value_range (const HnConfigOption *option);

/**
 * hn_config_value_to_text:
 * @config: a configuration
 * @option: which value
 *
 * Secrets too: for comparing, and for people only where the option's type allows it.
 *
 * Returns: (transfer full) (nullable): what hn_config_value_from_text() would read as the same value, JSON for what is no plain one; %NULL when
 *   there is none
 */
char *hn_config_value_to_text (const HnConfig *config, const HnConfigOption *option);

/**
 * hn_config_value_read_networks:
 * @text: networks, separated by commas
 * @networks: (element-type HnNetwork): where they are appended
 *
 * Returns: (nullable): %NULL, or what is wrong
 */
const char *hn_config_value_read_networks (const char *text, GArray *networks);
