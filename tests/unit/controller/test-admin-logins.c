/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "controller/admin-logins.h"
#include "tests/support/unit.h"

static HnAddress
address (const char *text)
{
  HnAddress made;

  assert_true (hn_address_parse (text, &made));
  return made;
}

static void
a_login_is_known_until_it_is_removed (void **unused)
{
  g_autoptr (HnAdminLogins) logins = hn_admin_logins_new ();

  assert_false (hn_admin_logins_check (logins, "key", 0));
  hn_admin_logins_add (logins, "key", 0);
  assert_true (hn_admin_logins_check (logins, "key", 1));
  assert_false (hn_admin_logins_check (logins, "ke", 1));
  assert_false (hn_admin_logins_check (logins, "keyy", 1));
  assert_false (hn_admin_logins_check (logins, "", 1));
  assert_false (hn_admin_logins_check (logins, NULL, 1));
  hn_admin_logins_remove (logins, "other");
  assert_true (hn_admin_logins_check (logins, "key", 1));
  hn_admin_logins_remove (logins, "key");
  assert_false (hn_admin_logins_check (logins, "key", 1));
}

static void
a_login_ends_without_use_and_in_any_case (void **unused)
{
  g_autoptr (HnAdminLogins) logins = hn_admin_logins_new ();
  gint64 idle = hn_seconds (HN_LIMIT_ADMIN_IDLE_SECONDS);
  gint64 now = 0;

  hn_admin_logins_add (logins, "idle", 0);
  assert_true (hn_admin_logins_check (logins, "idle", idle - 1));
  assert_true (hn_admin_logins_is_good (logins, "idle", 2 * idle - 2));
  assert_false (hn_admin_logins_is_good (logins, "idle", 2 * idle - 1));
  assert_false (hn_admin_logins_check (logins, "idle", 2 * idle - 1));
  assert_false (hn_admin_logins_is_good (logins, "idle", 0));
  hn_admin_logins_add (logins, "busy", 0);
  while (now + idle / 2 < hn_seconds (HN_LIMIT_ADMIN_SECONDS))
    assert_true (hn_admin_logins_check (logins, "busy", now += idle / 2));
  assert_false (hn_admin_logins_check (logins, "busy", hn_seconds (HN_LIMIT_ADMIN_SECONDS)));
  assert_int_equal (hn_admin_logins_count (logins), 0);
}

static void
logins_are_bounded_and_the_one_used_longest_ago_goes (void **unused)
{
  g_autoptr (HnAdminLogins) logins = hn_admin_logins_new ();

  for (guint i = 0; i < HN_LIMIT_ADMIN_LOGINS; i++) {
    g_autofree char *key = g_strdup_printf ("key-%u", i);

    hn_admin_logins_add (logins, key, i);
  }
  assert_true (hn_admin_logins_check (logins, "key-0", 100));
  hn_admin_logins_add (logins, "one more", 101);
  assert_int_equal (hn_admin_logins_count (logins), HN_LIMIT_ADMIN_LOGINS);
  assert_true (hn_admin_logins_check (logins, "key-0", 102));
  assert_false (hn_admin_logins_check (logins, "key-1", 102));
  hn_admin_logins_remove_all (logins);
  assert_false (hn_admin_logins_check (logins, "key-0", 103));
}

static void
wrong_tokens_are_counted_for_each_address (void **unused)
{
  g_autoptr (HnAdminLogins) logins = hn_admin_logins_new ();
  HnAddress one = address ("192.0.2.1"), other = address ("192.0.2.2");
  guint seconds = 0;

  for (guint i = 0; i < HN_LIMIT_ADMIN_TRIES; i++) {
    assert_true (hn_admin_logins_may_try (logins, &one, 5, &seconds));
    hn_admin_logins_failed (logins, &one, 5);
  }
  assert_false (hn_admin_logins_may_try (logins, &one, hn_seconds (10), &seconds));
  assert_int_equal (seconds, HN_LIMIT_ADMIN_TRIES_SECONDS - 9);
  assert_true (hn_admin_logins_may_try (logins, &other, hn_seconds (10), &seconds));
  assert_true (hn_admin_logins_may_try (logins, &one, 5 + hn_seconds (HN_LIMIT_ADMIN_TRIES_SECONDS), &seconds));
}

static void
the_addresses_of_one_ipv6_customer_are_one (void **unused)
{
  g_autoptr (HnAdminLogins) logins = hn_admin_logins_new ();
  HnAddress from = address ("2001:db8::1"), neighbour = address ("2001:db8:0:1::1");
  guint seconds = 0;

  for (guint i = 0; i < HN_LIMIT_ADMIN_TRIES; i++) {
    from.bytes[15] = (guint8) i;
    assert_true (hn_admin_logins_may_try (logins, &from, 5, &seconds));
    hn_admin_logins_failed (logins, &from, 5);
  }
  from.bytes[8] = 77;
  assert_false (hn_admin_logins_may_try (logins, &from, 6, &seconds));
  assert_true (hn_admin_logins_may_try (logins, &neighbour, 6, &seconds));
}

/* Wrong tokens from so many networks that all strangers together are full. */
static void
fail_from_everywhere (HnAdminLogins *logins)
{
  HnAddress from = address ("2001:db8::1");
  guint seconds = 0;

  for (guint i = 0; i < HN_LIMIT_ADMIN_TRIES_TOGETHER; i++) {
    from.bytes[6] = (guint8) (i >> 8);
    from.bytes[7] = (guint8) i;
    assert_true (hn_admin_logins_may_try (logins, &from, 0, &seconds));
    hn_admin_logins_failed (logins, &from, 0);
  }
}

static void
many_addresses_gain_nothing (void **unused)
{
  g_autoptr (HnAdminLogins) logins = hn_admin_logins_new ();
  HnAddress from = address ("192.0.2.1");
  guint seconds = 0;

  fail_from_everywhere (logins);
  assert_false (hn_admin_logins_may_try (logins, &from, hn_seconds (1), &seconds));
  assert_int_equal (seconds, HN_LIMIT_ADMIN_TRIES_SECONDS);
  assert_true (hn_admin_logins_may_try (logins, &from, hn_seconds (HN_LIMIT_ADMIN_TRIES_SECONDS), &seconds));
}

static void
strangers_do_not_lock_out_who_comes_from_this_machine (void **unused)
{
  g_autoptr (HnAdminLogins) logins = hn_admin_logins_new ();
  HnAddress here = address ("127.0.0.1"), six = address ("::1");
  guint seconds = 0;

  fail_from_everywhere (logins);
  assert_true (hn_admin_logins_may_try (logins, &here, 1, &seconds));
  assert_true (hn_admin_logins_may_try (logins, &six, 1, &seconds));
}

/* An `ssh -L` of each: ten slips of one do not keep the others out, and no number of addresses of 127.0.0.0/8 gains anything. */
static void
who_comes_from_this_machine_is_counted_together_and_more_generously (void **unused)
{
  g_autoptr (HnAdminLogins) logins = hn_admin_logins_new ();
  HnAddress from = address ("127.0.0.1"), six = address ("::1"), stranger = address ("192.0.2.1");
  guint seconds = 0;

  for (guint i = 0; i < HN_LIMIT_ADMIN_TRIES_TOGETHER; i++) {
    from.bytes[14] = (guint8) (i % 2);
    assert_true (hn_admin_logins_may_try (logins, &from, 5, &seconds));
    hn_admin_logins_failed (logins, &from, 5);
  }
  from.bytes[14] = 9;
  assert_false (hn_admin_logins_may_try (logins, &from, 6, &seconds));
  assert_false (hn_admin_logins_may_try (logins, &six, 6, &seconds));
  assert_true (hn_admin_logins_may_try (logins, &stranger, 6, &seconds));
  assert_true (hn_admin_logins_may_try (logins, &six, 5 + hn_seconds (HN_LIMIT_ADMIN_TRIES_SECONDS), &seconds));
}

static void
a_cookie_is_found_among_others (void **unused)
{
  static const struct {
    const char *field;
    const char *key;
  } rows[] = {
    { "hydraneck_admin=abc", "abc" },     { "a=b; hydraneck_admin=abc; c=d", "abc" }, { "a=b;hydraneck_admin=abc", "abc" },
    { "xhydraneck_admin=abc", NULL },     { "hydraneck_admin", NULL },                { "", NULL },
    { "hydraneck_admin=; x=y", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *key = hn_admin_logins_from_cookie (rows[i].field);

    assert_true (g_strcmp0 (key, rows[i].key) == 0);
  }
  assert_null (hn_admin_logins_from_cookie (NULL));
}

static void
a_cookie_is_for_this_site_and_not_for_scripts (void **unused)
{
  g_autofree char *plain = hn_admin_logins_cookie ("abc", FALSE);
  g_autofree char *secure = hn_admin_logins_cookie ("abc", TRUE);
  g_autofree char *none = hn_admin_logins_cookie (NULL, FALSE);

  assert_string_equal (plain, "hydraneck_admin=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200");
  assert_string_equal (secure, "hydraneck_admin=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure");
  assert_string_equal (none, "hydraneck_admin=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_login_is_known_until_it_is_removed),
    cmocka_unit_test (a_login_ends_without_use_and_in_any_case),
    cmocka_unit_test (logins_are_bounded_and_the_one_used_longest_ago_goes),
    cmocka_unit_test (wrong_tokens_are_counted_for_each_address),
    cmocka_unit_test (the_addresses_of_one_ipv6_customer_are_one),
    cmocka_unit_test (many_addresses_gain_nothing),
    cmocka_unit_test (strangers_do_not_lock_out_who_comes_from_this_machine),
    cmocka_unit_test (who_comes_from_this_machine_is_counted_together_and_more_generously),
    cmocka_unit_test (a_cookie_is_found_among_others),
    cmocka_unit_test (a_cookie_is_for_this_site_and_not_for_scripts),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
