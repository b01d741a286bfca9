/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/ice-servers-json.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "tests/support/unit.h"

#define CONFIGURED                                                                                                             \
  "[{\"urls\":[\"stun:a\"],\"username\":\"\",\"credential\":\"\"},"                                                            \
  "{\"urls\":[\"stun:b\",\"turn:b\",\"turns:b?transport=tcp\"],\"username\":\"u\",\"credential\":\"c\"},"                      \
  "{\"urls\":[\"turn:d\"]}]"

static JsonNode *
parsed (const char *text)
{
  JsonNode *node = hn_json_parse (text, strlen (text), NULL);

  assert_non_null (node);
  return node;
}

static void
assert_array (JsonArray *array, const char *expected)
{
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), array);
  g_autofree char *text = json_to_string (node, FALSE);

  assert_string_equal (text, expected);
}

static void
turn_and_the_rest_are_told_apart (void **unused)
{
  g_autoptr (JsonNode) configured = parsed (CONFIGURED);
  g_autoptr (JsonArray) turn = hn_ice_servers_json_turn_urls (json_node_get_array (configured));
  g_autoptr (JsonArray) rest = hn_ice_servers_json_without_turn (json_node_get_array (configured));

  assert_array (turn, "[\"turn:b\",\"turns:b?transport=tcp\",\"turn:d\"]");
  assert_array (rest, "[{\"urls\":[\"stun:a\"]},{\"urls\":[\"stun:b\"]}]");
}

static void
static_credentials_are_seen_where_they_matter (void **unused)
{
  static const struct {
    const char *text;
    gboolean expected;
  } rows[] = {
    { CONFIGURED, TRUE },
    { "[]", FALSE },
    { "[{\"urls\":[\"turn:d\"],\"username\":\"u\",\"credential\":\"\"}]", FALSE },
    { "[{\"urls\":[\"turn:d\"]}]", FALSE },
    { "[{\"urls\":[\"stun:d\"],\"username\":\"u\",\"credential\":\"c\"}]", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (JsonNode) node = parsed (rows[i].text);

    assert_int_equal (hn_ice_servers_json_has_static (json_node_get_array (node)), rows[i].expected);
  }
}

static void
a_ticket_is_read_as_it_was_written_and_issues_what_expires (void **unused)
{
  g_autoptr (JsonNode) urls = parsed ("[\"turn:d\"]");
  g_autoptr (JsonNode) none = parsed ("[]");
  HnIceTicket ticket = { (char *) "north", (char *) "506", hn_seconds (300), json_node_get_array (urls) };
  g_autofree char *text = hn_ice_servers_json_write_ticket (&ticket);
  g_autoptr (HnIceTicket) again = hn_ice_servers_json_read_ticket (text, strlen (text), NULL);
  g_autoptr (JsonArray) issued = NULL;
  g_autoptr (JsonArray) nothing = NULL;

  assert_non_null (again);
  issued = hn_ice_servers_json_issue (again, (1433895918 - 300) * hn_seconds (1));
  assert_array (issued, "[{\"urls\":[\"turn:d\"],\"username\":\"1433895918:506\",\"credential\":\"s5LmbE7ECRvNooJppntkCvoj0Kg=\"}]");
  ticket.urls = json_node_get_array (none);
  nothing = hn_ice_servers_json_issue (&ticket, 0);
  assert_array (nothing, "[]");
}

static void
half_a_ticket_is_none (void **unused)
{
  static const char *const rows[] = {
    "", "{}", "[]", "{\"user\":\"u\",\"ttl_seconds\":1,\"urls\":[]}", "{\"secret\":\"s\",\"ttl_seconds\":1,\"urls\":[]}",
    "{\"secret\":\"s\",\"user\":\"u\",\"urls\":[]}", "{\"secret\":\"s\",\"user\":\"u\",\"ttl_seconds\":0,\"urls\":[]}",
    "{\"secret\":\"s\",\"user\":\"u\",\"ttl_seconds\":1}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    assert_null (hn_ice_servers_json_read_ticket (rows[i], strlen (rows[i]), &error));
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (turn_and_the_rest_are_told_apart),
    cmocka_unit_test (static_credentials_are_seen_where_they_matter),
    cmocka_unit_test (a_ticket_is_read_as_it_was_written_and_issues_what_expires),
    cmocka_unit_test (half_a_ticket_is_none),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
