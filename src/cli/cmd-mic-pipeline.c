/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/cmd.h"

#define CAPS "application/x-rtp,media=(string)audio,clock-rate=(int)48000,encoding-name=(string)OPUS,payload=(int)111"

#define TONE                                                                                                                                     \
  "gst-launch-1.0 -e audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample ! opusenc audio-type=voice frame-size=20 ! rtpopuspay pt=111"

/* The element of rtc/mic-sink.c: installed, it is found; beside a program that was built and not installed, gst-launch-1.0 must be told of it. */
static char *
plugin_path (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (program != NULL ? program : "");
  g_autofree char *built = g_canonicalize_filename ("../rtc", folder);
  g_autofree char *module = g_build_filename (built, "libgsthydraneckmic.so", NULL);
  g_autofree char *quoted = g_shell_quote (built);

  return g_file_test (module, G_FILE_TEST_EXISTS) ? g_strdup_printf ("GST_PLUGIN_PATH=%s ", quoted) : g_strdup ("");
}

static void
print_lines (const char *body, int port, const char *session)
{
  g_autofree char *path = plugin_path ();

  printf ("# The body's end: hears what the relay sends to port %d/udp (scripts/mic-listen does the same with a level meter).\n"
          "gst-launch-1.0 -e udpsrc port=%d caps='" CAPS "' ! rtpjitterbuffer latency=100 ! rtpopusdepay ! opusdec ! audioconvert"
          " ! audioresample ! autoaudiosink\n\n",
          port, port);
  printf ("# A test tone past the relay, straight to the body: tells whether the way to hydravoice is open.\n" TONE " ! udpsink host=%s port=%d\n\n", body,
          port);
  printf ("# A test tone into the relay, by a browser's way: through the session's TURN server (direct=true: without it).\n"
          "%s" TONE " ! hydraneckmicsink session='%s'\n",
          path, session);
}

static gboolean
parse (int argc, char **argv, char **ret_body, int *ret_port, char **ret_session, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) arguments = g_new0 (char *, (gsize) argc + 2);
  const GOptionEntry entries[] = {
    { "body", 0, 0, G_OPTION_ARG_STRING, ret_body, "Address of the body", "IP" },
    { "port", 0, 0, G_OPTION_ARG_INT, ret_port, "Its microphone port (47995)", "PORT" },
    { "session", 0, 0, G_OPTION_ARG_STRING, ret_session, "A session's stream URL", "URL" },
    { NULL },
  };

  arguments[0] = g_strdup ("hydraneckwebrtc mic-pipeline");
  for (int i = 0; i < argc; i++)
    arguments[i + 1] = g_strdup (argv[i]);
  g_set_prgname (arguments[0]);
  g_option_context_set_summary (context, "Prints gst-launch-1.0 lines for either end of a microphone. See docs/mic.md.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, &arguments, error))
    return FALSE;
  if (arguments[1] == NULL && *ret_port >= 1 && *ret_port <= G_MAXUINT16)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", arguments[1] != NULL ? "unexpected argument" : "no such port");
  return FALSE;
}

static gboolean
is_stream_url (const char *text)
{
  return (g_str_has_prefix (text, "http://") || g_str_has_prefix (text, "https://")) && strstr (text, "/session/") != NULL;
}

/* `http://host/session/ID/stream.html?…` → without what follows the page's name: it goes between quotes of a shell */
static char *
plain_url (const char *session)
{
  char *plain = g_strdup (session != NULL ? session : "https://CONTROLLER/session/ID/stream.html");

  plain[strcspn (plain, "?#'\"\\ \t\r\n")] = '\0';
  return plain;
}

int
hn_cmd_mic_pipeline (int argc, char **argv)
{
  g_autofree char *body = NULL;
  g_autofree char *session = NULL;
  g_autofree char *plain = NULL;
  g_autoptr (GInetAddress) address = NULL;
  g_autoptr (GError) error = NULL;
  int port = 47995;

  if (!parse (argc, argv, &body, &port, &session, &error)) {
    fprintf (stderr, "hydraneckwebrtc mic-pipeline: %s\n", error->message);
    return EX_USAGE;
  }
  address = body != NULL ? g_inet_address_new_from_string (body) : NULL;
  if (body != NULL && address == NULL) {
    fprintf (stderr, "hydraneckwebrtc mic-pipeline: '%s' is no IP address\n", body);
    return EX_USAGE;
  }
  if (session != NULL && !is_stream_url (session)) {
    fprintf (stderr, "hydraneckwebrtc mic-pipeline: '%s' is no stream URL: http://HOST/session/ID/stream.html\n", session);
    return EX_USAGE;
  }
  plain = plain_url (session);
  print_lines (body != NULL ? body : "BODY", port, plain);
  return 0;
}
