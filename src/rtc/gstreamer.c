/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Media on demand. The libraries are opened when the first receiver is wanted, and never closed: GStreamer cannot be unloaded. Which functions
 * are used stands in gstreamer-calls.h; gstreamer-stubs.S has a stub for each.
 */
#include "rtc/gstreamer.h"

#include <dlfcn.h>
#include <gst/gst.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "rtc/gstreamer-calls.h"

#define APT "apt install --no-install-recommends"
#define SLOTS_ALIGNMENT 4096

typedef struct {
  const char *name;
  const char *package;
} Need;

static const Need libraries[] = {
  { "libgstreamer-1.0.so.0", "libgstreamer1.0-0" },
  { "libgstsdp-1.0.so.0", "libgstreamer-plugins-base1.0-0" },
  { "libgstwebrtc-1.0.so.0", "libgstreamer-plugins-bad1.0-0" },
  { "libnice.so.10", "libnice10" },
};

/* What webrtcbin makes for itself when it needs it; asked for here, because it only logs when one is missing. */
static const Need elements[] = {
  { "webrtcbin", "gstreamer1.0-plugins-bad" }, { "dtlssrtpdec", "gstreamer1.0-plugins-bad" }, { "srtpdec", "gstreamer1.0-plugins-bad" },
  { "rtpbin", "gstreamer1.0-plugins-good" },   { "nicesrc", "gstreamer1.0-nice" },
};

static const char *const calls[] = {
#define NAME(name) #name,
  HN_GSTREAMER_CALLS (NAME)
#undef NAME
};

extern gpointer hn_gstreamer_slots[]; /* in the order of `calls` */

void hn_gstreamer_missing (void);

/* Where a stub leads before the libraries are loaded. */
void
hn_gstreamer_missing (void)
{
  g_error ("GStreamer was called before hn_gstreamer_load()");
}

static gboolean
resolve (gpointer *handles, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++) {
    gpointer found = NULL;

    for (gsize l = 0; l < G_N_ELEMENTS (libraries) && found == NULL; l++)
      found = dlsym (handles[l], calls[i]);
    if (found == NULL) {
      g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "the installed GStreamer has no %s ()", calls[i]);
      return FALSE;
    }
    hn_gstreamer_slots[i] = found;
  }
  if (sysconf (_SC_PAGESIZE) <= SLOTS_ALIGNMENT)
    mprotect (hn_gstreamer_slots, SLOTS_ALIGNMENT, PROT_READ);
  return TRUE;
}

static void
add_once (GPtrArray *packages, const char *package)
{
  if (!g_ptr_array_find_with_equal_func (packages, package, g_str_equal, NULL))
    g_ptr_array_add (packages, (gpointer) package);
}

static void
set_missing (GError **error, const char *what, const char *name, GPtrArray *packages)
{
  g_autofree char *line = NULL;

  g_ptr_array_add (packages, NULL);
  line = g_strjoinv (" ", (char **) packages->pdata);
  g_set_error (error, HN_ERROR, HN_ERROR_LIMIT, what, name);
  hn_error_set_detail (error != NULL ? *error : NULL, APT " %s", line);
}

/* Without the libraries nobody can ask for plugins: then all of them are named with their packages. */
static gboolean
open_libraries (GError **error)
{
  g_autoptr (GPtrArray) packages = g_ptr_array_new ();
  gpointer handles[G_N_ELEMENTS (libraries)];
  const char *missing = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (libraries); i++) {
    handles[i] = dlopen (libraries[i].name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handles[i] != NULL)
      continue;
    missing = missing != NULL ? missing : libraries[i].name;
    add_once (packages, libraries[i].package);
  }
  if (missing == NULL)
    return resolve (handles, error);
  for (gsize i = 0; i < G_N_ELEMENTS (elements); i++)
    add_once (packages, elements[i].package);
  set_missing (error, "the library '%s' is not installed", missing, packages);
  return FALSE;
}

static gboolean
check_elements (GError **error)
{
  g_autoptr (GPtrArray) packages = g_ptr_array_new ();
  const char *missing = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (elements); i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (elements[i].name);

    if (factory != NULL)
      continue;
    missing = missing != NULL ? missing : elements[i].name;
    add_once (packages, elements[i].package);
  }
  if (missing == NULL)
    return TRUE;
  set_missing (error, "GStreamer has no '%s'", missing, packages);
  return FALSE;
}

gboolean
hn_gstreamer_load (GError **error)
{
  static GMutex mutex;
  static gboolean open;
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&mutex);

  if (!open)
    open = open_libraries (error);
  return open && gst_init_check (NULL, NULL, error) && check_elements (error);
}
