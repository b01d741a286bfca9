/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `/{project}/{channel}/latest.json` is answered at once, `/{project}/{channel}/v{version}/{file}` is 302 to the mirror below /api/v1/files/releases. */
#include "sim/fakes/release/releases-fs.h"

#include <string.h>

#include "sim/fakes/release/signer.h"

#define PROJECT "hydraneckwebrtc"
#define MIRROR "/api/v1/files/releases"
#define PROGRAM PROJECT "-linux-"
#define FOREIGN "#!/bin/sh\necho " PROJECT " 99.0.0\n"

#define FAULT(NAME, name, kind, what) { #name, SIM_FAULT_##kind, what },
const SimFaultRow sim_release_faults[SIM_RELEASE_FAULTS] = {
#include "sim/fakes/release/faults-list.h"
};
#undef FAULT

struct SimReleases {
  char *root;
  char *channel;
  SimSigner *signer;
  SimSigner *stranger;
  guint faults[SIM_RELEASE_FAULTS];
};

static gboolean
is_on (const SimReleases *self, guint fault)
{
  return self->faults[fault] != 0;
}

static gboolean
is_plain (const char *name)
{
  return *name != '\0' && *name != '.' && strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-+") == strlen (name);
}

/* ---- what a release consists of ---- */

static int
by_text (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Returns: (transfer full): names in a folder of ROOT, in order; "" is ROOT itself */
static GPtrArray *
list (const SimReleases *self, const char *folder)
{
  g_autofree char *path = g_build_filename (self->root, folder, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (is_plain (name))
      g_ptr_array_add (names, g_strdup (name));
  if (dir != NULL)
    g_dir_close (dir);
  g_ptr_array_sort (names, by_text);
  return names;
}

/* Which folder answers for a version. */
static char *
folder_of (const SimReleases *self, const char *version)
{
  g_autoptr (GPtrArray) names = list (self, "");

  for (guint i = 0; is_on (self, SIM_RELEASE_FAULT_OLD_RELEASE) && i < names->len; i++) {
    g_autofree char *path = g_build_filename (self->root, g_ptr_array_index (names, i), NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR))
      return g_strdup (g_ptr_array_index (names, i));
  }
  return g_strdup (version);
}

static char *
script (const SimReleases *self, const char *version)
{
  if (is_on (self, SIM_RELEASE_FAULT_FAILS_VERSION))
    return g_strdup ("#!/bin/sh\necho cannot be >&2\nexit 1\n");
  if (is_on (self, SIM_RELEASE_FAULT_LIES_VERSION))
    return g_strdup ("#!/bin/sh\necho " PROJECT " 0.0.1\n");
  if (is_on (self, SIM_RELEASE_FAULT_NEVER_HEALTHY))
    return g_strdup_printf ("#!/bin/sh\n[ \"$1\" = version ] && echo " PROJECT " %s && exit 0\nexec sleep 60\n", version);
  return NULL;
}

/* Returns: (transfer full) (nullable): the bytes that were signed */
static GBytes *
content_of (const SimReleases *self, const char *version, const char *file)
{
  g_autofree char *instead = g_str_has_prefix (file, PROGRAM) ? script (self, version) : NULL;
  g_autofree char *path = g_build_filename (self->root, version, file, NULL);
  char *bytes = NULL;
  gsize length = 0;

  if (instead != NULL)
    return g_bytes_new (instead, strlen (instead));
  return g_file_get_contents (path, &bytes, &length, NULL) ? g_bytes_new_take (bytes, length) : NULL;
}

static GBytes *
sums_of (const SimReleases *self, const char *version)
{
  g_autoptr (GPtrArray) names = list (self, version);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    g_autoptr (GBytes) bytes = content_of (self, version, name);
    g_autofree char *sum = bytes != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : NULL;

    if (sum == NULL || (is_on (self, SIM_RELEASE_FAULT_SUM_MISSING) && g_str_has_prefix (name, PROGRAM)))
      continue;
    if (is_on (self, SIM_RELEASE_FAULT_SUM_WRONG))
      sum[0] = sum[0] == '0' ? '1' : '0';
    g_string_append_printf (text, "%s  %s\n", sum, name);
  }
  return g_string_free_to_bytes (text);
}

static GBytes *
signature_of (const SimReleases *self, const char *version)
{
  gboolean foreign = is_on (self, SIM_RELEASE_FAULT_WRONG_KEY) || is_on (self, SIM_RELEASE_FAULT_OTHER_KEY);
  const SimSigner *as = is_on (self, SIM_RELEASE_FAULT_OTHER_KEY) ? self->stranger : self->signer;
  g_autoptr (GBytes) sums = sums_of (self, version);
  g_autofree char *comment = g_strdup_printf (PROJECT " %s %s", version, is_on (self, SIM_RELEASE_FAULT_OTHER_CHANNEL) ? "staging" : self->channel);
  char *text = sim_signer_sign (foreign ? self->stranger : self->signer, as, sums, comment);

  return g_bytes_new_take (text, strlen (text));
}

static GBytes *
file_of (const SimReleases *self, const char *version, const char *file)
{
  g_autoptr (GBytes) bytes = NULL;

  if (strcmp (file, "SHA256SUMS") == 0)
    return sums_of (self, version);
  if (strcmp (file, "SHA256SUMS.minisig") == 0)
    return is_on (self, SIM_RELEASE_FAULT_UNSIGNED) ? NULL : signature_of (self, version);
  bytes = content_of (self, version, file);
  if (bytes != NULL && is_on (self, SIM_RELEASE_FAULT_FOREIGN_FILE))
    return g_bytes_new_static (FOREIGN, strlen (FOREIGN));
  return g_steal_pointer (&bytes);
}

/* ---- requests ---- */

static SimReleasesManner
answer_latest (SimReleases *self, SimAnswer *answer)
{
  g_autofree char *path = g_build_filename (self->root, "latest.json", NULL);
  g_autofree char *text = NULL;

  if (self->faults[SIM_RELEASE_FAULT_LATEST_STATUS] != 0)
    sim_answer_hydra_error (answer, self->faults[SIM_RELEASE_FAULT_LATEST_STATUS], "made to fail");
  else if (!g_file_get_contents (path, &text, NULL, NULL))
    sim_answer_hydra_error (answer, 404, "no release");
  else if (is_on (self, SIM_RELEASE_FAULT_LATEST_BAD_JSON))
    sim_answer_json (answer, 200, g_strndup (text, strlen (text) / 2));
  else
    sim_answer_json (answer, 200, g_steal_pointer (&text));
  return SIM_RELEASES_WHOLE;
}

static void
redirect (SimReleases *self, const char *path, SimAnswer *answer)
{
  g_autofree char *mirror = g_strconcat (MIRROR, path, NULL);

  answer->status = 302;
  if (is_on (self, SIM_RELEASE_FAULT_REDIRECT_AWAY))
    sim_answer_header (answer, "Location", "http://192.0.2.1/hydraneckwebrtc");
  else
    sim_answer_header (answer, "Location", is_on (self, SIM_RELEASE_FAULT_REDIRECT_LOOP) ? path : mirror);
}

static SimReleasesManner
answer_file (SimReleases *self, const char *version, const char *file, SimAnswer *answer)
{
  g_autofree char *folder = folder_of (self, version);
  g_autoptr (GBytes) bytes = file_of (self, folder, file);
  gboolean is_program = g_str_has_prefix (file, PROGRAM);

  if (bytes == NULL) {
    sim_answer_hydra_error (answer, 404, "not found");
    return SIM_RELEASES_WHOLE;
  }
  g_string_append_len (answer->body, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  if (is_on (self, SIM_RELEASE_FAULT_TRUNCATED) && is_program)
    return SIM_RELEASES_CUT;
  if ((is_on (self, SIM_RELEASE_FAULT_ENDLESS) && is_program) || (is_on (self, SIM_RELEASE_FAULT_ENDLESS_LIST) && strcmp (file, "SHA256SUMS") == 0))
    return SIM_RELEASES_ENDLESS;
  return SIM_RELEASES_WHOLE;
}

SimReleasesManner
sim_releases_fs_answer (SimReleases *self, const SimRequest *request, SimAnswer *answer)
{
  gboolean at_mirror = g_str_has_prefix (request->path, MIRROR "/");
  g_auto (GStrv) parts = g_strsplit (at_mirror ? request->path + strlen (MIRROR) + 1 : request->path + 1, "/", 5);
  guint count = g_strv_length (parts);

  if (is_on (self, SIM_RELEASE_FAULT_SILENT))
    return SIM_RELEASES_NEVER;
  if (count >= 2 && strcmp (parts[0], PROJECT) == 0 && strcmp (parts[1], self->channel) == 0 && strcmp (request->method, "GET") == 0) {
    if (count == 3 && !at_mirror && strcmp (parts[2], "latest.json") == 0)
      return answer_latest (self, answer);
    if (count == 4 && *parts[2] == 'v' && is_plain (parts[2] + 1) && is_plain (parts[3])) {
      if (at_mirror)
        return answer_file (self, parts[2] + 1, parts[3], answer);
      redirect (self, request->path, answer);
      return SIM_RELEASES_WHOLE;
    }
  }
  sim_answer_hydra_error (answer, 404, "not found");
  return SIM_RELEASES_WHOLE;
}

/* ---- construction ---- */

guint *
sim_releases_fs_get_faults (SimReleases *self)
{
  return self->faults;
}

char *
sim_releases_fs_get_key (const SimReleases *self)
{
  return sim_signer_public_text (self->signer);
}

SimReleases *
sim_releases_fs_new (const char *root, const char *channel)
{
  SimReleases *self = g_new0 (SimReleases, 1);

  self->root = g_strdup (root);
  self->channel = g_strdup (channel);
  self->signer = sim_signer_new ();
  self->stranger = sim_signer_new ();
  return self;
}

void
sim_releases_fs_free (SimReleases *self)
{
  if (self == NULL)
    return;
  sim_signer_free (self->signer);
  sim_signer_free (self->stranger);
  g_free (self->root);
  g_free (self->channel);
  g_free (self);
}
