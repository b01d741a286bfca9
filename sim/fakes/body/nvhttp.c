/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every answer is HTTP 200 with XML; the verdict is the attribute status_code of <root>. An unknown path gets that and then,
 * on the same connection, a second status line. There is no /unpair. */
#include "sim/fakes/body/nvhttp.h"

#include <string.h>

#include "sim/fakes/body/json.h"

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
/* H.264 and HEVC */
#define CODEC_MODES "257"
#define RTSP_PORT 48010

/* 1 x 1 grey PNG */
static const guint8 picture[] = {
  0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
  0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
  0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81,
  0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

static void
element (GString *text, const char *name, const char *value)
{
  g_autofree char *escaped = g_markup_escape_text (value, -1);

  g_string_append_printf (text, "<%s>%s</%s>", name, escaped, name);
}

static void
root (GString *text, int status_code, const char *status_message, const char *children)
{
  g_autofree char *message = status_message != NULL ? g_markup_escape_text (status_message, -1) : NULL;

  g_string_append_printf (text, XML_HEAD "<root status_code=\"%d\"", status_code);
  if (message != NULL)
    g_string_append_printf (text, " status_message=\"%s\"", message);
  g_string_append_printf (text, ">%s</root>\n", children);
}

void
sim_nvhttp_pairing_xml (const SimPairingAnswer *pairing, GString *text)
{
  g_autoptr (GString) children = g_string_new (NULL);

  if (pairing->paired >= 0)
    element (children, "paired", pairing->paired ? "1" : "0");
  if (pairing->child != NULL)
    element (children, pairing->child, pairing->value);
  root (text, pairing->status_code, pairing->status_message, children->str);
}

SimPairingFaults
sim_nvhttp_pairing_faults (const SimBody *body)
{
  return (SimPairingFaults){
    .wrong_pin = body->faults[SIM_FAULT_WRONG_PIN] != 0,
    .stale_entry = body->faults[SIM_FAULT_STALE_ENTRY] != 0,
    .bad_signature = body->faults[SIM_FAULT_BAD_SIGNATURE] != 0,
    .silent = body->faults[SIM_FAULT_SILENT_PAIR] != 0,
    .rival = body->faults[SIM_FAULT_RIVAL_CLIENT] != 0,
    .odd_lengths = body->faults[SIM_FAULT_ODD_LENGTHS] != 0,
    .pin_to_oldest = body->faults[SIM_FAULT_PIN_TO_OLDEST] != 0,
  };
}

static void
tell_pairing (SimBody *body, const char *uniqueid, const SimPairingAnswer *pairing)
{
  if (pairing->held)
    sim_events_add (body->events, "pair_started", body->address, "uniqueid", uniqueid, NULL);
  if (pairing->failed)
    sim_events_add (body->events, "pair_failed", body->address, "uniqueid", uniqueid, "reason",
                    pairing->status_message != NULL ? pairing->status_message : "client not proven", NULL);
  if (pairing->client_cert != NULL)
    sim_events_add (body->events, "paired", body->address, "uniqueid", uniqueid, "name", pairing->client_name, "uuid",
                    sim_body_add_client (body, pairing->client_name, pairing->client_cert), NULL);
}

static void
pair (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer)
{
  const SimPairingCall call = {
    .uniqueid = sim_request_query (request, "uniqueid"),
    .phrase = sim_request_query (request, "phrase"),
    .salt = sim_request_query (request, "salt"),
    .clientcert = sim_request_query (request, "clientcert"),
    .clientchallenge = sim_request_query (request, "clientchallenge"),
    .serverchallengeresp = sim_request_query (request, "serverchallengeresp"),
    .clientpairingsecret = sim_request_query (request, "clientpairingsecret"),
  };
  SimPairingFaults faults = sim_nvhttp_pairing_faults (body);
  g_auto (SimPairingAnswer) pairing = { 0 };

  sim_pairing_handle (body->pairing, &call, &faults, &pairing);
  tell_pairing (body, call.uniqueid, &pairing);
  if (pairing.held)
    answer->hold = g_strdup (call.uniqueid);
  else
    sim_nvhttp_pairing_xml (&pairing, answer->body);
}

static void
serverinfo (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer)
{
  g_autoptr (GString) children = g_string_new (NULL);
  g_autofree char *running = g_strdup_printf ("%" G_GINT64_FORMAT, body->running);
  g_autofree char *mac = g_strdup_printf ("02:00:00:00:00:%.2s", body->host_uuid);

  element (children, "hostname", body->host_name);
  element (children, "appversion", body->faults[SIM_FAULT_OLD_GENERATION] ? "6.0.0.0" : "7.1.431.-1");
  element (children, "GfeVersion", "3.23.0.74");
  element (children, "uniqueid", body->host_uuid);
  element (children, "HttpsPort", "47984");
  element (children, "ExternalPort", "47989");
  element (children, "MaxLumaPixelsHEVC", "1869449984");
  element (children, "mac", https ? mac : "00:00:00:00:00:00");
  element (children, "LocalIP", body->address);
  element (children, "ServerCodecModeSupport", CODEC_MODES);
  element (children, "PairStatus", https && sim_request_query (request, "uniqueid") != NULL ? "1" : "0");
  element (children, "currentgame", running);
  element (children, "state", body->running != 0 ? "SUNSHINE_SERVER_BUSY" : "SUNSHINE_SERVER_FREE");
  root (answer->body, 200, NULL, children->str);
}

static void
applist (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer)
{
  g_autoptr (GString) children = g_string_new (NULL);

  for (guint i = 0; i < body->apps->len; i++) {
    g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, sim_body_app_id (body, i));

    g_string_append (children, "<App>");
    element (children, "IsHdrSupported", "0");
    element (children, "AppTitle", sim_json_string (g_ptr_array_index (body->apps, i), "name"));
    element (children, "ID", id);
    g_string_append (children, "</App>");
  }
  root (answer->body, 200, NULL, children->str);
}

static void
appasset (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer)
{
  sim_answer_header (answer, "Content-Type", "image/png");
  g_string_append_len (answer->body, (const char *)picture, sizeof picture);
}

static const char *
launch_fault (guint status)
{
  if (status == 400)
    return "An app is already running on this host";
  if (status == 403)
    return "Encryption is mandatory for this host but unsupported by the client";
  if (status == 404)
    return "Failed to start the specified application";
  return "Failed to initialize video capture/encoding. Is a display connected and turned on?";
}

static gboolean
has_app (const SimBody *body, gint64 id)
{
  for (guint i = 0; i < body->apps->len; i++)
    if (sim_body_app_id (body, i) == id)
      return TRUE;
  return FALSE;
}

static gboolean
has_all (const SimRequest *request, const char *const *names)
{
  for (; *names != NULL; names++)
    if (sim_request_query (request, *names) == NULL)
      return FALSE;
  return TRUE;
}

static void
streaming (SimBody *body, const SimRequest *request, const char *flag, SimAnswer *answer)
{
  g_autoptr (GString) children = g_string_new (NULL);
  const char *corever = sim_request_query (request, "corever");
  g_autofree char *url =
      g_strdup_printf ("%s://%s:%d", corever != NULL && atoi (corever) >= 1 ? "rtspenc" : "rtsp", body->address, RTSP_PORT);

  element (children, "sessionUrl0", url);
  element (children, flag, "1");
  root (answer->body, 200, NULL, children->str);
}

static void
launch (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer)
{
  static const char *const needed[] = { "rikey", "rikeyid", "localAudioPlayMode", "appid", NULL };
  const char *app = sim_request_query (request, "appid");
  gint64 id = app != NULL ? g_ascii_strtoll (app, NULL, 10) : 0;
  guint fault = body->faults[SIM_FAULT_LAUNCH_STATUS];

  if (!has_all (request, needed)) {
    root (answer->body, 400, "Missing a required launch parameter", "<resume>0</resume>");
  } else if (body->running != 0) {
    root (answer->body, 400, "An app is already running on this host", "<resume>0</resume>");
  } else if (fault != 0) {
    root (answer->body, (int)fault, launch_fault (fault), "<gamesession>0</gamesession>");
  } else if (!has_app (body, id)) {
    root (answer->body, 404, "Failed to start the specified application", "<gamesession>0</gamesession>");
  } else {
    body->running = id;
    sim_events_add (body->events, "launch", body->address, "appid", app, NULL);
    streaming (body, request, "gamesession", answer);
  }
}

static void
resume (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer)
{
  static const char *const needed[] = { "rikey", "rikeyid", NULL };

  if (body->running == 0) {
    root (answer->body, 503, "No running app to resume", "<resume>0</resume>");
  } else if (!has_all (request, needed)) {
    root (answer->body, 400, "Missing a required resume parameter", "<resume>0</resume>");
  } else {
    sim_events_add (body->events, "resume", body->address, NULL);
    streaming (body, request, "resume", answer);
  }
}

static void
cancel (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer)
{
  body->running = 0;
  sim_events_add (body->events, "cancel", body->address, NULL);
  root (answer->body, 200, NULL, "<cancel>1</cancel>");
}

static const struct {
  const char *path;
  gboolean https_only;
  void (*answer) (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer);
} routes[] = {
  { "/serverinfo", FALSE, serverinfo }, { "/pair", FALSE, pair },    { "/applist", TRUE, applist },
  { "/appasset", TRUE, appasset },      { "/launch", TRUE, launch }, { "/resume", TRUE, resume },
  { "/cancel", TRUE, cancel },
};

void
sim_nvhttp_answer (SimBody *body, const SimRequest *request, gboolean https, SimAnswer *answer)
{
  for (guint i = 0; i < G_N_ELEMENTS (routes); i++) {
    if (!g_str_equal (routes[i].path, request->path) || !g_str_equal (request->method, "GET") || (routes[i].https_only && !https))
      continue;
    routes[i].answer (body, request, https, answer);
    return;
  }
  root (answer->body, 404, NULL, "");
  g_string_append_printf (answer->stray, "HTTP/1.1 404 NOT FOUND\r\n%s", answer->body->str);
}

gboolean
sim_nvhttp_greet (SimBody *body, GBytes *client_cert, SimAnswer *answer)
{
  if (sim_body_knows (body, client_cert) && !body->faults[SIM_FAULT_CLIENTS_UNKNOWN])
    return FALSE;
  g_string_append (answer->body, XML_HEAD "<root status_code=\"401\" query=\"\" status_message=\"The client is not authorized. "
                                          "Certificate verification failed.\"/>\n");
  return TRUE;
}
