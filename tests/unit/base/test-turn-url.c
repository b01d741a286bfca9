/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/turn-url.h"

#include "tests/support/unit.h"

static void
each_form_of_the_url_is_understood (void **unused)
{
  static const struct {
    const char *text, *host;
    guint port;
    gboolean is_tcp, is_tls;
  } rows[] = {
    { "turn:203.0.113.7", "203.0.113.7", 3478, FALSE, FALSE },
    { "turn:203.0.113.7:3478", "203.0.113.7", 3478, FALSE, FALSE },
    { "TURN:turn.example:1?transport=udp", "turn.example", 1, FALSE, FALSE },
    { "turn:turn.example:65535?transport=tcp", "turn.example", 65535, TRUE, FALSE },
    { "turn:[2001:db8::7]", "2001:db8::7", 3478, FALSE, FALSE },
    { "turn:[2001:db8::7]:99?transport=tcp", "2001:db8::7", 99, TRUE, FALSE },
    { "turns:turn.example", "turn.example", 5349, TRUE, TRUE },
    { "turns:turn.example:443?transport=tcp", "turn.example", 443, TRUE, TRUE },
    { "turns:turn.example?transport=udp", "turn.example", 5349, FALSE, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (HnTurnUrl) url = hn_turn_url_parse (rows[i].text, &error);

    if (url == NULL)
      fail_msg ("'%s': %s", rows[i].text, error->message);
    assert_string_equal (url->host, rows[i].host);
    assert_int_equal (url->port, rows[i].port);
    assert_int_equal (url->is_tcp, rows[i].is_tcp);
    assert_int_equal (url->is_tls, rows[i].is_tls);
  }
}

static void
what_is_no_turn_url_is_refused (void **unused)
{
  static const char *const wrong[] = {
    "",
    "turn",
    "stun:host",
    "http://host",
    "turn:",
    "turn::3478",
    "turn:host:",
    "turn:host:0",
    "turn:host:65536",
    "turn:host:+1",
    "turn:host: 1",
    "turn:host:1:2",
    "turn://host",
    "turn:user@host",
    "turn:host/path",
    "turn:ho st",
    "turn:host\n",
    "turn:[::1",
    "turn:[::1]x",
    "turn:[::1]:",
    "turn:[host]",
    "turn:[1.2.3.4]",
    "turn:::1",
    "turn:host?",
    "turn:host?transport=",
    "turn:host?transport=sctp",
    "turn:host?transport=udp&x=y",
    "turns:?transport=tcp",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    if (hn_turn_url_parse (wrong[i], &error) != NULL)
      fail_msg ("'%s' is no TURN URL", wrong[i]);
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
  }
}

static void
a_turn_url_is_known_by_its_scheme (void **unused)
{
  assert_true (hn_turn_url_is ("turn:x"));
  assert_true (hn_turn_url_is ("TURNS:x"));
  assert_false (hn_turn_url_is ("stun:x"));
  assert_false (hn_turn_url_is ("turnx:x"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_form_of_the_url_is_understood),
    cmocka_unit_test (what_is_no_turn_url_is_refused),
    cmocka_unit_test (a_turn_url_is_known_by_its_scheme),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
