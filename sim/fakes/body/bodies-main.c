/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneck-sim bodies`: so many fake bodies on consecutive loopback addresses, each with the real ports. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "sim/fakes/body/body-io.h"
#include "sim/fakes/body/control-http.h"
#include "sim/fakes/body/json.h"
#include "sim/fakes/body/run-main.h"
#include "sim/fakes/spare-key.h"

#define MAX_BODIES 200

typedef struct {
  char *address;
  int count;
  char *control;
  char *user;
  char *password;
  char *hydrabody_token;
  gboolean die_with_parent;
} Options;

static JsonObject *
on_state (gpointer user)
{
  GPtrArray *bodies = user;
  JsonObject *object = json_object_new ();
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < bodies->len; i++)
    json_array_add_object_element (list, sim_body_json (sim_body_io_body (g_ptr_array_index (bodies, i))));
  json_object_set_array_member (object, "bodies", list);
  return object;
}

static gboolean
on_fault (gpointer user, JsonObject *input, GError **error)
{
  GPtrArray *bodies = user;
  const char *whom = sim_json_string (input, "body");
  guint fault = 0;
  guint value = 0;
  gboolean found = FALSE;

  if (!sim_faults_read (sim_body_faults, SIM_FAULTS, sim_json_string (input, "name"), json_object_get_member (input, "value"),
                        &fault, &value, error))
    return FALSE;
  for (guint i = 0; i < bodies->len; i++) {
    SimBodyIo *io = g_ptr_array_index (bodies, i);

    if (g_strcmp0 (whom, "*") != 0 && g_strcmp0 (whom, sim_body_io_body (io)->address) != 0)
      continue;
    found = TRUE;
    if (!sim_body_io_set_fault (io, fault, value, error))
      return FALSE;
  }
  if (!found)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "unknown body '%s'", whom != NULL ? whom : "");
  return found;
}

static gboolean
on_reset (gpointer user, GError **error)
{
  GPtrArray *bodies = user;

  for (guint i = 0; i < bodies->len; i++)
    if (!sim_body_io_reset (g_ptr_array_index (bodies, i), error))
      return FALSE;
  return TRUE;
}

static char *
address_after (const char *first, int steps)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (first);
  guint32 value;
  guint8 bytes[4];
  g_autoptr (GInetAddress) later = NULL;

  if (address == NULL || g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV4)
    return NULL;
  memcpy (bytes, g_inet_address_to_bytes (address), 4);
  value = ((guint32)bytes[0] << 24 | (guint32)bytes[1] << 16 | (guint32)bytes[2] << 8 | bytes[3]) + (guint32)steps;
  for (int i = 0; i < 4; i++)
    bytes[i] = (guint8)(value >> (24 - 8 * i));
  later = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV4);
  return g_inet_address_to_string (later);
}

static gboolean
open_bodies (GPtrArray *bodies, const Options *options, const SimBodyOptions *body_options, const SimIdentity *identity,
             SimEvents *log, GError **error)
{
  g_autoptr (SSL_CTX) tls = sim_tls_context_new (identity, FALSE);
  g_autoptr (SSL_CTX) tls_asking = sim_tls_context_new (identity, TRUE);

  if (tls == NULL || tls_asking == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot set up TLS");
    return FALSE;
  }
  for (int i = 0; i < options->count; i++) {
    g_autofree char *address = address_after (options->address, i);
    SimBodyIo *io = sim_body_io_new (sim_body_new (address, identity, body_options, log), tls, tls_asking);

    g_ptr_array_add (bodies, io);
    if (!sim_body_io_open (io, error))
      return FALSE;
  }
  return TRUE;
}

static int
run (const Options *options)
{
  static const SimControlEvents events = { on_state, on_fault, on_reset };
  const SimBodyOptions body_options = {
    .user = options->user,
    .password = options->password,
    .hydrabody_token = options->hydrabody_token,
  };
  g_autoptr (SimEvents) log = sim_events_new ();
  g_autoptr (SimIdentity) identity = sim_identity_new (sim_spare_key ());
  g_autoptr (GPtrArray) bodies = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_body_io_free);
  g_autoptr (SimControl) control = NULL;
  g_autoptr (GError) error = NULL;

  if (identity == NULL) {
    fprintf (stderr, "hydraneck-sim bodies: cannot make a certificate\n");
    return 1;
  }
  if (open_bodies (bodies, options, &body_options, identity, log, &error))
    control = sim_control_new (options->control, log, &events, bodies, &error);
  if (control == NULL) {
    fprintf (stderr, "hydraneck-sim bodies: %s\n", error->message);
    return 1;
  }
  sim_run_until_signal ();
  return 0;
}

/* GOption does not free what it replaces: defaults come afterwards. */
static void
fill_in (char **option, const char *value)
{
  if (*option == NULL)
    *option = g_strdup (value);
}

static void
options_clear (Options *options)
{
  g_free (options->address);
  g_free (options->control);
  g_free (options->user);
  g_free (options->password);
  g_free (options->hydrabody_token);
}

static int
check_and_run (Options *options)
{
  g_autofree char *last = NULL;

  fill_in (&options->address, "127.0.1.1");
  fill_in (&options->user, "sunshine");
  fill_in (&options->password, "sunshine");
  last = address_after (options->address, options->count);
  if (last == NULL || options->count < 1 || options->count > MAX_BODIES) {
    fprintf (stderr, "hydraneck-sim bodies: --address must be an IPv4 address, --count 1 to %d\n", MAX_BODIES);
    return SIM_EXIT_USAGE;
  }
  if (options->die_with_parent && !sim_run_die_with_parent ())
    return 0;
  return run (options);
}

int
sim_bodies_main (int argc, char **argv)
{
  Options options = { .count = 8 };
  const GOptionEntry entries[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &options.address, "Address of the first body (127.0.1.1)", "IPV4" },
    { "count", 0, 0, G_OPTION_ARG_INT, &options.count, "Number of bodies, on consecutive addresses (8)", "N" },
    { "control", 0, 0, G_OPTION_ARG_STRING, &options.control, "Where to listen for control requests", "ADDRESS:PORT" },
    { "user", 0, 0, G_OPTION_ARG_STRING, &options.user, "Sunshine user (sunshine)", "NAME" },
    { "password", 0, 0, G_OPTION_ARG_STRING, &options.password, "Sunshine password (sunshine)", "TEXT" },
    { "hydrabody-token", 0, 0, G_OPTION_ARG_STRING, &options.hydrabody_token, "Bearer token hydrabody asks for (none)", "TEXT" },
    { "die-with-parent", 0, 0, G_OPTION_ARG_NONE, &options.die_with_parent, "End when the parent process ends", NULL },
    { NULL },
  };
  g_autofree char *notes = sim_faults_help (sim_body_faults, SIM_FAULTS);
  int status = SIM_EXIT_USAGE;

  if (sim_run_parse ("Fake bodies: Sunshine, hydrabody and the voice port.", notes, entries, argc, argv))
    status = check_and_run (&options);
  options_clear (&options);
  return status;
}
