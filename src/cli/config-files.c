/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/config-files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/secret-file.h"

#define MAX_BYTES 1048576
#define ENV_FILE ".sbd" /* what rooms look for */
#define NO_FILE "configuration"

void
hn_config_files_clear (HnConfigFiles *self)
{
  g_clear_pointer (&self->file, g_free);
  g_clear_pointer (&self->env_file, g_free);
  g_clear_pointer (&self->host, g_free);
  g_clear_pointer (&self->port, g_free);
}

/* Rooms and mesh may be told everything by the environment, and know nothing of the configuration that the others share. */
static gboolean
stands_alone (HnMode mode)
{
  return mode == HN_MODE_ROOMS || mode == HN_MODE_MESH;
}

static char *
own_file (HnMode mode)
{
  g_autofree char *name = g_strconcat (hn_config_mode_name (mode), ".yaml", NULL);

  return g_build_filename (g_get_home_dir (), ".hydraneckwebrtc", name, NULL);
}

static char *
common_file (void)
{
  return g_build_filename (g_get_home_dir (), ".hydraneckwebrtc", "config.yaml", NULL);
}

char *
hn_config_files_find (const HnConfigFiles *self, HnMode mode)
{
  g_autofree char *own = own_file (mode);
  g_autofree char *common = common_file ();

  if (self->file != NULL)
    return g_strdup (self->file);
  if (g_file_test (own, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&own);
  if (!stands_alone (mode) && g_file_test (common, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&common);
  return NULL;
}

/* ---- what is in them ---- */

typedef struct {
  char *text;
  char *env_text; /* (nullable) */
  char **environment;
  HnConfigSources sources;
} Sources;

/* systemd's folder of credentials is there as soon as its unit names one. Where a kernel without access lists keeps the service's user out of it, none of them
 * can be meant: what is then missing is said by its own name. */
static void
drop_closed_credentials (char ***environment)
{
  const char *folder = g_environ_getenv (*environment, "CREDENTIALS_DIRECTORY");

  if (folder == NULL || access (folder, X_OK) == 0 || errno != EACCES)
    return;
  hn_warning ("config", NULL, "systemd's credentials in '%s' are closed to this user: not used", folder);
  *environment = g_environ_unsetenv (*environment, "CREDENTIALS_DIRECTORY");
}

static gboolean
read_file (const char *path, char **ret_text, gsize *ret_length, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, ret_length, &local)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s", local->message);
    return FALSE;
  }
  if (*ret_length > MAX_BYTES) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: longer than %d bytes", path, MAX_BYTES);
    return FALSE;
  }
  *ret_text = g_steal_pointer (&text);
  return TRUE;
}

/* @path: (nullable) there is none. */
static gboolean
sources_open (Sources *self, const HnConfigFiles *files, const char *path, GError **error)
{
  self->sources.file = path != NULL ? path : NO_FILE;
  self->text = g_strdup ("");
  if (path != NULL) {
    g_clear_pointer (&self->text, g_free);
    if (!read_file (path, &self->text, &self->sources.length, error))
      return FALSE;
  }
  self->environment = g_get_environ ();
  drop_closed_credentials (&self->environment);
  self->sources.text = self->text;
  self->sources.environment = (const char *const *) self->environment;
  self->sources.read_secret = hn_secret_file_read;
  self->sources.host = files->host;
  self->sources.port = files->port;
  return TRUE;
}

/* It holds what tokens are signed with. */
static void
warn_if_open (const char *path)
{
  struct stat facts;

  if (stat (path, &facts) == 0 && (facts.st_mode & S_IROTH) != 0)
    hn_warning ("config", NULL, "others may read the secrets in '%s': chmod o-r '%s'", path, path);
}

static gboolean
sources_add_env_file (Sources *self, const HnConfigFiles *files, HnMode mode, GError **error)
{
  const char *path = files->env_file;

  if (path == NULL && mode == HN_MODE_ROOMS && g_file_test (ENV_FILE, G_FILE_TEST_IS_REGULAR))
    path = ENV_FILE;
  if (path == NULL)
    return TRUE;
  if (!stands_alone (mode)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "--env-file is for rooms and mesh");
    return FALSE;
  }
  self->sources.env_file = path;
  warn_if_open (path);
  if (!read_file (path, &self->env_text, &self->sources.env_length, error))
    return FALSE;
  self->sources.env_text = self->env_text;
  return TRUE;
}

static void
sources_close (Sources *self)
{
  g_free (self->text);
  g_free (self->env_text);
  g_strfreev (self->environment);
}

HnConfig *
hn_config_files_read (const HnConfigFiles *self, HnMode mode, GError **error)
{
  g_autofree char *path = hn_config_files_find (self, mode);
  Sources sources = { 0 };
  HnConfig *config = NULL;

  if (path == NULL && !stands_alone (mode)) {
    g_autofree char *own = own_file (mode);
    g_autofree char *common = common_file ();

    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "no configuration: neither '%s' nor '%s' is there; name one with --config", own, common);
    return NULL;
  }
  if (sources_open (&sources, self, path, error) && sources_add_env_file (&sources, self, mode, error))
    config = hn_config_read (&sources.sources, mode, error);
  sources_close (&sources);
  return config;
}

/* ---- of no mode in particular ---- */

/* The mode that alone has a file of its own, or a worker if none has. */
static gboolean
find_only_mode (HnMode *ret_mode, GError **error)
{
  static const HnMode modes[] = { HN_MODE_WORKER, HN_MODE_CONTROLLER, HN_MODE_ROOMS, HN_MODE_MESH };
  g_autofree char *found = NULL;

  *ret_mode = HN_MODE_WORKER;
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autofree char *own = own_file (modes[i]);

    if (!g_file_test (own, G_FILE_TEST_EXISTS))
      continue;
    if (found != NULL) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "both '%s' and '%s' are there: name one with --config, or --role", found, own);
      return FALSE;
    }
    found = g_steal_pointer (&own);
    *ret_mode = modes[i];
  }
  return TRUE;
}

/* What the file is for. */
static gboolean
guess_mode (const HnConfigFiles *self, HnMode *ret_mode, GError **error)
{
  g_autofree char *path = NULL;
  Sources sources = { 0 };
  gboolean known;

  if (self->file == NULL && !find_only_mode (ret_mode, error))
    return FALSE;
  path = hn_config_files_find (self, *ret_mode);
  if (path == NULL)
    return TRUE;
  known = sources_open (&sources, self, path, error) && hn_config_guess_mode (&sources.sources, ret_mode, error);
  sources_close (&sources);
  return known;
}

HnConfig *
hn_config_files_read_any (const HnConfigFiles *self, const char *role, char **ret_file, HnMode *ret_mode, GError **error)
{
  HnMode mode = HN_MODE_WORKER;
  HnConfig *config;

  if (role != NULL && !hn_config_mode_from_text (role, &mode)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' is neither controller nor worker, rooms nor mesh", role);
    return NULL;
  }
  if (role == NULL && !guess_mode (self, &mode, error))
    return NULL;
  config = hn_config_files_read (self, mode, error);
  if (config == NULL)
    return NULL;
  *ret_file = hn_config_files_find (self, mode);
  if (*ret_file == NULL)
    *ret_file = g_strdup (NO_FILE);
  *ret_mode = mode;
  return config;
}
