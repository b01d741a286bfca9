/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "worker/moonlight-json.h"
#include "worker/pairing.h"
#include "worker/sunshine-json.h"

/* Any bytes as web-server's answer to a pairing, line by line into the rules: a PIN is four digits, is posted at most until it was taken, and
 * there is one verdict. And as each of the other answers of web-server and Sunshine. */

typedef struct {
  HnPairing *rules;
  gint64 now_us;
  gboolean taken;
  gboolean known;
  guint verdicts;
} Pairing;

static void
tell (Pairing *self, HnPairingEvent event)
{
  HnPairingDo effects = hn_pairing_handle (self->rules, event, "why", self->now_us);

  must ((effects & HN_PAIRING_DO_POST) == 0 || (self->known && !self->taken && self->verdicts == 0));
  if ((effects & (HN_PAIRING_DO_SUCCEED | HN_PAIRING_DO_FAIL)) != 0)
    self->verdicts++;
  must (self->verdicts <= 1);
  must (((effects & HN_PAIRING_DO_FAIL) == 0) || hn_pairing_get_error (self->rules) != NULL);
  if ((effects & HN_PAIRING_DO_POST) != 0) {
    self->taken = self->now_us % 2 == 1;
    tell (self, self->taken ? HN_PAIRING_PIN_TAKEN : HN_PAIRING_PIN_EARLY);
  }
}

static gboolean
one_line (Pairing *self, const char *text, gsize length)
{
  static const HnPairingEvent events[] = {
    [HN_PAIR_LINE_PIN] = HN_PAIRING_PIN_KNOWN, [HN_PAIR_LINE_PAIRED] = HN_PAIRING_PAIRED, [HN_PAIR_LINE_ERROR] = HN_PAIRING_REFUSED,
  };
  g_autoptr (GError) error = NULL;
  HnPairLine line = HN_PAIR_LINE_ERROR;
  char pin[5] = "";
  gboolean good = hn_moonlight_json_parse_pair_line (text, length, &line, pin, &error);

  must (good == (error == NULL));
  if (!good) {
    must (error->domain == HN_ERROR && g_utf8_validate (error->message, -1, NULL));
    tell (self, HN_PAIRING_BROKEN);
    return FALSE;
  }
  if (line == HN_PAIR_LINE_PIN) {
    must (strlen (pin) == 4 && strspn (pin, "0123456789") == 4);
    self->known = TRUE;
  }
  tell (self, events[line]);
  return TRUE;
}

/* As net/http-client cuts an answer into lines. */
static gboolean
as_pairing (const char *bytes, gsize length)
{
  Pairing self = { hn_pairing_new (1), 1, FALSE, FALSE, 0 };
  gboolean good = length > 0;

  for (gsize at = 0; at < length;) {
    const char *newline = memchr (bytes + at, '\n', length - at);
    gsize n = newline != NULL ? (gsize) (newline - bytes) - at : length - at;
    g_autofree char *line = g_strndup (bytes + at, n);

    if (*line != '\0')
      good = one_line (&self, line, strlen (line)) && good;
    self.now_us += 150001 * (1 + (gint64) n % 3);
    tell (&self, HN_PAIRING_TIME_UP);
    at += n + 1;
  }
  self.now_us += (gint64) HN_LIMIT_PAIR_SECONDS * G_USEC_PER_SEC;
  tell (&self, HN_PAIRING_TIME_UP);
  must (self.verdicts == 1);
  hn_pairing_free (self.rules);
  return good;
}

static gboolean
as_web_server (const char *bytes, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) none = NULL;
  g_autofree char *title = NULL;
  guint32 id = 0;
  gboolean app = hn_moonlight_json_choose_app (bytes, length, "Desktop", &id, &title, &error);
  gboolean host = hn_moonlight_json_parse_host (bytes, length, &id, &none);

  must (app == (error == NULL) && host == (none == NULL) && app == (title != NULL));
  if (app)
    must (*title != '\0' && strlen (title) <= HN_LIMIT_TEXT_BYTES && memmem (bytes, length, "app_id", 6) != NULL);
  return app || host;
}

static gboolean
as_sunshine (const char *bytes, gsize length)
{
  gboolean status = FALSE;
  gboolean known = hn_sunshine_json_parse_status (bytes, length, &status);
  g_autofree char *command = NULL;
  g_autofree char *client = hn_sunshine_json_find_client (bytes, length, "name");
  int index = -1;
  gboolean app = hn_sunshine_json_find_app (bytes, length, "name", &index, &command);

  must (!app || (index >= -1 && (index >= 0 || command == NULL)));
  return known || app || client != NULL;
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  return as_pairing (bytes, length) | as_web_server (bytes, length) | as_sunshine (bytes, length);
}
