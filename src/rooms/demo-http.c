/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/demo-http.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/jwt.h"
#include "base/limits.h"
#include "base/random.h"
#include "rooms/demo-guest.h"
#include "rooms/rooms-assets.h"

#define GUEST_RANDOM_BYTES 8
#define CONTENT_SECURITY_POLICY \
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; " \
  "frame-ancestors 'none'"

struct _HnDemoHttp {
  const HnConfig *config;
  HnRandom *random;
};

static const struct {
  const char *path; /* as it ends */
  const char *asset;
  const char *type;
} assets[] = {
  { "/demo", "demo.html", "text/html; charset=utf-8" },
  { "/demo.css", "demo.css", "text/css; charset=utf-8" },
  { "/demo.js", "demo.js", "text/javascript; charset=utf-8" },
};

static void
reply_file (HnHttpRequest *request, const char *name, const char *type)
{
  g_autofree char *path = g_strconcat ("/hydraneck/rooms/", name, NULL);
  g_autoptr (GBytes) asset = g_resource_lookup_data (hn_rooms_assets_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_autofree char *text = asset != NULL ? g_strndup (g_bytes_get_data (asset, NULL), g_bytes_get_size (asset)) : g_strdup ("");

  hn_http_request_set_header (request, "X-Content-Type-Options", "nosniff");
  hn_http_request_set_header (request, "Referrer-Policy", "no-referrer");
  hn_http_request_set_header (request, "Cache-Control", "no-cache"); /* one that is newer fits this server */
  hn_http_request_reply_text (request, 200, type, text);
}

static gboolean
has_demo (HnDemoHttp *self, HnHttpRequest *request)
{
  g_autoptr (GError) error = NULL;

  if (self->config->rooms_demo != NULL)
    return TRUE;
  error = g_error_new_literal (HN_ERROR, HN_ERROR_NOT_FOUND, "Not Found");
  hn_http_request_reply_error (request, error);
  return FALSE;
}

void
hn_demo_http_reply_script (HnDemoHttp *self, HnHttpRequest *request)
{
  hn_http_request_set_header (request, "Access-Control-Allow-Origin", "*");
  hn_http_request_set_header (request, "Cross-Origin-Resource-Policy", "cross-origin");
  reply_file (request, "client.js", "text/javascript; charset=utf-8");
}

void
hn_demo_http_reply_asset (HnDemoHttp *self, HnHttpRequest *request)
{
  if (!has_demo (self, request))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (assets); i++)
    if (g_str_has_suffix (hn_http_request_get_path (request), assets[i].path)) {
      hn_http_request_set_header (request, "Content-Security-Policy", CONTENT_SECURITY_POLICY);
      hn_http_request_set_header (request, "X-Frame-Options", "DENY");
      hn_http_request_set_header (request, "Cross-Origin-Opener-Policy", "same-origin");
      hn_http_request_set_header (request, "Permissions-Policy", "camera=(self), microphone=(self), geolocation=()");
      reply_file (request, assets[i].asset, assets[i].type);
      return;
    }
  g_assert_not_reached (); /* the route table has no other */
}

void
hn_demo_http_reply_token (HnDemoHttp *self, HnHttpRequest *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) reply = json_object_new ();
  g_autofree char *name = NULL, *id = NULL, *claims = NULL, *token = NULL;
  const char *wanted = NULL;
  HnJwtRules rules = hn_jwt_rules_of (self->config); /* each time: a new secret may have been read */

  if (!has_demo (self, request))
    return;
  if (hn_json_get_text (hn_http_request_get_object (request), "name", HN_LIMIT_TEXT_BYTES, TRUE, &wanted, &error))
    name = hn_demo_guest_check_name (wanted, &error);
  if (name == NULL) {
    hn_http_request_reply_error (request, error);
    return;
  }
  id = hn_random_hex (self->random, GUEST_RANDOM_BYTES);
  claims = hn_demo_guest_claims (id, name, self->config->rooms_demo, rules.audience, hn_clock_utc_us ());
  token = hn_jwt_sign (claims, rules.algorithm, rules.secret);
  json_object_set_string_member (reply, "token", token);
  json_object_set_int_member (reply, "expires_in", HN_DEMO_GUEST_SECONDS);
  hn_http_request_set_header (request, "Cache-Control", "no-store");
  hn_http_request_reply_json (request, 200, reply);
}

HnDemoHttp *
hn_demo_http_new (const HnConfig *config)
{
  HnDemoHttp *self = g_new0 (HnDemoHttp, 1);

  self->config = config;
  self->random = hn_random_new_system ();
  return self;
}

void
hn_demo_http_free (HnDemoHttp *self)
{
  if (self == NULL)
    return;
  hn_random_free (self->random);
  g_free (self);
}
